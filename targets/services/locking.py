"""封账: closing a plan's month, and reopening it with a reason.

Whoever writes figures holds their months open until the transaction ends, beside others who do the same; closing waits
for them and excludes them. So the question whether a month is closed is asked while nobody can close it, and nothing of
the month changes once its closing is acknowledged. Moments are taken with the months held, never before.

Who waits for whom cannot run in a circle: months are held before anything else that others wait for, in one order, all
at once; and closing, which holds one, waits for nothing more.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import chain

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from departments import access
from departments.database.outages import database_is_away
from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import Plan
from plans.periods import Month, months_between
from targets.bulk.event_times import moment_after, moment_of_month
from targets.entry_rules.figures import Key, Problem
from targets.expected.closed_months import closed_in
from targets.messages import problem_sentence
from targets.models import MonthLock

LONGEST_REASON = 400
LOCKS = 0x6D6F6E  # any constant: the advisory locks of months
DIFFERENT = 256
"""How many months have locks of their own. Those that lie so far apart share one: then closing waits in vain now and
then, and a file of many years does not use up the locks of the server."""
PATIENCE = 20
"""Seconds that closing waits for writers: others who want to write wait behind it."""


def keep_open(months: Iterable[Month]) -> None:
    """Keeps the months from being closed until the transaction ends: one statement. A month that is being closed is
    waited for. To be called before anything is locked that others wait for, and before a moment is taken.

    A figure stands above plans, and so does its month. On SQLite IMMEDIATE transactions exclude one another.
    """
    _demand_transaction()
    keys = sorted({month.index % DIFFERENT for month in months})
    if keys and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_advisory_xact_lock_shared(%s, key)) FROM unnest(%s) key", [LOCKS, keys])


def _hold_alone(plan: Plan, month: Month) -> None:
    """Waits until nobody writes figures of the month, and keeps everybody from it until the transaction ends.
    ValidationError if that takes too long."""
    _demand_transaction()
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{int(PATIENCE * 1000)}ms"])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, month.index % DIFFERENT])
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if database_is_away(error):
            raise
        told = _("Figures of %(month)s are being written at this moment, perhaps from a large file. Try again later.")
        raise ValidationError(told % _named(plan, month), code="busy") from error


def _moment_for(plan: Plan, month: Month) -> datetime:
    """When a month is closed or reopened now: after all that has happened to its figures and to itself, whatever the
    clock says."""
    locks = MonthLock.objects.filter(plan=plan, month=month).values_list("locked_at", "reopened_at")
    return max(moment_of_month(month), moment_after(moment for moment in chain(*locks) if moment is not None))


def _demand_transaction() -> None:
    """A month that is held outside a transaction would be held no longer than the statement."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("months are held in a transaction")


@transaction.atomic
def close_plan_month(plan: Plan, month: Month, *, by: User) -> MonthLock:
    """Closes a month for a plan, once whoever writes figures of it is done: from now on no door changes anything in it
    that the plan asks for. ValidationError if it is closed already, is not the plan's, or is being written for long."""
    access.demand_acting(by, Action.LOCK_MONTHS, plan.region_id)
    if month not in plan.months:
        raise ValidationError(_("%(month)s is not a month of the plan %(plan)s.") % _named(plan, month))
    _hold_alone(plan, month)
    try:
        with transaction.atomic():
            made = MonthLock.objects.create(plan=plan, month=month, locked_by=by, locked_at=_moment_for(plan, month))
    except IntegrityError as error:
        raise ValidationError(_("%(month)s is closed already for the plan %(plan)s.") % _named(plan, month)) from error
    record("month.locked", by=by, subject=made, plan=plan.code, month=str(month))
    return made


@transaction.atomic
def reopen_plan_month(plan: Plan, month: Month, *, by: User, reason: str) -> MonthLock:
    """Opens a closed month of a plan again; ValidationError without a reason, or if the month is not closed."""
    access.demand_acting(by, Action.LOCK_MONTHS, plan.region_id)
    check_reason(reason)
    if not reason.strip():
        raise ValidationError(_("Give a reason for reopening: it is kept with the month."))
    _hold_alone(plan, month)
    made = MonthLock.objects.select_for_update().filter(plan=plan, month=month, reopened_at__isnull=True).first()
    if made is None:
        raise ValidationError(_("%(month)s is not closed for the plan %(plan)s.") % _named(plan, month))
    made.reopened_by, made.reopened_at, made.reason = by, _moment_for(plan, month), reason.strip()
    made.save(update_fields=["reopened_by", "reopened_at", "reason"])
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
    """Raises ValidationError, saying what to do, if a plan that asks for one of the figures has closed its month, and
    keeps the months open until the transaction ends (`keep_open`): the last word of every service."""
    months = {key[2] for key in keys}
    keep_open(months)
    closed = closed_in(months)
    for key in sorted(keys, key=lambda key: key[2]) if closed else ():
        if (plan := closed.plan_of(key)) is not None:
            raise _refusal(plan, key[2])


def demand_open_rows(rows: "QuerySet[Model]", path: str = "") -> None:
    """Does what `demand_open` does for many rows: `path` leads from a row to indicator, region and month."""
    indicator, region, month = (f"{path}{name}" for name in ("indicator_id", "region_id", "month"))
    months = set(rows.order_by().values_list(month, flat=True).distinct())
    keep_open(months)
    closed = closed_in(months)
    if closed:
        affected = rows.filter(**{f"{month}__in": set(closed.plans)}).order_by(month)
        for key in affected.values_list(indicator, region, month).distinct().iterator():
            if (plan := closed.plan_of(key)) is not None:
                raise _refusal(plan, key[2])


def demand_open_month(plan: Plan, month: Month) -> None:
    """Raises ValidationError if the plan's month is closed, and keeps it open until the transaction ends: for reports
    about the plan's tasks."""
    keep_open([month])
    if MonthLock.objects.closed({month}).filter(plan=plan).exists():
        raise _refusal(plan, month)


def demand_open_from(plan: Plan, first: Month) -> None:
    """Raises ValidationError if the plan has closed the month or a later one: for a rule that holds from then on."""
    keep_open(months_between(max(first, plan.first_month), plan.last_month))
    later = MonthLock.objects.filter(plan=plan, month__gte=first, reopened_at__isnull=True).order_by("month").first()
    if later is not None:
        raise _refusal(plan, later.month)


def _refusal(plan: Plan, month: Month) -> ValidationError:
    return ValidationError(problem_sentence(locked_problem(plan, month)), code="month_locked")


def locked_problem(plan: Plan, month: Month) -> Problem:
    """What is told about an entry in a month that a plan has closed."""
    return Problem("month_locked", "month", (("month", str(month)), ("plan", plan.title)))
