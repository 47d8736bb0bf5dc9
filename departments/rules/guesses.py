"""How many guesses of a password are evaluated, and after which time the next one is (pure, imports no Django and
reads no clock).

A rule is a value. What it counts is a level, that of the last failure, with the seconds that have passed since.
"""

from dataclasses import dataclass

_HIGHEST = 30
"""Doublings after which any wait has long been the longest."""


@dataclass(frozen=True, slots=True)
class Growing:
    """After `free` failures each failure doubles the wait, from `first` to `longest` seconds; all are forgotten after a
    time without any."""

    free: int
    first: float
    longest: float
    forgotten: float

    def level(self, level: float, passed: float) -> float:
        """What still counts of the level."""
        return 0.0 if passed >= self.forgotten else level

    def wait(self, level: float, passed: float) -> float:
        """Seconds until the next guess is evaluated."""
        beyond = self.level(level, passed) - self.free
        if beyond < 0:
            return 0.0
        return max(0.0, min(self.first * 2 ** min(beyond, _HIGHEST), self.longest) - passed)


@dataclass(frozen=True, slots=True)
class Draining:
    """So many failures are let pass at once, and one more for every `each` seconds without a failure."""

    most: int
    each: float

    def level(self, level: float, passed: float) -> float:
        """What still counts of the level."""
        return max(0.0, level - passed / self.each)

    def wait(self, level: float, passed: float) -> float:
        """Seconds until the next guess is evaluated."""
        return max(0.0, (self.level(level, passed) + 1 - self.most) * self.each)


Rule = Growing | Draining
