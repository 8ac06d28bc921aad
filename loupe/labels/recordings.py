"""Files that are recordings with annotations in them: read as labels, never replaced by labels.

Knows headers of EDF and BDF, nothing of labels.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["holds_signals"]

_STARTS = (b"0       ", b"\xffBIOSEMI")
_ANNOTATIONS = (b"EDF Annotations", b"BDF Annotations")
_MOST_SIGNALS = 9999


def holds_signals(path: Path) -> bool:
    """Whether a file is EDF or BDF with signals beside its annotations; False if it is neither.

    Raises
    ------
    OSError
        If it exists but cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(256 + 16 * _MOST_SIGNALS)
    if head[:8] not in _STARTS or not head[252:256].strip().isdigit():
        return False
    n = int(head[252:256])
    return any(head[k : k + 16].strip() not in _ANNOTATIONS for k in range(256, 256 + 16 * n, 16))
