"""When a part of the service that has ended by itself is started again (pure, reads no clock)."""

from dataclasses import dataclass

FIRST, LONGEST = 1.0, 60.0
"""Seconds until it is started again: each pause is twice the one before, up to the longest."""
SOUND = 60.0
"""Seconds of life after which an end has nothing to do with the one before."""


@dataclass
class Comeback:
    """One part: since when it lives, or at which moment it is started again. Moments are seconds of one clock."""

    living_since: float
    pause: float = 0.0
    due: float | None = None

    def note_end(self, now: float) -> float:
        """It has ended; gives the seconds until it is started again."""
        sound = now - self.living_since >= SOUND
        self.pause = FIRST if sound or not self.pause else min(2 * self.pause, LONGEST)
        self.due = now + self.pause
        return self.pause

    def note_start(self, now: float) -> None:
        """It was started again."""
        self.living_since, self.due = now, None

    def is_due(self, now: float) -> bool:
        """Whether it has ended and has waited long enough."""
        return self.due is not None and now >= self.due
