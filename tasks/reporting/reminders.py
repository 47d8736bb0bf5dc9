"""What there is to remind people of about tasks: milestones that come due or are late, reports to write and to review.

Read in a constant number of queries, however many people, units and milestones.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.models import Department, User
from departments.people.groups import EACH_COUNTY
from departments.permissions import Action
from departments.rules.reminding import Matter, NoticePart, ReminderRule
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.entering.entry_grid import worksheet_state_of
from targets.expected.plan_situation import LINGERS
from targets.reminding.reminders import REVIEW, AskedMonth, FigureGap, asked_on, figure_matters_of_gaps
from tasks.models import Assignment, Milestone, ProgressReport, Task
from tasks.reading.responsible_units import AnsweringUnits
from tasks.reading.standing import read_known_milestones_over_plans
from tasks.rules.accounts import roles_speaking_for_task

MILESTONES = ReminderRule(before=(30, 7, 1), after=(1, 7), every=30, apart=5)
"""When people are told of a milestone: 30, 7 and 1 days before it; 1 and 7 days after it, then every 30; never closer
than 5 days."""


@dataclass(frozen=True, slots=True)
class DueMilestoneLot:
    """The open milestones of one task that a department has to report by the same day."""

    department_id: int
    task_id: int
    due: date
    code: str
    task: str
    titles: Sequence[str]
    plan_code: str


def task_matters_of(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id (a provider for `departments.notices.matters`)."""
    lots, gaps, waiting = due_milestone_lots_on(today), report_gaps_on(today), _waiting()
    return {
        person.pk: [*_due(person, lots, today), *_reporting(person, gaps, today), *_reviewing(person, waiting)]
        for person in people
    }


# --- Milestones -------------------------------------------------------------------------------------------------------


def due_milestone_lots_on(today: date) -> list[DueMilestoneLot]:
    """Finds the open milestones of which somebody is reminded: of plans that run and, for a while, of plans that have
    ended."""
    plans = Plan.objects.published().begun(today).order_by("first_month", "code")
    near = {plan.pk: plan for plan in plans if today <= plan.last_month.last_day + LINGERS}
    roles, place = _roles(near), {plan_id: number for number, plan_id in enumerate(near)}
    found: dict[tuple[int, int, date], list[Milestone]] = defaultdict(list)
    for row in sorted(_open_milestones(near.values(), today), key=lambda row: place[row.task.plan_id]):
        for department_id in _responsible(row, roles[row.task_id]):
            found[department_id, row.task_id, row.due].append(row)
    return [_lot(department_id, due, rows, near) for (department_id, _task, due), rows in found.items()]


def _open_milestones(plans: Collection[Plan], today: date) -> list[Milestone]:
    """Finds the milestones of these plans that are near or late and not done; the milestones of closed tasks are left
    out."""
    asked = Milestone.objects.filter(task__plan__in=plans, task__closed_on__isnull=True)
    near = asked.filter(due__lte=today + timedelta(days=max(MILESTONES.before)))
    return [
        known.milestone
        for known in read_known_milestones_over_plans(near, dict.fromkeys(plans, today))
        if not known.is_done
    ]


def _lot(department_id: int, due: date, rows: Sequence[Milestone], plans: Mapping[int, Plan]) -> DueMilestoneLot:
    task = rows[0].task
    titles = [row.title for row in rows]
    return DueMilestoneLot(department_id, task.pk, due, task.code, task.title, titles, plans[task.plan_id].code)


def _roles(plans: Collection[int]) -> Mapping[int, dict[int, str]]:
    """Task → department → role. An assignment to each county is left out: each county tells of itself and does not
    speak for the task."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    named = Assignment.objects.filter(task__plan__in=plans).exclude(department__kind=EACH_COUNTY)
    rows = named.values_list("task_id", "department_id", "role")
    for task_id, department_id, role in rows:
        found[task_id][department_id] = role
    return found


def _responsible(row: Milestone, roles: Mapping[int, str]) -> list[int]:
    """Who reports on the milestone: its unit, else whoever speaks for the task."""
    if row.department_id is not None:
        return [row.department_id]
    return [department_id for department_id, role in roles.items() if role in roles_speaking_for_task(roles.values())]


def _due(person: User, lots: Sequence[DueMilestoneLot], today: date) -> Iterator[Matter]:
    own = access.reach(person, Action.REPORT_TASKS).departments
    for lot in lots:
        if lot.department_id in own:
            days = (lot.due - today).days
            details = {"task": lot.task, "titles": list(lot.titles), "due": lot.due.isoformat(), "days": days}
            part = NoticePart("milestones_due", details, reverse("task", args=[lot.plan_code, lot.code]))
            yield Matter(f"milestones:{lot.task_id}:{lot.department_id}:{lot.due}", lot.due, MILESTONES, part)


# --- Reports that are not written ------------------------------------------------------------------------------------


def report_gaps_on(today: date) -> list[FigureGap]:
    """Which reports of which unit are not handed in, of every open month near its deadline or past it, newest first;
    over all plans, those of one month and day together.

    Reports are due as figures are, of every open task that the unit leads or shares; a supporting unit reports when it
    has something to say. A later report tells of the months before it: what it has overtaken is not asked for.
    """
    asked = asked_on(today)
    if not asked:
        return []
    answers = _answers({asked_month.plan for asked_month in asked})
    handed_in = _HandedIn({asked_month.month for asked_month in asked})
    lots: dict[tuple[Month, date], dict[Department, list[Owed]]] = defaultdict(lambda: defaultdict(list))
    for asked_month in asked:
        for unit, owed in _owed(asked_month, answers[asked_month.plan.pk], handed_in):
            lots[asked_month.month, asked_month.deadline][unit] += owed
    days = {month: min(day for known, day in lots if known == month) for month, _day in lots}
    return [
        _gap(unit, owed, later=day > days[month])
        for (month, day), units in lots.items()
        for unit, owed in units.items()
    ]


def _answers(plans: Collection[Plan]) -> Mapping[int, Mapping[Department, list[Task]]]:
    """Plan → unit → the open tasks on which it reports, in the plan's order."""
    found: dict[int, dict[Department, list[Task]]] = defaultdict(lambda: defaultdict(list))
    rows = Assignment.objects.filter(task__plan__in=plans, task__closed_on__isnull=True)
    listed = list(rows.select_related("task", "department").order_by("task__order", "task__code", "task_id", "pk"))
    answering = AnsweringUnits(listed)
    for task, assigned in groupby(listed, key=lambda row: row.task):
        for unit, assignment in answering.of(assigned):
            if assignment.role != Assignment.Role.SUPPORT:
                found[task.plan_id][unit].append(task)
    return defaultdict(dict, {plan: _by_code(units) for plan, units in found.items()})


def _by_code(units: Mapping[Department, list[Task]]) -> dict[Department, list[Task]]:
    return dict(sorted(units.items(), key=lambda item: item[0].code))


class _HandedIn:
    """Where the latest report of each task, unit and month stands; one query."""

    def __init__(self, months: Collection[Month]) -> None:
        rows = ProgressReport.objects.filter(month__in=months).order_by("pk")
        self.states: dict[tuple[int, int, Month], str] = {}
        self.last: dict[tuple[int, int], Month] = {}
        for task, unit, month, state in rows.values_list("task_id", "department_id", "month", "state"):
            self.states[task, unit, month] = state
            if state in (ReviewState.SUBMITTED.value, ReviewState.APPROVED.value):
                self.last[task, unit] = max(month, self.last.get((task, unit), month))

    def owed(self, task: Task, unit: Department, month: Month) -> str:
        """Whether the report is "open" or was "returned"; empty for a report that is handed in or overtaken by a later
        report."""
        last = self.last.get((task.pk, unit.pk))
        state = worksheet_state_of(None, self.states.get((task.pk, unit.pk, month)))
        return state if state in ("open", "returned") and (last is None or last <= month) else ""


Owed = tuple[AskedMonth, Task, str]
"""A report that is owed: of which month, about what, and whether it is "open" or was "returned"."""


def _owed(
    asked: AskedMonth, answers: Mapping[Department, Sequence[Task]], handed_in: _HandedIn
) -> Iterator[tuple[Department, list[Owed]]]:
    for unit, tasks in answers.items():
        states = [(task, handed_in.owed(task, unit, asked.month)) for task in tasks]
        if owed := [(asked, task, state) for task, state in states if state]:
            yield unit, owed


def _gap(unit: Department, owed: Sequence[Owed], *, later: bool) -> FigureGap:
    """Tells a unit of the reports that it owes. Several reports of the latest month are written from the page "my
    tasks", reports of earlier months one after the other."""
    asked, task, _state = owed[0]
    states = Counter(state for _asked, _task, state in owed)
    together = len(owed) > 1 and not asked.earlier
    place = [asked.plan.code, task.code, unit.code, asked.month]
    link = reverse("my_tasks") if together else reverse("task_report", args=place)
    missing, returned = states["open"], states["returned"]
    regions = frozenset({asked_month.plan.region_id for asked_month, _task, _state in owed})
    return FigureGap(
        unit, asked.plan, asked.month, asked.deadline, asked.earlier, missing, returned, link, regions, later
    )


def _reporting(person: User, gaps: Sequence[FigureGap], today: date) -> Iterator[Matter]:
    own = access.reach(person, Action.REPORT_TASKS).departments
    yield from figure_matters_of_gaps("reports", [gap for gap in gaps if gap.unit.pk in own], today)


# --- Reports that wait for a review ----------------------------------------------------------------------------------


def _waiting() -> list[tuple[int, set[int], date]]:
    """The department, the authors and the day of arrival of each report that waits for a review."""
    rows = ProgressReport.objects.waiting().order_by("pk")
    columns = ("pk", "department_id", "created_at", "author_id", "authors__user_id")
    found: dict[int, tuple[int, set[int], date]] = {}
    for pk, unit, at, author, further in rows.values_list(*columns):
        _unit, authors, _day = found.setdefault(pk, (unit, {author}, timezone.localdate(at)))
        authors.add(further or author)
    return list(found.values())


def _reviewing(person: User, waiting: Sequence[tuple[int, set[int], date]]) -> Iterator[Matter]:
    reached = access.reach(person, Action.REVIEW_TASK_REPORTS).departments
    days = [day for unit, authors, day in waiting if unit in reached and person.pk not in authors]
    if days:
        since = min(days)
        details = {"number": len(days), "since": since.isoformat()}
        yield Matter("task_reviews", since, REVIEW, NoticePart("task_reviews", details, reverse("task_reviews")))
