"""封账: closing a plan's month, and reopening it with a reason."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from plans.models import Plan
from plans.periods import Month
from targets.closing import closed_in
from targets.figures import Key, Problem
from targets.messages import sentence
from targets.models import MonthLock

LONGEST_REASON = 400


@transaction.atomic
def lock(plan: Plan, month: Month, *, by: User) -> MonthLock:
    """Closes a month for a plan: from now on no door changes anything in it that the plan asks for. ValidationError if
    it is closed already, or is not the plan's."""
    access.demand_acting(by, Action.LOCK_MONTHS, plan.region_id)
    if month not in plan.months:
        raise ValidationError(_("%(month)s is not a month of the plan %(plan)s.") % _named(plan, month))
    try:
        with transaction.atomic():
            made = MonthLock.objects.create(plan=plan, month=month, locked_by=by)
    except IntegrityError as error:
        raise ValidationError(_("%(month)s is closed already for the plan %(plan)s.") % _named(plan, month)) from error
    record("month.locked", by=by, subject=made, plan=plan.code, month=str(month))
    return made


@transaction.atomic
def reopen(plan: Plan, month: Month, *, by: User, reason: str) -> MonthLock:
    """Opens a closed month of a plan again; ValidationError without a reason, or if the month is not closed."""
    access.demand_acting(by, Action.LOCK_MONTHS, plan.region_id)
    check_reason(reason)
    if not reason.strip():
        raise ValidationError(_("Give a reason for reopening: it is kept with the month."))
    made = MonthLock.objects.select_for_update().filter(plan=plan, month=month, reopened_at__isnull=True).first()
    if made is None:
        raise ValidationError(_("%(month)s is not closed for the plan %(plan)s.") % _named(plan, month))
    made.reopened_by, made.reopened_at, made.reason = by, timezone.now(), reason.strip()
    made.save()
    record("month.reopened", by=by, subject=made, plan=plan.code, month=str(month), reason=reason.strip())
    return made


def _named(plan: Plan, month: Month) -> dict[str, str]:
    return {"plan": plan.title, "month": str(month)}


def check_reason(reason: str) -> None:
    """Raises ValidationError for a reason that is longer than what can be kept of it."""
    if len(reason) > LONGEST_REASON:
        raise ValidationError(
            _("The reason has more than %(limit)s characters. Shorten it.") % {"limit": LONGEST_REASON}
        )


def demand_open(keys: Collection[Key]) -> None:
    """Raises ValidationError, saying what to do, if a plan that asks for one of the figures has closed its month: the
    last word of every service."""
    closed = closed_in({key[2] for key in keys})
    for key in sorted(keys, key=lambda key: key[2]) if closed else ():
        if (plan := closed.plan_of(key)) is not None:
            raise _refusal(plan, key[2])


def demand_open_rows(rows: "QuerySet[Any]", path: str = "") -> None:
    """The same for the figures of many rows, of which `path` leads to indicator, region and month."""
    indicator, region, month = (f"{path}{name}" for name in ("indicator_id", "region_id", "month"))
    closed = closed_in(set(rows.order_by().values_list(month, flat=True).distinct()))
    if closed:
        affected = rows.filter(**{f"{month}__in": set(closed.plans)}).order_by(month)
        for key in affected.values_list(indicator, region, month).distinct().iterator():
            if (plan := closed.plan_of(key)) is not None:
                raise _refusal(plan, key[2])


def demand_open_month(plan: Plan, month: Month) -> None:
    """Raises ValidationError if the plan's month is closed: for reports about the plan's tasks."""
    if MonthLock.objects.closed({month}).filter(plan=plan).exists():
        raise _refusal(plan, month)


def demand_open_from(plan: Plan, first: Month) -> None:
    """The same for a month and all later ones: for what the plan's promises are judged by from then on."""
    later = MonthLock.objects.filter(plan=plan, month__gte=first, reopened_at__isnull=True).order_by("month").first()
    if later is not None:
        raise _refusal(plan, later.month)


def _refusal(plan: Plan, month: Month) -> ValidationError:
    return ValidationError(sentence(locked_problem(plan, month)), code="month_locked")


def locked_problem(plan: Plan, month: Month) -> Problem:
    """What is told about an entry in a month that a plan has closed."""
    return Problem("month_locked", "month", (("month", str(month)), ("plan", plan.title)))
