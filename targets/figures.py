"""What may be entered: one set of rules for every door (pure, imports no Django).

A rule finds a `Problem`, named by its code; `targets.messages` says it in the reader's language, with what to do.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from plans.periods import Month

MAXIMUM_DIGITS, DECIMALS = 15, 6
_BEYOND, _SMALLEST = Decimal(10) ** (MAXIMUM_DIGITS - DECIMALS), Decimal(10) ** -DECIMALS


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
    def key(self) -> tuple[int, int, Month]:
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


def check(rule: EntryRule, entry: Entry) -> list[Problem]:
    """All problems of one entry by itself; empty if it may be entered."""
    if rule.made_from_parts:
        return [Problem("made_from_parts", "region")]
    problems = list(_shape(rule, entry)) or list(_digits(entry))
    return problems or [problem for examine in _RULES for problem in examine(rule, entry)]


def _shape(rule: EntryRule, entry: Entry) -> Iterator[Problem]:
    if rule.measure == "ratio":
        if entry.value is not None:
            yield Problem("ratio_given_as_value", "value")
        for column in ("numerator", "denominator"):
            if getattr(entry, column) is None:
                yield Problem("part_missing", column)
        return
    if entry.numerator is not None or entry.denominator is not None:
        yield Problem("parts_of_no_ratio", "numerator")
    if entry.value is None:
        yield Problem("value_missing", "value")


def _digits(entry: Entry) -> Iterator[Problem]:
    for column in ("value", "numerator", "denominator"):
        number: Decimal | None = getattr(entry, column)
        if number is not None and not _storable(number):
            yield Problem("too_many_digits", column)


def _storable(number: Decimal) -> bool:
    """Whether the database keeps the number exactly: at most 9 digits before the point and 6 after it."""
    return number.is_finite() and -_BEYOND < number < _BEYOND and not number % _SMALLEST


def _denominator(rule: EntryRule, entry: Entry) -> Iterator[Problem]:
    if entry.numerator is None or entry.denominator is None:
        return
    if entry.denominator < 0:
        yield Problem("negative_denominator", "denominator")
    if entry.denominator == 0 and entry.numerator != 0:
        yield Problem("zero_denominator", "denominator")


def _range(rule: EntryRule, entry: Entry) -> Iterator[Problem]:
    """The hard bounds, compared without dividing: a share above 100 % is a numerator above its denominator."""
    if entry.value is not None:
        column, amount, per = "value", entry.value, Decimal(1)
    elif entry.numerator is not None and entry.denominator is not None and entry.denominator > 0:
        column, amount, per = "numerator", entry.numerator * rule.scale, entry.denominator
    else:
        return
    if rule.minimum is not None and amount < rule.minimum * per:
        yield Problem("below_minimum", column, (("bound", format(rule.minimum.normalize(), "f")),))
    if rule.maximum is not None and amount > rule.maximum * per:
        yield Problem("above_maximum", column, (("bound", format(rule.maximum.normalize(), "f")),))


def _event(rule: EntryRule, entry: Entry) -> Iterator[Problem]:
    if rule.measure == "event" and entry.value not in (Decimal(0), Decimal(1)):
        yield Problem("event_is_0_or_1", "value")
    if entry.occurred_on is None:
        return
    if rule.measure != "event" or entry.value != 1:
        yield Problem("day_without_event", "occurred_on")
    elif entry.occurred_on > entry.month.last_day:
        yield Problem("day_after_month", "occurred_on")


_RULES: tuple[Callable[[EntryRule, Entry], Iterator[Problem]], ...] = (_denominator, _range, _event)


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
