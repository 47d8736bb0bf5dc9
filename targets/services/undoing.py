"""Taking back what one source has brought, all of it or nothing."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from reviews.workflow import ReviewState, ReviewVerb
from targets.bulk import bulk_transitions, offered_figures
from targets.bulk.event_times import moments_of
from targets.bulk.offered_figures import FIGURES
from targets.models import Indicator, Observation, Revision, Source
from targets.services.attachments import carry_on_figure_files
from targets.services.authorship import copy_authors
from targets.services.checking import hold_totals, unexplained_falls
from targets.services.dirty import wake_on_commit
from targets.services.locking import demand_open_rows, keep_open
from targets.services.official import LOT, demand_office, keep_revision_decisions, write_official

NAMED = 20


@transaction.atomic
def retract_source(source: Source, *, by: User, reason: str) -> tuple[int, int]:
    """Takes back what one source made official: (figures that became again what they were before, figures gone).

    What was official before becomes so again by revisions of their own, from now on: the past stays as it was. For
    coordinators alone; ValidationError if a month is closed, a figure has been decided upon since, or a total since
    January would fall.
    """
    demand_office(by)
    _keep_open(source)
    offered_figures.write_in_turn()
    hold_totals(_observations(source).values("indicator"))
    _demand_last(source)
    own = Source.objects.create(kind=Source.Kind.IMPORT, label=reason[:200], demonstration=source.demonstration, by=by)
    restored = write_official(*bulk_transitions.figures_before_source(source.pk), 0, own, by, reason).changed
    now = timezone.now()
    with offered_figures.moments(*bulk_transitions.observations_of_source(source.pk), now):
        removed = bulk_transitions.withdraw_rest(source.pk, now, by_id=by.pk, reason=reason)
    _demand_no_fall(own)
    if removed:
        wake_on_commit()
    return restored, removed


@transaction.atomic
def send_back_all(source: Source, *, by: User, reason: str) -> tuple[int, int]:
    """Returns everything of one source that still waits for a review: (entries that wait again because it had replaced
    them, entries returned). ValidationError as `retract_source`.
    """
    access.demand(by, Action.IMPORT_OBSERVATIONS)
    _keep_open(source)
    offered_figures.write_in_turn()
    list(_observations(source).select_for_update().order_by("pk").values_list("pk", flat=True))
    _demand_last(source, waiting=True)
    replaced = {revision.observation_id: revision for revision in _replaced_by(source)}
    with offered_figures.moments(*bulk_transitions.observations_of_source(source.pk), timezone.now()):
        returned = bulk_transitions.return_entries_of_source(source.pk, by_id=by.pk, reason=reason)
    _hand_in_again(replaced, source, by, reason)
    return len(replaced), returned


def _replaced_by(source: Source) -> QuerySet[Revision]:
    """The entries that waited until those of the source, which still wait, took their place."""
    mine = Revision.objects.filter(source=source, state=ReviewState.SUBMITTED.value)
    return Revision.objects.filter(
        observation__in=mine.values("observation"),
        state=ReviewState.SUPERSEDED.value,
        official_at__isnull=True,
        decisions__verb=ReviewVerb.SUPERSEDE.value,
        decisions__at__in=mine.values("created_at"),
    )


def _hand_in_again(replaced: Mapping[int, Revision], source: Source, by: User, reason: str) -> None:
    """Lets replaced entries wait again, with their files, each as an entry of its own by the same authors."""
    if not replaced:
        return
    own = Source.objects.create(kind=Source.Kind.IMPORT, label=reason[:200], demonstration=source.demonstration, by=by)
    moments = moments_of(replaced)
    copied = ("observation_id", *FIGURES, "note", "oddities", "author_id", "reason")
    made = Revision.objects.bulk_create(
        [
            Revision(
                source=own,
                created_at=moments.of(revision.observation_id),
                state=ReviewState.SUBMITTED.value,
                **{name: getattr(revision, name) for name in copied},
            )
            for revision in replaced.values()
        ],
        batch_size=LOT,
    )
    copy_authors((replaced[revision.observation_id], revision) for revision in made)
    keep_revision_decisions(
        {revision.pk: revision.created_at for revision in made}, ReviewVerb.SUBMIT, by=by, reason=reason
    )
    carry_on_figure_files(replaced, made)
    record("observations.submitted", by=by, subject=own, count=len(made))


def _observations(source: Source) -> QuerySet[Observation]:
    return Observation.objects.filter(pk__in=Revision.objects.filter(source=source).values("observation"))


def _keep_open(source: Source) -> None:
    """Nobody closes the months of what the source has brought meanwhile."""
    keep_open(_observations(source).order_by().values_list("month", flat=True).distinct())


def _demand_last(source: Source, *, waiting: bool = False) -> None:
    """ValidationError, naming them, if figures of the source lie in a closed month or were decided upon since."""
    found = Revision.objects.filter(source=source).select_related("observation__indicator", "observation__region")
    demand_open_rows(found, "observation__")
    untouched = (ReviewState.SUBMITTED.value, ReviewState.RETURNED.value) if waiting else (ReviewState.APPROVED.value,)
    later = list(found.exclude(state__in=untouched).order_by("pk")[: NAMED + 1])
    if later:
        raise ValidationError(
            _(
                "Nothing was undone: these figures were decided upon later and stand on it: %(names)s. "
                "Correct them singly."
            )
            % {"names": _named([str(revision.observation) for revision in later])},
            code="stands",
        )


def _demand_no_fall(own: Source) -> None:
    """ValidationError if a total that is official again does not go with months that became official since."""
    totals = Revision.objects.filter(source=own, observation__indicator__entry_basis=Indicator.EntryBasis.TO_DATE)
    entries = [revision.entry for revision in totals.select_related("observation")]
    indicators = Indicator.objects.in_bulk({entry.indicator_id for entry in entries})
    falls = unexplained_falls(entries, indicators)
    if falls:
        names = _named([f"{indicators[entry.indicator_id]} · {entry.month}" for entry, _problem in falls])
        raise ValidationError(
            _(
                "Nothing was undone: a total since January would fall, for other months became official since: "
                "%(names)s. Correct them singly."
            )
            % {"names": names},
            code="stands",
        )


def _named(names: list[str]) -> str:
    return "; ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
