"""Who answers for tasks, with each county's government in place of 各县（市、区）, and which of them have reported."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import QuerySet

from departments.models import Department
from departments.people.groups import EACH_COUNTY, members_of, spread_groups
from plans.models import AbstractAssignment
from plans.periods import Month
from tasks.models import ProgressReport, Task
from tasks.reading.standing import whole_month


class AnsweringUnit(NamedTuple):
    """A unit that answers, and the assignment by which it answers."""

    department: Department
    assignment: AbstractAssignment


class AnsweringUnits:
    """Finds the units that answer by assignments whose departments are at hand; one query if the assignments name each
    county, else none."""

    def __init__(self, assignments: Iterable[AbstractAssignment]) -> None:
        self.members = members_of({assignment.department for assignment in assignments})

    def of(self, assignments: Iterable[AbstractAssignment]) -> list[AnsweringUnit]:
        """The units in the order of the assignments; a county that is named itself has the role that it is given."""
        listed = list(assignments)
        found = {
            assignment.department_id: AnsweringUnit(assignment.department, assignment)
            for assignment in listed
            if not _means_each_county(assignment)
        }
        for assignment in listed:
            for member in self.members.get(assignment.department_id, ()):
                found.setdefault(member.pk, AnsweringUnit(member, assignment))
        return list(found.values())

    def counties(self, assignments: Iterable[AbstractAssignment]) -> list[Department]:
        """The governments that answer because each county does."""
        return [member for assignment in assignments for member in self.members.get(assignment.department_id, ())]


def _means_each_county(assignment: AbstractAssignment) -> bool:
    return assignment.department.kind == EACH_COUNTY


def units_answering(task: Task) -> "QuerySet[Department]":
    """The departments that answer for a task."""
    return spread_groups(Department.objects.filter(assignments__task=task))


@dataclass(frozen=True, slots=True)
class CountyReporting:
    """Which counties have an approved report of a month about a task that each of them has."""

    month: Month
    reported: Sequence[Department]
    missing: Sequence[Department]

    @property
    def number(self) -> int:
        return len(self.reported) + len(self.missing)


def county_reporting_of_tasks(days: Mapping[Task, date]) -> Mapping[int, CountyReporting]:
    """Finds how the counties have reported on each task that every county has, for the last month that has ended by the
    task's day. The assignments of the tasks are at hand. Two queries, none where there is no such task."""
    answering = AnsweringUnits(assignment for task in days for assignment in task.assignments.all())
    if not answering.members:
        return {}
    months = {task.pk: whole_month(day) for task, day in days.items()}
    approved = ProgressReport.objects.approved().filter(task__in=months, month__in=set(months.values()))
    reported = set(approved.order_by().values_list("task_id", "department_id", "month"))
    asked = {task.pk: answering.counties(task.assignments.all()) for task in days}
    return {pk: _counted(months[pk], pk, listed, reported) for pk, listed in asked.items() if listed}


def _counted(
    month: Month, task_id: int, asked: Iterable[Department], reported: set[tuple[int, int, Month]]
) -> CountyReporting:
    units = list(dict.fromkeys(asked))
    return CountyReporting(
        month,
        [unit for unit in units if (task_id, unit.pk, month) in reported],
        [unit for unit in units if (task_id, unit.pk, month) not in reported],
    )
