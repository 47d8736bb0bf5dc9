"""Who may do what about a task: the departments that answer for it, those that lead it, the plan's office."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from tasks.models import Assignment, Task
from tasks.reading.responsible_units import AnsweringUnits, units_answering


def may_lead(user: User, action: Action, task: Task) -> bool:
    """Whether the person may take the action for the lead. Where the plan names no lead, the plan office is it."""
    reached = access.reach(user, action)
    leads = {
        assignment.department_id for assignment in task.assignments.all() if assignment.role == Assignment.Role.LEAD
    }
    return reached.acts_for(task.plan.region_id) or bool(leads & reached.departments)


def demand_lead(user: User, action: Action, task: Task) -> None:
    """Raises PermissionDenied unless the person may take the action for the lead."""
    access.demand(user, action)
    if not may_lead(user, action, task):
        raise access.refusal()


def may_act_for_unit(user: User, action: Action, department_id: int) -> bool:
    """Whether the person may take the action for this department."""
    return department_id in access.reach(user, action).departments


def demand_acting_for_unit(user: User, action: Action, department_id: int) -> None:
    """Raises PermissionDenied unless the person may take the action for this department."""
    access.demand(user, action)
    if not may_act_for_unit(user, action, department_id):
        raise access.refusal()


def demand_unclosed(task: Task) -> None:
    """Raises ValidationError for a task that the plan office has closed."""
    if task.closed_on is not None:
        raise ValidationError(
            _("The task is closed. Ask the plan office to reopen it, and say why."), code="task_closed"
        )


def demand_assigned(task: Task, department: Department) -> None:
    """Raises PermissionDenied for a department that does not answer for the task itself."""
    if not units_answering(task).filter(pk=department.pk).exists():
        raise access.refusal()


def writing_units(task: Task, user: User) -> list[Department]:
    """The departments that answer for the task and for which the person reports."""
    reached = access.reach(user, Action.REPORT_TASKS)
    assigned = list(task.assignments.select_related("department").order_by("role", "pk"))
    return [unit for unit, _as in AnsweringUnits(assigned).of(assigned) if unit.pk in reached.departments]
