"""One figure on its way: entered, submitted, approved or returned, withdrawn."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import AuditEvent, User
from departments.permissions import Action
from departments.services import record
from reviews.workflow import TRANSITIONS, RefusedError, State, Verb, step
from targets.figures import Entry
from targets.messages import sentence
from targets.models import Observation, Revision, Source
from targets.services.checking import check_entries
from targets.services.dirty import mark_dirty
from targets.services.locking import check_reason, demand_open
from targets.services.official import LOT, publish, supersede
from targets.services.telling import RETURNED, WITHDRAWN, tell_author


@transaction.atomic
def enter(entry: Entry, *, by: User, source: Source, reason: str = "") -> Revision:
    """A draft of one figure. ValidationError with sentences for a figure that may not be entered."""
    if problems := check_entries([entry]).get(0):
        raise ValidationError({problem.column: sentence(problem) for problem in problems})
    observation, _made = Observation.objects.get_or_create(
        indicator_id=entry.indicator_id, region_id=entry.region_id, month=entry.month
    )
    _demand_for(by, Action.ENTER_OBSERVATIONS, observation)
    revision = Revision.objects.create(
        observation=observation,
        value=entry.value,
        numerator=entry.numerator,
        denominator=entry.denominator,
        occurred_on=entry.occurred_on,
        note=entry.note,
        source=source,
        author=by,
        created_at=timezone.now(),
        reason=reason,
    )
    record("observation.entered", by=by, subject=revision)
    return revision


@transaction.atomic
def submit(revision: Revision, *, by: User) -> Revision:
    """Hands a draft to the colleagues who review it; only its author does."""
    revision = _locked(revision)
    if revision.author_id != by.pk:
        raise access.refusal()
    return _moved(revision, Verb.SUBMIT, by)


@transaction.atomic
def send_back(revision: Revision, *, by: User, reason: str) -> Revision:
    """Returns a submitted entry with a reason; what is official stays so."""
    revision = _locked(revision)
    _demand_for(by, Action.REVIEW_OBSERVATIONS, revision.observation)
    tell_author(_moved(revision, Verb.RETURN, by, reason), RETURNED, by=by, reason=reason)
    return revision


@transaction.atomic
def approve(revision: Revision, *, by: User) -> Revision:
    """Makes a submitted entry official and supersedes the one before it. Nobody approves an own entry."""
    revision = _locked(revision)
    _demand_for(by, Action.REVIEW_OBSERVATIONS, revision.observation)
    if revision.author_id == by.pk:
        raise PermissionDenied(_("Nobody approves an own entry. Ask a colleague who reviews for your department."))
    demand_open([revision.observation.month])
    if revision.pk < (revision.observation.official_id or 0):
        raise ValidationError(_("A newer entry is official already. Return this one."), code="outdated")
    now = timezone.now()
    if revision.observation.official_id is not None:
        supersede([revision.observation.official_id], now)
    revision.approved_by, revision.official_at, revision.official_by = by, now, Revision.OfficialBy.REVIEW
    _moved(revision, Verb.APPROVE, by)
    publish([(revision.observation, revision)])
    return revision


@transaction.atomic
def approve_all(revisions: Collection[Revision], *, by: User) -> tuple[list[Revision], list[Revision]]:
    """Makes the submitted entries official at once: (approved, left out), in a constant number of queries.

    Left out are own entries, what a colleague has decided in between, and all but the newest entry of a figure.
    PermissionDenied if one of them is none of the person's business, ValidationError if a month is closed: then nothing
    is approved.
    """
    rows = _locked_all(revisions, by)
    newest = {row.observation_id: row for row in rows if _approvable(row, by)}
    approved = list(newest.values())
    demand_open(row.observation.month for row in approved)
    if approved:
        _approve_rows(approved, by, timezone.now())
    return approved, [row for row in rows if newest.get(row.observation_id) is not row]


def _locked_all(revisions: Collection[Revision], by: User) -> list[Revision]:
    """The revisions as they are now, oldest first; their observations are locked first, in one order for everybody."""
    reached = access.demand(by, Action.REVIEW_OBSERVATIONS)
    ids = [one.pk for one in revisions]
    list(Observation.objects.select_for_update().filter(revisions__in=ids).order_by("pk").values_list("pk", flat=True))
    rows = list(
        Revision.objects.filter(pk__in=ids).select_related("observation__indicator", "approved_by").order_by("pk")
    )
    for row in rows:
        indicator, region_id = row.observation.indicator, row.observation.region_id
        if not reached.covers(department_id=indicator.department_id, region_id=region_id):
            raise access.refusal()
    return rows


def _approvable(row: Revision, by: User) -> bool:
    """Others' entries that wait and are newer than what is official: nothing is taken back by an old entry in a lot."""
    newer = row.pk > (row.observation.official_id or 0)
    return newer and (State(row.state), Verb.APPROVE) in TRANSITIONS and row.author_id != by.pk


def _approve_rows(rows: Collection[Revision], by: User, now: datetime) -> None:
    """What `approve` does to one, done to all of them with one statement each."""
    supersede([row.observation.official_id for row in rows if row.observation.official_id is not None], now)
    for row in rows:
        row.state = step(State(row.state), Verb.APPROVE).value
        row.approved_by, row.official_at, row.official_by = by, now, Revision.OfficialBy.REVIEW
    Revision.objects.bulk_update(rows, ["state", "approved_by", "official_at", "official_by"], batch_size=LOT)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=by,
            action=f"observation.{Verb.APPROVE.value}",
            subject=f"{row._meta.label_lower}:{row.pk}",
            detail={"reason": "", "together": len(rows)},
        )
        for row in rows
    )
    publish([(row.observation, row) for row in rows])


@transaction.atomic
def withdraw(revision: Revision, *, by: User, reason: str) -> Revision:
    """Ends an official figure without a successor: it is gone, and everything it touched is judged anew."""
    revision = _locked(revision)
    observation = revision.observation
    _demand_for(by, Action.WITHDRAW_OBSERVATIONS, observation)
    demand_open([observation.month])
    revision.ended_at = timezone.now()
    _moved(revision, Verb.WITHDRAW, by, reason)
    observation.official = observation.value = observation.numerator = observation.denominator = None
    observation.occurred_on = None
    observation.save()
    mark_dirty([(observation.indicator_id, observation.region_id, observation.month)])
    tell_author(revision, WITHDRAWN, by=by, reason=reason)
    return revision


def _locked(revision: Revision) -> Revision:
    """The revision as it is now; its observation is locked first, so that two decisions come one by one."""
    Observation.objects.select_for_update().get(pk=revision.observation_id)
    return Revision.objects.select_related("observation__indicator").get(pk=revision.pk)


def _demand_for(by: User, action: Action, observation: Observation) -> None:
    reached = access.demand(by, action)
    if not reached.covers(department_id=observation.indicator.department_id, region_id=observation.region_id):
        raise access.refusal()


def _moved(revision: Revision, verb: Verb, by: User, reason: str = "") -> Revision:
    """Takes one step of the workflow and records it; ValidationError if the table has no such step."""
    check_reason(reason)
    try:
        revision.state = step(State(revision.state), verb, reason=reason).value
    except RefusedError as refused:
        raise ValidationError(_refusals()[refused.code], code=refused.code) from refused
    if reason:
        revision.reason = reason
    revision.save()
    record(f"observation.{verb.value}", by=by, subject=revision, reason=reason)
    return revision


def _refusals() -> dict[str, str]:
    return {
        "transition": _(
            "This entry is not in a state in which that is possible. Reload the page to see where it stands."
        ),
        "reason": _("Give a reason: the others need to understand what was wrong."),
    }
