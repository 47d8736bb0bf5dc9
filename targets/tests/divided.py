"""A count that is divided among counties, for tests of what pages tell about quotas."""

from dataclasses import dataclass
from typing import Any

from departments.models import Region
from targets.models import Target
from targets.tests.factories import entry, indicator, judged_anew, official, quota, region, target

PAPER = "温质〔2014〕3号"
REACHED = (300, 60, 30, 10)


@dataclass(frozen=True, slots=True)
class Divided:
    """1 000 houses by December: the first county owes 800, the second 100, the third 100, the last one nothing. In June
    these have 300 (37.5 %), 60 (60 %), 30 (30 %) and 10."""

    promise: Target
    large: Region
    ahead: Region
    behind: Region
    free: Region

    @property
    def places(self) -> list[Region]:
        return [self.large, self.ahead, self.behind, self.free]


def divided(**values: Any) -> Divided:
    """The count with its quotas of January and the figures of June."""
    places = [region(f"10010{number}", parent=region()) for number in (1, 2, 3, 4)]
    promise = target(indicator("count", region_rule="sum"), threshold=1000, coverage="quotas", **values)
    for place, number in zip(places, (800, 100, 100), strict=False):
        quota(promise, place, number, str(promise.plan.first_month), source=PAPER)
    pairs = zip(places, REACHED, strict=True)
    official(*(entry(promise.indicator, "2014-06", number, place=place) for place, number in pairs))
    judged_anew(promise)
    return Divided(promise, *places)
