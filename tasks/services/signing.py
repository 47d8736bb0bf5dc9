"""Signing off a task for a month, by whoever leads it; closing it at the end, by the plan office or its leader.

Nobody signs off what they have reported, and nobody closes what they have reported, split or signed off; the database
keeps that too (`reviews.four_eyes`).
"""

from copy import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Membership, User
from departments.permissions import Action
from departments.services.accounts import record
from plans.periods import Month
from targets.services.locking import LONGEST_REASON, check_reason, demand_open_month, keep_open
from targets.wording.notices import list_names
from tasks.models import Assignment, ProgressReport, SignOff, Task, sign_history_change
from tasks.reading.responsible_units import AnsweringUnits
from tasks.reading.standing import judge_tasks, shown_day
from tasks.rules.progress import TaskState
from tasks.services.milestones import demand_lights_alike
from tasks.services.rights import demand_lead, demand_unclosed, may_lead
from tasks.services.splitting import has_split

NAMED = 5
"""So many people who may do it instead are named."""


def missing_units(task: Task, month: Month) -> list[str]:
    """The short names of the units that lead or share the task and have no approved report of the month."""
    approved = ProgressReport.objects.approved().filter(task=task, month=month)
    reported = set(approved.values_list("department_id", flat=True))
    named = list(task.assignments.select_related("department").order_by("role", "pk"))
    asked = [unit for unit, assignment in AnsweringUnits(named).of(named) if assignment.role != Assignment.Role.SUPPORT]
    return [unit.short_name for unit in asked if unit.pk not in reported]


@transaction.atomic
def sign_off(task: Task, month: Month, *, by: User, note: str = "") -> SignOff:
    """Signs all reports about the task of a month. ValidationError while one waits for its review, if nobody has
    reported at all, for an author of one of them, and without a note where a unit has not reported."""
    demand_lead(by, Action.SIGN_OFF_TASKS, task)
    demand_open_month(task.plan, month)
    task = Task.objects.select_for_update().get(pk=task.pk)
    demand_unclosed(task)
    _check_note(note)
    reports = ProgressReport.objects.filter(task=task, month=month)
    if reports.waiting().exists():
        raise ValidationError(_("A report of this month still waits for its review. Sign off when it is decided."))
    if not reports.approved().exists():
        raise ValidationError(_("No report of this month is approved yet, so there is nothing to sign off."))
    if reports.approved().typed_by(by).exists():
        raise ValidationError(_not_signing(task, month, by), code="own")
    missing = missing_units(task, month)
    if missing and not note.strip():
        said = _("Not reported: %(units)s. Ask them, or write in the note why you sign off without them.")
        raise ValidationError(said % {"units": list_names(missing)}, code="note")
    made = SignOff.objects.create(task=task, month=month, by=by, note=note.strip(), missing="\n".join(missing))
    record("task.signed_off", by=by, subject=task, month=str(month), missing=missing)
    return made


@transaction.atomic
def close_task(task: Task, *, by: User) -> Task:
    """Closes a task of which everything is done and signed off. ValidationError with what is still open.

    Whoever has reported on it, split it or signed it off last does not close it: somebody else checks what they say.
    """
    access.demand_acting(by, Action.CLOSE_TASKS, task.plan.region_id)
    task = Task.objects.select_for_update(of=("self",)).select_related("plan", "clause").get(pk=task.pk)
    demand_unclosed(task)
    day = shown_day(task.plan, timezone.localdate())
    (found,) = judge_tasks(Task.objects.filter(pk=task.pk), task.plan, day)
    if found.state.total and found.state.state is not TaskState.DONE:
        raise ValidationError(_("Not all milestones are done yet. The task is closed when they are."), code="open")
    if (refusal := why_not_closed(task, by)) is not None:
        raise refusal
    task.closed_on, task.closed_by = day, by
    sign_history_change(task, by).save()
    record("task.closed", by=by, subject=task)
    return task


def why_not_closed(task: Task, by: User) -> ValidationError | None:
    """Why the person does not close a task of which everything is done, and who does; None if the person may."""
    last = task.sign_offs.select_related("by").first()
    if last is None:
        return ValidationError(_("Nobody has signed the task off yet. The lead does that first."), code="unsigned")
    if not _may_close(task, last, by):
        return ValidationError(_not_closing(task, last, by), code="own")
    return None


@transaction.atomic
def reopen_task(task: Task, *, by: User, reason: str) -> Task:
    """Opens a closed task again; ValidationError without a reason, if it is not closed, or if a closed month would have
    another light for it."""
    access.demand_acting(by, Action.CLOSE_TASKS, task.plan.region_id)
    check_reason(reason)
    if not reason.strip():
        raise ValidationError(_("Give a reason for reopening: it is kept with the task."), code="reason")
    keep_open(task.plan.months)
    task = Task.objects.select_for_update(of=("self",)).select_related("plan", "clause").get(pk=task.pk)
    if task.closed_on is None:
        raise ValidationError(_("The task is not closed."), code="not_closed")
    before = copy(task)
    task.closed_on = task.closed_by = None
    demand_lights_alike(before, task)
    sign_history_change(task, by, reason.strip()[:100]).save()
    record("task.reopened", by=by, subject=task, reason=reason.strip())
    return task


def _may_close(task: Task, last: SignOff, user: User) -> bool:
    """Whether the person has neither signed the task off last, nor typed a report that counts, nor split it."""
    reported = ProgressReport.objects.approved().filter(task=task).typed_by(user).exists()
    return last.by_id != user.pk and not reported and not has_split(task, user)


def _not_closing(task: Task, last: SignOff, by: User) -> str:
    """Says why the person does not close a task, and who does."""
    said = _("You have reported on this task, split it or signed it off, so you do not close it.")
    acting = access.acting_for(Action.CLOSE_TASKS, task.plan.region_id)
    return f"{said} {_instead([person for person in acting if person != by and _may_close(task, last, person)])}"


def _not_signing(task: Task, month: Month, by: User) -> str:
    """Says why the person does not sign a month off, and who does."""
    said = _("You have typed a report of this month yourself, so you do not sign it off.")
    reports = ProgressReport.objects.approved().filter(task=task, month=month)
    signing = {*access.acting_for(Action.SIGN_OFF_TASKS, task.plan.region_id), *_leading(task)} - {by}
    others = sorted((person for person in signing if not reports.typed_by(person).exists()), key=str)
    return f"{said} {_instead(others)}"


def _leading(task: Task) -> list[User]:
    """Finds the people who sign for the units that lead a task."""
    leads = task.assignments.filter(role=Assignment.Role.LEAD).values("department")
    held = Membership.objects.filter(department__in=leads, user__is_active=True).select_related("user")
    return [membership.user for membership in held if may_lead(membership.user, Action.SIGN_OFF_TASKS, task)]


def _instead(people: list[User]) -> str:
    """Says who does it, or that there is nobody yet who does."""
    if people:
        names = list_names([str(person) for person in people[:NAMED]], len(people))
        return _("One of these does it: %(people)s.") % {"people": names}
    return _("There is nobody else yet who may. Ask the administrator to give a colleague the role.")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_REASON:
        raise ValidationError(_("The note has more than %(limit)s characters. Shorten it.") % {"limit": LONGEST_REASON})
