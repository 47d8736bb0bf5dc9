"""Alarms: that a part of the service stands still is told the administrators of the government offices once, and once
that it is over.

An alarm that is raised is an entry in the table of counters, made and deleted in the transaction that writes the
notices. Whoever makes the entry tells, so that of several who look at the same instant one does.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.core.cache import caches
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments.auditing import chain_wording
from departments.models import Department, User
from departments.permissions import Role
from departments.rules.reminding import Details, NoticePart
from departments.services.accounts import record
from departments.services.notices import notify

RAISED, OVER = "alarm", "alarm_over"
BEAT, WORKER, BROKER = "beat", "worker", "broker"
JUDGING, BACKUP, AUDITS, DISK = "judging", "backup", "audits", "disk"
CHAIN, ATTAINMENT = "chain", "attainment"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a part. `kind` is that of the sentence in a notice, `details` (JSON) what is filled in.
    `mark` tells one trouble of the part from another: where it changes, the alarm is raised again."""

    since: datetime | None = None
    kind: str = RAISED
    details: Details = field(default_factory=dict)
    mark: str = ""


class RaisedAlarm(NamedTuple):
    """An alarm that stands: when it was raised, and the mark of its trouble."""

    at: datetime
    mark: str


def settle_alarm(part: str, trouble: Trouble | None, now: datetime) -> bool:
    """Raises the alarm of a part that is in trouble, or ends that of a part that is well again; whether anybody was
    told. Asked again with the same, it does nothing."""
    return _raise(part, trouble, now) if trouble is not None else _end(part, now)


@transaction.atomic
def _raise(part: str, trouble: Trouble, now: datetime) -> bool:
    if not _enter(part, RaisedAlarm(now, trouble.mark)):
        return False
    since = _minute(trouble.since) if trouble.since is not None else ""
    record("alarm.raised", by=None, part=part, since=since)
    page = reverse("audit" if trouble.kind == chain_wording.BROKEN else "system_status")
    told = NoticePart(trouble.kind, {"part": part, "since": since, **trouble.details}, page)
    tell_administrators(told, now, subject=_subject(part, now))
    return True


def _enter(part: str, alarm: RaisedAlarm) -> bool:
    """Whether it was not raised yet, and is now. Of several at the same instant one enters it."""
    if caches["default"].add(_key(part), tuple(alarm), None):
        return True
    standing = alarms_raised([part]).get(part)
    if standing is None or standing.mark == alarm.mark:
        return False
    caches["default"].set(_key(part), tuple(alarm), None)
    return True


@transaction.atomic
def _end(part: str, now: datetime) -> bool:
    standing = alarms_raised([part]).get(part)
    if standing is None or not caches["default"].delete(_key(part)):
        return False
    record("alarm.over", by=None, part=part, since=_minute(standing.at))
    told = NoticePart(OVER, {"part": part, "since": _minute(standing.at)}, reverse("system_status"))
    tell_administrators(told, now, subject=_subject(part, now))
    return True


def alarms_raised(parts: Collection[str]) -> dict[str, RaisedAlarm]:
    """Those of these parts whose alarm stands."""
    found = caches["default"].get_many([_key(part) for part in parts])
    return {part: RaisedAlarm(*found[_key(part)]) for part in parts if _key(part) in found}


def tell_administrators(part: NoticePart, now: datetime, *, subject: str = "") -> None:
    """Tells the administrators of the government offices, who read the audit log; the same `subject` once a day."""
    held = {
        "memberships__role": Role.ADMINISTRATOR.value,
        "memberships__department__kind": Department.Kind.GOVERNMENT_OFFICE,
    }
    for person in User.objects.filter(is_active=True, **held).distinct().order_by("pk"):
        notify(person, kind=part.kind, subject=subject, part=part, now=now)


def _key(part: str) -> str:
    return f"alarm-{part}"


def _subject(part: str, now: datetime) -> str:
    return f"{part} {now.isoformat(timespec='seconds')}"


def _minute(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


# --- In words ---------------------------------------------------------------------------------------------------------

NAMES: dict[str, str | Promise] = {
    BEAT: gettext_lazy("Timer (beat)"),
    WORKER: gettext_lazy("Worker"),
    BROKER: gettext_lazy("Redis"),
    JUDGING: gettext_lazy("Judging of changes"),
    BACKUP: gettext_lazy("Backup"),
    AUDITS: gettext_lazy("Nightly audits"),
    DISK: gettext_lazy("Disk"),
    CHAIN: gettext_lazy("Audit chain"),
    ATTAINMENT: gettext_lazy("Stored lights"),
}
"""What an alarm can be about, in words."""

SAID: dict[str, str | Promise] = {
    BEAT: gettext_lazy(
        "The timer (beat) has not run since %(since)s: no reminders, no nightly audits, and what a lost message left "
        "is not taken up. Start beat, or the whole service, again and look into its log."
    ),
    WORKER: gettext_lazy(
        "No worker has answered since %(since)s: lights are not judged anew and imports wait. What is entered is kept. "
        "Start the worker, or the whole service, again and look into its log."
    ),
    BROKER: gettext_lazy(
        "Redis has not taken messages since %(since)s: lights are not judged anew, imports and reminders wait. What is "
        "entered is kept. Start Redis again, or give it more memory."
    ),
    JUDGING: gettext_lazy(
        "Changes have waited since %(since)s for their lights to be judged anew, though a worker answers: it does not "
        "get on. Look into its log, and start it again."
    ),
    BACKUP: gettext_lazy(
        "The backup has failed, or the last one is older than 26 hours (last backup: %(since)s). Look into its log, "
        "make room where it is written, and make a backup now."
    ),
    AUDITS: gettext_lazy(
        "The nightly audits were not made for more than 26 hours (last: %(since)s). Look whether worker and timer run, "
        "and run audit_chain and audit_attainment."
    ),
    DISK: gettext_lazy(
        "The disk of the server has little room left: %(free)s MB. Make room before it is full: nothing more could be "
        "stored then."
    ),
    ATTAINMENT: gettext_lazy(
        "The nightly audit has found %(count)s stored lights or histories that are not what the figures say. Run "
        "audit_attainment for the list, and recompute_attainment to judge everything anew."
    ),
}
"""What is wrong, and what to do; the audit chain has a sentence of its own (`departments.auditing.chain_wording`)."""


def _raised(details: Details) -> str:
    return str(SAID[details["part"]]) % {**details, "since": details["since"] or _("none so far")}


def _over(details: Details) -> str:
    told = {"part": NAMES[details["part"]], "since": details["since"]}
    return _("%(part)s: the trouble that was told at %(since)s is over.") % told


WORDINGS: dict[str, Callable[[Details], str]] = {RAISED: _raised, OVER: _over}
HEADINGS: dict[str, str | Promise] = {
    RAISED: gettext_lazy("Trouble with the service"),
    OVER: gettext_lazy("Trouble with the service is over"),
}
