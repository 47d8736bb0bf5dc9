"""What the pages of departments show: each with the lights of its targets as of one month."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from departments.models import Department, User
from plans.models import Plan
from plans.periods import Month
from reports.overview import Count
from targets.lights import COLOURS
from targets.models import Attainment, TargetAssignment
from targets.selectors import Row, Trends, rows_of
from tasks.models import Assignment
from tasks.selectors import Row as TaskRow
from tasks.selectors import of_departments


@dataclass(frozen=True, slots=True)
class Card:
    """A department in the list: how many targets and tasks, and the lights of the targets."""

    department: Department
    counts: Sequence[Count]
    targets: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Kind:
    """Departments of one kind, under its name."""

    name: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's role for a target, and how the target stands."""

    assignment: TargetAssignment
    row: Row


@dataclass(frozen=True, slots=True)
class Work:
    """A department's role for a task, and how many milestones are done."""

    assignment: Assignment
    task: TaskRow


ROLES = ("lead", "shared", "support")
"""The order in which responsibilities are told: who leads stands first."""


def kinds(plan: Plan | None, month: Month | None, user: User) -> list[Kind]:
    """All departments by kind, with the lights of their targets as of the month."""
    lights = _lights(plan, month, user) if plan is not None and month is not None else {}
    assigned = Assignment.objects.filter(task__plan=plan).values_list("department_id", flat=True)
    tasks = Counter(assigned)
    order = {value: place for place, (value, _label) in enumerate(Department.Kind.choices)}
    departments = sorted(Department.objects.all(), key=lambda one: (order[one.kind], one.code))
    cards = [_card(one, lights.get(one.pk, Counter()), tasks[one.pk]) for one in departments]
    return [
        Kind(str(Department.Kind(kind).label), list(part))
        for kind, part in groupby(cards, key=lambda card: card.department.kind)
    ]


def _card(department: Department, lights: Counter[str], tasks: int) -> Card:
    counts = [Count(colour, lights[colour.name]) for colour in COLOURS]
    return Card(department, counts, lights.total(), tasks)


def _lights(plan: Plan, month: Month, user: User) -> dict[int, Counter[str]]:
    """Department → light → number of targets."""
    judged = Attainment.objects.filter(target__plan=plan, region_id=plan.region_id, month=month).visible_to(user)
    signals = dict(judged.values_list("target_id", "signal"))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    assigned = TargetAssignment.objects.filter(target__plan=plan).values_list("department_id", "target_id")
    for department_id, target_id in assigned:
        if target_id in signals:
            found[department_id][signals[target_id]] += 1
    return found


def duties(department: Department, plan: Plan, month: Month, user: User, known: Trends) -> list[Duty]:
    """The targets that the department answers for: what it leads first, then in the plan's order."""
    assigned = {one.target_id: one for one in TargetAssignment.objects.filter(department=department, target__plan=plan)}
    judged = Attainment.objects.of_plan(plan).visible_to(user).filter(month=month, target__in=list(assigned))
    found = [Duty(assigned[row.target.pk], row) for row in rows_of(judged, known)]
    return sorted(found, key=lambda duty: ROLES.index(duty.assignment.role))


def works(department: Department, plan: Plan, month: Month) -> list[Work]:
    """The tasks that the department answers for, as they stood at the end of the month, in the same order."""
    rows = of_departments(plan, month.last_day, [department.pk])
    own = ((next(one for one in row.assignments if one.department_id == department.pk), row) for row in rows)
    found = [Work(assignment, row) for assignment, row in own]
    return sorted(found, key=lambda work: ROLES.index(work.assignment.role))
