"""Where plans stand on a day: which month each is reporting, by when, and which of its months are closed.

A plan's months are open from the one being reported backwards, for as long as nobody has closed them: a plan of last
year stays as live as it was beside this year's. Months before a plan for which it asks too are open, due and closed
with its first one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plans.models import Plan
from plans.periods import Month, months_between
from targets.expected.asked_figures import first_asked
from targets.expected.deadlines import Deadlines, deadlines_of, last_months_with_data, reporting_month
from targets.models import MonthLock

LINGERS = timedelta(days=60)
"""How long after the deadline of its last month a plan's figures are asked for. Missing months of the year are asked
for while the year can still be judged: the plan's work is assessed in the first two months after it. A plan of long
ago, such as a worked example, reminds nobody.
"""


@dataclass(frozen=True)
class Situation:
    """Plans on a day: their deadlines, the first month that each asks for and the one that it is reporting, by their
    ids, and what they have closed."""

    plans: Sequence[Plan]
    today: date
    deadlines: Mapping[int, Deadlines]
    first: Mapping[int, Month]
    reported: Mapping[int, Month]
    closed: Collection[tuple[int, Month]]

    @classmethod
    def of(cls, plans: Sequence[Plan], today: date) -> "Situation":
        """Read in three queries, four if one of the plans begins in the course of a year, however many plans."""
        last = last_months_with_data(plans) if plans else {}
        reported = {plan.pk: reporting_month(plan, today, last.get(plan.pk)) for plan in plans}
        months = {month for plan in plans for month in plan.months}
        closed = set(MonthLock.objects.closed(months).values_list("plan_id", "month")) if plans else set()
        return cls(plans, today, deadlines_of(plans), first_asked(plans), reported, closed)

    def hold(self, month: Month) -> bool:
        """Whether one of the plans asks for the month."""
        return any(self.first[plan.pk] <= month <= plan.last_month for plan in self.plans)

    def running(self) -> list[Plan]:
        """The plans that have begun and of which a month is being reported, as any is until the end of the month after
        it; where there is none, all."""
        found = [plan for plan in self.plans if plan.first_month.first_day <= self.today <= self._runs_until(plan)]
        return found or list(self.plans)

    def asking(self) -> list[Plan]:
        """The plans that have begun and whose figures are still asked for."""
        begun = (plan for plan in self.plans if plan.first_month.first_day <= self.today)
        return [plan for plan in begun if self.today <= self._ends(plan) + LINGERS]

    def open(self, plan: Plan) -> list[Month]:
        """The months that the plan asks for, that have ended or are being reported, and are not closed."""
        now, asked = Month.of(self.today), months_between(self.first[plan.pk], plan.last_month)
        known = (month for month in asked if month < now or month == self.reported[plan.pk])
        return [month for month in known if not self.is_closed([plan], month)]

    def is_closed(self, plans: Iterable[Plan], month: Month) -> bool:
        """Whether one of the plans has closed the month."""
        return any((plan.pk, max(month, plan.first_month)) in self.closed for plan in plans)

    def _runs_until(self, plan: Plan) -> date:
        return max(self._ends(plan), plan.last_month.shifted(1).last_day)

    def _ends(self, plan: Plan) -> date:
        return self.deadlines[plan.pk][plan.last_month].day
