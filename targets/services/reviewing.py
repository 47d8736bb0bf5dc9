"""One figure on its way: entered, submitted, approved or returned, withdrawn."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from reviews.workflow import RefusedError, State, Verb, step
from targets.figures import Entry
from targets.messages import sentence
from targets.models import Observation, Revision, Source
from targets.services.checking import check_entries
from targets.services.dirty import mark_dirty
from targets.services.locking import demand_open
from targets.services.official import publish, supersede


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
    return _moved(revision, Verb.RETURN, by, reason)


@transaction.atomic
def approve(revision: Revision, *, by: User) -> Revision:
    """Makes a submitted entry official and supersedes the one before it. Nobody approves an own entry."""
    revision = _locked(revision)
    _demand_for(by, Action.REVIEW_OBSERVATIONS, revision.observation)
    if revision.author_id == by.pk:
        raise PermissionDenied(_("Nobody approves an own entry. Ask a colleague who reviews for your department."))
    demand_open([revision.observation.month])
    now = timezone.now()
    if revision.observation.official_id is not None:
        supersede([revision.observation.official_id], now)
    revision.approved_by, revision.official_at, revision.official_by = by, now, Revision.OfficialBy.REVIEW
    _moved(revision, Verb.APPROVE, by)
    publish([(revision.observation, revision)])
    return revision


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
