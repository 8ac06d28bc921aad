"""The session's common time axis where data carry dates: which moment is second 0."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from loupe.units import Seconds

__all__ = ["Clock"]


class Clock:
    """Second 0 of the common axis: a moment, once somebody has named one.

    Data without dates are on the common axis already.
    """

    def __init__(self) -> None:
        self._origin: datetime | None = None
        self._lock = threading.Lock()

    @property
    def origin(self) -> datetime | None:
        """The moment of second 0 (with a time zone), or None while no data carry dates."""
        return self._origin

    def start_at(self, moment: datetime) -> datetime:
        """Make ``moment`` second 0 unless there is one already; return second 0."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        with self._lock:
            if self._origin is None:
                self._origin = moment
            return self._origin

    def offset(self, moment: datetime) -> Seconds:
        """Seconds from second 0 to ``moment``; names it second 0 if nobody has."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - self.start_at(moment)).total_seconds()
