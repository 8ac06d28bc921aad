"""Shares of the panel's height that the videos get."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.fields import number_field, pair_slider
from loupe.ui.video_room import VideoRoom

__all__ = ["VideoSizesDialog"]

_MOST = 20


class VideoSizesDialog(LiveDialog):
    """One slider a video, live; reset gives back what stood here at first."""

    def __init__(self, desk: Desk, room: VideoRoom, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Video sizes", parent)
        self._room = room
        self._start = [room.stretch(i) for i in range(len(room))]
        self._fields = []
        for i in range(len(room)):
            name = room.view(i).name
            field = number_field(0, _MOST, 0, f"Share of {name}")
            field.setValue(self._start[i])
            slider = pair_slider(field, lambda v: v / _MOST, lambda share: round(share * _MOST))
            field.valueChanged.connect(lambda v, n=i: room.set_stretch(n, int(v)))
            self.form.addRow(name, field)
            self.form.addRow("", slider)
            self._fields.append(field)
        if not self._fields:
            self.hint("The session has no videos.")
        self.finish(self._reset)

    def _reset(self) -> None:
        for field, value in zip(self._fields, self._start, strict=True):
            field.setValue(value)
