"""What the rest of the time must bring so that a promise holds, and whether it can (pure, imports no Django).

Everything is called under the context EXACT; only `written` divides.
"""

from decimal import Decimal
from functools import partial

from targets.arithmetic.accumulation import ZERO
from targets.arithmetic.pace import Stage
from targets.arithmetic.quantities import Quantity, decimal_of_quantity

_quantity = partial(tuple.__new__, Quantity)  # called by the hundred thousand
Needed = tuple[Decimal | None, bool | None]
"""What is needed in the indicator's unit, a month or as a rate, and whether that is within reach."""


def needed_count(upper: Decimal | None, actual: Quantity, compared: Quantity, stage: Stage) -> Needed:
    """What each of the months left must bring to a count; one that has passed an upper threshold cannot be mended."""
    if upper is not None and actual.compare(Quantity(upper)) > 0:
        return ZERO, False
    (above, below), (reached, per) = stage.aim, actual
    rest = compared.numerator * above * per - reached * compared.denominator * below
    return decimal_of_quantity(Quantity(max(rest, ZERO), compared.denominator * below * per * stage.left)), True


def needed_exactly(actual: Quantity, compared: Quantity, stage: Stage) -> Needed:
    """The same for a count that must not pass its threshold."""
    return (ZERO, False) if actual.compare(compared) > 0 else needed_count(None, actual, compared, stage)


def needed_rate(comparator: str, scale: Decimal, actual: Quantity, aim: Quantity, stage: Stage) -> Needed:
    """The rate that the remaining samples need if their number stays at the monthly mean so far (D / months counted).

    (N·s + r·R) / (D + R) = T with R = D·left/counted gives r = T·(counted + left)/left − (N·s/D)·counted/left.
    """
    samples, per, counted, left = actual.denominator, aim.denominator, stage.counted, stage.left
    top = aim.numerator * samples * (counted + left) - actual.numerator * counted * per
    rate = _quantity((top, per * samples * left))
    below, above = top < ZERO, top > scale * rate.denominator
    if comparator in ("at_least", "more_than"):
        return (ZERO, True) if below else (decimal_of_quantity(rate), not above)
    if comparator in ("at_most", "less_than"):
        return (scale, True) if above else (decimal_of_quantity(rate), not below)
    return decimal_of_quantity(rate), not (below or above)
