"""The fifteen files of the conformance matrix: each frame carries its own number.

Sixteen blocks hold the number's bits, sixteen more their complement, so that a frame that was
not decoded cleanly reads as None and never as another frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

TICKS = 15360  # of the time base in a second: 512 a frame at 30 fps
STEP = 512


@dataclass(frozen=True)
class Made:
    """One generated file and what a sequential decode of it must give."""

    path: Path
    shown: dict[int, int]
    """Number that each frame carries, by its presentation tick (by its order without ticks)."""


def picture(number: int, width: int, height: int) -> np.ndarray:
    """A grey frame ``(height, width)`` with ``number`` in blocks over a moving ramp."""
    x = np.arange(width)[None, :]
    y = np.arange(height)[:, None]
    grey = ((x * 2 + y + number * 3) % 97 + 70).astype(np.uint8)
    bw, bh = width // 8, height // 5
    bits = [(number >> k) & 1 for k in range(16)]
    for k, bit in enumerate(bits + [1 - b for b in bits]):
        r, c = divmod(k, 8)
        grey[r * bh : (r + 1) * bh, c * bw : (c + 1) * bw] = 235 if bit else 16
    return grey


def number_of(rgb: np.ndarray) -> int | None:
    """The number that a frame ``(height, width, 3)`` carries, None if it cannot be read."""
    height, width = rgb.shape[:2]
    bw, bh = width / 8, height / 5
    values = []
    for k in range(32):
        r, c = divmod(k, 8)
        block = rgb[
            int((r + 0.3) * bh) : int((r + 0.7) * bh), int((c + 0.3) * bw) : int((c + 0.7) * bw)
        ]
        values.append(float(block.mean()))
    bits = [v > 128 for v in values]
    if any(a == b for a, b in zip(bits[:16], bits[16:], strict=True)):
        return None
    return sum(1 << k for k in range(16) if bits[k])


def regular(n: int) -> list[int]:
    return [i * STEP for i in range(n)]


def variable(n: int) -> list[int]:
    """Presentation ticks of a camera that now and then slows down threefold."""
    rng = np.random.default_rng(7)
    gaps = np.where(rng.random(n) < 0.2, 3 * STEP, STEP) + rng.integers(-90, 90, n)
    return [int(t) for t in np.concatenate([[0], np.cumsum(gaps)[:-1]])]


def encode(
    path: Path,
    n: int,
    *,
    codec: str,
    size: tuple[int, int],
    ticks: list[int] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    **options: str,
) -> Path:
    try:
        av.codec.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"this build of PyAV has no encoder {codec}")
    width, height = size
    ticks = ticks or regular(n)
    with av.open(
        str(path), "w", format=container, container_options=container_options or {}
    ) as out:
        stream = out.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        constant = ticks == regular(n)
        base = Fraction(1, 30) if constant else Fraction(1, TICKS)
        stream.codec_context.time_base = base
        if not constant:
            stream.time_base = base
        if "g" in options:
            stream.codec_context.gop_size = int(options["g"])
        for i, tick in enumerate(ticks):
            grey = picture(i, width, height)
            rgb = np.repeat(grey[:, :, None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts = i if constant else tick
            frame.time_base = base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def remux(
    source: Path,
    target: Path,
    *,
    start: float = 0.0,
    container_options: dict[str, str] | None = None,
    container: str | None = None,
) -> Path:
    """Copy packets as ``ffmpeg -ss START -c copy`` does: from the keyframe before ``start``,
    with ``start`` at time 0, which writes an edit list."""
    with (
        av.open(str(source)) as inp,
        av.open(
            str(target), "w", format=container, container_options=container_options or {}
        ) as out,
    ):
        video = inp.streams.video[0]
        stream = out.add_stream_from_template(video)
        shift = int(start / video.time_base)
        if start:
            inp.seek(shift, stream=video)
        for packet in inp.demux(video):
            if packet.dts is None:
                continue
            if packet.pts is not None:
                packet.pts -= shift
            packet.dts -= shift
            packet.stream = stream
            out.mux(packet)
    return target


def truncate(source: Path, target: Path, share: float = 0.6) -> Path:
    """Break a file off at a share of its length; an mp4 within the media data of a fragment,
    because FFmpeg opens none that breaks off within a fragment's header."""
    data = source.read_bytes()
    end = int(len(data) * share)
    if source.suffix == ".mp4":
        start = data.rindex(b"mdat", 0, end) - 4
        end = start + int.from_bytes(data[start : start + 4], "big") * 2 // 3
    target.write_bytes(data[:end])
    return target


def _x264(gop: int, b: int, *, open_gop: bool = False) -> str:
    return (
        f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b}:b-adapt=0:"
        f"open-gop={int(open_gop)}:threads=2"
    )


Maker = Callable[[Path, int, tuple[int, int], int], Path]


def _h264(
    name: str, b: int, *, open_gop: bool = False, gop: int | None = None, **kw: object
) -> Maker:
    def make(folder: Path, n: int, size: tuple[int, int], long_gop: int) -> Path:
        ticks = variable(n) if kw.get("vfr") else None
        return encode(
            folder / name,
            n,
            codec="libx264",
            size=size,
            ticks=ticks,
            container=kw.get("container"),  # type: ignore[arg-type]
            container_options=kw.get("container_options"),  # type: ignore[arg-type]
            preset="veryfast",
            crf="28",
            **{"x264-params": _x264(gop or long_gop, b, open_gop=open_gop)},
        )

    return make


def _hevc(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
    return encode(
        folder / "hevc_open.mp4",
        n,
        codec="libx265",
        size=size,
        preset="ultrafast",
        **{
            "x265-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=3:open-gop=1:"
            "log-level=none"
        },
    )


def _mpeg4(name: str) -> Maker:
    def make(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
        return encode(
            folder / name, n, codec="mpeg4", size=size, bf="2", g=str(gop), qscale="3", b="4000000"
        )

    return make


def _mjpeg(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
    return encode(
        folder / "mjpeg.avi", n, codec="mjpeg", size=size, pix_fmt="yuvj420p", b="8000000"
    )


def _cut(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
    whole = _h264("whole.mp4", 3)(folder, n, size, gop)
    return remux(whole, folder / "cut.mp4", start=round(gop * 1.37) / 30)


def _fragmented(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
    return _h264(
        "fragmented.mp4",
        2,
        gop=30,
        container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    )(folder, n, size, gop)


def _then_truncated(maker: Maker, name: str) -> Maker:
    def make(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
        return truncate(maker(folder, n, size, gop), folder / name)

    return make


MATRIX: dict[str, Maker] = {
    "h264_closed": _h264("h264_closed.mp4", 3),
    "h264_open": _h264("h264_open.mp4", 3, open_gop=True),
    "h264_no_b": _h264("h264_no_b.mp4", 0, gop=30),
    "h264_vfr_mp4": _h264("h264_vfr.mp4", 3, vfr=True),
    "h264_vfr_mkv": _h264("h264_vfr.mkv", 3, vfr=True),
    "h264_ts": _h264("h264.ts", 3, container="mpegts"),
    "h264_raw": _h264("h264.h264", 3, container="h264"),
    "cut_mp4": _cut,
    "hevc_open": _hevc,
    "mpeg4_avi": _mpeg4("mpeg4.avi"),
    "mpeg4_mp4": _mpeg4("mpeg4.mp4"),
    "mjpeg_avi": _mjpeg,
    "mjpeg_truncated": _then_truncated(_mjpeg, "mjpeg_truncated.avi"),
    "fragmented": _fragmented,
    "fragmented_truncated": _then_truncated(_fragmented, "fragmented_truncated.mp4"),
}


def _other(name: str, codec: str, **options: str) -> Maker:
    def make(folder: Path, n: int, size: tuple[int, int], gop: int) -> Path:
        return encode(folder / name, n, codec=codec, size=size, **options)

    return make


OTHERS: dict[str, Maker] = {
    "intra_refresh": _other(
        "refresh.mp4",
        "libx264",
        preset="veryfast",
        **{"x264-params": "keyint=40:intra-refresh=1:bframes=0"},
    ),
    "vp8_hidden_frames": _other(
        "vp8.webm",
        "libvpx",
        g="50",
        b="1M",
        **{"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "good", "cpu-used": "4"},
    ),
    "vp9": _other("vp9.webm", "libvpx-vp9", g="50", b="1M", deadline="realtime"),
    "mpeg2_ts": _other("mpeg2.ts", "mpeg2video", g="30", bf="2", b="3M"),
    "flv": _other("h264.flv", "libx264", **{"x264-params": "keyint=40:bframes=3"}),
}
"""Kinds beside the fifteen; the first has keyframes from which no sound picture decodes."""


def make(key: str, folder: Path, n: int, size: tuple[int, int], gop: int) -> Made:
    """Generate one file and read its frames one after another, the truth of every test."""
    path = (MATRIX | OTHERS)[key](folder, n, size, gop)
    shown: dict[int, int] = {}
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if "truncated" in key and packet.is_corrupt:
                continue  # the file breaks off in it; half a picture is none
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                tick = len(shown) if frame.pts is None else frame.pts
                shown[tick] = number_of(frame.to_ndarray(format="rgb24"))
    assert None not in shown.values(), f"{key}: a frame of the truth cannot be read"
    return Made(path, shown)
