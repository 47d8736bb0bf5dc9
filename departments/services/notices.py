"""Telling people something, and what they do with it."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from departments import jobs
from departments.models import Notice, User
from departments.notices.digest import note_last_reminders
from departments.rules.reminding import NoticePart


@transaction.atomic
def notify(
    user: User,
    *,
    kind: str,
    subject: str,
    part: NoticePart,
    now: datetime,
    reminds_of: Collection[str] = (),
    mail_also: str = "",
) -> bool:
    """Tells a person something at once; False if that was told on this day already, or the account is closed.

    The mail follows the commit, to the person's address and to `mail_also`. `reminds_of` names the things of which the
    next digest need not speak again.
    """
    if not user.is_active:
        return False
    day = timezone.localdate(now)
    values = {"parts": [asdict(part)], "created_at": now, "mail_also": mail_also}
    values["mail_at"] = now if user.email or mail_also else None
    _notice, made = Notice.objects.get_or_create(user=user, kind=kind, subject=subject, day=day, defaults=values)
    if made:
        note_last_reminders({(user.pk, thing) for thing in reminds_of}, day)
        _wake_once()
    return made


def _wake_once() -> None:
    """A worker is woken once a transaction, however many are told."""
    if not any(jobs.wake_mail_worker in hook for hook in connection.run_on_commit):
        transaction.on_commit(jobs.wake_mail_worker)


def mark_read(user: User, pk: int, now: datetime) -> bool:
    """Marks one of the person's own notices as read; False if there is no such notice that is unread."""
    return bool(Notice.objects.unread().filter(user=user, pk=pk).update(read_at=now))


def mark_all_read(user: User, now: datetime) -> int:
    """Marks all of the person's notices as read and returns how many were not."""
    return Notice.objects.unread().filter(user=user).update(read_at=now)
