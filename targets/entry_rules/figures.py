"""What may be entered: one set of rules for every door (pure, imports no Django).

A rule finds a `Problem`, named by its code; `targets.messages` says it in the reader's language, with what
to do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from plans.periods import Month

MAXIMUM_DIGITS, DECIMALS = 15, 6
_PARTS, _NUMBERS = ("numerator", "denominator"), ("value", "numerator", "denominator")
_BEYOND, _SMALLEST = Decimal(10) ** (MAXIMUM_DIGITS - DECIMALS), Decimal(10) ** -DECIMALS
_BELOW = -_BEYOND


Key = tuple[int, int, Month]
"""indicator id, region id, month"""


class Entry(NamedTuple):
    """One figure as it is offered: a value, or numerator and denominator. Shapes as in the model Observation."""

    indicator_id: int
    region_id: int
    month: Month
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    occurred_on: date | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        """Which observation it is about."""
        return self.indicator_id, self.region_id, self.month

    @property
    def figures(self) -> tuple[Decimal | None, Decimal | None, Decimal | None, date | None]:
        """What is measured, without the note."""
        return self.value, self.numerator, self.denominator, self.occurred_on


@dataclass(frozen=True, slots=True)
class EntryRule:
    """What of an indicator, and of where it is entered, decides what may be entered."""

    measure: str
    entry_basis: str
    scale: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    made_from_parts: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry is refused: the code, the column it is about, and what the sentence needs to know."""

    code: str
    column: str
    details: tuple[tuple[str, str], ...] = ()


def check_entry(rule: EntryRule, entry: Entry) -> list[Problem]:
    """All problems of one entry by itself; empty if it may be entered."""
    if rule.made_from_parts:
        return [Problem("made_from_parts", "region")]
    value, numerator, denominator = entry[3:6]
    shape = _shape(rule.measure, value is not None, numerator is not None, denominator is not None)
    problems = list(shape) or _digits(value, numerator, denominator)
    return problems or [*_denominator(entry), *_range(rule, entry), *_event(rule, entry)]


def check_quota(number: Decimal, minimum: Decimal | None, maximum: Decimal | None, *, counted: bool) -> list[Problem]:
    """All problems of a region's own threshold: of the indicator's bounds, and that nothing is counted below 0."""
    if not _storable(number):
        return [Problem("too_many_digits", "value")]
    lowest = max((bound for bound in (minimum, Decimal(0) if counted else None) if bound is not None), default=None)
    return [*_outside("value", number, Decimal(1), lowest, maximum)]


@cache
def _shape(measure: str, *given: bool) -> tuple[Problem, ...]:
    """What is wrong with which of value, numerator and denominator are given."""
    value, *parts = given
    if measure == "ratio":
        wrong = (Problem("ratio_given_as_value", "value"),) if value else ()
        missing = (name for name, there in zip(_PARTS, parts, strict=True) if not there)
        return (*wrong, *(Problem("part_missing", name) for name in missing))
    wrong = (Problem("parts_of_no_ratio", "numerator"),) if any(parts) else ()
    return wrong if value else (*wrong, Problem("value_missing", "value"))


def _digits(*numbers: Decimal | None) -> list[Problem]:
    problems = []
    for column, number in zip(_NUMBERS, numbers):  # noqa: B905 (strict takes as long as the rule itself)
        if number is not None and not _storable(number):
            problems.append(Problem("too_many_digits", column))
    return problems


def _storable(number: Decimal) -> bool:
    """Whether the database keeps the number exactly: at most 9 digits before the point and 6 after it."""
    return number.is_finite() and _BELOW < number < _BEYOND and not number % _SMALLEST


def _denominator(entry: Entry) -> Sequence[Problem]:
    if entry.numerator is None or entry.denominator is None or entry.denominator > 0:
        return ()
    if entry.denominator < 0:
        return [Problem("negative_denominator", "denominator")]
    return [Problem("zero_denominator", "denominator")] if entry.numerator != 0 else ()


def _range(rule: EntryRule, entry: Entry) -> Sequence[Problem]:
    """The hard bounds, compared without dividing: a share above 100 % is a numerator above its denominator."""
    if rule.minimum is None and rule.maximum is None:
        return ()
    if entry.value is not None:
        column, amount, per = "value", entry.value, Decimal(1)
    elif entry.numerator is not None and entry.denominator is not None and entry.denominator > 0:
        column, amount, per = "numerator", entry.numerator * rule.scale, entry.denominator
    else:
        return ()
    return _outside(column, amount, per, rule.minimum, rule.maximum)


def _outside(
    column: str, amount: Decimal, per: Decimal, minimum: Decimal | None, maximum: Decimal | None
) -> Sequence[Problem]:
    """Whether amount / per lies beyond one of the bounds."""
    if minimum is not None and amount < minimum * per:
        return [Problem("below_minimum", column, (("bound", format(minimum.normalize(), "f")),))]
    if maximum is not None and amount > maximum * per:
        return [Problem("above_maximum", column, (("bound", format(maximum.normalize(), "f")),))]
    return ()


def _event(rule: EntryRule, entry: Entry) -> Sequence[Problem]:
    is_event = rule.measure == "event"
    wrong = [Problem("event_is_0_or_1", "value")] if is_event and entry.value not in (Decimal(0), Decimal(1)) else []
    if entry.occurred_on is None:
        return wrong
    if not is_event or entry.value != 1:
        return [*wrong, Problem("day_without_event", "occurred_on")]
    return [*wrong, Problem("day_after_month", "occurred_on")] if entry.occurred_on > entry.month.last_day else wrong


def check_to_date(series: Iterable[tuple[Entry, bool]]) -> Iterator[tuple[Entry, Problem]]:
    """Falls in one year of a count that is entered to date: (entry, offered now?) in any order.

    A total since January cannot fall. One that does is a correction and has to be explained: the note is asked for at
    the offered entry, be it the one that falls or the one before it that was raised too far.
    """
    before: tuple[Entry, bool] | None = None
    for entry, offered in sorted(series, key=lambda pair: pair[0].month):
        if before is not None and _fell(before[0], entry):
            blamed = entry if offered else before[0] if before[1] else None
            if blamed is not None and not blamed.note.strip():
                details = (("month", str(before[0].month)), ("before", _text(before[0])), ("now", _text(entry)))
                yield blamed, Problem("total_falls", "value" if entry.value is not None else "numerator", details)
        before = entry, offered


def _total(entry: Entry) -> Decimal:
    total = entry.value if entry.value is not None else entry.numerator
    return total if total is not None else Decimal(0)


def _fell(before: Entry, now: Entry) -> bool:
    return _total(now) < _total(before)


def _text(entry: Entry) -> str:
    return format(_total(entry).normalize(), "f")
