"""How fast videos are: cached steps, jumps against plain decoding, four videos playing at once.

Run ``python benchmarks/video.py``; numbers go to the terminal and to out/bench/video.json. With
``--check`` the exit code is 1 when a bound is missed; timings on a busy machine miss bounds.
"""

import argparse
import json
import os
import queue
import random
import tempfile
import time
from pathlib import Path

import numpy as np

from loupe.video.index import build_index
from loupe.video.kept import load_index
from loupe.video.opened import OpenVideo, VideoSpec, open_video
from loupe.video.player import Shown, VideoSource
from loupe.video.reader import FrameReader
from loupe.video.write import VideoWriter

SIZE = (640, 480)
FPS = 30
BOX = (480, 360)


def make(path: Path, frames: int, gop: int, seed: int) -> Path:
    """A moving scene with some noise, so that it costs about what a camera's picture costs."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    y, x = np.mgrid[0:height, 0:width]
    scene = (127 + 60 * np.sin(x / 23.0) * np.cos(y / 31.0)).astype(np.uint8)
    noise = rng.integers(0, 12, (8, height, width), dtype=np.uint8)
    with VideoWriter(path, SIZE, FPS, gop=gop) as writer:
        for i in range(frames):
            grey = np.roll(scene, (i, 2 * i), axis=(0, 1)) + noise[i % 8]
            writer.write(np.repeat(grey[:, :, None], 3, axis=2))
    return path


def percentiles(values: list[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(np.array(values) * 1e3, [50, 95, 99])
    return {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "p99_ms": round(p99, 2)}


def measure_index(path: Path, cache: Path) -> dict[str, float]:
    start = time.perf_counter()
    index = build_index(path)
    built = time.perf_counter() - start
    load_index(path, cache=cache)
    start = time.perf_counter()
    load_index(path, cache=cache)
    kept = time.perf_counter() - start
    return {"frames": index.n, "build_ms": round(built * 1e3, 2), "kept_ms": round(kept * 1e3, 2)}


def measure_steps(video: OpenVideo) -> dict[str, float]:
    """Single steps to frames at hand, from the request to the scaled RGB picture."""
    answers: queue.Queue = queue.Queue()
    source = VideoSource(video.spec, answers.put)
    middle = video.timeline.n // 2

    def shown(frame: int) -> float:
        start = time.perf_counter()
        wish = source.request(frame=frame, box=BOX)
        while True:
            got = answers.get(timeout=60)
            if got.request == wish and got.shown is Shown.EXACT:
                return time.perf_counter() - start

    shown(middle)
    took = [shown(middle - k) for k in range(1, 40)] + [shown(middle - k) for k in range(38, 0, -1)]
    source.close()
    return percentiles(took)


def measure_jumps(video: OpenVideo, jumps: int) -> dict[str, float]:
    """Random jumps, each followed by decoding as many frames one after another."""
    rng = random.Random(1)
    reader = FrameReader(video, cache_bytes=1)
    plain = FrameReader(video, cache_bytes=1)
    onwards = plain.walk(video.timeline.n - 1)
    took, as_many, decoded = [], [], []
    for _ in range(jumps):
        frame = rng.randrange(video.timeline.n)
        before = reader.decoded
        start = time.perf_counter()
        assert reader.get(frame) is not None
        took.append(time.perf_counter() - start)
        decoded.append(reader.decoded - before)
        spent = 0.0
        for _ in range(decoded[-1]):
            start = time.perf_counter()
            met = next(onwards, None)
            spent += time.perf_counter() - start
            if met is None:
                onwards = plain.walk(0)
                next(onwards)
                onwards = plain.walk(video.timeline.n - 1)
        as_many.append(spent)
    reader.close()
    plain.close()
    return {
        **percentiles(took),
        "sequential_p95_ms": percentiles(as_many)["p95_ms"],
        "frames_decoded_mean": round(float(np.mean(decoded)), 1),
        "p95_over_sequential": round(
            float(np.percentile(took, 95) / np.percentile(as_many, 95)), 3
        ),
    }


def measure_playing(videos: list[OpenVideo], seconds: float) -> dict[str, float]:
    """Videos side by side on one clock: how late pictures come, how many never do."""
    answers: queue.Queue = queue.Queue()
    asked: dict[tuple[int, int], float] = {}
    late: list[float] = []

    def deliver(k: int):
        def take(picture) -> None:
            answers.put((k, picture, time.perf_counter()))

        return take

    sources = [VideoSource(v.spec, deliver(k)) for k, v in enumerate(videos)]
    for source in sources:
        source.wait_opened(60)
    cpu = time.process_time()
    start = time.perf_counter()
    ticks = int(seconds * FPS)
    for tick in range(ticks):
        time.sleep(max(0.0, start + tick / FPS - time.perf_counter()))
        for k, source in enumerate(sources):
            now = time.perf_counter()
            asked[k, source.request(frame=tick, box=BOX)] = now
    time.sleep(0.3)
    wall = time.perf_counter() - start
    cpu = time.process_time() - cpu
    while not answers.empty():
        k, picture, at = answers.get()
        if picture.shown is Shown.EXACT:
            late.append(at - asked[k, picture.request])
    for source in sources:
        source.close()
    in_time = sum(t <= 1 / FPS for t in late)
    return {
        **percentiles(late),
        "in_time_share": round(in_time / (ticks * len(videos)), 4),
        "cores_busy": round(cpu / wall, 2),
        "cpu_ms_a_picture": round(cpu / max(1, len(late)) * 1e3, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--jumps", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")
        paths = [make(root / f"cam{k}.mp4", 450, 250 if k == 0 else 30, k) for k in range(4)]
        videos = [open_video(VideoSpec(p.stem, (p,))) for p in paths]
        results = {
            "index": measure_index(paths[0], root / "cache"),
            "cached_step": measure_steps(videos[1]),
            "jump_gop250": measure_jumps(videos[0], arguments.jumps),
            "jump_gop30": measure_jumps(videos[1], arguments.jumps),
            "play_4_videos": measure_playing(videos, arguments.seconds),
        }
    bounds = {
        "cached step p95 <= 8 ms": results["cached_step"]["p95_ms"] <= 8,
        "jump p95 <= 1.3 x sequential": results["jump_gop250"]["p95_over_sequential"] <= 1.3,
        "4 videos: 99 % in time": results["play_4_videos"]["in_time_share"] >= 0.99,
    }
    for name, values in results.items():
        print(f"{name:16s}", "  ".join(f"{key} {value}" for key, value in values.items()))
    for name, held in bounds.items():
        print(f"{'ok' if held else 'MISSED':8s}{name}")
    out = Path("out/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "video.json").write_text(
        json.dumps({"results": results, "bounds": bounds}, indent=1, default=bool)
    )
    return 1 if arguments.check and not all(bounds.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
