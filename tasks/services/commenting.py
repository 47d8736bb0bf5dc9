"""批示: a leader comments and may ask a unit for an answer; the unit answers; the plan office may press it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from departments.rules.reminding import NoticePart
from departments.services.accounts import record
from departments.services.notices import notify
from plans.models import Plan
from targets.models import Target
from tasks.models import Comment, SupervisionNotice, Task
from tasks.models.units import units_for
from tasks.services.notices import UNIT, people_with_roles_in
from tasks.services.supervision import NoticeProposal, may_act_for_plan_or_unit, propose_notice


@transaction.atomic
def write_comment(
    about: Target | Task,
    *,
    text: str,
    asked: Department | None = None,
    due: date | None = None,
    by: User,
    now: datetime,
) -> Comment:
    """A leader's words about a promise; with `asked`, a unit is to answer by `due`."""
    access.demand_acting(by, Action.COMMENT, about.plan.region_id)
    _check_asked(asked, due, timezone.localdate(now), about.plan)
    subject = {"target": about} if isinstance(about, Target) else {"task": about}
    made = Comment(**subject, author=by, at=now, text=text.strip(), asked=asked, due=due)
    made.full_clean(validate_constraints=False)
    made.save()
    record("comment.written", by=by, subject=made, department=asked.short_name if asked else "")
    if asked is not None:
        _tell(people_with_roles_in(UNIT, [asked]), made, "comment_asked", now)
    return made


def _check_asked(asked: Department | None, due: date | None, today: date, plan: Plan) -> None:
    if asked is not None and due is None:
        raise ValidationError({"due": _("Say by which day the unit is to answer.")})
    if asked is None and due is not None:
        raise ValidationError({"asked": _("Choose the unit that is to answer, or leave the day empty.")})
    if due is not None and due < today:
        raise ValidationError({"due": _("This day has passed. Choose today or a later day.")})
    if asked is not None and not units_for(plan).filter(pk=asked.pk).exists():
        said = _("This unit has nothing to do with the plan. Choose one of its region, or one that it names.")
        raise ValidationError({"asked": said})


@transaction.atomic
def answer_comment(comment: Comment, *, text: str, by: User, now: datetime) -> Comment:
    """The unit that was asked answers, once."""
    found = Comment.objects.select_for_update(no_key=True).get(pk=comment.pk)
    if found.asked is None or not may_act_for_plan_or_unit(by, Action.ANSWER_COMMENTS, found.subject.plan, found.asked):
        raise access.refusal()
    if found.answered_at is not None:
        raise ValidationError(_("A colleague has answered already. Look at the answer below the comment."))
    found.answer, found.answered_by, found.answered_at = text.strip(), by, now
    if not found.answer:
        raise ValidationError({"answer": _("Write what was done.")})
    found.full_clean(validate_constraints=False)
    found.save()
    record("comment.answered", by=by, subject=found, department=found.asked.short_name)
    _tell([found.author], found, "comment_answered", now)
    return found


@transaction.atomic
def press_comment(comment: Comment, *, by: User, now: datetime) -> SupervisionNotice:
    """The plan office makes a notice of supervision of a comment, once; it waits among the proposals."""
    found = Comment.objects.select_for_update(no_key=True).get(pk=comment.pk)
    access.demand_acting(by, Action.ISSUE_SUPERVISION, found.subject.plan.region_id)
    if found.notice is not None:
        raise ValidationError(_("A notice of supervision was made of this comment already."))
    found.notice = propose_notice(_proposal(found), by=by, now=now)
    found.save()
    record("comment.pressed", by=by, subject=found)
    return found.notice


def _proposal(comment: Comment) -> NoticeProposal:
    details = {"person": str(comment.author), "day": timezone.localdate(comment.at).isoformat(), "text": comment.text}
    with override(settings.LANGUAGE_CODE):
        said = {
            "subject": str(comment.subject)[:80],
            "person": comment.author,
            "day": date_format(timezone.localdate(comment.at)),
        }
        title = _('On carrying out a leader\'s comment on "%(subject)s"') % said
        demand = _("Carry out the comment by %(person)s of %(day)s, and answer with what was done.") % said
    return NoticeProposal(
        plan=comment.subject.plan,
        title=title,
        demand=demand,
        target=comment.target,
        task=comment.task,
        lead=comment.asked,
        origin=SupervisionNotice.Origin.COMMENT,
        grounds={"kind": "comment", "details": details},
    )


def address_of_comment(comment: Comment) -> str:
    """The address of the comment, on the page of its target or task."""
    name = "target" if comment.target is not None else "task"
    return reverse(name, args=[comment.subject.plan.code, comment.subject.code]) + f"#comment-{comment.pk}"


def details_of_comment(comment: Comment) -> dict[str, object]:
    """The values from which sentences about a comment are made."""
    return {
        "subject": str(comment.subject),
        "person": str(comment.author),
        "unit": comment.asked.short_name if comment.asked else "",
        "due": comment.due.isoformat() if comment.due else "",
        "text": comment.text,
        "answer": comment.answer,
    }


def _tell(people: Iterable[User], comment: Comment, kind: str, now: datetime) -> None:
    for person in people:
        part = NoticePart(kind, details_of_comment(comment), address_of_comment(comment))
        notify(person, kind=kind, subject=f"{comment._meta.label_lower}:{comment.pk}", part=part, now=now)
