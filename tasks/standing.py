"""Where tasks stand as of a day: what `progress` is asked about, read in a constant number of queries.

What a milestone has reached is what the latest approved report about it says, of the day's month or before; what is
counted elsewhere is read from its target's attainment and nowhere else.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from plans.models import Plan
from plans.periods import Month
from targets.deadlines import last_month_with_data
from targets.formulas import Verdict
from targets.models import Attainment
from tasks.models import Milestone, MilestoneReport, ProgressReport, Task
from tasks.progress import Progress, Span, Step, progress


@dataclass(frozen=True, slots=True)
class Known:
    """A milestone, and what is known of it on the day."""

    milestone: Milestone
    step: Step
    day: date

    @property
    def percentage(self) -> int:
        return self.step.percentage(self.day)

    @property
    def is_done(self) -> bool:
        return self.step.is_done(self.day)

    @property
    def is_late(self) -> bool:
        return self.step.is_late(self.day)


@dataclass(frozen=True, slots=True)
class Judged:
    """A task at the end of a day."""

    task: Task
    state: Progress


def shown_day(plan: Plan, today: date) -> date:
    """As of when a plan's tasks are shown: today within its months, else the end of the last month of which anything is
    known, so that a plan of other months is shown as it stood and not as if everything were late."""
    if plan.first_month <= Month.of(today) <= plan.last_month:
        return today
    reported = ProgressReport.objects.approved().filter(task__plan=plan).aggregate(last=Max("month"))["last"]
    months = [month for month in (last_month_with_data(plan), reported) if month is not None]
    return max(months, default=plan.first_month).last_day


def judged(tasks: QuerySet[Task], plan: Plan, day: date) -> list[Judged]:
    """The tasks of a plan at the end of a day, in the order in which they are asked for: four queries."""
    ids = tasks.order_by().values("pk")
    steps = _steps(Milestone.objects.filter(task__in=ids), plan, day)
    reported = last_reports(ids, day)
    by_task: dict[int, list[Step]] = defaultdict(list)
    for task_id, step in steps.values():
        by_task[task_id].append(step)
    return [_judged(task, plan, by_task[task.pk], reported.get(task.pk), day) for task in tasks]


def _judged(task: Task, plan: Plan, steps: Sequence[Step], reported: Month | None, day: date) -> Judged:
    span = Span(plan.first_month.first_day, task.due, plan.pace_tolerance, task.closed_on, reported)
    return Judged(task, progress(steps, span, day))


def known(milestones: QuerySet[Milestone], plan: Plan, day: date) -> list[Known]:
    """Milestones with what is known of them on a day, their task, unit and targets at hand: three queries."""
    steps = _steps(milestones, plan, day)
    rows = milestones.select_related("task", "department", "target__plan", "counted_by__plan")
    return [Known(one, steps[one.pk][1], day) for one in rows if one.pk in steps]


def _steps(milestones: QuerySet[Milestone], plan: Plan, day: date) -> dict[int, tuple[int, Step]]:
    """Milestone → its task's id, and what is known of it, as bare values: there may be very many."""
    latest = MilestoneReport.objects.filter(
        milestone=OuterRef("pk"), report__state=ProgressReport.StateChoices.APPROVED, report__month__lte=Month.of(day)
    ).order_by("-report__month", "-report_id")
    reported = Coalesce(Subquery(latest.values("percentage")[:1]), 0)
    columns = ("pk", "task_id", "due", "done_on", "weight", "title", "counted_by_id")
    rows = list(milestones.annotate(reported_now=reported).values_list(*columns, "reported_now"))
    counted = _counted({row[6] for row in rows if row[6] is not None}, plan, day)
    found = {}
    for pk, task_id, due, done_on, weight, title, target_id, percentage in rows:
        if target_id is not None:
            percentage, done_on = counted.get(target_id, (0, None))
        found[pk] = task_id, Step(due, done_on, weight, percentage, title)
    return found


def _counted(target_ids: Collection[int], plan: Plan, day: date) -> dict[int, tuple[int, date | None]]:
    """Target → the percentage reached by the last whole month, and the end of the month since which it has held."""
    if not target_ids:
        return {}
    rows = Attainment.objects.filter(target__in=target_ids, region=plan.region_id, month__lte=whole_month(day))
    months: dict[int, list[tuple[Month, str, int]]] = defaultdict(list)
    for target_id, month, verdict, share in rows.order_by("month").values_list(
        "target_id", "month", "verdict", "progress"
    ):
        months[target_id].append((month, verdict, min(int((share or 0) * 100), 100)))
    return {target_id: (passed[-1][2], _held_since(passed)) for target_id, passed in months.items()}


def _held_since(months: Iterable[tuple[Month, str, int]]) -> date | None:
    since: date | None = None
    for month, verdict, _share in months:
        since = (since or month.last_day) if verdict == Verdict.MET else None
    return since


def last_reports(task_ids: Collection[int] | QuerySet[Any, Any], day: date) -> dict[int, Month]:
    """The last month of which a report about the task is approved, by the task's id."""
    approved = ProgressReport.objects.approved().filter(task__in=task_ids, month__lte=Month.of(day))
    return dict(approved.order_by().values_list("task_id").annotate(last=Max("month")))


def whole_month(day: date) -> Month:
    """The last month that has ended by the end of a day."""
    month = Month.of(day)
    return month if month.last_day == day else month.shifted(-1)
