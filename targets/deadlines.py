"""By when a month's figures are to be handed in, and which month is being reported (server time, domain.md)."""

from datetime import date

from django.db.models import Max

from plans.models import Plan
from plans.periods import Month
from targets.models import Observation


def reporting_month(plan: Plan, today: date, last_with_data: Month | None) -> Month:
    """The month that is being reported: the one before today's if it is the plan's, else the one after the data."""
    before = Month.of(today).shifted(-1)
    if before.year == plan.year:
        return before
    if last_with_data is None:
        return Month(plan.year, 1)
    return last_with_data.shifted(1) if last_with_data.number < 12 else last_with_data


def deadline_of(plan: Plan, month: Month) -> date:
    """The day of the next month by which the month's figures are to be handed in."""
    return month.shifted(1).first_day.replace(day=plan.deadline_day)


def last_month_with_data(plan: Plan) -> Month | None:
    """The last month of the plan's year with an official figure."""
    year = (Month(plan.year, 1), Month(plan.year, 12))
    found: Month | None = Observation.objects.official().filter(month__range=year).aggregate(last=Max("month"))["last"]
    return found
