"""`view`: when it waits for the window, and when it does not."""

import sys
import types

import numpy as np
import pytest

import loupe.api
from loupe import TraceConfig


class Handle:
    blocked = False

    def block(self):
        self.blocked = True


@pytest.fixture
def opened(monkeypatch):
    """Stands in for the window floor, which this job must not import."""
    room = types.ModuleType("loupe.ui.handle")
    room.open_window = lambda session, **more: Handle()
    monkeypatch.setitem(sys.modules, "loupe.ui.handle", room)


def shell(monkeypatch, loop):
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(active_eventloop=loop)
    monkeypatch.setitem(sys.modules, "IPython", ipython)


def test_a_script_waits_until_the_window_is_closed(opened, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert loupe.api.view().blocked


@pytest.mark.parametrize(("loop", "waits"), [("qt6", False), ("qt", False), (None, True)])
def test_ipython_with_the_qt_loop_does_not_wait(opened, monkeypatch, loop, waits):
    shell(monkeypatch, loop)
    assert loupe.api.view().blocked is waits


def test_block_says_it_outright(opened, monkeypatch):
    shell(monkeypatch, "qt6")
    assert loupe.api.view(block=True).blocked
    assert not loupe.api.view(block=False).blocked


def test_what_has_no_effect_is_warned_of_where_view_is_called(opened):
    config = TraceConfig(np.zeros((2, 3)), color="red", hue="region")
    with pytest.warns(UserWarning, match=r"`hue` has no effect .* \(remove `hue` or") as told:
        loupe.api.view(config, block=False)
    assert [one.filename for one in told] == [__file__]
