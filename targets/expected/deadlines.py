"""By when a month's figures are to be handed in, and which month is being reported (server time, domain.md)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone

from plans.models import CalendarDay, Plan, exceptions_of
from plans.periods import Month
from plans.workdays import next_working_day
from targets.models import Attainment


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for a month's figures; `planned` is the plan's own day, before it moved because of `holiday` (empty:
    a weekend)."""

    month: Month
    day: date
    planned: date
    holiday: str = ""

    @property
    def moved(self) -> bool:
        return self.day != self.planned

    @property
    def ends(self) -> datetime:
        """The first moment at which it is too late: midnight after the day, by the server's time zone."""
        midnight = datetime.combine(self.day + timedelta(days=1), time.min)
        return timezone.make_aware(midnight, timezone.get_default_timezone())


@dataclass(frozen=True)
class Deadlines:
    """The deadlines of a plan's months, and the years they lie in of which the calendar holds nothing."""

    by_month: Mapping[Month, Deadline]
    unknown_years: Sequence[int]

    @classmethod
    def of(cls, plan: Plan) -> "Deadlines":
        """One for each month of the plan, with the calendar read once."""
        return deadlines_of([plan])[plan.pk]

    def __getitem__(self, month: Month) -> Deadline:
        """A month's; figures of the months before the plan are due with those of its first month."""
        first = next(iter(self.by_month))
        return self.by_month[month] if month >= first else replace(self.by_month[first], month=month)

    def of_year(self, year: int) -> "Deadlines":
        """Those of a calendar year's months."""
        found = {month: deadline for month, deadline in self.by_month.items() if month.year == year}
        years = {deadline.planned.year for deadline in found.values()}
        return Deadlines(found, [unknown for unknown in self.unknown_years if unknown in years])


def deadlines_of(plans: Collection[Plan]) -> dict[int, Deadlines]:
    """The deadlines of several plans, by the plan's id, with the calendar read once."""
    first = min((plan.first_month.year for plan in plans), default=0)
    last = max((plan.last_month.shifted(1).year for plan in plans), default=0)
    days = list(CalendarDay.objects.of_years(first, last)) if plans else []
    return {plan.pk: deadlines_by(plan, days) for plan in plans}


def deadlines_by(plan: Plan, days: Sequence[CalendarDay]) -> Deadlines:
    """The deadlines of a plan's months by a calendar that is at hand."""
    known = {day.day.year for day in days}
    found = {month: _deadline(plan, month, days) for month in plan.months}
    years = sorted({deadline.planned.year for deadline in found.values()} - known)
    return Deadlines(found, years if plan.deadline_moves else ())


def _deadline(plan: Plan, month: Month, days: Sequence[CalendarDay]) -> Deadline:
    planned = month.shifted(1).first_day.replace(day=plan.deadline_day)
    if not plan.deadline_moves:
        return Deadline(month, planned, planned)
    day = next_working_day(planned, exceptions_of(days))
    passed = [calendar_day.name for calendar_day in days if planned <= calendar_day.day < day]
    return Deadline(month, day, planned, passed[-1] if passed else "")


def reporting_month(plan: Plan, today: date, last_with_data: Month | None) -> Month:
    """The month that is being reported: the one before today's if it is the plan's, else the one after the data."""
    before = Month.of(today).shifted(-1)
    if plan.first_month <= before <= plan.last_month:
        return before
    if last_with_data is None:
        return plan.first_month
    return min(last_with_data.shifted(1), plan.last_month)


def last_month_with_data(plan: Plan) -> Month | None:
    """The last of the plan's months of which any target has an official figure, as it was judged: figures themselves
    are too many to look through for a page."""
    return last_months_with_data([plan]).get(plan.pk)


def last_months_with_data(plans: Collection[Plan]) -> dict[int, Month]:
    """The same of several plans, by the plan's id; the last month of each year knows of all before it."""
    ends = {Month(year, 12) for plan in plans for year in range(plan.first_month.year, plan.last_month.year + 1)}
    ends |= {plan.last_month for plan in plans}
    judged = Attainment.objects.filter(target__plan__in=plans, month__in=ends, last_month__isnull=False).order_by()
    found = dict(judged.values_list("target__plan_id").annotate(last=Max("last_month")))
    return {plan.pk: max(found[plan.pk], plan.first_month) for plan in plans if plan.pk in found}
