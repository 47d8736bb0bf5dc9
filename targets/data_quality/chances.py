"""How often chance alone does something (pure): the distributions behind the signals.

Binomial chances are exact; the others are floating point to at least nine digits, from the sums in Abramowitz and
Stegun, Handbook of Mathematical Functions (26.4.6, 26.5.5, 26.7.4).
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import atan, comb, cos, erfc, exp, lgamma, log, pi, sin, sqrt

HALF, FIFTH = Fraction(1, 2), Fraction(1, 5)
_PRECISION = 1e-16


def chance_of_at_least(hits: int, trials: int, share: Fraction) -> float:
    """The chance of so many hits or more in so many trials, of which each hits with this share."""
    over, under = share.numerator, share.denominator
    ways = (comb(trials, k) * over**k * (under - over) ** (trials - k) for k in range(max(hits, 0), trials + 1))
    return float(Fraction(sum(ways), under**trials))


def at_most_spread(statistic: float, degrees: int) -> float:
    """The chance that χ² of so many degrees of freedom is no larger: the lower incomplete gamma function."""
    half, x = degrees / 2, statistic / 2
    if x <= 0:
        return 0.0
    term = total = exp(half * log(x) - x - lgamma(half + 1))
    divisor = half
    while term > total * _PRECISION:
        divisor += 1
        term *= x / divisor
        total += term
    return min(total, 1.0)


@cache
def least_spread(degrees: int, chance: float) -> float:
    """The χ² of so many degrees of freedom that chance alone undercuts so rarely."""
    low, high = 0.0, float(degrees)
    for _halving in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most_spread(middle, degrees) < chance else (low, middle)
    return (low + high) / 2


def above_t(t: float, degrees: int) -> float:
    """The chance that Student's t of an even number of degrees of freedom is larger."""
    angle = atan(t / sqrt(degrees))
    term = total = 1.0
    for number in range(2, degrees, 2):
        term *= (number - 1) / number * cos(angle) ** 2
        total += term
    return (1 - sin(angle) * total) / 2


def two_sided(z: float) -> float:
    """The chance that something normal lies further from its mean than z standard deviations, on either side."""
    return erfc(abs(z) / sqrt(2))


def coincidence(good: int, number: int, *, fixed: bool) -> float:
    """The chance that two shares agree in both parts: 1/(2√(πn)) for the number n of things, left out where it is
    `fixed` by design, times 1/(2√(πnq(1-q))) for how many of them are good. 1 where nothing varies."""
    varying = good * (number - good) / number if number else 0.0
    if varying <= 0:
        return 1.0
    same_good = min(1.0, 1 / (2 * sqrt(pi * varying)))
    return same_good if fixed else same_good / (2 * sqrt(pi * number))


def adjusted(chances: Sequence[float]) -> list[float]:
    """Holm's adjustment: how rare each of these chances is among all of them, in the same order."""
    order = sorted(range(len(chances)), key=lambda position: chances[position])
    found, highest, tests = [0.0] * len(chances), 0.0, len(chances)
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (tests - rank) * chances[position]))
        found[position] = highest
    return found
