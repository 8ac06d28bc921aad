"""Live parameters: what is computed and drawn again, what stays, and in which order."""

import gc
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array
from tuner_kit import SINE, STATES, Bench, T, catalog, found, scaled

from loupe import (
    BoolParam,
    ChoiceParam,
    HeatmapConfig,
    IntParam,
    Param,
    RasterConfig,
    SampleMarkers,
    TraceConfig,
    tunable,
)
from loupe.app import commands as c
from loupe.app.ports import InlineScheduler
from loupe.app.reduce import reduce
from loupe.app.start import initial_state, recompiled
from loupe.app.still import open_scene, still
from loupe.app.store import Store
from loupe.app.tuner import Tuner, param_values
from loupe.scene.layout import Viewport
from loupe.scene.live import retune
from loupe.session.build import build_session
from loupe.session.source import InMemory
from loupe.work import InlinePool, ThreadPool


@pytest.fixture
def gain():
    return Param(1.0, 0.0, 10.0, name="gain")


def test_only_what_depends_is_computed_compiled_and_drawn(gain):
    other, calls = Param(0.0, 0.0, 9.0), []

    def first(g):
        calls.append("first")
        return array(SINE * g, t=T)

    def second(z):
        calls.append("second")
        return catalog(z)

    bench = Bench(
        [
            TraceConfig(tunable(first, gain), id="a"),
            RasterConfig(tunable(second, other), time_col="time", order_by="unit", id="b"),
            TraceConfig(array(SINE, t=T), id="c"),
        ]
    )
    assert calls == ["first", "second"]
    calls.clear()
    jobs, drawn = bench.presenter.counts.jobs, bench.pixels("c/0")
    bench.set(3.0, 1)
    assert calls == ["second"]
    assert bench.shown[-1].rows == {"b/all"}
    # One for the picture, one for its margins in a quiet moment.
    assert bench.presenter.counts.jobs - jobs <= 2
    calls.clear()
    bench.set(2.0, 0)
    assert calls == ["first"]
    assert bench.shown[-1].rows == {"a/0", "a/1", "a/2"}
    assert bench.pixels("c/0") is drawn


def test_one_function_for_several_plots_is_called_once(gain):
    calls = []

    def slow(g):
        calls.append(g)
        return array(SINE * g, t=T)

    source = tunable(slow, gain)
    level = Param(0.5, 0.0, 1.0)
    bench = Bench(
        [
            TraceConfig(
                source,
                sample_markers=[
                    SampleMarkers("o", "#ff0000", tunable(lambda d, at: d > at, source, level))
                ],
            ),
            HeatmapConfig(source),
        ]
    )
    assert calls == [1.0]
    bench.set(2.0)
    assert calls == [1.0, 2.0]
    bench.set(0.8, 1)
    assert calls == [1.0, 2.0], "the source of the mask stays"


def test_other_rows_are_refused_and_the_old_ones_stay():
    count = IntParam(2, 1, 3)
    bench = Bench(TraceConfig(tunable(lambda n: array(SINE[:n], t=T), count), title="EEG"))
    scene, before = bench.scene.rows, bench.pixels("trace-1/0")
    bench.set(3)
    (where, error) = bench.tuner.status.faults[0]
    assert where == "EEG"
    assert "gave 3 rows" in str(error)
    assert "shown are 2 rows" in str(error)
    assert [row.id for row in bench.scene.rows] == [row.id for row in scene]
    assert bench.pixels("trace-1/0") is before
    bench.set(2)
    assert bench.tuner.status.faults == ()


def test_a_function_that_fails_leaves_the_old_data(gain):
    def fragile(g):
        if g > 5:
            raise ZeroDivisionError("too much")
        return array(SINE * g, t=T)

    bench = Bench(TraceConfig(tunable(fragile, gain)))
    bench.set(2.0)
    before = bench.pixels("trace-1/0")
    bench.set(9.0)
    assert "ZeroDivisionError: too much" in str(bench.tuner.status.faults[0][1])
    assert bench.pixels("trace-1/0") is before
    assert bench.store.state.params[0].value == 9.0
    bench.set(3.0)
    assert bench.tuner.status.faults == ()
    assert not np.array_equal(bench.pixels("trace-1/0"), before)


def test_a_fault_stays_until_its_own_function_works(gain):
    other = Param(0.0, 0.0, 1.0)

    def fragile(g):
        if g > 5:
            raise ZeroDivisionError("too much")
        return array(SINE * g, t=T)

    bench = Bench(
        [
            TraceConfig(tunable(fragile, gain), id="a"),
            TraceConfig(tunable(lambda x: array(SINE + x, t=T), other), id="b"),
        ]
    )
    bench.set(9.0)
    bench.set(0.5, 1)
    assert [where for where, _ in bench.tuner.status.faults] == ["a"]
    bench.set(1.0)
    assert bench.tuner.status.faults == ()


def test_what_gives_no_data_is_a_fault_too(gain):
    bench = Bench(TraceConfig(tunable(lambda g: array(SINE, t=T) if g < 5 else "text", gain)))
    bench.set(9.0)
    assert "str" in str(bench.tuner.status.faults[0][1])


def test_a_plot_that_failed_at_first_comes_when_its_function_works():
    level = Param(9.0, 0.0, 9.0)

    def fragile(at):
        if at > 5:
            raise ValueError("too high")
        return array(SINE, t=T)

    bench = Bench(TraceConfig(tunable(fragile, level)))
    assert [row.kind for row in bench.scene.rows] == ["failed"]
    bench.set(1.0)
    assert [row.kind for row in bench.scene.rows] == ["trace"] * 3
    assert bench.pixels("trace-1/0").any()


def test_while_one_computes_the_newest_values_wait(gain):
    calls = []

    def record(g):
        calls.append(g)
        return array(SINE * g, t=T)

    bench = Bench(TraceConfig(tunable(record, gain)))
    calls.clear()
    bench.store.dispatch(c.SetParam(0, 2.0))
    bench.scheduler.run_timers()
    for value in (3.0, 4.0, 5.0):
        bench.store.dispatch(c.SetParam(0, value))
        bench.scheduler.run_timers()
    assert bench.pool.pending == 1
    bench.run()
    assert calls == [2.0, 5.0], "what lay between is skipped, what was begun is shown"
    assert len(bench.shown) == 2


def test_moves_within_the_throttle_are_one_computing(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    for value in (2.0, 3.0, 4.0):
        bench.store.dispatch(c.SetParam(0, value))
    bench.run()
    assert len(bench.shown) == 1


def test_a_function_sees_one_value_while_it_runs(gain):
    """A slider that moves on does not change what a bare function reads."""
    started, go, seen = threading.Event(), threading.Event(), []

    def slow():
        if threading.current_thread().name.startswith("tune-test"):
            seen.append(gain.value)
            started.set()
            assert go.wait(20)
            seen.append(gain.value)
        return array(SINE * gain.value, t=T)

    pool = ThreadPool(1, "tune-test")
    try:
        bench = Bench(TraceConfig(slow), pool=pool)
        bench.store.dispatch(c.SetParam(0, 2.0))
        bench.scheduler.run_timers()
        assert started.wait(20)
        bench.store.dispatch(c.SetParam(0, 7.0))
        assert gain.value == 7.0
        go.set()
        assert pool.wait(20)
        assert seen == [2.0, 2.0]
    finally:
        go.set()
        pool.close()


def test_scripts_move_sliders_and_sliders_move_scripts(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    gain.value = 4.0
    assert bench.store.state.params[0].setting == 4.0
    bench.run()
    assert len(bench.shown) == 1
    bench.set(6.0)
    assert gain.value == 6.0
    bench.tuner.close()
    gain.value = 1.0
    assert bench.store.state.params[0].setting == 6.0, "a closed window does not follow"


def test_a_slider_does_not_undo_what_a_script_has_just_set():
    """The script's value is on its way to the window while another slider moves."""
    one, two = Param(0.0, 0.0, 9.0, name="one"), Param(0.0, 0.0, 9.0, name="two")
    bench = Bench(TraceConfig(tunable(lambda *_: array(SINE, t=T), one, two)))
    post, waiting = bench.scheduler.post, []
    bench.scheduler.post = waiting.append
    two.value = 5.0
    bench.store.dispatch(c.SetParam(0, 3.0))
    bench.scheduler.post = post
    for function in waiting:
        function()
    assert (one.value, two.value) == (3.0, 5.0)
    assert param_values(bench.store.state.params) == {"one": 3.0, "two": 5.0}


def test_two_windows_share_a_parameter(gain):
    one, two = Bench(TraceConfig(lambda: scaled(gain))), Bench(TraceConfig(lambda: scaled(gain)))
    one.set(3.0)
    two.run()
    assert two.store.state.params[0].setting == 3.0
    assert len(two.shown) == 1


def test_reducer_takes_the_nearest_value_and_resets():
    params = (
        Param(1.0, 0.0, 2.0, step=0.5, name="width"),
        IntParam(3, 0, 10, name="count"),
        BoolParam(False, name="on"),
        ChoiceParam(["a", "b"], name="how"),
        Param(1.0, 0.0, 2.0, name="width"),
    )
    data = tunable(lambda *_: array(SINE, t=T), *params)
    bench = Bench(TraceConfig(data))
    store = bench.store
    for index, setting in enumerate((1.3, 7.6, 1.0, 1.0, 99.0)):
        assert store.dispatch(c.SetParam(index, setting))
    values = {"width": 1.5, "count": 8, "on": True, "how": "b", "width (2)": 2.0}
    assert param_values(store.state.params) == values
    assert [p.value for p in params] == list(values.values())
    store.dispatch(c.ResetParams(1))
    assert params[1].value == 3
    assert params[0].value == 1.5
    store.dispatch(c.ResetParams())
    assert [p.value for p in params] == [1.0, 3, False, "a", 1.0]
    assert store.allowed(c.SetParam(9, 1.0)) == "There is no such parameter."
    assert store.allowed(c.SetParam(0, float("nan")))


def test_without_parameters_the_tuner_says_so():
    bench = Bench(TraceConfig(array(SINE, t=T)))
    for command in (c.Toggle("tuner"), c.ResetParams(), c.UiRequest("copy_params")):
        assert "no live parameter" in bench.store.allowed(command)
    assert bench.store.allowed(c.Toggle("grid")) == ""
    assert bench.scene.live is None


def test_window_cursor_and_selection_stay(gain):
    def longer(g):
        return array(np.tile(SINE, (1, 2)), t=np.arange(6000) / 100) if g > 5 else scaled(gain)

    bench = Bench(TraceConfig(tunable(longer, gain)))
    for command in (c.SetWindow(12.0, 4.0), c.SetCursor(13.0), c.ScrollRows(5.0)):
        bench.store.dispatch(command)
    before = bench.store.state
    bench.set(9.0)
    after = bench.store.state
    for name in ("window", "cursor", "selection", "scroll", "overrides", "view"):
        assert getattr(after, name) == getattr(before, name)
    assert after.extent.stop == pytest.approx(60.0)
    bench.set(1.0)
    assert bench.store.state.extent.stop == pytest.approx(60.0), "it does not shrink underway"


def test_old_arrays_are_let_go_of(gain):
    bench = Bench([TraceConfig(lambda: scaled(gain)), TraceConfig(array(SINE, t=T))])
    bench.set(2.0)
    kept = bench.presenter.bench
    counts = len(kept._stats), len(kept._pyramids), len(bench.scene.live.opener.arrays)
    held = kept.held
    for value in (3.0, 4.0, 5.0, 6.0):
        bench.set(value)
    assert (len(kept._stats), len(kept._pyramids), len(bench.scene.live.opener.arrays)) == counts
    assert kept.held <= held * 1.5


def test_no_old_array_stays_in_memory(gain):
    made = []

    def remembered(g):
        values = SINE * np.float32(g)
        made.append(weakref.ref(values))
        return array(values, t=T)

    bench = Bench([TraceConfig(tunable(remembered, gain)), HeatmapConfig(array(SINE, t=T))])
    for value in (2.0, 3.0, 4.0, 5.0):
        bench.set(value)
    bench.shown.clear()
    gc.collect()
    assert [ref() is not None for ref in made] == [False] * 4 + [True]


def test_what_failed_for_a_while_is_let_go_when_it_works_again(gain):
    made = []

    def remembered(g):
        if g > 5:
            raise ValueError("too much")
        values = SINE * np.float32(g)
        made.append(weakref.ref(values))
        return array(values, t=T)

    bench = Bench(TraceConfig(tunable(remembered, gain)))
    kept, extent = bench.presenter.bench, bench.scene.extent
    pyramids = len(kept._pyramids)
    bench.set(6.0)
    assert bench.tuner.status.faults
    assert (bench.scene.extent, bench.scene.bare) == (extent, False), "the old rows are shown"
    bench.set(2.0)
    bench.set(7.0)
    bench.set(8.0)
    bench.set(3.0)
    bench.shown.clear()
    gc.collect()
    assert [ref() is not None for ref in made] == [False, False, True]
    assert len(kept._pyramids) == pyramids


def test_a_reload_keeps_the_values_also_those_set_while_it_read(gain):
    session = build_session(TraceConfig(lambda: scaled(gain)))
    state = initial_state(open_scene(session))
    scene = open_scene(session)
    state = reduce(state, c.SetParam(0, 3.0))
    gain.value = 3.0
    state = recompiled(state, scene)
    assert state.params[0].setting == 3.0
    pool, scheduler, shown = InlinePool(eager=False), InlineScheduler(), []
    tuner = Tuner(scene, Store(state), scheduler, shown.append, pool=pool)
    scheduler.run_timers()
    pool.run()
    assert tuner.settled
    assert shown[0].scene.live.settings == {gain: 3.0}


def test_what_a_function_gave_is_what_is_saved(gain):
    calls = []

    def record(g):
        calls.append(g)
        return array(SINE * g, t=T)

    plot = TraceConfig(tunable(record, gain))
    bench = Bench(plot)
    bench.set(2.0)
    given = bench.tuner.given(plot.data)
    assert float(given.value.max()) == pytest.approx(2.0, abs=0.01)
    assert calls == [1.0, 2.0]
    plain = InMemory(pl.DataFrame())
    assert bench.tuner.given(plain) is plain


def test_a_picture_without_a_window_shows_what_the_functions_give(gain):
    gain.value = 2.0
    session = build_session(
        TraceConfig(lambda: scaled(gain)),
        interval_labels=tunable(found, Param(0.5, 0.0, 0.9)),
        **STATES,
    )
    made = still(session, Viewport(800, 400, 1.0))
    assert len(made.store.state.tracks[0].table) == 6
    assert made.presenter.y_range("trace-1/0")[1] == pytest.approx(2.2, abs=0.01)


def test_nothing_moved_is_nothing_done(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    again = retune(bench.scene, dict(bench.scene.live.settings))
    assert again.rows == frozenset()
    assert again.gone == frozenset()
    assert [a is b for a, b in zip(again.scene.rows, bench.scene.rows, strict=True)] == [True] * 3
