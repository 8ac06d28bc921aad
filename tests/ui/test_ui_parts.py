"""Parts of the window by themselves: painting, searching, parsing, what is remembered."""

import sys
import time
from datetime import datetime

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QPainter

from loupe.errors import LoupeRenderError
from loupe.scene.frame import Frame, FramePanel, PxRect, RectsItem, RgbaTile, TextRun
from loupe.scene.theme import DARK, LIGHT
from loupe.ui.chords import chords
from loupe.ui.memory import Memory
from loupe.ui.overview_paint import (
    LabelArrays,
    OverviewModel,
    paint_overview,
    place_overview,
    state_runs,
)
from loupe.ui.palette import Entry, score
from loupe.ui.same import same_panels
from loupe.ui.topbar import parse_go_to
from loupe.units import Rgba, Span


@pytest.fixture
def look():
    from loupe.ui.app import application
    from loupe.ui.look import look_for

    application()
    return look_for("dark")


def contrast(a, b):
    def light(color):
        parts = [c / 255 for c in color[:3]]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_text_can_be_read_on_every_ground(theme):
    for ground in (theme.background, theme.panel, theme.field):
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.dim, ground) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5


EXTENT = Span(0.0, 1000.0)


def model(labels, lanes, extent=EXTENT):
    colors = {"Wake": Rgba(230, 159, 0), "NREM": Rgba(0, 114, 178)}
    return OverviewModel(extent, extent, Span(100.0, 130.0), 110.0, labels, lanes, colors)


def arrays(starts, stops, codes):
    return LabelArrays(
        np.array(starts, float),
        np.array(stops, float),
        np.array(codes, np.int32),
        ("Wake", "NREM"),
    )


def test_runs_are_where_the_labels_are():
    labels = arrays([0, 100, 500], [50, 200, 500.001], [0, 1, 0])
    place = place_overview(model(labels, ("Wake", "NREM")), 128 + 1000 + 16, 1.0)
    assert place.width == 1000
    assert state_runs(labels, 0, place) == [(128, 178), (628, 629)], "the shortest is one pixel"
    assert state_runs(labels, 1, place) == [(228, 328)]


def test_a_night_of_100_000_labels_is_painted_at_once(look):
    n = 100_000
    edges = np.linspace(0, 1000, n + 1)
    labels = LabelArrays(edges[:-1], edges[1:], np.arange(n, dtype=np.int32) % 2, ("Wake", "NREM"))
    image = QImage(1200, 138, QImage.Format.Format_RGB32)
    spent = []
    for _ in range(5):
        start = time.process_time()
        painter = QPainter(image)
        paint_overview(painter, QRectF(image.rect()), model(labels, ("Wake", "NREM")), look, 1.0)
        painter.end()
        spent.append(time.process_time() - start)
    assert min(spent) < 0.3
    colors = {image.pixel(600, y) for y in range(138)}
    assert len(colors) >= 3


@pytest.mark.parametrize("height", [44, 60, 138, 300])
def test_the_overview_fits_every_height(look, height):
    labels = arrays([0, 100], [50, 200], [0, 1])
    image = QImage(900, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_overview(painter, QRectF(image.rect()), model(labels, ("Wake", "NREM")), look, 1.0)
    painter.end()
    shown = {image.pixelColor(x, y).name() for y in range(height) for x in range(128, 180)}
    assert "#e69f00" in shown


def test_text_is_elided_haloed_and_boxed(look):
    from loupe.ui.text import paint_texts, text_rect

    image = QImage(300, 60, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    white, accent = Rgba(255, 255, 255), Rgba(90, 176, 255)
    runs = (
        TextRun("a very long name of a row", 4, 10, white, role="name", max_width=60),
        TextRun("12.5", 150, 30, Rgba(0, 0, 0), align="center", role="flag", fill=accent),
    )
    painter = QPainter(image)
    paint_texts(painter, runs, look, 1.0)
    painter.end()
    inked = [x for x in range(300) if any(image.pixelColor(x, y).alpha() for y in range(20))]
    assert max(inked) <= 66
    box = text_rect(runs[1], look, 1.0)
    assert image.pixelColor(int(box.left()) + 3, 30).name() == accent.hex()
    assert text_rect(runs[1], look, 2.0).width() > 1.8 * box.width()


def test_no_font_is_a_clear_error(look, monkeypatch):
    from loupe.ui import look as module

    monkeypatch.setattr(module.QFontDatabase, "families", list)
    with pytest.raises(LoupeRenderError, match="no font") as caught:
        module.families()
    assert "fonts-dejavu-core" in caught.value.hint


def test_frames_that_differ_in_texts_only_look_the_same():
    def frame(key="a", x=0.0, text=""):
        tile = RgbaTile(key, np.zeros((2, 2, 4), np.uint8), 0, 2, 0, 2)
        rects = RectsItem(np.array([[x, 0, 1, 1]], np.float32), np.zeros((1, 4), np.uint8))
        panel = FramePanel("p", PxRect(0, 0, 2, 2), (tile, rects))
        run = TextRun(text, 0, 0, Rgba(0, 0, 0))
        return Frame((2, 2), Rgba(0, 0, 0), (panel,), (run,))

    assert same_panels(frame(), frame(text="moved"))
    assert not same_panels(frame(), frame(key="b"))
    assert not same_panels(frame(), frame(x=0.5))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("754.2", 754.2), ("12:34", 754.0), ("2:14:05.2", 8045.2), ("#12", 12), ("−3", -3.0)],
)
def test_go_to_understands(text, wanted):
    assert parse_go_to(text, "hms", None) == wanted
    assert isinstance(parse_go_to(text, "hms", None), type(wanted))


def test_go_to_takes_the_clock_on_the_wall():
    evening = datetime(2026, 3, 1, 22, 30)
    assert parse_go_to("22:31:00", "wall", evening) == 60.0
    assert parse_go_to("00:30:00", "wall", evening) == 7200.0, "the next day"
    with pytest.raises(ValueError, match="label number"):
        parse_go_to("#x", "hms", None)


def test_one_error_does_not_lose_what_was_posted_beside_it(look, monkeypatch):
    from loupe.ui.scheduler import QtScheduler

    scheduler, done, told = QtScheduler(), [], []
    monkeypatch.setattr(sys, "excepthook", lambda *error: told.append(str(error[1])))

    def fails():
        raise ValueError("of one dialog")

    for function in (lambda: done.append(1), fails, lambda: done.append(2), fails):
        scheduler.post(function)
    scheduler.post(lambda: scheduler.post(lambda: done.append(4)))
    scheduler.post(lambda: done.append(3))
    for _ in range(5):
        QCoreApplication.processEvents()
    assert done == [1, 2, 3, 4]
    assert len(told) == 2
    scheduler.close()


def test_lanes_of_large_text_become_a_bar_where_names_would_overlap(look):
    from loupe.ui.look import look_for
    from loupe.ui.overview_paint import _fits

    assert _fits(138, 1.0, look) >= 4
    assert _fits(138, 1.0, look_for("dark", 2.5)) < 4


def test_rows_are_as_high_as_their_text(look):
    from loupe.ui.look import look_for
    from loupe.ui.panels.labels_table import LabelsPanel
    from loupe.ui.panels.summary import StateTotal, SummaryPanel

    large = look_for("dark", 2.5)
    table = LabelsPanel(look, lambda *_: "", lambda _: None)
    summary = SummaryPanel(look)
    summary.show_totals([StateTotal("Wake", 10.0, Rgba(1, 2, 3)), StateTotal("unscored", 1, None)])
    heights = []
    for one in (look, large):
        table.set_look(one)
        summary.set_look(one)
        line = QFontMetrics(one.font(one.theme.control_px)).height()
        row = table._view.verticalHeader().defaultSectionSize()
        assert row >= line
        assert (
            summary.sizeHint().height()
            >= 2 * line + QFontMetrics(one.font(one.theme.name_px, bold=True)).height()
        )
        heights.append((row, summary.sizeHint().height()))
    assert heights[0] == (24, 92)
    summary.hide()


def test_memory_does_without_what_it_cannot_look_at(tmp_path):
    memory = Memory(tmp_path / "memory.json")
    (tmp_path / "memory.json").write_text('{"recent": null}')
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    memory.opened(loop / "night.toml")
    (tmp_path / "seen.toml").touch()
    memory.opened(tmp_path / "seen.toml")
    assert memory.recent == (tmp_path / "seen.toml",)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="codes of keys differ")
def test_digits_with_shift_are_known_by_their_place():
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    # The second key of a German keyboard's row of digits.
    quote = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_QuoteDbl, held, 11, 0, 0, '"')
    assert "Ctrl+Shift+2" in chords(quote)
    zero = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Equal, held, 19, 0, 0, "=")
    assert chords(zero)[-1] == "Ctrl+Shift+0"
    letter = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Q, held, 24, 0, 0, "\x11")
    assert chords(letter) == ("Ctrl+Shift+Q",)


def test_the_palette_ranks():
    def entry(title, text=""):
        return Entry(title, "Go", "", lambda: None, help=text)

    assert score("page", entry("Page Left")) < score("page", entry("Next Page"))
    assert score("next page", entry("Next Page")) is not None
    assert score("pgl", entry("Page Left")) is not None
    assert score("zzz", entry("Page Left")) is None


def test_memory_keeps_the_newest_and_survives_nonsense(tmp_path):
    memory = Memory(tmp_path / "deep" / "memory.json")
    files = [tmp_path / f"{i}.toml" for i in range(15)]
    for file in files:
        file.touch()
        memory.opened(file)
    assert memory.recent[0] == files[-1]
    assert len(memory.recent) == 12
    files[-1].unlink()
    assert memory.recent[0] == files[-2]
    memory.closed(b"\x01\x02", {"right": 0.4})
    memory.closed(b"\x01\x03", {"videos": 0.6})
    assert memory.geometry == b"\x01\x03"
    assert memory.sizes == {"right": 0.4, "videos": 0.6}
    text = memory._path.read_text()
    memory._path.write_text(text.replace("0.4", '"wide"').replace("0.6", "-3"))
    assert memory.sizes == {}, "nonsense is left out"
    (tmp_path / "deep" / "memory.json").write_text("{ nonsense")
    assert memory.recent == ()
    assert memory.geometry == b""
    assert memory.sizes == {}


def test_progress_shows_late_and_moves_seldom(look):
    """A bar that moved with every tile would draw the window more often than its plots."""
    from PySide6.QtCore import QEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QLabel, QProgressBar

    from loupe.ui import topbar

    bar = topbar.TopBar(look, lambda action: "")
    bar.show()
    progress = bar.findChild(QProgressBar)
    moves = []
    progress.valueChanged.connect(moves.append)
    for done in range(50):
        bar.show_progress(done, 50, "drawing")
    assert moves == []
    bar.show_progress(50, 50, "drawing")
    QTest.qWait(topbar.PROGRESS_AFTER_MS + 50)
    assert moves == [], "what is through before it shows never shows"
    bar.show_progress(10, 50, "drawing")
    QTest.qWait(topbar.PROGRESS_AFTER_MS + 50)
    assert moves == [10]
    assert "drawing 10 of 50" in [label.text() for label in bar.findChildren(QLabel)]
    bar.show_progress(50, 50, "drawing")
    assert progress.value() == 0
    bar.close()
    # Not at the end of the process: PySide6 6.12 may take it down when a widget is still there.
    bar.deleteLater()
    QApplication.sendPostedEvents(bar, QEvent.Type.DeferredDelete)
