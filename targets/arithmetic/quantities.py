"""Exact figures, and how they are written out and shown (pure, imports no Django).

Only `decimal_of_quantity` and `written_apart` divide, and only `rounded` rounds; neither is ever compared with
anything.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext
from typing import NamedTuple

from targets.arithmetic.accumulation import EXACT, ONE

_CONTEXTS = (
    Context(prec=digits, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])
    for digits in (15, 30, 60, 120, 240)
)
_WRITTEN = tuple((context.divide, context.plus) for context in _CONTEXTS)
"""How a quantity is written to more and more digits: a number divided by nothing, as thresholds are, need not be
divided."""
_divide = _WRITTEN[0][0]


class Quantity(NamedTuple):
    """An exact figure: numerator / denominator, the denominator positive."""

    numerator: Decimal
    denominator: Decimal = ONE

    def compare(self, other: "Quantity") -> int:
        """-1, 0 or 1, exactly; to be called under the context EXACT."""
        left, right = self.numerator * other.denominator, other.numerator * self.denominator
        return (left > right) - (left < right)


def decimal_of_quantity(quantity: Quantity) -> Decimal:
    """The decimal number of a quantity: exact where it ends, else to 15 significant digits."""
    numerator, denominator = quantity
    return numerator if denominator == ONE else _divide(numerator, denominator)


def written_apart(left: Quantity, other: Quantity, sign: int) -> tuple[Decimal, Decimal]:
    """Both as decimal numbers, to as many digits (15 at least) as it takes to compare like the exact values: `sign` is
    how these compare."""
    for divide, plus in _WRITTEN:
        first = plus(left.numerator) if left.denominator is ONE else divide(*left)
        second = plus(other.numerator) if other.denominator is ONE else divide(*other)
        if (first > second) - (first < second) == sign:
            break
    return first, second


def shown_apart(actual: Decimal, compared: Decimal | None, decimals: int) -> tuple[Decimal, Decimal | None]:
    """Both as a page shows them: rounded half to even, with more decimals where fewer would tell another story.

    91.996 against 92 is 91.996, not 92.00; equal numbers stay equal. A number compared with that has at most 6
    decimals (a threshold as it was typed) is shown in full.
    """
    if compared is None:
        return rounded(actual, decimals), None
    sign = (actual > compared) - (actual < compared)
    for places in range(decimals, 260):
        first = rounded(actual, places)
        second = compared if -_exponent(compared) <= 6 else rounded(compared, places)
        if (first > second) - (first < second) == sign:
            break
    return first, second


def rounded(number: Decimal, places: int) -> Decimal:
    """Rounded to so many decimals, half to even (GB/T 8170)."""
    with localcontext(EXACT) as context:
        context.traps[Inexact] = False
        return number.quantize(ONE.scaleb(-places), rounding=ROUND_HALF_EVEN)


def _exponent(number: Decimal) -> int:
    exponent = number.normalize(EXACT).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
