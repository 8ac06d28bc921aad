"""What a person does to a window, through real Qt events."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu
from shiboken6 import isValid

from loupe.app import commands as c
from loupe.units import Span

NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def press(window, key, mods=NONE):
    """Press a key where the focus is (a character or a Qt.Key)."""
    target = QApplication.focusWidget() or window.widget.canvas
    QTest.keyClick(target, key, mods)
    window.settle()


def at(window, t, row=None):
    """The canvas point (logical pixels) of a time, in the middle of a row."""
    layout = window.core.presenter.layout
    boxes = [b for b in layout.rows if row is None or b.row_id.startswith(row)]
    rect = boxes[0].rect
    scale = layout.viewport.scale
    x = layout.area.x + layout.grid.x(t)
    return QPoint(round(x / scale), round((rect.y + rect.h / 2) / scale))


def click(window, point, mods=NONE):
    QTest.mouseClick(window.widget.canvas, LEFT, mods, point)
    window.settle()


def drag(window, start, stop, mods=NONE, widget=None, settle=True):
    """Press, move in steps, release."""
    canvas = window.widget.canvas if widget is None else widget
    QTest.mousePress(canvas, LEFT, mods, start)
    for i in range(1, 9):
        point = start + (stop - start) * i / 8
        # QTest.mouseMove knows no buttons, so the event is made by hand.
        where = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            where,
            QPointF(canvas.mapToGlobal(point)),
            Qt.MouseButton.NoButton,
            LEFT,
            mods,
        )
        QApplication.sendEvent(canvas, event)
    QTest.mouseRelease(canvas, LEFT, mods, stop)
    if settle:
        window.settle()


def wheel_event(widget, point, notches, mods=NONE):
    """A turn of the wheel at a point of a widget."""
    return QWheelEvent(
        QPointF(point),
        QPointF(widget.mapToGlobal(point)),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        mods,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


def wheel(window, point, notches, mods=NONE, widget=None):
    canvas = window.widget.canvas if widget is None else widget
    QApplication.sendEvent(canvas, wheel_event(canvas, point, notches, mods))
    window.settle()


def choose(window, action_id):
    """Open the menus on the way to an action with the mouse and click its entry."""
    menus = window.core.menus
    action = next(a for a in window.desk.actions if a.id == action_id)
    menus.refresh()
    entry = menus.entry(action_id)
    assert entry is not None, f"{action_id} is in no menu"
    assert entry.isVisible(), f"{action_id} is not shown"
    assert entry.isEnabled(), f"{action_id}: {entry.toolTip()}"
    place = window.widget.menuBar()
    for name in action.menu:
        way = next(a for a in place.actions() if a.text().replace("&", "") == name)
        if isinstance(place, QMenu):
            place.setActiveAction(way)
            QTest.keyClick(place, Qt.Key.Key_Right)  # a click opens it only after a while
        else:
            QTest.mouseClick(place, LEFT, NONE, place.actionGeometry(way).center())
        place = way.menu()
        assert place.isVisible(), f"{name} did not open"
    QTest.mouseClick(place, LEFT, NONE, place.actionGeometry(entry).center())
    while isinstance(popup := QApplication.activePopupWidget(), QMenu):
        popup.close()  # those on the way stay open when no real pointer leaves them
    window.settle()


def move(window, point, mods=NONE, buttons=Qt.MouseButton.NoButton):
    """Move the pointer over the plots, without a button or with those held."""
    canvas = window.widget.canvas
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(canvas.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        buttons,
        mods,
    )
    QApplication.sendEvent(canvas, event)
    window.settle()


def wait_for(condition, seconds=20):
    """Let the event loop run until a condition holds; whether it does."""
    for _ in range(seconds * 50):
        if condition():
            return True
        QTest.qWait(20)
    return condition()


def answer(window, path):
    """Type a name into the open file dialog and press Enter."""
    QTest.qWait(1)
    dialogs = [d for d in window.widget.findChildren(QFileDialog) if d.isVisible()]
    (dialog,) = dialogs
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, str(path))
    QTest.keyClick(field, Qt.Key.Key_Return)
    if isValid(dialog) and dialog.isVisible():
        dialog.accept()
    window.settle()
    QTest.qWait(1)
    assert not isValid(dialog), "an answered dialog is gone, not hidden"
    window.widget.activateWindow()
    window.widget.canvas.setFocus()


def score(window, state, start, stop):
    window.store.dispatch(c.Select(Span(start, stop)))
    window.store.dispatch(c.Paint(state))


def labels_of(track):
    return [(row.start, row.stop, row.label) for row in track.table]
