"""Writing figures that become official, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from reviews.workflow import State
from targets.figures import Entry
from targets.loading import observation_ids
from targets.models import Observation, Revision, Source
from targets.services.dirty import mark_dirty
from targets.services.locking import demand_open

LOT = 5000
_FIGURES = ("value", "numerator", "denominator", "occurred_on")


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
    if not access.demand(by, Action.IMPORT_OFFICIAL).everything:
        raise access.refusal()
    demand_open(entry.month for entry in entries)
    now = timezone.now()
    observations = observations_of(entries)
    changes = [
        (entry, observation)
        for entry, observation in zip(entries, observations, strict=True)
        if observation.official_id is None or not same_figures(entry, observation)
    ]
    new = sum(observation.official_id is None for _entry, observation in changes)
    supersede([observation.official_id for _entry, observation in changes if observation.official_id], now)
    revisions = [_imported(entry, observation, source, by, now, reason) for entry, observation in changes]
    Revision.objects.bulk_create(revisions, batch_size=LOT)
    publish([(observation, revision) for (_entry, observation), revision in zip(changes, revisions, strict=True)])
    outcome = Outcome(new, len(changes) - new, len(entries) - len(changes))
    record(
        "observations.imported",
        by=by,
        subject=source,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
    )
    return outcome


def observations_of(entries: Sequence[Entry]) -> list[Observation]:
    """The observation of each entry, made if need be, and locked in one order so that two writers cannot block."""
    keys = sorted({entry.key for entry in entries})
    missing = [Observation(indicator_id=one[0], region_id=one[1], month=one[2]) for one in keys]
    Observation.objects.bulk_create(missing, batch_size=LOT, ignore_conflicts=True)
    found = {}
    for start in range(0, len(entries), LOT):
        ids = observation_ids([entry.key for entry in entries[start : start + LOT]])
        for row in Observation.objects.filter(id__in=ids).select_for_update().order_by("id"):
            found[row.indicator_id, row.region_id, row.month] = row
    return [found[entry.key] for entry in entries]


def same_figures(entry: Entry, row: Observation | Revision) -> bool:
    """Whether the entry says what is stored (compared as numbers: 92 and 92.000000 are the same)."""
    return entry.figures == tuple(getattr(row, name) for name in _FIGURES)


def supersede(revision_ids: Sequence[int], at: datetime) -> None:
    """Ends approved revisions for which later ones are official from now on."""
    Revision.objects.filter(id__in=revision_ids).update(state=State.SUPERSEDED.value, ended_at=at)


def _imported(entry: Entry, observation: Observation, source: Source, by: User, at: datetime, reason: str) -> Revision:
    return Revision(
        observation=observation,
        value=entry.value,
        numerator=entry.numerator,
        denominator=entry.denominator,
        occurred_on=entry.occurred_on,
        note=entry.note,
        source=source,
        author=by,
        created_at=at,
        reason=reason,
        state=State.APPROVED.value,
        official_by=Revision.OfficialBy.IMPORT,
        official_at=at,
    )


def publish(pairs: Sequence[tuple[Observation, Revision]]) -> None:
    """Shows the revisions as the official figures of their observations and marks what must be judged anew."""
    for observation, revision in pairs:
        for name in _FIGURES:
            setattr(observation, name, getattr(revision, name))
        observation.official = revision
    Observation.objects.bulk_create(
        [observation for observation, _revision in pairs],
        batch_size=LOT,
        update_conflicts=True,
        unique_fields=["indicator", "region", "month"],
        update_fields=[*_FIGURES, "official"],
    )
    mark_dirty((one.indicator_id, one.region_id, one.month) for one, _revision in pairs)
