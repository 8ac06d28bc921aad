"""One window for all tests of a module; before each test it is as it was at first."""

from dataclasses import replace
from inspect import signature

import pytest
from PySide6.QtWidgets import QApplication, QDialog

from loupe.app import commands as c


def shared_window(make):
    """Fixtures for a module: the open window, and that window put back to its first state.

    Parameters
    ----------
    make
        Gives the session when it is wanted first; its parameters are fixtures.
    """

    @pytest.fixture(scope="module")
    def shared(request, tmp_path_factory):
        from loupe.ui.app import application, open_session
        from loupe.ui.memory import Memory

        application()
        wants = signature(make).parameters
        given = [request.getfixturevalue(name) for name in wants]
        folder = tmp_path_factory.mktemp("shared")
        window = open_session(
            make(*given), memory=Memory(folder / "memory.json"), state_folder=folder / "state"
        )
        window.widget.resize(1200, 800)
        assert window.settle(60_000), "kernels compile on first use"
        yield window, window.state
        if window.is_open:
            window.close(keep_unsaved=False)

    @pytest.fixture
    def window(shared):
        window, first = shared
        for dialog in window.widget.findChildren(QDialog):
            dialog.close()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        while (track := window.desk.track) is not None and track.history.done:
            window.store.dispatch(c.Undo())
        # What was undone stays safe in the journal, so the tables are kept as they are.
        window.store.dispatch(c.ReplaceState(replace(first, tracks=window.state.tracks)))
        window.widget.errors.show_faults(())
        window.widget.activateWindow()
        window.widget.canvas.setFocus()
        assert window.settle(20_000)
        return window

    return shared, window
