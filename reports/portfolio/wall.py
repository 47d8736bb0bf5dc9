"""The big screen of all plans: large lines, the one with most red lights first, as many at a time as can be read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from departments.models import User
from plans.models import Plan
from plans.periods import Month
from plans.titles import Titled, short_titles
from reports.board.overview import LightCount, counts_in_light_order
from reports.portfolio.plans_together import PlanSummary, summarise_plans

LINES = 6
"""How many plans can be read from six metres at once."""


@dataclass(frozen=True, slots=True)
class WallLine:
    """A plan on the wall, called as shortly as it can be told from the others."""

    title: str
    summary: PlanSummary


@dataclass(frozen=True, slots=True)
class PlansWall:
    """The plans in parts that fit on the screen, and all their lights together. `running` says that only running plans
    are shown; it is False where no plan runs any more, and all are shown."""

    parts: Sequence[Sequence[WallLine]]
    counts: Sequence[LightCount]
    running: bool

    @property
    def number(self) -> int:
        """How many plans are shown."""
        return sum(map(len, self.parts))


def plans_wall(user: User, today: date) -> PlansWall:
    """The plans that run, or where none does all, as far as the person sees them; five queries."""
    plans = list(Plan.objects.published().visible_to(user).latest_first())
    running = [plan for plan in plans if runs(plan, today)]
    found = sorted(summarise_plans(running or plans, user, today), key=_pressing)
    titles = short_titles({line.plan.pk: Titled(line.plan.title, line.plan.region.name) for line in found})
    lines = [WallLine(titles[line.plan.pk], line) for line in found]
    parts = [lines[start : start + LINES] for start in range(0, len(lines), LINES)]
    return PlansWall(parts, _together(found), bool(running))


def _together(lines: Sequence[PlanSummary]) -> list[LightCount]:
    counted: Counter[str] = Counter()
    for line in lines:
        counted.update({count.colour.name: count.number for count in line.counts})
    return counts_in_light_order(counted)


def runs(plan: Plan, today: date) -> bool:
    """Whether the plan has begun and its figures are still being reported: those of its last month come in the month
    after."""
    return plan.first_month <= Month.of(today) <= plan.last_month.shifted(1)


def _pressing(line: PlanSummary) -> tuple[int, int]:
    return -line.number("red"), -line.number("yellow")
