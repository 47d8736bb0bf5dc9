"""Escalating: a limit that has passed goes to the unit's reviewer, then to the leadership; each once a round."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from plans.models import CalendarDay, exceptions_of
from plans.workdays import Exceptions, add_working_days
from tasks.models import SupervisionNotice, SupervisionRules
from tasks.rules.supervising import LEVELS, Level, SupervisionState, SupervisionVerb, next_supervision_state
from tasks.services.notices import tell_escalated
from tasks.services.supervision import keep_supervision_step, lock_notice


def escalate(*, now: datetime) -> int:
    """Escalates what is late, the levels one after the other, and counts the steps that were taken. A repeated run
    takes none."""
    today = timezone.localdate(now)
    known = exceptions_of(CalendarDay.objects.of_years(today.year - 1, today.year))
    late = SupervisionNotice.objects.overdue(today).exclude(level=Level.LEADER.value).select_related("plan")
    return sum(_escalated(notice, today, known, now) for notice in late.order_by("pk"))


@transaction.atomic
def _escalated(notice: SupervisionNotice, today: date, known: Exceptions, now: datetime) -> int:
    """Takes the steps for which the notice is due, as it is stored once it is locked, and counts them."""
    after = SupervisionRules.of(notice.plan).leader_after
    notice = lock_notice(notice)
    levels = list(_due(notice, today, after, known))
    for level in levels:
        before = SupervisionState(notice.state)
        notice.state, notice.level = next_supervision_state(before, SupervisionVerb.ESCALATE).value, level.value
        notice.save()
        keep_supervision_step(notice, SupervisionVerb.ESCALATE, before, by=None, now=now, level=level.value)
        tell_escalated(notice, level, now=now)
    return len(levels)


def _due(notice: SupervisionNotice, today: date, after: int, known: Exceptions) -> Iterator[Level]:
    """Finds to whom the notice goes now: to the reviewer once the limit has passed, to the leadership some working days
    later."""
    if not notice.waits_for_unit or notice.due is None:
        return
    last_days = {Level.REVIEWER: notice.due, Level.LEADER: add_working_days(notice.due, after, known)}
    told = LEVELS.index(Level(notice.level)) + 1 if notice.level else 0
    yield from (level for level in LEVELS[told:] if last_days[level] < today)
