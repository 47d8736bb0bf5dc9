"""Honest data, and data that were made up in one way, drawn with a fixed seed; and series made of them."""

import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from math import comb, exp, factorial, sqrt

from plans.periods import Month, months_between
from targets.data_quality.series import MonthlySeries
from targets.entry_rules.figures import Entry

SEED = 20141123
DECEMBER = Month(2014, 12)


class Chance:
    """Draws by the exact distributions."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = random.Random(seed)
        self._known: dict[tuple[object, ...], tuple[range, list[float]]] = {}

    def counts(self, mean: float, number: int) -> list[int]:
        """Poisson counts."""
        if mean > 90:
            return [max(0, round(self.random.gauss(mean, sqrt(mean)))) for _draw in range(number)]
        if ("counts", mean) not in self._known:
            whole = range(int(mean + 12 * sqrt(mean)) + 10)
            self._known["counts", mean] = whole, list(accumulate(exp(-mean) * mean**k / factorial(k) for k in whole))
        return self._draw("counts", mean, number)

    def good(self, things: int, share: float, number: int) -> list[int]:
        """How many of so many things are good."""
        if (things, share) not in self._known:
            whole = range(things + 1)
            weights = (comb(things, k) * share**k * (1 - share) ** (things - k) for k in whole)
            self._known[things, share] = whole, list(accumulate(weights))
        return self._draw(things, share, number)

    def _draw(self, *key: object) -> list[int]:
        whole, weights = self._known[key[:2]]
        return self.random.choices(whole, cum_weights=weights, k=int(str(key[2])))

    def shares(self, things: int, share: float, number: int) -> list[tuple[int, int]]:
        """Good ones of as many things as come."""
        return [(self.good(whole, share, 1)[0], whole) for whole in self.counts(things, number)]


def counted(counts: Sequence[int], region: int = 1, last: Month = DECEMBER) -> MonthlySeries:
    """The counts of the months up to the last one."""
    months = _months(len(counts), last)
    return MonthlySeries(
        1, region, "count", [Entry(1, region, month, Decimal(x)) for x, month in zip(counts, months, strict=True)]
    )


def shared(shares: Sequence[tuple[int, int]], region: int = 1, last: Month = DECEMBER) -> MonthlySeries:
    """The shares of the months up to the last one."""
    months, entries = _months(len(shares), last), []
    for (good, whole), month in zip(shares, months, strict=True):
        entries.append(Entry(1, region, month, None, Decimal(good), Decimal(whole)))
    return MonthlySeries(1, region, "ratio", entries)


def _months(number: int, last: Month) -> list[Month]:
    return months_between(last.shifted(1 - number), last)
