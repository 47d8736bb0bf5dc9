"""What follows from a new reporting department: the months before stay with the one before."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from departments.models import Department
from plans.models import Plan
from plans.periods import Month
from targets.expected.deadlines import last_month_with_data, reporting_month
from targets.models import Indicator, ReportingDuty


@transaction.atomic
def reporters_changed(objects: Collection[models.Model]) -> None:
    """Dates every change of an indicator's department among the objects, which come as they were before and as they are
    now: the month that is being reported is the new department's, and those before it stay the old one's.

    An indicator that nobody reported before has nobody to keep its months: its first department has the whole year.
    """
    states: dict[int, list[Indicator]] = defaultdict(list)
    for row in objects:
        if isinstance(row, Indicator):
            states[row.pk].append(row)
    changed = [(found[0], found[-1]) for found in states.values() if found[0].department_id != found[-1].department_id]
    if changed and (month := month_being_reported(timezone.localdate())) is not None:
        for before, now in changed:
            hand_over_duty(now, before.department, month)


def month_being_reported(today: date) -> Month | None:
    """The month before today's if a plan in force holds it, else the one that the plan that began last is reporting;
    None without a plan."""
    before, plans = Month.of(today).shifted(-1), Plan.objects.published().latest_first()
    plan = plans.holding(before).first() or plans.first()
    return None if plan is None else reporting_month(plan, today, last_month_with_data(plan))


def hand_over_duty(indicator: Indicator, before: Department | None, month: Month) -> None:
    """Ends the duty that runs now in the month before, and starts the new department's."""
    place = indicator.department or before
    duties = ReportingDuty.objects.of_bureaus(indicator.pk, place.region_id if place is not None else None)
    latest = duties.select_for_update(of=("self",)).order_by(F("since").asc(nulls_first=True)).last()
    if latest is None:
        if before is None:
            return
        latest = ReportingDuty(indicator=indicator, department=before)
    until = latest.until
    if until is not None and until < month:
        until = None
    elif latest.since is not None and latest.since >= month:
        latest.department = indicator.department
        latest.save()
        return
    else:
        latest.until = month.shifted(-1)
        latest.save()
    ReportingDuty.objects.create(indicator=indicator, department=indicator.department, since=month, until=until)
