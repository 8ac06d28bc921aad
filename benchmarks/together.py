"""What four playing videos cost the plots: pages of a real window without and with them.

Run ``xvfb-run -a -s "-screen 0 1600x1840x24" python -m benchmarks.together``. Two windows of the
same recording take turns, one of them with four videos of 640 x 480 at 30 frames a second beside
the plots. Each page is taken while nothing plays, and while the cursor plays. Numbers go to the
terminal and to out/bench/together.json; with ``--check`` the exit code is 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop

from benchmarks.finish import finish
from benchmarks.recordings import arrays
from benchmarks.video import FPS, make
from benchmarks.window import Driven
from loupe.app import commands

ROWS, RATE, LENGTH_S, WINDOW_S = 16, 1000, 120.0, 5.0
SIZE = (1600, 900)
VIDEOS = 4
BOUND = 1.5
SHOWN = 0.95
APART_S = 0.6
"""From one page to the next: time to prefetch, and for the videos to reach the new window."""


def sessions(folder: Path) -> tuple[Path, Path]:
    """The recording's session, and the same with four videos over all of it."""
    plain = arrays("together", rows=ROWS, seconds=LENGTH_S, rate=RATE, plot='kind = "trace"')
    film = Path("out/bench/data") / f"film-{LENGTH_S:g}.mp4"
    if not film.is_file():
        part = film.with_name(f".{film.name}")
        make(part, round(LENGTH_S * FPS), 30, 0)
        part.rename(film)
    shutil.copytree(plain.session.parent, folder / "recording")
    text = (folder / "recording" / "session.toml").read_text()
    for k in range(VIDEOS):
        shutil.copy(film, folder / "recording" / f"cam{k}.mp4")
        text += f'\n[[videos]]\nvideo_path = "cam{k}.mp4"\nname = "cam {k}"\nstretch = 1\n'
    with_videos = folder / "recording" / "videos.toml"
    with_videos.write_text(text)
    return folder / "recording" / "session.toml", with_videos


def work(until: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Run the event loop until something holds."""
    end = time.perf_counter() + timeout_s
    while not until():
        if time.perf_counter() > end:
            raise TimeoutError("the window did not get there")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
        time.sleep(0.0005)


def rest(seconds: float) -> None:
    """Run the event loop for a while."""
    end = time.perf_counter() + seconds
    work(lambda: time.perf_counter() >= end)


def page(window: Driven) -> float:
    """Turn a page; the time until all of it is on the screen, ms."""
    core, canvas = window.window.core, window.window.widget.canvas
    drawn = window.repaints
    begin = time.perf_counter()
    window.run(commands.PageTime(1))
    work(lambda: core.presenter.settled and not canvas._stale and window.repaints > drawn)
    finish(canvas)
    return (time.perf_counter() - begin) * 1e3


class Turns:
    """Pages of one window under one condition."""

    def __init__(self, window: Driven, playing: bool) -> None:
        self.window = window
        self.playing = playing
        self.ms: list[float] = []

    def once(self) -> None:
        state = self.window.window.state
        if state.window.stop + 2 * WINDOW_S > LENGTH_S:
            self.window.show(0.0, WINDOW_S)
        if self.playing:
            self.window.run(commands.Play())
        rest(APART_S)
        self.ms.append(page(self.window))
        self.window.run(commands.Pause())
        rest(0.1)


def shown_share(window: Driven, seconds: float) -> float:
    """Share of the frames of a stretch that were shown while playing, of all videos."""
    rooms = window.window.core.videos
    frames: list[set[int]] = [set() for _ in range(VIDEOS)]
    for k in range(VIDEOS):
        view = rooms.view(k)
        show = view.show_picture

        def counted(picture, time, k=k, show=show) -> None:
            if picture.frame is not None:
                frames[k].add(picture.frame)
            show(picture, time)

        view.show_picture = counted
    window.show(0.0, 20.0)
    window.run(commands.SetCursor(0.5))
    rest(1.0)
    window.run(commands.Play())
    rest(seconds)
    window.run(commands.Pause())
    rest(0.2)
    span = window.window.state.cursor - 0.5
    return min(len(found) for found in frames) / (span * FPS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = str(Path(name) / "cache")
        plain, filmed = sessions(Path(name))
        bare = Driven(plain, SIZE, (0, 0))
        full = Driven(filmed, SIZE, (0, SIZE[1] + 8))
        work(lambda: len(full.window.core.videos.spans) == VIDEOS)
        for window in (bare, full):
            window.show(0.0, WINDOW_S)
            window.quiet()
        turns = {
            "still": Turns(bare, playing=False),
            "playing": Turns(bare, playing=True),
            "still, videos": Turns(full, playing=False),
            "playing, videos": Turns(full, playing=True),
        }
        for _ in range(arguments.rounds):
            for one in turns.values():
                one.once()
        share = shown_share(full, 6.0)
        bare.close()
        full.close()
    results: dict[str, dict[str, float]] = {}
    for name, one in turns.items():
        kept = one.ms[min(5, len(one.ms) // 2) :]
        p95 = sorted(kept)[int(0.95 * (len(kept) - 1))]
        results[name] = {"ms": round(statistics.median(kept), 1), "p95_ms": round(p95, 1)}
    ratio = results["playing, videos"]["ms"] / results["playing"]["ms"]
    over_still = results["playing, videos"]["ms"] / results["still"]["ms"]
    bounds = {
        f"page with 4 videos playing <= {BOUND} x without": ratio <= BOUND,
        f"frames shown while playing >= {SHOWN:.0%}": share >= SHOWN,
    }
    for name, found in results.items():
        print(f"{name:18s} page {found['ms']:7.1f} ms, p95 {found['p95_ms']:.1f} ms")
    print(f"ratio {ratio:.2f} (over a window where nothing moves {over_still:.2f})")
    print(f"frames shown while playing {share:.1%}")
    for name, held in bounds.items():
        print(f"{'ok' if held else 'MISSED':8s}{name}")
    out = Path("out/bench")
    out.mkdir(parents=True, exist_ok=True)
    summary = {"pages": results, "ratio": ratio, "over_still": over_still, "shown": share}
    (out / "together.json").write_text(json.dumps(summary | {"bounds": bounds}, indent=1))
    return int(arguments.check and not all(bounds.values()))


if __name__ == "__main__":
    raise SystemExit(main())
