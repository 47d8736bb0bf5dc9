"""Splitting a task into milestones and weighing them, by those who lead it, with a reason that the history keeps."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from targets.entry_rules.figures import Problem
from targets.models import Target
from targets.services.locking import keep_open
from tasks.models import Milestone, Task, countable, sign_history_change
from tasks.reading.responsible_units import units_answering
from tasks.rules.breakdown import weights_fault
from tasks.services.milestones import TaskWithMilestones, demand_promises_alike, demand_task_alike, milestones_changed
from tasks.services.rights import demand_lead, demand_unclosed
from tasks.wording.messages import explain_report_problem

CHANGEABLE = ("title", "due", "department_id", "weight", "evidence", "counted_by_id")
OF_THE_PLAN = ("title", "due")
"""The fields that stay as the plan's text has them, where the plan names the milestone."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A milestone as it is to be; `pk` is None for a new milestone."""

    title: str
    due: date
    pk: int | None = None
    department_id: int | None = None
    weight: int | None = None
    evidence: str = ""
    counted_by_id: int | None = None


def version_of(task: Task) -> int:
    """How often the milestones of a task were written: whoever splits it names the number seen last."""
    return Milestone.history.filter(task=task).count()


def has_split(task: Task, user: User) -> bool:
    """Whether somebody has split or weighed the task: no other change of a milestone is given a reason."""
    return bool(Milestone.history.filter(task=task, history_user=user, history_change_reason__isnull=False).exists())


@transaction.atomic
def split_into_milestones(task: Task, planned: Sequence[Planned], *, by: User, reason: str, version: int) -> None:
    """Makes the milestones of a task what is planned: those that are not named any more go.

    ValidationError, and nothing is changed, without a reason, if somebody has changed them since `version`, and for
    what may not be: see `_check`.
    """
    demand_lead(by, Action.SPLIT_TASKS, task)
    keep_open(task.plan.months)
    task = Task.objects.select_for_update().get(pk=task.pk)
    demand_unclosed(task)
    _check_reason(reason)
    reason = reason.strip()
    if version_of(task) != version:
        raise ValidationError(
            _("A colleague has changed these milestones meanwhile. Reload the page and do it again."), code="stale"
        )
    stored = {milestone.pk: milestone for milestone in task.milestones.select_related("target")}
    _check(task, planned, stored)
    before = [copy(milestone) for milestone in stored.values()]
    gone = [milestone for pk, milestone in stored.items() if pk not in {row.pk for row in planned}]
    kept = [_written(task, row, stored, number, by, reason) for number, row in enumerate(planned, 1)]
    demand_task_alike(task, TaskWithMilestones(task, before), TaskWithMilestones(task, kept))
    for milestone in gone:
        demand_promises_alike(milestone, None)
        sign_history_change(milestone, by, reason).delete()
    milestones_changed([*gone, *kept])
    record("task.split", by=by, subject=task, reason=reason, milestones=len(planned), removed=len(gone))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("Give a reason: the others need to understand why it was changed."), code="reason")
    if len(reason.strip()) > 100:
        raise ValidationError(_("The reason has more than %(limit)s characters. Shorten it.") % {"limit": 100})


def _check(task: Task, planned: Sequence[Planned], stored: dict[int, Milestone]) -> None:
    """Raises ValidationError with everything that may not be."""
    weights = [row.weight for row in planned]
    faults = []
    if code := weights_fault(weights):
        total = sum(weight for weight in weights if weight is not None)
        faults.append(explain_report_problem(Problem(code, "weight", (("sum", str(total)),))))
    assigned = set(units_answering(task).values_list("pk", flat=True))
    targets = {target.pk: target for target in Target.objects.filter(plan=task.plan_id).select_related("indicator")}
    for row in planned:
        faults += [f"{row.title}: {fault}" for fault in _faults(task, row, stored, assigned, targets)]
    kept = {row.pk for row in planned}
    faults += [
        f"{milestone.title}: {fault}"
        for pk, milestone in stored.items()
        if pk not in kept and (fault := _stays(milestone))
    ]
    if faults:
        raise ValidationError(faults)


def _faults(
    task: Task, row: Planned, stored: dict[int, Milestone], assigned: set[int], targets: dict[int, Target]
) -> list[str]:
    milestone = stored.get(row.pk) if row.pk is not None else None
    faults = []
    if row.pk is not None and milestone is None:
        faults.append(_("There is no such milestone any more. Reload the page."))
    if (milestone is None or not milestone.quote) and row.due > task.due:
        faults.append(_("It is due after the task itself. Choose an earlier day."))
    if row.department_id is not None and row.department_id not in assigned:
        faults.append(_("This unit does not answer for the task. Choose one that does."))
    if row.counted_by_id is not None:
        faults += _count_faults(milestone, targets.get(row.counted_by_id))
    return faults


def _count_faults(milestone: Milestone | None, target: Target | None) -> list[str]:
    if target is None or not countable(target):
        return [_("Only a count that grows through the year can stand for a milestone.")]
    if (
        milestone is not None
        and milestone.counted_by_id is None
        and (milestone.target_id or milestone.done_on or milestone.reported.exists())
    ):
        return [_("It has been reported on, or leads to a target, and cannot be counted elsewhere any more.")]
    return []


def _stays(milestone: Milestone) -> str:
    """Why a milestone cannot be removed; empty if it can."""
    if milestone.quote:
        return _("The plan names it, so it stays.")
    if milestone.done_on is not None or milestone.reported.exists():
        return _("It has been reported on, so it stays.")
    return ""


def _written(task: Task, row: Planned, stored: dict[int, Milestone], number: int, by: User, reason: str) -> Milestone:
    """Makes the milestone what is planned, and saves it if that changes anything."""
    milestone = stored[row.pk] if row.pk is not None else Milestone(task=task, code=_free_code(task))
    fixed = OF_THE_PLAN if milestone.quote else ()
    changes = {name: getattr(row, name) for name in CHANGEABLE if name not in fixed} | {"order": number}
    if milestone.pk is None or any(getattr(milestone, name) != value for name, value in changes.items()):
        before = copy(milestone) if milestone.pk is not None else None
        for name, value in changes.items():
            setattr(milestone, name, value)
        demand_promises_alike(before, milestone)
        sign_history_change(milestone, by, reason).save()
    return milestone


def _free_code(task: Task) -> str:
    """Finds the next code for a milestone that the plan does not name; the code of a removed milestone is never used
    again."""
    used = Milestone.history.filter(task=task).values_list("code", flat=True)
    numbers = [int(code[4:]) for code in used if code.startswith("own-") and code[4:].isdigit()]
    return f"own-{max(numbers, default=0) + 1}"
