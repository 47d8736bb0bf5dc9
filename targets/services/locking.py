"""封账: closing a month, and reopening it with a reason."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from plans.periods import Month
from targets.figures import Problem
from targets.messages import sentence
from targets.models import MonthLock

LONGEST_REASON = 400


@transaction.atomic
def lock(month: Month, *, by: User) -> MonthLock:
    """Closes a month: from now on no door changes anything in it. ValidationError if it is closed already."""
    access.demand(by, Action.LOCK_MONTHS)
    try:
        with transaction.atomic():
            made = MonthLock.objects.create(month=month, locked_by=by)
    except IntegrityError as error:
        raise ValidationError(_("%(month)s is closed already.") % {"month": month}) from error
    record("month.locked", by=by, subject=made, month=str(month))
    return made


@transaction.atomic
def reopen(month: Month, *, by: User, reason: str) -> MonthLock:
    """Opens a closed month again; ValidationError without a reason, or if the month is not closed."""
    access.demand(by, Action.LOCK_MONTHS)
    check_reason(reason)
    if not reason.strip():
        raise ValidationError(_("Give a reason for reopening: it is kept with the month."))
    made = MonthLock.objects.select_for_update().filter(month=month, reopened_at__isnull=True).first()
    if made is None:
        raise ValidationError(_("%(month)s is not closed.") % {"month": month})
    made.reopened_by, made.reopened_at, made.reason = by, timezone.now(), reason.strip()
    made.save()
    record("month.reopened", by=by, subject=made, month=str(month), reason=reason.strip())
    return made


def check_reason(reason: str) -> None:
    """Raises ValidationError for a reason that is longer than what can be kept of it."""
    if len(reason) > LONGEST_REASON:
        raise ValidationError(
            _("The reason has more than %(limit)s characters. Shorten it.") % {"limit": LONGEST_REASON}
        )


def demand_open(months: Iterable[Month]) -> None:
    """Raises ValidationError, saying what to do, if one of the months is closed: the last word of every service."""
    for month in sorted(MonthLock.objects.closing(set(months))):
        raise ValidationError(sentence(locked_problem(month)), code="month_locked")


def locked_problem(month: Month) -> Problem:
    """What is told about an entry in a closed month."""
    return Problem("month_locked", "month", (("month", str(month)),))
