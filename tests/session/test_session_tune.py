"""Live parameters: their ranges, which functions depend on which, and what is computed again."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

import loupe
from loupe import BoolParam, ChoiceParam, IntParam, Param, Tunable, tunable
from loupe.errors import LoupeConfigError, LoupeDataError, LoupeTypeError
from loupe.session.labels import LabelsConfig
from loupe.session.model import Session
from loupe.session.tune import held_at
from loupe.session.tune_scan import Memo, named_params

GLOBAL = Param(1.0, 0.0, 2.0)
HOLDER = SimpleNamespace(width=Param(0.5, 0.0, 1.0), note="text")
UNUSED = Param(1.0, 0.0, 2.0, name="unused")


class Module:
    inside = Param(3.0, 0.0, 5.0)
    other = Param(3.0, 0.0, 5.0)


def helper():
    return GLOBAL.value * 2


def names(function):
    return list(named_params(function).values())


def test_a_number_stays_in_its_range():
    width = Param(0.5, 0.0, 2.0, name="width")
    assert (width.value, width.default, width.min, width.max) == (0.5, 0.5, 0.0, 2.0)
    width.value = 2
    assert width.value == 2.0
    for wrong in (2.1, -0.1, float("nan"), float("inf")):
        with pytest.raises(LoupeConfigError, match="width"):
            width.value = wrong
    with pytest.raises(LoupeTypeError, match="`width` is a number"):
        width.value = "wide"
    assert width.value == 2.0, "what is refused changes nothing"


@pytest.mark.parametrize(
    "arguments", [(5.0, 0.0, 1.0), (0.0, 1.0, 1.0), (0.0, 2.0, 1.0), (0.0, 0.0, float("inf"))]
)
def test_limits_must_be_a_range_around_the_default(arguments):
    with pytest.raises(LoupeConfigError):
        Param(*arguments)


def test_a_step_must_fit_the_range():
    with pytest.raises(LoupeConfigError, match="step"):
        Param(0.0, 0.0, 1.0, step=2.0)
    stepped = Param(1.0, 0.5, 2.1, step=0.25)
    assert [stepped.fit(x) for x in (0.0, 0.6, 0.65, 2.05, 9.0)] == [0.5, 0.5, 0.75, 2.0, 2.1]


def test_whole_numbers_are_rounded():
    count = IntParam(3, 0, 10)
    count.value = 4.7
    assert count.value == 5
    assert type(count.value) is int
    assert count.fit(99) == 10
    with pytest.raises(LoupeConfigError):
        count.value = 11


def test_on_or_off():
    flag = BoolParam(True)
    flag.value = 0
    assert flag.value is False
    assert flag.default is True


def test_a_choice_is_one_of_them():
    how = ChoiceParam(["peak", "mean"], name="how")
    assert how.value == "peak"
    how.value = "mean"
    assert (how.value, how.setting) == ("mean", 1)
    with pytest.raises(LoupeConfigError, match="'nope' is no choice of the parameter `how`"):
        how.value = "nope"
    assert how.value == "mean"
    assert ChoiceParam([None, 2], default=2).value == 2
    assert ChoiceParam([1, True]).setting_of(True) == 1
    with pytest.raises(LoupeConfigError, match="no choices"):
        ChoiceParam([])
    with pytest.raises(LoupeConfigError):
        ChoiceParam(["a"], default="b")


def test_listeners_hear_of_changes_only():
    width, heard = Param(0.5, 0.0, 2.0), []
    stop = width.listen(lambda: heard.append(width.value))
    width.value = 1.0
    width.value = 1.0
    stop()
    width.value = 2.0
    assert heard == [1.0]


def test_a_tunable_calls_with_values():
    gain, offset = Param(2.0, 0.0, 5.0), IntParam(1, 0, 5)
    inner = tunable(lambda x, g: x * g, 10, gain)
    outer = tunable(
        lambda parts, plus, *, at: (parts, plus, at), [inner, 7], offset, at={"g": gain}
    )
    assert outer() == ([20.0, 7], 1, {"g": 2.0})
    gain.value = 3.0
    assert outer()[0] == [30.0, 7]
    assert isinstance(outer, Tunable)
    with pytest.raises(LoupeTypeError, match="takes a function first"):
        tunable(3, gain)


def test_names_come_from_the_parameter_or_from_where_it_stands():
    def smooth(data, width, *, gain):
        return data, width, gain

    width, gain, named = (Param(0.5, 0.0, 2.0) for _ in range(3))
    named.name = "z ≥"
    assert names(tunable(smooth, 0, width, gain=gain)) == ["width", "gain"]
    assert names(tunable(smooth, 0, named, gain=named)) == ["z ≥"]
    assert named_params(tunable(smooth, tunable(smooth, 0, width, gain=1), gain, gain=gain)) == {
        width: "width",
        gain: "width",
    }


def test_bare_functions_are_looked_through():
    near = Param(0.5, 0.0, 2.0)

    def default(data=1, width=near, *, other=HOLDER.width):
        return data, width, other

    class Filter:
        def __init__(self):
            self.cutoff = Param(1.0, 0.0, 9.0)

        def __call__(self):
            return self.cutoff.value

        def method(self):
            return self.cutoff.value

    assert names(lambda: near.value) == ["near"]
    assert names(lambda: [near.value * i for i in range(3)]) == ["near"]
    assert names(lambda: GLOBAL.value) == ["GLOBAL"]
    assert names(lambda: helper()) == ["GLOBAL"], "through a function of the same module"
    assert names(lambda: HOLDER.width.value) == ["width"]
    assert names(lambda: Module.inside.value) == ["inside"], "and not the others of the class"
    assert names(default) == ["width", "other"]
    assert names(functools.partial(default, width=GLOBAL)) == ["width", "other"]
    assert names(Filter()) == ["cutoff"]
    assert names(Filter().method) == ["cutoff"]
    assert names(lambda: 1) == []
    assert names(3) == []


def test_functions_that_call_each_other_end():
    def one():
        return two() if GLOBAL.value > 5 else 0

    def two():
        return one()

    assert names(one) == ["GLOBAL"]


def test_held_values_do_not_follow_sliders():
    width = Param(0.5, 0.0, 2.0)
    with held_at({width: 1.0}):
        width.value = 2.0
        assert width.value == 1.0
    assert width.value == 2.0


def test_only_what_depends_is_computed_again():
    first, second, calls = Param(1.0, 0.0, 5.0), Param(1.0, 0.0, 5.0), []

    def slow(x):
        calls.append("slow")
        return x * 10

    def quick(data, y):
        calls.append("quick")
        return data + y

    source = tunable(slow, first)
    result = tunable(quick, source, second)
    memo = Memo()
    assert memo.given(result) is None
    assert memo.call(result) == 11.0
    assert memo.call(result) == 11.0
    assert calls == ["quick", "slow"] or calls == ["slow", "quick"]
    second.value = 2.0
    calls.clear()
    assert memo.call(result) == 12.0
    assert calls == ["quick"]
    first.value = 2.0
    calls.clear()
    assert memo.call(result) == 22.0
    assert sorted(calls) == ["quick", "slow"]
    assert memo.given(result) == (22.0,)


def test_an_error_names_function_and_line():
    def broken():
        raise KeyError("nothing there")

    memo = Memo()
    with pytest.raises(LoupeDataError, match=r"broken\(\), line \d+: KeyError: 'nothing there'"):
        memo.call(broken)
    assert memo.given(broken) is None


def test_a_set_computed_from_parameters_is_not_the_edited_one():
    live = LabelsConfig(data=lambda: GLOBAL.value)
    by_hand = LabelsConfig(path="a.csv")
    assert live.live
    assert not by_hand.live
    assert Session(labels=(live, by_hand)).edited_labels == 1
    assert Session(labels=(live,)).edited_labels == 0
    assert Session(labels=(LabelsConfig(data=live.data, edit=True), by_hand)).edited_labels == 0


def test_the_names_are_public():
    wanted = {"Param", "IntParam", "BoolParam", "ChoiceParam", "Tunable", "tunable"}
    assert wanted <= set(loupe.__all__)
    assert loupe.Param is Param


def test_choices_may_come_from_an_array():
    param = ChoiceParam(np.array([5.0, 10.0, 20.0]), default=10.0)
    assert param.value == 10.0
    param.value = np.float64(20.0)
    assert param.value == 20.0
    with pytest.raises(LoupeConfigError) as caught:
        param.value = 7.0
    assert caught.value.hint == "the choices are: 5.0, 10.0, 20.0"
    arrays = [np.arange(3), np.arange(4)]
    assert ChoiceParam(arrays, default=arrays[1]).value is arrays[1]
    with pytest.raises(LoupeConfigError, match="is no choice"):
        ChoiceParam([np.True_, np.False_], default=1)
