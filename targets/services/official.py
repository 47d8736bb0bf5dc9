"""Writing figures that become official, or are handed in, many at once: a handful of statements for any number."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from reviews.workflow import ReviewState, ReviewVerb, take_review_step
from targets.bulk import bulk_transitions, offered_figures
from targets.bulk.copy_rows import SqlValue
from targets.entry_rules.figures import Entry
from targets.judging import judge_while_writing
from targets.judging.loading import observation_ids
from targets.models import Decision, Indicator, Observation, Revision, Source
from targets.services.attachments import carry_on_figure_files
from targets.services.dirty import mark_dirty, wake_on_commit
from targets.services.locking import demand_open

LOT = 5000


@dataclass(frozen=True, slots=True)
class OfficialOutcome:
    """How many entries were new, changed what was official, or said the same."""

    new: int
    changed: int
    unchanged: int


@transaction.atomic
def make_official(entries: Sequence[Entry], *, source: Source, by: User, reason: str = "") -> OfficialOutcome:
    """Makes checked entries official at once, without a review: for coordinators alone (domain.md, "The one other way
    in"). Entries that say what is official already change nothing. PermissionDenied for everybody else.
    """
    if positions_beyond_office(entries, by):
        raise access.refusal()
    demand_open([entry.key for entry in entries])
    with offered_figures.offered_entries(entries) as select:
        return write_official(select, (), len(entries), source, by, reason)


@transaction.atomic
def make_official_from(
    select: str, parameters: Sequence[SqlValue], number: int, *, source: Source, by: User, reason: str = ""
) -> OfficialOutcome:
    """The same for `number` checked figures that stand in a table: `select` gives the columns of
    `offered_figures.COLUMNS`.

    Whoever calls has seen to it that their months are and stay open. What they decide is judged at once, if it can be.
    """
    demand_office(by)
    return write_official(select, parameters, number, source, by, reason, at_once=True)


@transaction.atomic
def submit_from(select: str, parameters: Sequence[SqlValue], *, source: Source, by: User, reason: str = "") -> int:
    """Hands in checked figures that stand in a table, for colleagues to review, and returns their number.

    What waits of the same figures is replaced, as when they are handed in on the worksheet.
    """
    access.demand(by, Action.IMPORT_OBSERVATIONS)
    offered_figures.write_in_turn()
    offered_figures.make_observations(select, parameters)
    offered_figures.lock_observations(select, parameters)
    replaced = bulk_transitions.entries_waiting_beside_offered(select, parameters)
    with offered_figures.moments(bulk_transitions.observations_of(select), parameters, timezone.now()) as moments:
        end_waiting({pk: moments.of(observation_id) for pk, observation_id in replaced.items()}, by=by)
        common = _common(source, by, reason) | {"state": ReviewState.SUBMITTED.value}
        count = offered_figures.insert_submitted(select, parameters, common)
    bulk_transitions.keep_bulk_submission(source.pk, by_id=by.pk)
    _carry_files(replaced, source)
    record("observations.submitted", by=by, subject=source, count=count)
    return count


def end_waiting(at: Mapping[int, datetime], *, by: User) -> None:
    """Ends what waits for a review, for newer entries take its place: entry by its id, and when. Their observations are
    locked."""
    waiting = Revision.objects.filter(pk__in=at)
    waiting.update(state=take_review_step(ReviewState.SUBMITTED, ReviewVerb.SUPERSEDE).value)
    keep_revision_decisions(at, ReviewVerb.SUPERSEDE, by=by)


def _carry_files(replaced: Collection[int], source: Source) -> None:
    """The files of replaced entries go with those of the source that take their place."""
    filed = Revision.objects.filter(pk__in=replaced, attachments__isnull=False).distinct()
    known = {revision.observation_id: revision for revision in filed}
    carry_on_figure_files(known, Revision.objects.filter(source=source, observation__in=known))


def positions_beyond_office(entries: Sequence[Entry], by: User) -> list[int]:
    """The positions of the entries that a plan office may not make official: figures measured neither in its region
    nor in a part of it, and reported by none of its departments."""
    reached = access.demand(by, Action.IMPORT_OFFICIAL)
    found = [position for position, entry in enumerate(entries) if entry.region_id not in reached.realm]
    reported = {entries[position].indicator_id for position in found}
    near = Indicator.objects.filter(pk__in=reported, department__region__in=reached.realm) if found else ()
    own = {indicator.pk for indicator in near}
    return [position for position in found if entries[position].indicator_id not in own]


def demand_office(by: User) -> None:
    """PermissionDenied for whoever does not import for a whole region."""
    access.demand(by, Action.IMPORT_OFFICIAL)


def write_official(
    select: str,
    parameters: Sequence[SqlValue],
    number: int,
    source: Source,
    by: User,
    reason: str,
    *,
    at_once: bool = False,
) -> OfficialOutcome:
    """Writes what of the `number` offered figures is not official yet, and marks what must be judged anew, or judges it
    `at_once`. The revisions themselves say who made them so; a decision is kept of those that they end."""
    offered_figures.write_in_turn()
    now = timezone.now()
    official = {"state": ReviewState.APPROVED.value, "official_by": Revision.OfficialBy.IMPORT.value}
    with offered_figures.figures_to_publish(select, parameters, now) as (new, changed):
        bulk_transitions.supersede_previous(by_id=by.pk)
        values = _common(source, by, reason) | official
        if not at_once or not judge_while_writing.judge_while_publishing(offered_figures.publication(values)):
            offered_figures.publish_offered_figures(values)
            if offered_figures.mark_going_dirty(now):
                wake_on_commit()
    outcome = OfficialOutcome(new, changed, number - new - changed)
    record("observations.imported", by=by, subject=source, new=new, changed=changed, unchanged=outcome.unchanged)
    return outcome


def _common(source: Source, by: User, reason: str) -> dict[str, SqlValue]:
    return {"source_id": source.pk, "author_id": by.pk, "reason": reason}


def locked_observations(entries: Sequence[Entry]) -> list[Observation]:
    """The observation of each entry, made if need be, and locked in one order so that two writers cannot block."""
    offered_figures.write_beside_others()
    keys = sorted({entry.key for entry in entries})
    missing = [Observation(indicator_id=key[0], region_id=key[1], month=key[2]) for key in keys]
    Observation.objects.bulk_create(missing, batch_size=LOT, ignore_conflicts=True)
    found, ids = (
        {},
        sorted(
            observation_id
            for start in range(0, len(keys), LOT)
            for observation_id in observation_ids(keys[start : start + LOT])
        ),
    )
    for start in range(0, len(ids), LOT):
        for row in Observation.objects.filter(id__in=ids[start : start + LOT]).select_for_update().order_by("id"):
            found[row.indicator_id, row.region_id, row.month] = row
    return [found[entry.key] for entry in entries]


def same_figures(entry: Entry, row: Observation | Revision) -> bool:
    """Whether the entry says what is stored (compared as numbers: 92 and 92.000000 are the same)."""
    return entry.figures == tuple(getattr(row, name) for name in offered_figures.FIGURES)


def supersede_revisions(at: Mapping[int, datetime], *, by: User) -> None:
    """Ends approved revisions, each by its id, for which later ones are official from a moment on."""
    together: dict[datetime, list[int]] = defaultdict(list)
    for pk, moment in at.items():
        together[moment].append(pk)
    for moment, ids in together.items():
        Revision.objects.filter(id__in=ids).update(state=ReviewState.SUPERSEDED.value, ended_at=moment)
    keep_revision_decisions(at, ReviewVerb.SUPERSEDE, by=by)


def keep_revision_decisions(at: Mapping[int, datetime], verb: ReviewVerb, *, by: User, reason: str = "") -> None:
    """Keeps who took which step when and why, beside the revisions, which are given by their ids."""
    rows = [
        Decision(revision_id=revision_id, verb=verb.value, by=by, at=when, reason=reason)
        for revision_id, when in at.items()
    ]
    Decision.objects.bulk_create(rows, batch_size=LOT)


def publish_revisions(pairs: Sequence[tuple[Observation, Revision]]) -> None:
    """Shows the revisions as the official figures of their observations and marks what must be judged anew."""
    for observation, revision in pairs:
        for name in offered_figures.FIGURES:
            setattr(observation, name, getattr(revision, name))
        observation.official = revision
    Observation.objects.bulk_create(
        [observation for observation, _revision in pairs],
        batch_size=LOT,
        update_conflicts=True,
        unique_fields=["indicator", "region", "month"],
        update_fields=[*offered_figures.FIGURES, "official"],
    )
    mark_dirty((observation.indicator_id, observation.region_id, observation.month) for observation, _revision in pairs)
