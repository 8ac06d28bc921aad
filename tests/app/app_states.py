"""States, layouts and label sets for the tests of this folder, and strategies that make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from hypothesis import strategies as st

from loupe.app import commands as c
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.app.state import AppState, RowFacts, SceneFacts, TrackState
from loupe.labels.history import History
from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.table import IntervalTable
from loupe.scene.layout import Layout, RowSize, Viewport, lay_out
from loupe.scene.timegrid import Window
from loupe.session.labels import IntervalLabelSchema
from loupe.units import Span

EXTENT = Span(-10.0, 990.0)
ROWS = (
    RowFacts("eeg/0", "EEG", "trace"),
    RowFacts("emg/0", "EMG", "trace"),
    RowFacts("lfp/dense", "LFP", "dense", traces=384, gain=2.0, traces_per_page=16),
    RowFacts("dff/a", "dF/F a", "heatmap", cmap="magma"),
    RowFacts("dff/b", "dF/F b", "heatmap", cmap="viridis"),
    RowFacts("spikes/all", "spikes", "raster"),
)
FACTS = SceneFacts(rows=ROWS, videos=("side", "top"), events=("stim",), markers=("eeg/m",))
SCHEMA = IntervalLabelSchema(
    start_col="start",
    end_col="end",
    label_col="state",
    note_col="note",
    extra_cols=("scorer", "edited"),
)


def table_of(rows: Sequence[tuple[float, float, str]]) -> IntervalTable:
    """A table with these rows and empty notes and extras."""
    names = ("note", "scorer", "edited")
    frame = pl.DataFrame(
        [(a, b, label, None, None, None) for a, b, label in rows],
        schema={"start": pl.Float64, "end": pl.Float64, "state": pl.String}
        | dict.fromkeys(names, pl.String),
        orient="row",
    )
    return IntervalLabelSet.from_dataframe(frame, SCHEMA).table


def track(
    *rows: tuple[float, float, str],
    name: str = "night",
    epoch: float | None = None,
    merge: bool = False,
    read_only: str = "",
) -> TrackState:
    return TrackState(
        id=name,
        name=name,
        table=table_of(rows),
        history=History(),
        epoch=epoch,
        merge=merge,
        read_only=read_only,
    )


def state_with(
    *tracks: TrackState,
    start: float = 0.0,
    length: float = 30.0,
    cursor: float | None = None,
    extent: Span = EXTENT,
) -> AppState:
    return AppState(
        extent=extent,
        window=Window(start, length),
        viewport=Viewport(1200, 800, 1.0),
        cursor=start if cursor is None else cursor,
        tracks=tracks,
        edited=0 if tracks else None,
        facts=FACTS,
    )


def rows_of(state: AppState, which: int = 0) -> list[tuple[float, float, str]]:
    """Start, end and label of every row of a label set."""
    return [(row.start, row.stop, row.label) for row in state.tracks[which].table]


def layout_for(state: AppState, rows: int = 6) -> Layout:
    sizes = [RowSize(row.id, 100.0, 1.0) for row in state.facts.rows[:rows]]
    return lay_out(
        state.viewport, state.window, sizes, strips=len(state.tracks), scroll=state.scroll
    )


def at(layout: Layout, t: float, row: int = 0) -> tuple[float, float]:
    """The canvas point of a time in the middle of a row."""
    rect = layout.rows[row].rect
    return layout.area.x + layout.grid.x(t), rect.y + rect.h / 2


times = st.floats(-2000.0, 3000.0, allow_nan=False)
lengths = st.floats(1e-3, 2000.0)
factors = st.floats(0.01, 100.0)
edges = st.sampled_from(["start", "stop"])
row_ids = st.sampled_from([row.id for row in ROWS])


@st.composite
def spans(draw: st.DrawFn) -> Span:
    a, b = sorted((draw(times), draw(times)))
    return Span(a, b)


view_commands = st.one_of(
    st.builds(c.PanTime, times),
    st.builds(c.PageTime, st.floats(-3, 3), st.none() | st.floats(0.01, 1)),
    st.builds(c.ZoomTime, factors, st.none() | times),
    st.builds(c.SetWindow, times, lengths, st.booleans()),
    st.builds(c.ShowSpan, spans()),
    st.builds(c.SetWindowLength, lengths),
    st.builds(c.GoTo, times),
    st.just(c.Home()),
    st.just(c.End()),
    st.just(c.WholeRecording()),
    st.just(c.Back()),
    st.just(c.Forward()),
    st.builds(c.SetCursor, times, st.booleans()),
    st.builds(c.NudgeCursor, st.floats(-1, 1)),
    st.builds(c.Select, spans()),
    st.just(c.ClearSelection()),
    st.builds(c.MoveSelectionEdge, edges, st.none() | times),
    st.builds(c.SelectAtCursor, st.sampled_from(["label", "epoch", "window"])),
    st.sampled_from([c.Play(), c.Pause(), c.Tick(0.5), c.Tick(40.0), c.Toggle("loop")]),
    st.builds(c.JumpLabel, st.sampled_from([1, -1]), st.sampled_from(["any", "same", "different"])),
    st.builds(c.NextUnlabelled, st.sampled_from([1, -1])),
)
label_commands = st.one_of(
    st.builds(c.Paint, st.sampled_from(["Wake", "NREM", "REM"])),
    st.just(c.ClearLabels()),
    st.just(c.DeleteLastLabel()),
    st.just(c.DeleteLabel()),
    st.builds(c.MoveLabelEdge, st.integers(0, 12), edges, times),
    st.builds(c.SetLabelBounds, st.integers(0, 12), st.none() | times, st.none() | times),
    st.builds(c.SetLabelState, st.integers(0, 12), st.sampled_from(["Wake", "REM"])),
    st.builds(c.SetNote, st.sampled_from(["", "odd", "see video"])),
    st.builds(c.SetLabelCell, st.integers(0, 12), st.just("scorer"), st.just("Anna")),
    st.builds(c.SelectLabel, st.integers(0, 12)),
)


def unshared(state: AppState) -> AppState:
    """The state with fresh histories, to compare what is left after undoing everything."""
    return replace(
        state, tracks=tuple(replace(t, history=History()) for t in state.tracks), note="", told=0
    )


def run(state: AppState, *commands: c.Command) -> AppState:
    """Carry commands out, each of which must be allowed."""
    for command in commands:
        reason = allowed(state, command)
        assert not reason, reason
        state = reduce(state, command)
    return state
