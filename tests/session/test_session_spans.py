"""The scanner of positions against tomllib."""

from __future__ import annotations

import string
import time
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.session.spans import LineMap, TooDeepError, check_limits, scan
from loupe.session.wording import toml_value

TEXT = '''\
title = "a # b" # comment
"quoted \\u0041" = 1.5
a.b.'c d' = 1979-05-27 07:32:00
[view]
window = 10 # s
flags = [ true, [1, 2], { x = 1, y.z = "q" }, # inner
  "last" ]
[[plots]]
kind = "trace"
markers = [{ a = 1 }, { a = 2 }]
[plots.data]
path = """
two
lines"""
[[plots]]
kind = 'zip'
[[plots.traces]]
data = "f"
[[plots.traces]]
data = "g"
'''


def paths(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place]
    if isinstance(value, dict):
        for key, entry in value.items():
            found += paths(entry, (*place, key))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            found += paths(entry, (*place, number))
    return found


def get(data: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        data = data[part]
    return data


def check(text: str) -> None:
    data = tomllib.loads(text)
    found = scan(text)
    assert set(found) == set(paths(data))
    for place, located in found.items():
        if not place:
            continue
        value = get(data, place)
        written = text[located.value.start : located.value.stop]
        is_header = written.startswith("[") and located.key == located.value
        is_leaf = not isinstance(value, dict | list)
        if is_leaf or (not is_header and located.key != located.value and written[0] in "[{"):
            assert tomllib.loads(f"k = {written}")["k"] == value, place


def test_every_path_and_value_is_found_where_it_stands() -> None:
    check(TEXT)
    found = scan(TEXT)
    lines = LineMap(TEXT)
    assert lines.position(found[("view", "window")].value.start) == (5, 10)
    assert lines.position(found[("view", "flags", 2, "y", "z")].value.start) == (6, 40)
    assert lines.position(found[("plots", 1, "traces", 1, "data")].key.start) == (20, 1)
    assert TEXT[slice(*found[("plots", 1)].key)] == "[[plots]]"
    assert TEXT[slice(*found[("plots", 0, "data")].key)] == "[plots.data]"
    assert TEXT[slice(*found[("view", "flags", 3)].key)] == '"last"'


keys = st.text(string.ascii_lowercase + "é -.\"'", min_size=1, max_size=4)
leaves = (
    st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_random_documents(document: dict[str, Any]) -> None:
    check("".join(f"{toml_value(k)} = {toml_value(v)}\n" for k, v in document.items()))


@given(st.text(alphabet="[]{}=.,\"'#\\\n abc1", max_size=60))
def test_no_text_breaks_the_scanner(text: str) -> None:
    check_limits(text)
    found = scan(text)
    try:
        data = tomllib.loads(text)
    except ValueError:
        return
    assert set(found) == set(paths(data))


@pytest.mark.parametrize("text", ["[" * 33, "{" * 40, "a = " + "[" * 50, ".".join("a" * 40)])
def test_deep_input_is_refused(text: str) -> None:
    with pytest.raises(TooDeepError):
        check_limits(text)


@pytest.mark.parametrize(
    "unit", ["a.", "[", "[[a]]\n", 'a="', "a = 1\n", "'''", '"""', "\\", "a=[", "# c\n", '""']
)
def test_a_megabyte_is_scanned_at_once(unit: str) -> None:
    text = (unit * (1 << 20))[: 1 << 20]
    start = time.process_time()
    try:
        check_limits(text)
        scan(text)
    except TooDeepError:
        pass
    assert time.process_time() - start < 20
