"""督办: the steps of a notice, one verb a function, by the table in `tasks.rules.supervising`.

Each locks the notice, so that two steps come one by one; keeps who took it, when and with which words; and tells those
whose turn it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import CalendarDay, Plan, exceptions_of
from plans.workdays import add_working_days
from reviews.attaching import AttachableFile, examine_attached_files
from reviews.workflow import StepRefusedError
from targets.models import Target
from tasks.models import Milestone, SupervisionNotice, SupervisionRules, SupervisionStep, Task
from tasks.models.units import is_within, units_for
from tasks.rules.supervising import (
    TRANSITIONS,
    SupervisionState,
    SupervisionVerb,
    next_supervision_state,
)
from tasks.services.attachments import attach_to_step
from tasks.services.notices import tell_supervision_step

LONGEST_TEXT = 2000
Files = Sequence[AttachableFile]
"""What is sent with a step: all of it is kept, or the step is not taken."""


@dataclass(frozen=True, slots=True)
class NoticeProposal:
    """What a notice would say. `target` or `task` is what it is about; `days` None: the usual limit of the urgency.

    `grounds`, `matter` and `evidence` come from a rule (see `SupervisionNotice`).
    """

    plan: Plan
    title: str
    demand: str
    target: Target | None = None
    task: Task | None = None
    milestone: Milestone | None = None
    lead: Department | None = None
    support: Sequence[Department] = ()
    urgency: str = SupervisionNotice.Urgency.ORDINARY
    days: int | None = None
    origin: str = SupervisionNotice.Origin.COORDINATOR
    grounds: Mapping[str, object] = field(default_factory=dict)
    matter: str = ""
    evidence: date | None = None


@transaction.atomic
def propose_notice(proposal: NoticeProposal, *, by: User | None, now: datetime) -> SupervisionNotice:
    """A notice that the coordinator may edit, issue or reject; `by` None: the system, by rule."""
    if by is not None:
        _demand(by, proposal.plan, None, SupervisionVerb.PROPOSE)
    notice = SupervisionNotice(
        plan=proposal.plan,
        target=proposal.target,
        task=proposal.task,
        milestone=proposal.milestone,
        origin=proposal.origin,
        grounds=dict(proposal.grounds),
        matter=proposal.matter,
        evidence=proposal.evidence,
        proposed_at=now,
    )
    _write(notice, proposal)
    keep_supervision_step(notice, SupervisionVerb.PROPOSE, None, by=by, now=now)
    return notice


@transaction.atomic
def edit_notice(notice: SupervisionNotice, proposal: NoticeProposal, *, by: User, now: datetime) -> SupervisionNotice:
    """Changes wording, urgency or units of a proposal; its subject and its origin stay."""
    notice = lock_notice(notice)
    _demand(by, notice.plan, notice.lead, SupervisionVerb.EDIT)
    _stepped(notice, SupervisionVerb.EDIT, by=by)
    _write(notice, proposal)
    keep_supervision_step(notice, SupervisionVerb.EDIT, SupervisionState.PROPOSED, by=by, now=now)
    return notice


@transaction.atomic
def issue_notice(notice: SupervisionNotice, *, by: User, now: datetime, files: Files = ()) -> SupervisionNotice:
    """交办: the notice gets its number and its limit and goes to the units."""
    notice = lock_notice(notice)
    _demand(by, notice.plan, notice.lead, SupervisionVerb.ISSUE)
    if notice.lead is None:
        raise ValidationError(_("Choose the leading unit before the notice is issued."), code="lead")
    _number(notice, now)
    notice.issued_at, notice.due = now, limit_from(now, notice.days)
    return _moved(notice, SupervisionVerb.ISSUE, by=by, now=now, files=files)


@transaction.atomic
def reject_notice(
    notice: SupervisionNotice, *, by: User, reason: str, now: datetime, files: Files = ()
) -> SupervisionNotice:
    """不予立项: the proposal is not taken up, with the reason."""
    notice = lock_notice(notice)
    notice.ended_at = now
    return _moved(notice, SupervisionVerb.REJECT, by=by, now=now, files=files, text=reason)


@transaction.atomic
def receive_notice(notice: SupervisionNotice, *, by: User, now: datetime) -> SupervisionNotice:
    """签收: the leading unit has it."""
    return _moved(lock_notice(notice), SupervisionVerb.RECEIVE, by=by, now=now)


@transaction.atomic
def answer_notice(
    notice: SupervisionNotice, *, by: User, text: str, now: datetime, files: Files = ()
) -> SupervisionNotice:
    """反馈: what the leading unit has done."""
    notice = lock_notice(notice)
    notice.answered_by = by
    return _moved(notice, SupervisionVerb.ANSWER, by=by, now=now, files=files, text=text)


@transaction.atomic
def return_notice_for_rework(
    notice: SupervisionNotice, *, by: User, reason: str, now: datetime, days: int | None = None, files: Files = ()
) -> SupervisionNotice:
    """退回重办: the answer will not do; a new round begins with a limit of its own, the same as before by default."""
    notice = lock_notice(notice)
    own = notice.answered_by_id == by.pk
    notice.round += 1
    notice.level, notice.due = "", limit_from(now, days or notice.days)
    return _moved(notice, SupervisionVerb.RETURN, by=by, now=now, files=files, text=reason, own_answer=own)


@transaction.atomic
def verify_notice(
    notice: SupervisionNotice, *, by: User, text: str, now: datetime, files: Files = ()
) -> SupervisionNotice:
    """复核: the answer holds, and what was found."""
    notice = lock_notice(notice)
    own = notice.answered_by_id == by.pk
    return _moved(notice, SupervisionVerb.VERIFY, by=by, now=now, files=files, text=text, own_answer=own)


@transaction.atomic
def close_notice(
    notice: SupervisionNotice, *, by: User, text: str = "", now: datetime, files: Files = ()
) -> SupervisionNotice:
    """办结: the matter is off the list."""
    notice = lock_notice(notice)
    own = notice.answered_by_id == by.pk
    notice.ended_at = now
    return _moved(notice, SupervisionVerb.CLOSE, by=by, now=now, files=files, text=text, own_answer=own)


@transaction.atomic
def withdraw_notice(
    notice: SupervisionNotice, *, by: User, reason: str, now: datetime, files: Files = ()
) -> SupervisionNotice:
    """撤销: an issued notice is taken back, with the reason."""
    notice = lock_notice(notice)
    notice.ended_at = now
    return _moved(notice, SupervisionVerb.WITHDRAW, by=by, now=now, files=files, text=reason)


@transaction.atomic
def urge_notice(
    notice: SupervisionNotice, *, by: User, text: str = "", now: datetime, files: Files = ()
) -> SupervisionNotice:
    """催办: the units are told once more."""
    return _moved(lock_notice(notice), SupervisionVerb.URGE, by=by, now=now, files=files, text=text)


def limit_from(now: datetime, days: int) -> date:
    """The last day of a limit of so many working days from now."""
    start = timezone.localdate(now)
    known = exceptions_of(CalendarDay.objects.of_years(start.year, start.year + 1))
    return add_working_days(start, days, known)


# --- What the steps have in common ------------------------------------------------------------------------------------


def lock_notice(notice: SupervisionNotice) -> SupervisionNotice:
    """The notice as it is now, kept from others until the transaction ends."""
    return SupervisionNotice.objects.select_for_update(no_key=True).get(pk=notice.pk)


def may_act_for_plan_or_unit(user: User, action: Action, plan: Plan, unit: Department | None) -> bool:
    """Whether the person may do this to a notice about a plan, led by the unit (None: by nobody yet): the quality
    office of exactly the plan's region, or the unit."""
    reached = access.reach(user, action)
    return reached.acts_for(plan.region_id) or (unit is not None and is_within(reached, unit))


def _demand(by: User, plan: Plan, unit: Department | None, verb: SupervisionVerb) -> None:
    """Raises PermissionDenied unless the person may take the step for the notice's plan or leading unit."""
    action = next(transition.action for (_state, known), transition in TRANSITIONS.items() if known is verb)
    assert action is not None  # noqa: S101 - the system's own steps do not come here
    if not may_act_for_plan_or_unit(by, action, plan, unit):
        raise access.refusal()


def _moved(
    notice: SupervisionNotice,
    verb: SupervisionVerb,
    *,
    by: User,
    now: datetime,
    text: str = "",
    own_answer: bool = False,
    files: Files = (),
) -> SupervisionNotice:
    """Takes one step and tells the people concerned; the caller has set what the step changes besides the state."""
    _demand(by, notice.plan, notice.lead, verb)
    before = SupervisionState(notice.state)
    _stepped(notice, verb, by=by, text=text, own_answer=own_answer)
    examine_attached_files(files)
    notice.save()
    made = keep_supervision_step(notice, verb, before, by=by, now=now, text=text)
    for file in files:
        attach_to_step(made, file, by=by)
    tell_supervision_step(notice, verb, by=by, text=text.strip(), now=now)
    return notice


def _stepped(
    notice: SupervisionNotice, verb: SupervisionVerb, *, by: User | None, text: str = "", own_answer: bool = False
) -> None:
    if len(text) > LONGEST_TEXT:
        said = _("The text has more than %(limit)s characters. Shorten it.")
        raise ValidationError(said % {"limit": LONGEST_TEXT}, code="text")
    try:
        notice.state = next_supervision_state(
            SupervisionState(notice.state), verb, text=text, own_answer=own_answer
        ).value
    except StepRefusedError as refused:
        raise _refused(refused.code) from refused


def _refused(code: str) -> ValidationError:
    sentences = {
        "transition": _("The notice is not in a state in which that is possible. Look where it stands now."),
        "text": _("Write a few words: the others need to understand what was done, or why."),
        "own_answer": _("You have given this answer yourself. Somebody else judges it."),
    }
    return ValidationError(sentences[code], code=code)


def keep_supervision_step(
    notice: SupervisionNotice,
    verb: SupervisionVerb,
    before: SupervisionState | None,
    *,
    by: User | None,
    now: datetime,
    text: str = "",
    **values: object,
) -> SupervisionStep:
    """Adds the step to the notice's way, with the audit event."""
    text = text.strip()
    made = SupervisionStep.objects.create(
        notice=notice,
        verb=verb.value,
        from_state=before.value if before else "",
        to_state=notice.state,
        round=notice.round,
        due=notice.due,
        by=by,
        at=now,
        text=text,
        **values,
    )
    detail = {"number": notice.number, "reason": text, **({"level": made.level} if made.level else {})}
    record(f"supervision.{verb.value}", by=by, subject=notice, **{key: value for key, value in detail.items() if value})
    return made


def _write(notice: SupervisionNotice, proposal: NoticeProposal) -> None:
    """Checks and saves what the notice says."""
    rules = SupervisionRules.of(notice.plan)
    notice.title, notice.demand = proposal.title.strip(), proposal.demand.strip()
    notice.urgency, notice.lead = proposal.urgency, proposal.lead
    _check_days(proposal, rules)
    _check_units(proposal, notice.plan)
    notice.full_clean(exclude=["days"], validate_constraints=False)  # the database has the last word on those
    notice.days = proposal.days or rules.limit(proposal.urgency)
    notice.save()
    notice.support.set([unit for unit in proposal.support if unit != proposal.lead])


def _check_days(proposal: NoticeProposal, rules: SupervisionRules) -> None:
    """Raises ValidationError for a limit that the urgency does not allow: an urgent matter takes up to five working
    days."""
    if proposal.urgency not in SupervisionNotice.Urgency.values or proposal.days is None:
        return
    longest = max(5, rules.urgent_days) if proposal.urgency == "urgent" else rules.limit(proposal.urgency)
    if not 1 <= proposal.days <= longest:
        said = _("With this urgency the limit is 1 to %(longest)d working days.") % {"longest": longest}
        raise ValidationError({"days": said})


def _check_units(proposal: NoticeProposal, plan: Plan) -> None:
    """Raises ValidationError for a unit that has nothing to do with the plan, such as another city's."""
    known, lead = set(units_for(plan).values_list("pk", flat=True)), proposal.lead
    said = _("This unit has nothing to do with the plan. Choose one of its region, or one that it names.")
    if lead is not None and lead.pk not in known:
        raise ValidationError({"lead": said})
    if any(unit.pk not in known for unit in proposal.support):
        raise ValidationError({"support": said})


def _number(notice: SupervisionNotice, now: datetime) -> None:
    """The next number of the year in the register of the plan's region, over all its plans: their first row is what the
    register is locked by."""
    notice.register, notice.year = notice.plan.region, timezone.localdate(now).year
    Plan.objects.filter(region=notice.register).select_for_update(no_key=True).order_by("pk").first()
    numbered = SupervisionNotice.objects.filter(register=notice.register, year=notice.year)
    last = numbered.aggregate(last=Max("serial"))["last"] or 0
    notice.serial = last + 1
    notice.number = SupervisionRules.of(notice.plan).numbered(notice.year, notice.serial)
