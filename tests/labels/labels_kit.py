"""Label files as text, read and listed, for the tests of formats."""

from loupe.labels.formats.base import ReadOptions
from loupe.labels.formats.registry import formats


def read(name, data, **options):
    data = data.encode() if isinstance(data, str) else data
    return formats()[name].read(data, ReadOptions(where=f"a.{name}", **options))


def rows(loaded):
    return [(i.start, i.stop, i.label) for i in loaded.table]
