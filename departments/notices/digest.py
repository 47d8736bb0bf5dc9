"""The daily digest: one message a person and day with everything that waits for the person.

Decided by `departments.rules.reminding`, told by whoever provides matters. All of it is one transaction, read in a
constant number of queries, however many people there are.
"""

from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from departments.models import LastReminder, Membership, Notice, User
from departments.notices import matters
from departments.rules.reminding import Matter, choose_matters

KEPT = timedelta(days=365)
"""How long a notice can be looked up."""

LOT = 1000
"""How many old rows one run removes."""


def is_composed(today: date) -> bool:
    """Whether the day's digests are there. They are written together, so a single digest shows that all are there."""
    return Notice.objects.filter(kind=Notice.DIGEST, day=today).exists()


def compose_digests(today: date, now: datetime) -> int:
    """Writes the digests of the day and returns their number. People who have one already get no other: a repeated run
    adds nothing. If another run is quicker, the database refuses ours as a whole, and we look once more.
    """
    for _again in range(2):
        with suppress(IntegrityError):
            return _compose(today, now)
    return 0


@transaction.atomic
def _compose(today: date, now: datetime) -> int:
    people = active_people()
    open_matters, told, last = matters.matters_of_people(people, today), _told(today, now), _last_reminders()
    chosen_for = {
        person: found
        for person in people
        if person.pk not in told and (found := choose_matters(open_matters.get(person.pk, []), last[person.pk], today))
    }
    Notice.objects.bulk_create(_digest(person, found, today, now) for person, found in chosen_for.items())
    note_last_reminders({(person.pk, matter.thing) for person, found in chosen_for.items() for matter in found}, today)
    return len(chosen_for)


def active_people() -> list[User]:
    """Everybody who may log in and holds a role, with the roles, in two queries."""
    held: dict[int, list[Membership]] = defaultdict(list)
    for membership in Membership.objects.filter(user__is_active=True).with_lineage():
        held[membership.user_id].append(membership)
    people = list(User.objects.filter(pk__in=held).order_by("pk"))
    for person in people:
        person.held = held[person.pk]
    return people


def _told(today: date, now: datetime) -> set[int]:
    """The people who have a digest for the day already, or who got a digest today."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now), time.min))
    digests = Notice.objects.filter(Q(day=today) | Q(created_at__gte=midnight), kind=Notice.DIGEST)
    return set(digests.values_list("user_id", flat=True))


def _last_reminders() -> dict[int, dict[str, date]]:
    found: dict[int, dict[str, date]] = defaultdict(dict)
    for user_id, thing, day in LastReminder.objects.order_by().values_list("user_id", "thing", "day"):
        found[user_id][thing] = day
    return found


def _digest(person: User, found: list[Matter], today: date, now: datetime) -> Notice:
    return Notice(
        user=person,
        kind=Notice.DIGEST,
        day=today,
        parts=[asdict(matter.part) for matter in found],
        created_at=now,
        mail_at=now if person.email else None,
    )


def note_last_reminders(reminded: set[tuple[int, str]], day: date) -> None:
    """Keeps that people, by id, were reminded of things on the day."""
    LastReminder.objects.bulk_create(
        (LastReminder(user_id=user_id, thing=thing, day=day) for user_id, thing in sorted(reminded)),
        update_conflicts=True,
        unique_fields=["user", "thing"],
        update_fields=["day"],
    )


def purge_old_notices(now: datetime) -> int:
    """Removes what is older than a year, a lot at a time; returns how many notices."""
    limit = now - KEPT
    old = Notice.objects.filter(created_at__lt=limit).order_by("created_at").values_list("pk", flat=True)[:LOT]
    forgotten = LastReminder.objects.filter(day__lt=limit.date()).values_list("pk", flat=True)[:LOT]
    LastReminder.objects.filter(pk__in=list(forgotten)).delete()
    return Notice.objects.filter(pk__in=list(old)).delete()[0]
