"""Where plans stand on a day: which month each is reporting, by when, and which of its months are closed.

A plan's months are open from the one being reported backwards, for as long as nobody has closed them: a plan of last
year stays as live as it was beside this year's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plans.models import Plan
from plans.periods import Month
from targets.deadlines import Deadlines, deadlines_of, last_months_with_data, reporting_month
from targets.models import MonthLock

LINGERS = timedelta(days=60)
"""How long after the deadline of its last month a plan's figures are asked for. Missing months of the year are asked
for while the year can still be judged: the plan's work is assessed in the first two months after it. A plan of long
ago, such as a worked example, reminds nobody.
"""


@dataclass(frozen=True)
class Situation:
    """Plans on a day: their deadlines and the month that each is reporting, by their ids, and what they have closed."""

    plans: Sequence[Plan]
    today: date
    deadlines: Mapping[int, Deadlines]
    reported: Mapping[int, Month]
    closed: Collection[tuple[int, Month]]

    @classmethod
    def of(cls, plans: Sequence[Plan], today: date) -> "Situation":
        """Read in three queries, however many plans."""
        last = last_months_with_data(plans) if plans else {}
        reported = {plan.pk: reporting_month(plan, today, last.get(plan.pk)) for plan in plans}
        months = {month for plan in plans for month in plan.months}
        closed = set(MonthLock.objects.closed(months).values_list("plan_id", "month")) if plans else set()
        return cls(plans, today, deadlines_of(plans), reported, closed)

    def hold(self, month: Month) -> bool:
        """Whether the month is of one of the plans."""
        return any(plan.first_month <= month <= plan.last_month for plan in self.plans)

    def running(self) -> list[Plan]:
        """The plans that have begun and whose last figures are not due yet; where there is none, all."""
        found = [plan for plan in self.plans if plan.first_month.first_day <= self.today <= self._ends(plan)]
        return found or list(self.plans)

    def asking(self) -> list[Plan]:
        """The plans that have begun and whose figures are still asked for."""
        begun = (plan for plan in self.plans if plan.first_month.first_day <= self.today)
        return [plan for plan in begun if self.today <= self._ends(plan) + LINGERS]

    def open(self, plan: Plan) -> list[Month]:
        """The plan's months that have ended or are being reported, and are not closed."""
        now = Month.of(self.today)
        known = (month for month in plan.months if month < now or month == self.reported[plan.pk])
        return [month for month in known if (plan.pk, month) not in self.closed]

    def is_closed(self, plans: Iterable[Plan], month: Month) -> bool:
        """Whether one of the plans has closed the month."""
        return any((plan.pk, month) in self.closed for plan in plans)

    def _ends(self, plan: Plan) -> date:
        return self.deadlines[plan.pk][plan.last_month].day
