"""One month alone, taken out of the year to date, and differences between figures (pure, imports no Django)."""

from decimal import Decimal, localcontext

from targets.arithmetic.accumulation import EXACT, ONE, Accumulated, IndicatorRule
from targets.arithmetic.quantities import Quantity


def figure_of_month(
    rule: IndicatorRule, now: Accumulated | None, before: Accumulated | None, number: int
) -> Quantity | None:
    """本月: the figure of a month (1 to 12) alone, from the year to date after it and after the month before.

    None where it cannot be told: nothing was reported in the month, only the highest reading is kept, an event has no
    size, or a running total was not reported the month before.
    """
    if now is None or not now.months >> (number - 1) & 1 or rule.measure == "event" or rule.time_rule == "max":
        return None
    running = rule.entry_basis == "to_date"
    if running and number > 1 and (before is None or not before.months >> (number - 2) & 1):
        return None
    with localcontext(EXACT):
        if not running and rule.time_rule == "last":
            return _scaled(rule, now.numerator, now.denominator)
        numerator = now.numerator - (before.numerator if before else 0)
        return _scaled(rule, numerator, _denominator(rule, now, before))


def _denominator(rule: IndicatorRule, now: Accumulated, before: Accumulated | None) -> Decimal:
    adds_up = rule.time_rule == "mean" or (rule.measure == "ratio" and rule.denominator_rule == "sum")
    return now.denominator - before.denominator if adds_up and before else now.denominator


def figure_to_date(rule: IndicatorRule, state: Accumulated | None) -> Quantity | None:
    """The figure of a year to date; None where there is none, nothing to divide by, or only an event."""
    if state is None or rule.measure == "event":
        return None
    with localcontext(EXACT):
        return _scaled(rule, state.numerator, state.denominator)


def _scaled(rule: IndicatorRule, numerator: Decimal, denominator: Decimal) -> Quantity | None:
    return Quantity(numerator * rule.scale, denominator) if denominator > 0 else None


def subtract_quantities(first: Quantity | None, other: Quantity | None) -> Quantity | None:
    """The first less the second, exactly; None where one is missing."""
    if first is None or other is None:
        return None
    with localcontext(EXACT):
        top = first.numerator * other.denominator - other.numerator * first.denominator
        bottom = first.denominator * other.denominator
        return Quantity(top, bottom) if bottom != ONE else Quantity(top)
