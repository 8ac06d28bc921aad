"""Opens the session's videos, asks them for the cursor's frame, and seats their views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from loupe.app import commands
from loupe.app.ports import Scheduler
from loupe.app.reducers.view import MOST_STRETCH
from loupe.app.state import AppState
from loupe.data.catalog import Catalog
from loupe.errors import LoupeError, LoupeVideoError
from loupe.ui.desk import Desk
from loupe.ui.panels.videos import VideosPanel, VideoWindow
from loupe.ui.picture import save_frame
from loupe.ui.video_view import VideoView
from loupe.units import Seconds, Span
from loupe.video.answer import VideoPicture

if TYPE_CHECKING:
    from loupe.video.opened import OpenVideo
    from loupe.video.player import VideoSource

__all__ = ["VideoRoom"]

_SCRUB_REST_MS = 120.0


@dataclass
class _Seat:
    """A video with its view and where it is shown."""

    view: VideoView
    stretch: int | None
    own_window: str = ""
    source: VideoSource | None = None
    asked: tuple[Seconds, tuple[int, int]] | None = None
    answered: int = 0
    held: VideoPicture | None = None
    window: VideoWindow | None = field(default=None, repr=False)


class VideoRoom:
    """All videos of a window.

    Parameters
    ----------
    report
        Told of a video that cannot be used: its name, what is wrong and what to do.
    on_open
        Called when one more video is open and its times are known.
    holding
        Whether the plots are about to be drawn: pictures that arrive meanwhile wait for
        `show_held`, because each repaint of the window composes all of it.
    """

    def __init__(
        self,
        desk: Desk,
        scheduler: Scheduler,
        panel: VideosPanel,
        parent: QWidget,
        report: Callable[[str, LoupeError], None],
        on_open: Callable[[], None] = lambda: None,
        holding: Callable[[], bool] = lambda: False,
    ) -> None:
        self._desk = desk
        self._scheduler = scheduler
        self._panel = panel
        self._parent = parent
        self._report = report
        self._on_open = on_open
        self._holding = holding
        self._closed = False
        self._rest: Callable[[], None] | None = None
        self._seats: list[_Seat] = []
        self._windows: dict[str, VideoWindow] = {}
        for i, spec in enumerate(desk.scene.videos):
            config = spec.config
            view = VideoView(spec.name, desk.look, parent)
            view.hide()
            title = config.separate_window
            seat = _Seat(view, config.stretch, spec.name if title is True else title or "")
            self._seats.append(seat)
            view.resized.connect(self._again)
            view.chosen.connect(lambda n=i: desk.run(commands.SetStepTarget(n)))
            self._open(i, seat)
        self._in_panel: list[int] = []
        self._panel.scrubbed.connect(self._scrubbed)
        self._panel.dragged.connect(self._dragged)
        self.arrange()

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def spans(self) -> tuple[Span, ...]:
        """From the first to the last frame of every video that is open."""
        videos = [seat.source.video for seat in self._seats if seat.source is not None]
        return tuple(v.timeline.span for v in videos if v is not None and v.timeline.n)

    @property
    def changed(self) -> bool:
        """Whether a file of a video is another one than when it was opened."""
        return any(seat.source is not None and seat.source.changed for seat in self._seats)

    @property
    def windows(self) -> tuple[QWidget, ...]:
        """Windows of videos; keys pressed in them count as pressed in the main window."""
        return tuple(self._windows.values())

    @property
    def captions(self) -> tuple[str, ...]:
        """What stands under each video."""
        return tuple(seat.view.caption for seat in self._seats)

    def view(self, index: int) -> VideoView:
        """The view of a video."""
        return self._seats[index].view

    def _open(self, index: int, seat: _Seat) -> None:
        # Both decoders are 40 MB; most windows have no video.
        from loupe.scene.videos import frames_ceiling, video_spec
        from loupe.video.player import VideoSource

        spec = self._desk.scene.videos[index]
        base = self._desk.scene.session.base or Path()
        try:
            found = video_spec(spec.config, spec.name, Catalog(base), self._desk.scene.origin)
        except LoupeError as error:
            seat.view.set_note(error.message)
            self._report(spec.name, error)
            return

        def deliver(picture: VideoPicture) -> None:
            self._scheduler.post(lambda: self._arrived(seat, picture))

        def opened(result: OpenVideo | LoupeError) -> None:
            self._scheduler.post(lambda: self._is_open(seat, spec.name, result))

        cache_mb = self._desk.scene.session.view.cache_mb
        ceiling = frames_ceiling(cache_mb, len(self._desk.scene.videos))
        seat.source = VideoSource(found, deliver, opened=opened, cache_bytes=ceiling)

    def _is_open(self, seat: _Seat, name: str, result: OpenVideo | LoupeError) -> None:
        if self._closed:
            return
        if isinstance(result, LoupeError):
            seat.view.set_note(result.message)
            self._report(name, result)
            return
        for note in result.notes:
            self._desk.run(commands.Note(f"{name}: {note}"))
        seat.view.set_note("")
        self._on_open()
        self._again()

    def _arrived(self, seat: _Seat, picture: VideoPicture) -> None:
        if self._closed or picture.request < seat.answered:
            return
        seat.answered = picture.request
        seat.held = picture
        if not self._holding():
            self.show_held()

    def show_held(self) -> None:
        """Show the pictures that waited for the plots."""
        for seat in self._seats:
            picture, seat.held = seat.held, None
            if picture is not None:
                time = "" if picture.time is None else self._desk.time_text(picture.time, 2)
                seat.view.show_picture(picture, time)

    def show(self, before: AppState | None, after: AppState) -> None:
        """Follow the state: ask for frames, hide and show views."""
        if not self._seats:
            return
        if (
            before is None
            or before.hidden_videos != after.hidden_videos
            or before.overrides.videos != after.overrides.videos
        ):
            self.arrange()
        window = after.window
        self._panel.show_cursor((after.cursor - window.start) / window.length)
        if before is None or before.cursor != after.cursor:
            scrubbing = before is not None and not after.playback.playing
            if before is not None and before.window != after.window:
                # The plots are about to be drawn anew; decoding begins when they are.
                self._scheduler.later(0, lambda: self._ask_now(scrubbing))
            else:
                self._ask(after.cursor, scrubbing=scrubbing)

    def _ask_now(self, scrubbing: bool) -> None:
        if not self._closed:
            self._ask(self._desk.state.cursor, scrubbing=scrubbing)

    def _again(self) -> None:
        self._ask(self._desk.state.cursor, scrubbing=False)

    def _ask(self, t: Seconds, *, scrubbing: bool) -> None:
        """Ask each visible view's source; while the cursor moves fast a nearby frame will do."""
        for i, seat in enumerate(self._seats):
            if seat.source is None or i in self._desk.state.hidden_videos:
                continue
            wish = (t, seat.view.box)
            if scrubbing or wish != seat.asked:
                seat.source.request(time=t, scrubbing=scrubbing, box=seat.view.box)
                seat.asked = None if scrubbing else wish
        if self._rest is not None:
            self._rest()
            self._rest = None
        if scrubbing:
            self._rest = self._scheduler.later(_SCRUB_REST_MS, self._again)

    def _scrubbed(self, share: float) -> None:
        window = self._desk.state.window
        self._desk.run(commands.SetCursor(window.start + share * window.length))

    def step(self, by: int) -> None:
        """Put the cursor on the next (1) or previous (-1) frame of the chosen video.

        If that is hidden, of the first one that is shown.
        """
        target = self._desk.state.step_target
        hidden = self._desk.state.hidden_videos
        order = [target, *range(len(self._seats))]
        for index in sorted(order, key=lambda index: index in hidden):
            source = self._seats[index].source if 0 <= index < len(self._seats) else None
            video = None if source is None else source.video
            if video is None or not video.timeline.n:
                continue
            timeline = video.timeline
            frame = timeline.nearest(self._desk.state.cursor) + by
            frame = max(0, min(timeline.n - 1, frame))
            self._desk.run(commands.SetCursor(float(timeline.times[frame]), follow=True))
            return
        self._desk.run(commands.Note("No video is open to step."))

    def shown_frame(self) -> tuple[int, int] | str:
        """The chosen video and the number of the frame that it shows, or why it shows none."""
        index = self._desk.state.step_target
        if not 0 <= index < len(self._seats):
            return "There is no video."
        view = self._seats[index].view
        if view.frame is None:
            return f"{view.name} shows no frame: {view.caption or 'it is being read'}."
        return index, view.frame

    def save_frame(
        self, index: int, frame: int, path: Path, done: Callable[[str, LoupeError | None], None]
    ) -> None:
        """Write a frame of a video at its own size, in the video's thread.

        Parameters
        ----------
        done
            Told in the window's thread what was written, or what went wrong.
        """
        seat = self._seats[index] if 0 <= index < len(self._seats) else None
        if seat is None or seat.source is None:
            # The session was read again while the name was asked for.
            done("", LoupeVideoError("the video is not open any more", where=path.name))
            return
        source, name = seat.source, seat.view.name

        def write(picture: VideoPicture) -> None:
            error: LoupeError | None = None
            text = ""
            try:
                if picture.rgb is None:
                    raise LoupeVideoError(picture.note, where=name)
                save_frame(picture.rgb, path)
                height, width, _ = picture.rgb.shape
                text = f"Frame {frame} of {name} written to {path.name} ({width} x {height})."
            except LoupeError as caught:
                error = caught
            self._scheduler.post(lambda: done(text, error))

        source.request_still(frame, write)

    def toggle_window(self, index: int) -> None:
        """Give a video a window of its own, or take it back."""
        if not 0 <= index < len(self._seats):
            return
        title = "" if self._own_window(index) else self._seats[index].view.name
        self._desk.run(commands.SetVideo(index, own_window=title))

    def set_stretch(self, index: int, stretch: int) -> None:
        """Give a video another share of the panel's height."""
        self._desk.run(commands.SetVideo(index, stretch=stretch))

    def stretch(self, index: int) -> int:
        """A video's share of the panel's height."""
        look = self._desk.state.overrides.videos.get(index)
        given = None if look is None else look.stretch
        if given is None:
            given = self._seats[index].stretch
        if given is None and all(seat.stretch is None for seat in self._seats):
            # Nothing in the session says otherwise.
            given = self._panel.remembered(index, len(self._seats))
        return given if given is not None else (3 if index == 0 else 2)

    def _dragged(self, shares: tuple[int, ...]) -> None:
        """Make the heights that a person dragged those of the session."""
        if self._closed:
            return
        stretches = [self.stretch(i) for i in range(len(self._seats))]
        # Those that are not in the panel now keep their proportion to the others.
        scale = sum(shares) / max(1, sum(stretches[i] for i in self._in_panel))
        stretches = [min(MOST_STRETCH, max(1, round(s * scale))) for s in stretches]
        for index, share in zip(self._in_panel, shares, strict=True):
            stretches[index] = share
        self._panel.remember(stretches)
        self._desk.run(commands.SetVideoShares(tuple(stretches)))

    def _own_window(self, index: int) -> str:
        """Title of the window that a video stands in; empty for the panel."""
        look = self._desk.state.overrides.videos.get(index)
        given = None if look is None else look.own_window
        return self._seats[index].own_window if given is None else given

    def _is_in_panel(self, index: int) -> bool:
        return index not in self._desk.state.hidden_videos and not self._own_window(index)

    def arrange(self) -> None:
        """Put every view into the panel or its window."""
        hidden = self._desk.state.hidden_videos
        shown = [
            (seat, self.stretch(i), self._own_window(i))
            for i, seat in enumerate(self._seats)
            if i not in hidden
        ]
        for i in hidden:
            if i < len(self._seats):
                self._seats[i].view.hide()
        titles = dict.fromkeys(title for _, _, title in shown if title)
        for title in [title for title in self._windows if title not in titles]:
            gone = self._windows.pop(title)
            for seat in self._seats:
                if seat.view.window() is gone:
                    seat.view.setParent(self._parent)
            gone.hide()
            gone.deleteLater()
        for title in titles:
            if title not in self._windows:
                window = VideoWindow(title, self._parent)
                window.closed.connect(lambda t=title: self._taken_back(t))
                self._windows[title] = window
            self._windows[title].set_views([s.view for s, _, own in shown if own == title])
            if self._parent.isVisible():
                self._windows[title].show()
        self._in_panel = [i for i in range(len(self._seats)) if self._is_in_panel(i)]
        self._panel.set_views([(s.view, stretch) for s, stretch, own in shown if not own])

    def show_windows(self) -> None:
        """Show the windows of videos, now that the main window is there to stand above."""
        for window in self._windows.values():
            window.show()
            window.raise_()

    def _taken_back(self, title: str) -> None:
        if self._closed:
            return
        for index in range(len(self._seats)):
            if self._own_window(index) == title:
                self._desk.run(commands.SetVideo(index, own_window=""))
        self.arrange()

    def set_look(self) -> None:
        """Draw with the desk's look."""
        for seat in self._seats:
            seat.view.set_look(self._desk.look)

    def close(self) -> None:
        """End every video's thread."""
        self._closed = True
        if self._rest is not None:
            self._rest()
        self._panel.scrubbed.disconnect(self._scrubbed)
        self._panel.dragged.disconnect(self._dragged)
        self._panel.set_views([])
        for seat in self._seats:
            # Qt deletes them, in this thread: a widget without a parent would be Python's, whose
            # collector may run in any.
            seat.view.hide()
            seat.view.setParent(self._parent)
            seat.view.deleteLater()
        for window in self._windows.values():
            window.deleteLater()
        sources = [seat.source for seat in self._seats if seat.source is not None]
        for source in sources:
            source.close(0.0)
        for source in sources:
            source.close()
