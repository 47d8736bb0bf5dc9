"""Writing figures that become official, or are handed in, many at once: a handful of statements for any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from reviews.workflow import State
from targets import offering
from targets.figures import Entry
from targets.models import Observation, Revision, Source
from targets.services.dirty import mark_dirty, wake_on_commit
from targets.services.locking import demand_open

LOT, NAMED = 5000, 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many entries were new, changed what was official, or said the same."""

    new: int
    changed: int
    unchanged: int


@transaction.atomic
def make_official(entries: Sequence[Entry], *, source: Source, by: User, reason: str = "") -> Outcome:
    """Makes checked entries official at once, without a review: for coordinators alone (domain.md, "The one other way
    in"). Entries that say what is official already change nothing. PermissionDenied for everybody else.
    """
    _demand_office(by)
    demand_open(entry.month for entry in entries)
    with offering.offered(entries) as select:
        return _official(select, (), len(entries), source, by, reason)


@transaction.atomic
def make_official_from(
    select: str, parameters: Sequence[Any], number: int, *, source: Source, by: User, reason: str = ""
) -> Outcome:
    """The same for `number` checked figures that stand in a table: `select` gives the columns of `offering.COLUMNS`.

    Whoever calls has seen to it that their months are open.
    """
    _demand_office(by)
    return _official(select, parameters, number, source, by, reason)


@transaction.atomic
def submit_from(select: str, parameters: Sequence[Any], *, source: Source, by: User, reason: str = "") -> int:
    """Hands in checked figures that stand in a table, for colleagues to review, and returns their number."""
    access.demand(by, Action.IMPORT_OBSERVATIONS)
    offering.in_turn()
    offering.make_observations(select, parameters)
    common = _common(source, by, timezone.now(), reason) | {"state": State.SUBMITTED.value}
    count = offering.insert_submitted(select, parameters, common)
    record("observations.submitted", by=by, subject=source, count=count)
    return count


@transaction.atomic
def retract(source: Source, *, by: User, reason: str) -> tuple[int, int]:
    """Takes back what one source made official: (figures that became again what they were before, figures gone).

    What was official before becomes so again by revisions of their own, from now on: the past stays as it was. For
    coordinators alone; ValidationError if a month is closed, or a figure has been decided upon since.
    """
    _demand_office(by)
    offering.in_turn()
    _demand_last(source)
    own = Source.objects.create(kind=Source.Kind.IMPORT, label=reason[:200], demonstration=source.demonstration, by=by)
    before = offering.before(source.pk)
    restored = _official(*before, 0, own, by, reason).changed
    removed = offering.withdraw_rest(source.pk, timezone.now(), reason, State.WITHDRAWN.value)
    if removed:
        wake_on_commit()
    return restored, removed


@transaction.atomic
def send_back_all(source: Source, *, by: User, reason: str) -> int:
    """Returns everything of one source that still waits for a review: how many; ValidationError as `retract`."""
    access.demand(by, Action.IMPORT_OBSERVATIONS)
    offering.in_turn()
    _demand_last(source, waiting=True)
    waiting = Revision.objects.filter(source=source, state=State.SUBMITTED.value)
    return waiting.update(state=State.RETURNED.value, reason=reason)


def _demand_last(source: Source, *, waiting: bool = False) -> None:
    """ValidationError, naming them, if figures of the source lie in a closed month or were decided upon since."""
    found = Revision.objects.filter(source=source).select_related("observation__indicator", "observation__region")
    demand_open(set(found.order_by().values_list("observation__month", flat=True).distinct()))
    untouched = (State.SUBMITTED.value, State.RETURNED.value) if waiting else (State.APPROVED.value,)
    later = list(found.exclude(state__in=untouched).order_by("pk")[: NAMED + 1])
    if later:
        names = "; ".join(str(one.observation) for one in later[:NAMED]) + (" …" if len(later) > NAMED else "")
        raise ValidationError(
            _(
                "Nothing was undone: these figures were decided upon later and stand on it: %(names)s. "
                "Correct them singly."
            )
            % {"names": names},
            code="stands",
        )


def _demand_office(by: User) -> None:
    if not access.demand(by, Action.IMPORT_OFFICIAL).everything:
        raise access.refusal()


def _official(select: str, parameters: Sequence[Any], number: int, source: Source, by: User, reason: str) -> Outcome:
    offering.in_turn()
    now = timezone.now()
    official = {"state": State.APPROVED.value, "official_by": Revision.OfficialBy.IMPORT.value, "official_at": now}
    with offering.going(select, parameters) as (new, changed):
        offering.supersede_previous(State.SUPERSEDED.value, now)
        offering.publish()
        offering.insert_official(_common(source, by, now, reason) | official)
        if offering.mark_going_dirty(now):
            wake_on_commit()
    outcome = Outcome(new, changed, number - new - changed)
    record("observations.imported", by=by, subject=source, new=new, changed=changed, unchanged=outcome.unchanged)
    return outcome


def _common(source: Source, by: User, at: datetime, reason: str) -> dict[str, Any]:
    return {"source_id": source.pk, "author_id": by.pk, "created_at": at, "reason": reason}


def supersede(revision_ids: Sequence[int], at: datetime) -> None:
    """Ends approved revisions for which later ones are official from now on."""
    Revision.objects.filter(id__in=revision_ids).update(state=State.SUPERSEDED.value, ended_at=at)


def publish(pairs: Sequence[tuple[Observation, Revision]]) -> None:
    """Shows the revisions as the official figures of their observations and marks what must be judged anew."""
    for observation, revision in pairs:
        for name in offering.FIGURES:
            setattr(observation, name, getattr(revision, name))
        observation.official = revision
    Observation.objects.bulk_create(
        [observation for observation, _revision in pairs],
        batch_size=LOT,
        update_conflicts=True,
        unique_fields=["indicator", "region", "month"],
        update_fields=[*offering.FIGURES, "official"],
    )
    mark_dirty((one.indicator_id, one.region_id, one.month) for one, _revision in pairs)
