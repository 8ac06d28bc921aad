"""The window without a mouse and without eyes: keys reach everything, everything has a name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget
from test_ui_fuzz import full_session
from ui_acts import CTRL, press
from ui_shared import shared_window

from loupe.app import commands as c
from loupe.app.commands import UiRequest
from loupe.units import Span

KEY = Qt.Key


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("access")


def usual(folder):
    return full_session(folder)


shared, window = shared_window(usual)
DIALOGS = (
    "jump_to_label", "subplots", "y_axis_controls", "dense_controls", "heatmap_controls",
    "raster_controls", "event_style", "label_alpha", "smooth_scroll_speed",
    "playback_speed", "edit_states", "edit_keys", "shortcuts", "about", "palette",
)  # fmt: skip


def name_of(widget):
    """What a screen reader says of a widget."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton):
        return widget.text()
    labels = widget.window().findChildren(QLabel)
    return next((label.text() for label in labels if label.buddy() is widget), "")


def focusable(parent):
    return [
        widget
        for widget in parent.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not widget.objectName().startswith("qt_")
    ]


def test_everything_that_takes_keys_has_a_name(window):
    nameless = [type(w).__name__ for w in focusable(window.widget) if not name_of(w)]
    assert not nameless


@pytest.mark.parametrize("request_name", DIALOGS)
def test_every_field_of_every_dialog_has_a_name(window, request_name):
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    window.store.dispatch(UiRequest(request_name))
    window.settle()
    dialog = window.requests.dialog(request_name)
    assert dialog is not None
    nameless = [type(w).__name__ for w in focusable(dialog) if not name_of(w)]
    dialog.close()
    assert not nameless


def test_every_action_is_found_and_run_by_keys_alone(window):
    press(window, "k", CTRL)
    palette = window.requests.dialog("palette")
    missing = []
    for action in window.desk.actions:
        if action.shown_if is not None and not action.shown_if(window.state):
            continue
        palette._field.setText(action.title)
        if action.title not in palette.shown:
            missing.append(action.id)
    assert not missing
    palette._field.clear()
    QTest.keyClicks(palette._field, "grid lines")
    before = window.state.view.grid
    QTest.keyClick(palette._field, KEY.Key_Return)
    assert window.state.view.grid is not before


def test_tab_goes_round_the_window(window):
    """From the plots to every field and back, each with a mark of its own."""
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    seen = []
    for _ in range(40):
        now = QApplication.focusWidget()
        assert now is not None
        if seen and now is seen[0]:
            break
        seen.append(now)
        QTest.keyClick(now, KEY.Key_Tab)
    assert QApplication.focusWidget() is seen[0], "round in a ring, nothing keeps it"
    assert len(seen) >= 4
    assert not [d for d in window.widget.findChildren(QDialog) if d.isVisible()]
