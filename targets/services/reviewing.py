"""One figure on its way: entered, submitted, approved or returned, withdrawn."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from departments import access
from departments.models import AuditEvent, User
from departments.permissions import Action
from departments.services.accounts import record
from reviews.messages import refused_step, typed_by_themselves
from reviews.workflow import TRANSITIONS, ReviewState, ReviewVerb, StepRefusedError, take_review_step
from targets.bulk.event_times import Moments, moments_of
from targets.entry_rules.figures import Key
from targets.messages import problem_sentence
from targets.models import Observation, Revision
from targets.services.attachments import bring_back_figure_files
from targets.services.checking import hold_totals, unexplained_falls
from targets.services.dirty import mark_dirty
from targets.services.locking import check_reason, demand_open, keep_open
from targets.services.notices import RETURNED, WITHDRAWN, tell_authors
from targets.services.official import LOT, end_waiting, keep_revision_decisions, publish_revisions, supersede_revisions


def replace_waiting(moments: Moments, observation_ids: Collection[int], *, by: User) -> dict[int, Revision]:
    """Ends what waits for review of these figures, for a newer entry: what was replaced, by the observation's id.

    To be called with the observations locked.
    """
    rows = Revision.objects.filter(observation__in=observation_ids, state=ReviewState.SUBMITTED.value)
    waiting = {row.observation_id: row for row in rows}
    end_waiting({row.pk: moments.of(row.observation_id) for row in waiting.values()}, by=by)
    return waiting


@transaction.atomic
def return_revision(revision: Revision, *, by: User, reason: str) -> Revision:
    """Returns a submitted entry with a reason; what is official stays so. Its attachments go back to the next draft."""
    revision = _locked(revision)
    _demand_for(by, Action.REVIEW_OBSERVATIONS, revision.observation)
    _moved(revision, ReviewVerb.RETURN, by, moments_of([revision.observation_id]), reason)
    tell_authors(revision, RETURNED, by=by, reason=reason)
    bring_back_figure_files([revision])
    return revision


@transaction.atomic
def approve_revision(revision: Revision, *, by: User) -> Revision:
    """Makes a submitted entry official and supersedes the one before it: a lot of one, which says why it is left out.

    PermissionDenied for an author of it; ValidationError for one that waits no longer ("transition"), that is older
    than what is official ("outdated"), and for what `approve_revisions` refuses.
    """
    approved, left_out = approve_revisions([revision], by=by)
    if left_out:
        raise _why_left_out(left_out[0], by)
    return approved[0]


def _why_left_out(row: Revision, by: User) -> PermissionDenied | ValidationError:
    if row.is_typed_by(by):
        return PermissionDenied(typed_by_themselves())
    if row.state != ReviewState.SUBMITTED.value:
        return refused_step("transition")
    return ValidationError(_("A newer entry is official already. Return this one."), code="outdated")


@transaction.atomic
def approve_revisions(revisions: Collection[Revision], *, by: User) -> tuple[list[Revision], list[Revision]]:
    """Makes the submitted entries official at once: (approved, left out), in a constant number of queries.

    Left out is what the person has typed a number of, what a colleague has decided in between, and entries older than
    what is official. PermissionDenied if one of them is none of the person's business, ValidationError if a month is
    closed or a total since January would fall: then nothing is approved.
    """
    rows = _locked_all(revisions, by)
    approved = [row for row in rows if _approvable(row, by)]
    left_out = [row for row in rows if not _approvable(row, by)]
    demand_open([row.entry.key for row in approved])
    _demand_no_fall(approved)
    if approved:
        _approve_rows(approved, by, moments_of([row.observation_id for row in approved]))
    return approved, left_out


def _locked_all(revisions: Collection[Revision], by: User) -> list[Revision]:
    """The revisions as they are now, oldest first; their observations are locked first, in one order for everybody."""
    reached = access.demand(by, Action.REVIEW_OBSERVATIONS)
    ids = [revision.pk for revision in revisions]
    concerned = Observation.objects.filter(pk__in=Revision.objects.filter(pk__in=ids).values("observation"))
    keep_open(concerned.order_by().values_list("month", flat=True).distinct())
    hold_totals(concerned.values("indicator"))
    list(concerned.select_for_update().order_by("pk").values_list("pk", flat=True))
    found = Revision.objects.filter(pk__in=ids).select_related("observation__indicator", "approved_by")
    rows = list(found.with_authors().order_by("pk"))
    for row in rows:
        indicator, region_id = row.observation.indicator, row.observation.region_id
        if not reached.covers(department_id=indicator.department_id, region_id=region_id):
            raise access.refusal()
    return rows


def _approvable(row: Revision, by: User) -> bool:
    """What others have typed, if it waits and is newer than what is official: an old entry in a lot takes nothing
    back."""
    newer = row.pk > (row.observation.official_id or 0)
    return newer and (ReviewState(row.state), ReviewVerb.APPROVE) in TRANSITIONS and not row.is_typed_by(by)


def _demand_no_fall(rows: Collection[Revision]) -> None:
    """Asked when they were handed in; asked again because other months may have become official since."""
    entries, indicators = (
        [row.entry for row in rows],
        {indicator.pk: indicator for indicator in (r.observation.indicator for r in rows)},
    )
    falls = unexplained_falls(entries, indicators)
    if falls:
        told = [
            f"{indicators[entry.indicator_id].name} · {entry.month}: {problem_sentence(found)}"
            for entry, found in falls
        ]
        advice = _("Approve the months that belong together at once, or return this one.")
        raise ValidationError(" ".join([*told, advice]), code="total_falls")


def _approve_rows(rows: Collection[Revision], by: User, moments: Moments) -> None:
    """All of them with one statement for each table. What is superseded ends when its successor begins."""
    at = {row.pk: moments.of(row.observation_id) for row in rows}
    before = {row.observation.official_id: at[row.pk] for row in rows}
    supersede_revisions({pk: moment for pk, moment in before.items() if pk is not None}, by=by)
    for row in rows:
        row.state = take_review_step(ReviewState(row.state), ReviewVerb.APPROVE).value
        row.approved_by, row.official_at, row.official_by = by, at[row.pk], Revision.OfficialBy.REVIEW
    Revision.objects.bulk_update(rows, ["state", "approved_by", "official_at", "official_by"], batch_size=LOT)
    keep_revision_decisions(at, ReviewVerb.APPROVE, by=by)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=by,
            action=f"observation.{ReviewVerb.APPROVE.value}",
            subject=f"{row._meta.label_lower}:{row.pk}",
            detail={"reason": "", "together": len(rows), "authors": row.authors_named},
        )
        for row in rows
    )
    publish_revisions([(row.observation, row) for row in rows])


@transaction.atomic
def withdraw_revision(revision: Revision, *, by: User, reason: str) -> Revision:
    """Ends an official figure without a successor: it is gone, and everything it touched is judged anew."""
    demand_open([_key_of(revision.observation)])
    revision = _locked(revision)
    observation = revision.observation
    _demand_for(by, Action.WITHDRAW_OBSERVATIONS, observation)
    moments = moments_of([observation.pk])
    revision.ended_at = moments.of(observation.pk)
    _moved(revision, ReviewVerb.WITHDRAW, by, moments, reason)
    observation.official = observation.value = observation.numerator = observation.denominator = None
    observation.occurred_on = None
    observation.save()
    mark_dirty([_key_of(observation)])
    tell_authors(revision, WITHDRAWN, by=by, reason=reason)
    return revision


def _key_of(observation: Observation) -> Key:
    return observation.indicator_id, observation.region_id, observation.month


def _locked(revision: Revision) -> Revision:
    """The revision as it is now; its observation is locked first, so that two decisions come one by one."""
    Observation.objects.select_for_update().get(pk=revision.observation_id)
    return Revision.objects.select_related("observation__indicator__department").get(pk=revision.pk)


def _demand_for(by: User, action: Action, observation: Observation) -> None:
    reached = access.demand(by, action)
    unit = observation.indicator.department
    seat_id = unit.region_id if unit is not None else None
    department_id, region_id = observation.indicator.department_id, observation.region_id
    if not reached.covers(department_id=department_id, region_id=region_id, seat_id=seat_id):
        raise access.refusal()


def _moved(revision: Revision, verb: ReviewVerb, by: User, moments: Moments, reason: str = "") -> None:
    """Takes one step of the workflow, keeps who took it and why, and records it; ValidationError if the table has no
    such step."""
    check_reason(reason)
    try:
        revision.state = take_review_step(ReviewState(revision.state), verb, reason=reason).value
    except StepRefusedError as refused:
        raise refused_step(refused.code) from refused
    revision.save_step()
    keep_revision_decisions({revision.pk: moments.of(revision.observation_id)}, verb, by=by, reason=reason.strip())
    record(f"observation.{verb.value}", by=by, subject=revision, reason=reason)
