"""The ceiling in bytes holds; what was used last stays."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from loupe.video.cache import ByteCache


@dataclass
class Thing:
    nbytes: int


def test_the_least_recently_used_goes_first():
    cache = ByteCache(30)
    for k in range(3):
        cache.put(k, Thing(10))
    assert cache.get(0) is not None
    cache.put(3, Thing(10))
    assert [k in cache for k in range(4)] == [True, False, True, True]
    assert cache.nbytes == 30


def test_a_value_heavier_than_the_ceiling_stays_alone():
    cache = ByteCache(30)
    cache.put("a", Thing(10))
    cache.put("b", Thing(100))
    assert (len(cache), cache.nbytes) == (1, 100)
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 40)), max_size=80))
def test_bytes_are_counted_right(puts):
    cache = ByteCache(100)
    for key, weight in puts:
        cache.put(key, Thing(weight))
        held = [cache.get(k) for k in range(9) if k in cache]
        assert cache.nbytes == sum(v.nbytes for v in held) <= 100
        assert key in cache
