"""Whether the parts' own numbers come to the whole's (pure, imports no Django)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from targets.arithmetic.accumulation import EXACT, ZERO


class SumStanding(StrEnum):
    """How the quotas of all parts stand to the whole."""

    OVER = "over"
    UNDER = "under"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class SumCheck:
    """The sum of the quotas against the whole, which is to be reached or, as a limit, not to be passed; `difference` is
    by how much they differ, never below 0."""

    total: Decimal
    whole: Decimal
    is_limit: bool = False

    @property
    def outcome(self) -> SumStanding:
        """Whether the sum lies over or under the whole."""
        if self.total == self.whole:
            return SumStanding.EQUAL
        return SumStanding.OVER if self.total > self.whole else SumStanding.UNDER

    @property
    def falls_short(self) -> bool:
        """Whether the whole may fail though every part keeps its own: under what is to be reached, over a limit."""
        return self.outcome is (SumStanding.OVER if self.is_limit else SumStanding.UNDER)

    @property
    def goes_beyond(self) -> bool:
        """加码: whether the parts owe more than the whole does, over what is to be reached or under a limit."""
        return self.outcome is (SumStanding.UNDER if self.is_limit else SumStanding.OVER)

    @property
    def difference(self) -> Decimal:
        """By how much."""
        with localcontext(EXACT):
            return abs(self.total - self.whole)


def check_sum(whole: Decimal, quotas: Iterable[Decimal], *, is_limit: bool = False) -> SumCheck:
    """Holds the quotas of a count that adds up against the whole."""
    with localcontext(EXACT):
        return SumCheck(sum(quotas, ZERO), whole, is_limit)


def uppermost_quotas(quotas: Mapping[int, Decimal], parents: Mapping[int, int | None]) -> list[Decimal]:
    """The quotas by region id, without those of a region that is a part of another one with a quota: what a town owes
    its county owes already."""

    def owed_above(region_id: int) -> bool:
        above = parents[region_id]
        while above is not None and above not in quotas:
            above = parents[above]
        return above is not None

    return [number for region_id, number in quotas.items() if not owed_above(region_id)]
