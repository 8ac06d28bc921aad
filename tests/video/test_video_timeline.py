"""Frame times: checks with both numbers, corrections, files joined, the frame of an instant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.errors import LoupeVideoError
from loupe.video.timeline import check_count, check_times, load_frame_times, make_timeline

increasing = st.lists(st.integers(1, 500), min_size=1, max_size=60).map(
    lambda gaps: np.cumsum(gaps) / 100.0
)


def test_the_frame_of_an_instant_and_none_outside():
    line = make_timeline([np.array([10.0, 10.1, 10.2, 12.0])], names=["a.mp4"])
    assert line.max_distance_s == pytest.approx(0.055)
    assert [line.frame_at(t) for t in (10.0, 10.06, 10.04, 10.25, 11.0, 9.9, 12.05)] == [
        0,
        1,
        0,
        2,
        None,
        None,
        3,
    ]
    assert line.span.start == 10.0
    assert line.span.stop == 12.0


def test_a_distance_of_ones_own():
    line = make_timeline([np.array([0.0, 1.0])], names=["a"], max_distance_s=0.2)
    assert line.frame_at(0.3) is None
    assert line.frame_at(0.2) == 0


def test_offset_and_drift():
    line = make_timeline([np.array([0.0, 100.0])], names=["a"], correction=(2.0, 0.001))
    assert line.times.tolist() == [2.0, 102.1]


def test_a_drift_that_turns_time_around_is_refused():
    with pytest.raises(LoupeVideoError, match="drift of -1 seconds"):
        make_timeline([np.array([0.0, 1.0])], names=["a"], correction=(0.0, -1.0))


def test_files_joined():
    line = make_timeline([np.array([0.0, 1.0]), np.array([5.0, 6.0, 7.0])], names=["a", "b"])
    assert line.n == 5
    assert [line.locate(i) for i in range(5)] == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    with pytest.raises(IndexError):
        line.locate(5)


def test_files_in_the_wrong_order_are_named_with_both_times():
    with pytest.raises(LoupeVideoError, match=r"b: starts at 0.5 s.* a, ends at 1 s"):
        make_timeline([np.array([0.0, 1.0]), np.array([0.5, 2.0])], names=["a", "b"])


@given(increasing, st.floats(-1, 310))
def test_nearest_is_the_nearest(times, t):
    line = make_timeline([times], names=["a"], max_distance_s=0.3)
    best = np.abs(times - t)
    i = line.nearest(t)
    assert best[i] == best.min()
    assert i == int(np.flatnonzero(best == best.min())[0])
    assert line.frame_at(t) == (i if best[i] <= 0.3 else None)


@given(increasing)
def test_each_frame_is_found_at_its_own_time(times):
    line = make_timeline([times], names=["a"])
    assert [line.frame_at(float(t)) for t in times] == list(range(len(times)))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([[0.0, 1.0]], r"float64 of shape \(1, 2\)"),
        ([], r"shape \(0,\)"),
        (["a"], "one row of numbers"),
        ([0.0, np.nan, 2.0], r"frame 1 is nan \(1 of 3"),
        ([0.0, 1.0, 1.0, 0.5], r"frame 2 is at 1 s, not after frame 1 at 1 s \(2 such\)"),
    ],
)
def test_times_that_cannot_be(values, text):
    with pytest.raises(LoupeVideoError, match=text) as caught:
        check_times(np.array(values), where="cam.npy")
    assert str(caught.value).startswith("cam.npy: ")
    assert caught.value.hint


def test_integers_are_times_too():
    assert check_times(np.arange(3), where="x").dtype == np.float64


def test_frame_times_from_a_file(tmp_path):
    np.save(tmp_path / "t.npy", np.array([0.5, 1.0], np.float32))
    assert load_frame_times(tmp_path / "t.npy").tolist() == [0.5, 1.0]
    with pytest.raises(LoupeVideoError, match="no such file"):
        load_frame_times(tmp_path / "no.npy")
    (tmp_path / "bad.npy").write_bytes(b"not an array")
    with pytest.raises(LoupeVideoError, match="cannot be read"):
        load_frame_times(tmp_path / "bad.npy")
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(LoupeVideoError, match="cannot be read"):
        load_frame_times(tmp_path / "objects.npy")
    np.savez(tmp_path / "several.npz", a=np.arange(3))
    with pytest.raises(LoupeVideoError, match="archive"):
        load_frame_times(tmp_path / "several.npz")


class TestCounts:
    def test_equal(self):
        assert check_count(10, 10, slack=0, decodes=pytest.fail, where="v") == ""

    def test_a_truncated_tail(self):
        note = check_count(97, 100, slack=120, decodes=lambda i: i < 97, where="v")
        assert note == (
            "the last 3 of 100 frames are truncated and have no times; 97 frames are shown"
        )
        assert check_count(97, 100, slack="unlimited", decodes=lambda i: i < 97, where="v")

    @pytest.mark.parametrize(
        ("stamped", "slack", "decodable"),
        [(97, 2, 97), (97, 120, 100), (97, 120, 90), (103, 120, 100), (97, 0, 97)],
    )
    def test_other_differences_name_both_numbers(self, stamped, slack, decodable):
        with pytest.raises(LoupeVideoError, match=f"100 frames, but {stamped} frame times") as e:
            check_count(
                stamped,
                100,
                slack=slack,
                decodes=lambda i: i < decodable,
                where="v.mp4",
                times_where="t.npy",
            )
        assert "t.npy" in e.value.message
        assert e.value.code == "video-count"


def test_a_header_that_claims_more_than_there_is_memory(tmp_path):
    path = tmp_path / "t.npy"
    np.save(path, np.arange(4.0))
    data = path.read_bytes()
    huge = data.replace(b"(4,), }" + b" " * 14, b"(400000000000000,), }")
    assert huge != data
    path.write_bytes(huge)
    with pytest.raises(LoupeVideoError, match="frame times cannot be read"):
        load_frame_times(path)
