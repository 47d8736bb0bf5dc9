"""按目前进度推算: where a figure will stand if the rest of the time goes on as it has gone so far (pure: no Django, no
clock). It explains and never decides: no light and no verdict is made from it. Months are counted from 1 where counting
begins: a calendar year's, or a plan's.

Every period (month, quarter or half-year) still to be reported brings what the reported ones brought on average. For a
count that is their mean; for a rate it is their pooled rate at their mean volume; for a mean of readings, one more such
reading.
The range is what comes out if the rest goes like the better half of the periods so far, or like the worse half (of an
odd number the one in the middle belongs to both). Periods in which a part of the region is missing teach nothing and
are left out; three at least are needed. All of it can be checked with a pocket calculator.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from targets.arithmetic.accumulation import EXACT, Accumulated, IndicatorRule, last_month_of_set, month_numbers
from targets.arithmetic.formulas import TargetRule, rule_holds
from targets.arithmetic.quantities import Quantity, decimal_of_quantity

NARROW = frozenset({"exactly", "about", "between"})
"""Comparators that hold neither far below nor far above their number."""
LEAST = 3
"""Fewer periods than this say nothing about how they spread."""


class Outlook(NamedTuple):
    """What will have come together by the end of a month, low ≤ likely ≤ high."""

    month: int
    low: Decimal
    likely: Decimal
    high: Decimal


class _Step(NamedTuple):
    """What one period added to the numerator and to the denominator (None: it does not add up)."""

    numerator: Fraction
    denominator: Fraction | None

    @property
    def figure(self) -> Fraction:
        return self.numerator if self.denominator is None else self.numerator / self.denominator


class KnownStates(NamedTuple):
    """What has come together after each month; of the first `unknown` ones nothing is told, though they are counted.
    `expected` are the months in which figures are due, as bits."""

    states: Sequence[Accumulated | None]
    expected: int
    unknown: int = 0


def forecast(rule: TargetRule, known: KnownStates, month: int, until: int) -> list[Outlook]:
    """The periods that follow the last one with data, up to a month, as of a month. Empty where nothing can be told:
    for events and for what must not occur, for readings of which only the last or highest counts, and for fewer than
    three complete periods.
    """
    state = known.states[month - 1]
    if state is None or not state.denominator or not _goes_on(rule):
        return []
    last = last_month_of_set(state.months) or 0
    steps = _steps(rule.indicator, known._replace(states=known.states[:last]))
    ahead = [number for number in month_numbers(known.expected) if last < number <= until]
    return _ahead(rule.indicator, state, steps, ahead) if len(steps) >= LEAST else []


def outlook_holds(rule: TargetRule, outlook: Outlook, compared: Decimal) -> bool | None:
    """Whether the target would hold: at both ends of the range, at neither (False), or only within it (None)."""
    with localcontext(EXACT):
        found = {rule_holds(rule, Quantity(figure), Quantity(compared)) for figure in outlook[1:]}
    if found == {False} and _lies_within(rule, outlook, compared):
        return None
    return found.pop() if len(found) == 1 else None


def _lies_within(rule: TargetRule, outlook: Outlook, compared: Decimal) -> bool:
    """Whether the range passes over what holds: exactly a number, about it, or from one to another."""
    return rule.comparator in NARROW and outlook.low < compared < outlook.high


def _goes_on(rule: TargetRule) -> bool:
    adds_up = rule.indicator.accumulates or rule.indicator.time_rule in ("pooled", "mean")
    return adds_up and rule.comparator not in ("none", "done_by")


def _steps(rule: IndicatorRule, known: KnownStates) -> list[_Step]:
    """What each complete period added, in order; a running total that was not reported the period before tells
    nothing."""
    states, found, previous = known.states, [], 0
    for number in (number for number in month_numbers(known.expected) if known.unknown < number <= len(states)):
        now, before = states[number - 1], states[number - 2] if number > 1 else None
        told = number != known.unknown + 1 or not known.unknown
        if (
            told
            and now
            and _reported(now, number)
            and (_by_itself(rule, previous, number) or _reported(before, previous))
        ):
            found.append(_step(rule, now, before))
        previous = number
    return [step for step in found if step.denominator is None or step.denominator > 0]


def _by_itself(rule: IndicatorRule, previous: int, number: int) -> bool:
    """Whether a period is told without the one before it: always, or for running totals the first of a year."""
    return rule.entry_basis == "month" or not previous or (previous - 1) // 12 < (number - 1) // 12


def _reported(state: Accumulated | None, number: int) -> bool:
    return state is not None and bool(state.complete >> (number - 1) & 1)


def _step(rule: IndicatorRule, now: Accumulated, before: Accumulated | None) -> _Step:
    added = Fraction(now.numerator) - (Fraction(before.numerator) if before else 0)
    if rule.time_rule != "mean" and not (rule.measure == "ratio" and rule.denominator_rule == "sum"):
        return _Step(added, None)
    return _Step(added, Fraction(now.denominator) - (Fraction(before.denominator) if before else 0))


def _ahead(rule: IndicatorRule, known: Accumulated, steps: list[_Step], ahead: Sequence[int]) -> list[Outlook]:
    ordered, half = sorted(steps, key=lambda step: step.figure), (len(steps) + 1) // 2
    volume = _volume(steps)
    paces = [_pace(part, volume) for part in (ordered[:half], steps, ordered[-half:])]
    return [
        Outlook(month, *(_written(rule, known, pace, volume, times) for pace in paces))
        for times, month in enumerate(ahead, 1)
    ]


def _volume(steps: Sequence[_Step]) -> Fraction:
    """By how much a period makes the denominator grow, on average; 0 where it does not add up."""
    return sum((step.denominator or Fraction(0) for step in steps), Fraction(0)) / len(steps)


def _pace(steps: Sequence[_Step], volume: Fraction) -> Fraction:
    """What a period adds to the numerator, going like these."""
    added = sum((step.numerator for step in steps), Fraction(0))
    below = sum((step.denominator or Fraction(0) for step in steps), Fraction(0))
    return added / below * volume if volume else added / len(steps)


def _written(rule: IndicatorRule, known: Accumulated, pace: Fraction, volume: Fraction, times: int) -> Decimal:
    top = (Fraction(known.numerator) + times * pace) * Fraction(rule.scale)
    figure = top / (Fraction(known.denominator) + times * volume)
    return decimal_of_quantity(Quantity(Decimal(figure.numerator), Decimal(figure.denominator)))
