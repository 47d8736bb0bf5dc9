"""What slips and ought to be pressed, by the plan's rules: a late milestone, months of red, months without figures or
without a report.

Each finding names its matter, the same every day, and the last day that speaks for it. Months count once the deadline
of their figures has passed. Read in a constant number of queries, however many targets and units.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from departments.models import Department
from plans.models import AbstractAssignment, Plan
from plans.periods import Month
from reviews.workflow import ReviewState as Entry
from targets.arithmetic.formulas import Signal
from targets.expected.deadlines import Deadlines
from targets.expected.duties import FigureKey, expected_of
from targets.models import Attainment, Revision, Target, TargetAssignment
from tasks.models import Assignment, Milestone, ProgressReport, SupervisionRules, Task
from tasks.reading.responsible_units import AnsweringUnits
from tasks.reading.standing import read_known_milestones
from tasks.rules.accounts import roles_speaking_for_task

LINGERS = timedelta(days=60)
"""How long after its year a plan is still pressed; a plan of long ago, such as a worked example, proposes nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that slips: about what, why (see `tasks.wording.grounds`), by evidence from which day to which, and who
    answers for it, who leads first. It is new only where all of its evidence is later than an earlier notice's."""

    plan: Plan
    kind: str
    matter: str
    evidence: date
    details: Mapping[str, object]
    subject: Target | Task
    units: Sequence[Department]
    since: date
    milestone: Milestone | None = None


def pressed_plans(today: date) -> list[Plan]:
    """The plans whose promises are pressed on a day."""
    plans = Plan.objects.published().order_by("first_month", "code")
    return [plan for plan in plans if plan.first_month.first_day <= today <= plan.last_month.last_day + LINGERS]


def findings(plan: Plan, today: date) -> list[Finding]:
    """Finds everything of a plan that slips on a day."""
    rules, passed = SupervisionRules.of(plan), passed_months(plan, today)
    return [
        *_late_milestones(plan, today),
        *_red(plan, passed[-rules.red_months :], rules.red_months),
        *_silent(plan, passed, rules.silent_months),
        *_unreported(plan, passed[-rules.silent_months :], rules.silent_months),
    ]


def passed_months(plan: Plan, today: date) -> list[Month]:
    """The months whose figures ought to be there."""
    return sorted(month for month, deadline in Deadlines.of(plan).by_month.items() if deadline.day < today)


# --- Milestones -------------------------------------------------------------------------------------------------------


def _late_milestones(plan: Plan, today: date) -> Iterator[Finding]:
    passed = Milestone.objects.filter(task__plan=plan, task__closed_on__isnull=True, due__lt=today)
    steps = read_known_milestones(passed.order_by("due", "pk"), plan, today)
    found = [known.milestone for known in steps if not known.is_done]
    units = _units(Assignment.objects.filter(task__in={milestone.task_id for milestone in found}), "task_id")
    for milestone in found:
        details = {"milestone": milestone.title, "task": milestone.task.title, "due": milestone.due.isoformat()}
        yield Finding(
            plan,
            "late_milestone",
            f"late_milestone:{milestone.pk}",
            milestone.due,
            details,
            milestone.task,
            units.get(milestone.task_id, ()),
            since=milestone.due,
            milestone=milestone,
        )


def _units(assigned: QuerySet[AbstractAssignment], key: str) -> dict[int, list[Department]]:
    """Finds the units that answer for each promise, the leading unit first; one query, and one more where each county
    answers."""
    by_promise: dict[int, list[AbstractAssignment]] = defaultdict(list)
    rows: list[AbstractAssignment] = list(assigned.select_related("department").order_by("role", "id"))
    for assignment in rows:
        by_promise[getattr(assignment, key)].append(assignment)
    answering = AnsweringUnits(rows)
    return {pk: [unit for unit, _as in answering.of(listed)] for pk, listed in by_promise.items()}


# --- Lights -----------------------------------------------------------------------------------------------------------


def _red(plan: Plan, months: Sequence[Month], number: int) -> Iterator[Finding]:
    """Finds the binding targets that were red at the end of each of the last months."""
    if len(months) < number:
        return
    red = Attainment.objects.filter(
        target__plan=plan,
        target__firmness=Target.Firmness.BINDING,
        region_id=plan.region_id,
        month__in=months,
        signal=Signal.RED.value,
    )
    counted: dict[int, int] = defaultdict(int)
    for target_id in red.values_list("target_id", flat=True):
        counted[target_id] += 1
    lasting = [pk for pk, times in counted.items() if times == number]
    units = _units(TargetAssignment.objects.filter(target__in=lasting), "target_id")
    for target in Target.objects.filter(pk__in=lasting).order_by("order", "code"):
        details = {"target": target.name, "months": [str(month) for month in months]}
        first, last = months[0].first_day, months[-1].last_day
        matter = f"red_months:{target.pk}"
        yield Finding(plan, "red_months", matter, last, details, target, units.get(target.pk, ()), since=first)


# --- Figures ----------------------------------------------------------------------------------------------------------


def _silent(plan: Plan, passed: Collection[Month], number: int) -> Iterator[Finding]:
    """Finds the units that have handed in nothing in the last months in which figures were expected of them."""
    expected = expected_of(plan, passed)
    targets: dict[int, Target] = {}
    for target in Target.objects.filter(plan=plan).order_by("order", "code"):
        targets.setdefault(target.indicator_id, target)
    handed_in = _handed_in(passed)
    asked: dict[int, dict[Month, list[FigureKey]]] = defaultdict(dict)
    for (unit, month), keys in expected.by_unit.items():
        promised = [key for key in keys if key.indicator_id in targets]
        if unit is not None and promised:
            asked[unit][month] = promised
    units = Department.objects.in_bulk(list(asked))
    for unit, by_month in sorted(asked.items()):
        months = sorted(by_month)[-number:]
        keys = [key for month in months for key in by_month[month]]
        if len(months) == number and not handed_in & set(keys):
            yield _silence_of(plan, units[unit], months, keys, targets[keys[0].indicator_id])


def _handed_in(months: Collection[Month]) -> set[FigureKey]:
    rows = Revision.objects.filter(observation__month__in=months).exclude(state=Entry.DRAFT.value).order_by()
    columns = ("observation__indicator_id", "observation__region_id", "observation__month")
    return {FigureKey(*row) for row in rows.values_list(*columns).distinct()}


def _silence_of(
    plan: Plan, unit: Department, months: Sequence[Month], keys: Sequence[FigureKey], about: Target
) -> Finding:
    details = {"unit": unit.short_name, "months": [str(month) for month in months], "number": len(keys)}
    matter, first = f"no_figures:{plan.code}:{unit.pk}", months[0].first_day
    return Finding(plan, "no_figures", matter, months[-1].last_day, details, about, [unit], since=first)


# --- Reports ----------------------------------------------------------------------------------------------------------


def _unreported(plan: Plan, months: Sequence[Month], number: int) -> Iterator[Finding]:
    """Finds the units that have handed in no report in the last months about any of the open tasks for which they
    speak."""
    if len(months) < number:
        return
    reports = ProgressReport.objects.filter(task__plan=plan, month__in=months)
    handed_in = set(reports.order_by().values_list("department", flat=True))
    silent = {unit: tasks for unit, tasks in _spoken_for(plan).items() if unit not in handed_in}
    for unit in Department.objects.filter(pk__in=silent).order_by("kind", "code"):
        tasks = silent[unit.pk]
        details = {"unit": unit.short_name, "months": [str(month) for month in months], "number": len(tasks)}
        matter, first = f"no_report:{plan.code}:{unit.pk}", months[0].first_day
        yield Finding(plan, "no_report", matter, months[-1].last_day, details, tasks[0], [unit], since=first)


def _spoken_for(plan: Plan) -> dict[int, list[Task]]:
    """Finds the open tasks for which each unit speaks, in the plan's order."""
    found: dict[int, list[Task]] = defaultdict(list)
    open_tasks = Task.objects.filter(plan=plan, closed_on__isnull=True).prefetch_related("assignments__department")
    tasks = list(open_tasks.order_by("order", "code"))
    answering = AnsweringUnits(assignment for task in tasks for assignment in task.assignments.all())
    for task in tasks:
        for unit in _speakers(answering, list(task.assignments.all())):
            found[unit].append(task)
    return found


def _speakers(answering: AnsweringUnits, assigned: Sequence[Assignment]) -> list[int]:
    """The units that speak for a task: those that lead it or, where nobody leads, share it; and each county, if the
    plan gives the counties more than support."""
    named = [assignment for assignment in assigned if assignment.department_id not in answering.members]
    roles = roles_speaking_for_task(assignment.role for assignment in named)
    counties = answering.counties(assignment for assignment in assigned if assignment.role != Assignment.Role.SUPPORT)
    return list(
        {assignment.department_id: None for assignment in named if assignment.role in roles}
        | {county.pk: None for county in counties}
    )
