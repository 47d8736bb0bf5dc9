"""Figures that may be right but look odd (pure, imports no Django): whoever enters one explains it in the note.

The hard rules are in `figures`; these here refuse nothing once they are explained, and the reviewer sees them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from targets.figures import Entry, Problem

JUMP = Fraction(1, 2)
"""A jump: away from the mean of the last months by more than half of it. A habit of statisticians, not a law."""

_DOUBT = 1e-6


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an entry is held against: the usual range, the threshold, and the last months' figures, oldest first."""

    scale: Decimal
    usual_low: Decimal | None = None
    usual_high: Decimal | None = None
    threshold: Decimal | None = None
    earlier: Sequence[Entry] = ()


def oddities(entry: Entry, around: Surroundings) -> list[Problem]:
    """Everything about the entry that wants a word of explanation."""
    amount = _amount(entry, around.scale)
    if amount is None:
        return []
    return [Problem(code, _column(entry)) for rule in _RULES for code in rule(entry, amount, around)]


def is_ordinary(entry: Entry, around: Surroundings) -> bool:
    """Whether nothing about the entry can look odd: a quick answer for many entries, in which every doubt is a no.

    Floats are compared at a distance at which their error cannot matter; what lies nearer is left to `oddities`.
    """
    amount = _roughly(entry, around.scale)
    if amount is None:
        return True
    if around.threshold is not None and _near(amount, float(around.threshold)):
        return False
    if around.usual_low is not None and amount <= float(around.usual_low) + _DOUBT * (1 + abs(amount)):
        return False
    if around.usual_high is not None and amount >= float(around.usual_high) - _DOUBT * (1 + abs(amount)):
        return False
    return not around.earlier or _is_steady(entry, amount, around)


def _is_steady(entry: Entry, amount: float, around: Surroundings) -> bool:
    """Near the mean of the last months and not the same as last month's."""
    if around.earlier[-1].figures[:3] == entry.figures[:3]:
        return False
    known = [one for one in (_roughly(earlier, around.scale) for earlier in around.earlier) if one is not None]
    if len(known) < 2:
        return True
    mean = sum(known) / len(known)
    return abs(amount - mean) < float(JUMP) * abs(mean) - _DOUBT * (1 + abs(mean) + abs(amount))


def _roughly(entry: Entry, scale: Decimal) -> float | None:
    if entry.value is not None:
        return float(entry.value)
    if entry.numerator is None or not entry.denominator:
        return None
    return float(entry.numerator) * float(scale) / float(entry.denominator)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _DOUBT * (1 + abs(one))


def _amount(entry: Entry, scale: Decimal) -> Fraction | None:
    """The figure in the indicator's unit; None where nothing can be said."""
    if entry.value is not None:
        return Fraction(entry.value)
    if entry.numerator is None or not entry.denominator:
        return None
    return Fraction(entry.numerator) * Fraction(scale) / Fraction(entry.denominator)


def _column(entry: Entry) -> str:
    return "value" if entry.value is not None else "numerator"


def _unusual(entry: Entry, amount: Fraction, around: Surroundings) -> Iterator[str]:
    if around.usual_low is not None and amount < Fraction(around.usual_low):
        yield "unusually_low"
    if around.usual_high is not None and amount > Fraction(around.usual_high):
        yield "unusually_high"


def _jump(entry: Entry, amount: Fraction, around: Surroundings) -> Iterator[str]:
    """Against two months at least: one is no habit."""
    known = [one for one in (_amount(earlier, around.scale) for earlier in around.earlier) if one is not None]
    if len(known) < 2:
        return
    mean = sum(known, Fraction(0)) / len(known)
    if abs(amount - mean) > JUMP * abs(mean):
        yield "jump"


def _repeated(entry: Entry, amount: Fraction, around: Surroundings) -> Iterator[str]:
    """The same as last month to the digit, unless it is nothing: a zero repeats itself without anybody copying it."""
    if around.earlier and amount != 0 and around.earlier[-1].figures[:3] == entry.figures[:3]:
        yield "same_as_last_month"


def _at_threshold(entry: Entry, amount: Fraction, around: Surroundings) -> Iterator[str]:
    if around.threshold is not None and amount == Fraction(around.threshold) and 0 < amount < 100:
        yield "exactly_at_threshold"


_RULES: tuple[Callable[[Entry, Fraction, Surroundings], Iterator[str]], ...] = (
    _unusual,
    _jump,
    _repeated,
    _at_threshold,
)
