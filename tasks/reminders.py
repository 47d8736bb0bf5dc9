"""What there is to remind people of about tasks: milestones that come due or are late, reports to review.

Read in a constant number of queries, however many people, units and milestones.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.reminding import Matter, Part, Rule
from plans.models import Plan
from targets.reminders import LINGERS, REVIEW
from tasks.accounts import speaking
from tasks.models import Assignment, Milestone, ProgressReport
from tasks.standing import known

MILESTONES = Rule(before=(30, 7, 1), after=(1, 7), every=30, apart=5)
"""30, 7 and 1 days before a milestone; 1 and 7 days after it, then every 30; never closer than 5 days."""


@dataclass(frozen=True, slots=True)
class Lot:
    """The open milestones of one task that a department has to report by the same day."""

    department_id: int
    task_id: int
    due: date
    code: str
    task: str
    titles: Sequence[str]
    year: int


def matters_of(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id (a provider for `departments.matters`)."""
    lots = lots_on(today)
    waiting = _waiting()
    return {person.pk: [*_due(person, lots, today), *_reviewing(person, waiting)] for person in people}


def lots_on(today: date) -> list[Lot]:
    """What is open of which somebody is reminded, of this year's plan and, for a while, of last year's."""
    plans = Plan.objects.published().filter(year__in=(today.year - 1, today.year)).order_by("year")
    near = [plan for plan in plans if today <= date(plan.year, 12, 31) + LINGERS]
    return [lot for plan in near for lot in _lots(plan, today)]


def _lots(plan: Plan, today: date) -> Iterator[Lot]:
    asked = Milestone.objects.filter(task__plan=plan, task__closed_on__isnull=True)
    roles = _roles(plan)
    found: dict[tuple[int, int, date], list[Milestone]] = defaultdict(list)
    for one in known(asked.filter(due__lte=today + timedelta(days=max(MILESTONES.before))), plan, today):
        if not one.is_done:
            row = one.milestone
            for department_id in _responsible(row, roles[row.task_id]):
                found[department_id, row.task_id, row.due].append(row)
    for (department_id, task_id, due), rows in found.items():
        task = rows[0].task
        yield Lot(department_id, task_id, due, task.code, task.title, [one.title for one in rows], plan.year)


def _roles(plan: Plan) -> Mapping[int, dict[int, str]]:
    """Task → department → role."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    rows = Assignment.objects.filter(task__plan=plan).values_list("task_id", "department_id", "role")
    for task_id, department_id, role in rows:
        found[task_id][department_id] = role
    return found


def _responsible(row: Milestone, roles: Mapping[int, str]) -> list[int]:
    """Who reports on the milestone: its unit, else whoever speaks for the task."""
    if row.department_id is not None:
        return [row.department_id]
    return [department_id for department_id, role in roles.items() if role in speaking(roles.values())]


def _due(person: User, lots: Sequence[Lot], today: date) -> Iterator[Matter]:
    own = access.reach(person, Action.REPORT_TASKS).departments
    for lot in lots:
        if lot.department_id in own:
            days = (lot.due - today).days
            details = {"task": lot.task, "titles": list(lot.titles), "due": lot.due.isoformat(), "days": days}
            part = Part("milestones_due", details, reverse("task", args=[lot.year, lot.code]))
            yield Matter(f"milestones:{lot.task_id}:{lot.department_id}:{lot.due}", lot.due, MILESTONES, part)


def _waiting() -> list[tuple[int, int, int, date]]:
    """(department, author, number, day of the oldest) of reports that wait for a review."""
    rows = ProgressReport.objects.waiting().order_by().values_list("department_id", "author_id")
    counted = rows.annotate(number=Count("pk"), since=Min("created_at"))
    return [(unit, author, number, timezone.localdate(since)) for unit, author, number, since in counted]


def _reviewing(person: User, waiting: Sequence[tuple[int, int, int, date]]) -> Iterator[Matter]:
    reached = access.reach(person, Action.REVIEW_TASK_REPORTS).departments
    own = [one for one in waiting if one[0] in reached and one[1] != person.pk]
    if own:
        since = min(one[3] for one in own)
        details = {"number": sum(one[2] for one in own), "since": since.isoformat()}
        yield Matter("task_reviews", since, REVIEW, Part("task_reviews", details, reverse("task_reviews")))
