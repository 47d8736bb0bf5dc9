"""Figures that may be right but look odd (pure, imports no Django): whoever enters one explains it in the note.

The hard rules are in `figures`; these here refuse nothing once they are explained, and the reviewer sees them. Nothing
is divided, so every comparison is exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, Inexact

from targets.accumulation import ONE, ZERO
from targets.figures import Entry, Problem

JUMP = Decimal("0.5")
"""A jump: away from the mean of the last months by more than half of it. A habit of statisticians, not a law."""

_HUNDRED = Decimal(100)

Amount = tuple[Decimal, Decimal]
"""A figure in the indicator's unit: numerator and denominator, the latter positive."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an entry is held against: the usual range, the threshold, and the last months' figures, oldest first."""

    scale: Decimal
    usual_low: Decimal | None = None
    usual_high: Decimal | None = None
    threshold: Decimal | None = None
    earlier: Sequence[Entry] = ()


def oddities(entry: Entry, around: Surroundings) -> list[Problem]:
    """Everything about the entry that wants a word of explanation; to be called under the context EXACT.

    Nothing is said of numbers with hundreds of digits: they cannot be entered.
    """
    try:
        amount = _amount(entry, around.scale)
        found = [code for code, holds in _RULES if holds(entry, amount, around)] if amount else []
    except Inexact:
        return []
    return [Problem(code, "value" if entry.value is not None else "numerator") for code in found] if found else []


def _amount(entry: Entry, scale: Decimal) -> Amount | None:
    """The figure in the indicator's unit; None where nothing can be said."""
    _indicator, _region, _month, value, numerator, denominator, _day, _note = entry
    if value is not None:
        return value, ONE
    if numerator is None or not denominator:
        return None
    return (numerator * scale, denominator) if denominator > 0 else (-numerator * scale, -denominator)


def _is_low(_entry: Entry, amount: Amount, around: Surroundings) -> bool:
    return around.usual_low is not None and amount[0] < around.usual_low * amount[1]


def _is_high(_entry: Entry, amount: Amount, around: Surroundings) -> bool:
    return around.usual_high is not None and amount[0] > around.usual_high * amount[1]


def _jumps(_entry: Entry, amount: Amount, around: Surroundings) -> bool:
    """Against two months at least: one is no habit. The sum of k months is brought to one denominator, total / below:
    |a - total / (k·below)| > JUMP · |total| / (k·below), times all that stands below.
    """
    if len(around.earlier) < 2:
        return False
    known = [one for one in (_amount(earlier, around.scale) for earlier in around.earlier) if one is not None]
    if len(known) < 2:
        return False
    total, below = ZERO, ONE
    for numerator, denominator in known:
        total, below = total * denominator + numerator * below, below * denominator
    gap = amount[0] * below * len(known) - total * amount[1]
    return abs(gap) > JUMP * abs(total) * amount[1]


def _repeats(entry: Entry, amount: Amount, around: Surroundings) -> bool:
    """The same as last month to the digit, unless it is nothing: a zero repeats itself without anybody copying it."""
    return bool(around.earlier) and amount[0] != 0 and around.earlier[-1].figures[:3] == entry.figures[:3]


def _is_at_threshold(_entry: Entry, amount: Amount, around: Surroundings) -> bool:
    if around.threshold is None or amount[0] != around.threshold * amount[1]:
        return False
    return ZERO < around.threshold < _HUNDRED


_RULES: tuple[tuple[str, Callable[[Entry, Amount, Surroundings], bool]], ...] = (
    ("unusually_low", _is_low),
    ("unusually_high", _is_high),
    ("jump", _jumps),
    ("same_as_last_month", _repeats),
    ("exactly_at_threshold", _is_at_threshold),
)
"""Code → when it is found."""
