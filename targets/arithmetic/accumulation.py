"""How months and regions combine: the arithmetic of domain.md, "Indicator" (pure, imports no Django)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext
from functools import partial
from typing import NamedTuple

from plans.periods import Month

ZERO, ONE = Decimal(0), Decimal(1)
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero])


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """What of an indicator decides how its figures combine. `expected` are the months that are due, as bits."""

    measure: str
    direction: str
    entry_basis: str
    time_rule: str
    denominator_rule: str
    region_rule: str
    expected: int
    scale: Decimal

    @property
    def accumulates(self) -> bool:
        """A count that can only grow in the course of the year."""
        return self.measure == "count" and (self.time_rule == "sum" or self.entry_basis == "to_date")

    @property
    def accumulates_to_date(self) -> bool:
        """What is entered is the total since January, so it cannot fall."""
        return self.entry_basis == "to_date" and (self.measure == "count" or self.time_rule == "pooled")

    @property
    def adds_up(self) -> bool:
        """Whether the figure of a year is made from the entries of all its months, and not from the last one alone."""
        return self.entry_basis == "month" and self.time_rule != "last"

    @property
    def is_pooled(self) -> bool:
        """A ratio whose numerators and denominators both add up over the year."""
        return self.measure == "ratio" and self.time_rule == "pooled" and self.denominator_rule == "sum"


class MonthReading(NamedTuple):
    """The official figure of one month: a value, or numerator and denominator; `revision` is its id. `month` counts
    from the month in which counting begins: 1 to 12 in a calendar year."""

    month: int
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    occurred_on: date | None
    revision: int


class Accumulated(NamedTuple):
    """What has come together since counting began: numerator / denominator (1 where nothing is divided), before the
    indicator's scale.

    `months` holds the months with data in any part, `complete` those with data in every part, as bits: bit 0 is the
    month in which counting begins.
    """

    numerator: Decimal
    denominator: Decimal
    months: int
    complete: int
    done_on: date | None = None


_accumulated = partial(tuple.__new__, Accumulated)
Fold = Callable[["Accumulated | None", MonthReading], tuple[Decimal, Decimal]]


def _sum(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    return (before.numerator if before else ZERO) + _value(now), ONE


def _last(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    return _value(now), ONE


def _max(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    return max(before.numerator, _value(now)) if before else _value(now), ONE


def _mean(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    return (before.numerator + _value(now), before.denominator + ONE) if before else (_value(now), ONE)


def _pooled(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    numerator, denominator = _parts(now)
    return (before.numerator + numerator, before.denominator + denominator) if before else (numerator, denominator)


def _pooled_last_denominator(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    numerator, denominator = _parts(now)
    return (before.numerator + numerator if before else numerator), denominator


def _last_parts(before: Accumulated | None, now: MonthReading) -> tuple[Decimal, Decimal]:
    return _parts(now)


def _value(reading: MonthReading) -> Decimal:
    if reading.value is None:
        raise ValueError("a reading without a value")
    return reading.value


def _parts(reading: MonthReading) -> tuple[Decimal, Decimal]:
    if reading.numerator is None or reading.denominator is None:
        raise ValueError("a ratio without numerator and denominator")
    return reading.numerator, reading.denominator


FOLDS: dict[tuple[str, str], Fold] = {
    ("sum", ""): _sum,
    ("last", ""): _last,
    ("mean", ""): _mean,
    ("max", ""): _max,
    ("pooled", "sum"): _pooled,
    ("pooled", "last"): _pooled_last_denominator,
    ("last", "sum"): _last_parts,
    ("last", "last"): _last_parts,
}
"""(time rule, denominator rule) → how one more entry is taken in: this month's beside all that came before; what is
entered to date covers January to its month, so beside what came before its year."""


def accumulate(rule: IndicatorRule, readings: Iterable[MonthReading], months: int = 12) -> list[Accumulated | None]:
    """What has come together after each of so many months, from the readings of one region in any order.

    A month without a reading carries what is known up to it; before the first reading there is nothing (None). Twelve
    months are a year to date. More are counted on over the years; where entries are to date, they begin with a January.
    """
    fold, to_date = FOLDS[rule.time_rule, rule.denominator_rule], rule.entry_basis == "to_date"
    by_month = {reading[0]: reading for reading in readings}
    state: Accumulated | None = None
    earlier: Accumulated | None = None
    series: list[Accumulated | None] = []
    known, done_on, is_event = 0, None, rule.measure == "event"
    with localcontext(EXACT):
        for number in range(1, months + 1):
            if to_date and number % 12 == 1:
                earlier = state
            reading = by_month.get(number)
            if reading is not None:
                known |= 1 << (number - 1)
                if is_event:
                    done_on = _done_on(state, reading)
                state = _accumulated((*fold(earlier if to_date else state, reading), known, known, done_on))
            series.append(state)
    return series


def _done_on(before: Accumulated | None, now: MonthReading) -> date | None:
    """The earliest day on which the event was reported done; a reading of 1 carries its day (see `event_day`)."""
    days = [day for day in (before.done_on if before else None, now.occurred_on if now.value else None) if day]
    return min(days, default=None)


def event_day(occurred_on: date | None, month: Month) -> date:
    """The day of an event reported in a month: the day told, else the month's last day."""
    return occurred_on or month.last_day


def combine(rule: IndicatorRule, parts: Sequence[Sequence[Accumulated | None]]) -> list[Accumulated | None]:
    """The whole, from the series of all its parts, which are equally long: numerators are added and, where the rule is
    pooled, denominators too. A part that has reported nothing yet adds nothing, and the month counts as incomplete.
    """
    pooled = rule.region_rule == "pooled"
    with localcontext(EXACT):
        return [_combined([part[index] for part in parts], pooled=pooled) for index in range(len(parts[0]))]


def _combined(states: Sequence[Accumulated | None], *, pooled: bool) -> Accumulated | None:
    known = [state for state in states if state is not None]
    if not known:
        return None
    months, complete = 0, 0 if len(known) < len(states) else -1
    for state in known:
        months |= state.months
        complete &= state.complete
    numerator = sum((state.numerator for state in known), ZERO)
    denominator = sum((state.denominator for state in known), ZERO) if pooled else ONE
    return Accumulated(numerator, denominator, months, complete)


def last_month_of_set(months: int) -> int | None:
    """The number of the last month in a set of months, None for the empty set."""
    return months.bit_length() or None


def month_numbers(months: int) -> list[int]:
    """The month numbers in a set of months, ascending."""
    return [number for number in range(1, months.bit_length() + 1) if months >> (number - 1) & 1]


def month_set(numbers: Iterable[int]) -> int:
    """Month numbers as a set of bits."""
    bits = 0
    for number in numbers:
        bits |= 1 << (number - 1)
    return bits
