"""Where tasks stand as of a day: what `progress` is asked about, read in a constant number of queries, however many
plans the tasks are of.

What a milestone has reached is what the latest approved report about it says, of the day's month or before; what is
counted elsewhere is read from its target's attainment and nowhere else.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Max, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from plans.fields import MonthField
from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.formulas import Verdict
from targets.expected.deadlines import last_months_with_data
from targets.expected.plan_situation import LINGERS
from targets.models import Attainment
from tasks.models import Milestone, MilestoneReport, ProgressReport, Task
from tasks.rules.progress import MilestoneStanding, Progress, TaskSpan, judge_task_progress

Days = Mapping[Plan, date]
"""Plans, and the day as of which each is looked at."""


@dataclass(frozen=True, slots=True)
class KnownMilestone:
    """A milestone, and what is known of it on the day."""

    milestone: Milestone
    step: MilestoneStanding
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
class JudgedTask:
    """A task at the end of a day."""

    task: Task
    state: Progress
    day: date


def shown_day(plan: Plan, today: date) -> date:
    """The day as of which a plan's tasks are shown: today within its months. After them it is the plan's last day for
    as long as the plan is still pressed. Else it is the end of the last month of which anything is known, so that a
    plan of other months is shown as it stood and not as if everything were late."""
    return shown_days([plan], today)[plan]


def shown_days(plans: Collection[Plan], today: date) -> dict[Plan, date]:
    """Finds the day as of which each of several plans is shown (`shown_day`): two queries, none where all of them run
    or have ended lately."""
    near = {plan for plan in plans if plan.first_month.first_day <= today <= plan.last_month.last_day + LINGERS}
    last = _last_known([plan for plan in plans if plan not in near])
    known_ends = {plan: last.get(plan.pk, plan.first_month).last_day for plan in plans}
    return known_ends | {plan: min(today, plan.last_month.last_day) for plan in near}


def _last_known(plans: Collection[Plan]) -> dict[int, Month]:
    """Finds the last month of which anything is known, by the plan's id."""
    with_data = last_months_with_data(plans)
    approved = ProgressReport.objects.approved().filter(task__plan__in=plans).order_by()
    reported = dict(approved.values_list("task__plan_id").annotate(last=Max("month")))
    return {pk: max(found[pk] for found in (with_data, reported) if pk in found) for pk in {*with_data, *reported}}


def judge_tasks(tasks: QuerySet[Task], plan: Plan, day: date) -> list[JudgedTask]:
    """Judges a plan's tasks at the end of a day, in the order in which they are asked for: four queries."""
    return judge_tasks_over_plans(tasks, {plan: day})


def judge_tasks_over_plans(tasks: QuerySet[Task], days: Days) -> list[JudgedTask]:
    """Judges the tasks of several plans, each plan's at the end of its own day: four queries, however many plans."""
    listed = list(tasks)
    # Named one by one: what a nested question costs depends on what the database believes of tables just filled.
    ids = [task.pk for task in listed]
    steps = _steps(Milestone.objects.filter(task__in=ids), days)
    reported = _last_reports(ids, days)
    by_task: dict[int, list[MilestoneStanding]] = defaultdict(list)
    for task_id, step in steps.values():
        by_task[task_id].append(step)
    plans = {plan.pk: plan for plan in days}
    return [_judged(task, plans[task.plan_id], by_task[task.pk], reported.get(task.pk), days) for task in listed]


def _judged(
    task: Task, plan: Plan, steps: Sequence[MilestoneStanding], reported: Month | None, days: Days
) -> JudgedTask:
    span = TaskSpan(plan.first_month.first_day, task.due, plan.pace_tolerance, task.closed_on, reported)
    return JudgedTask(task, judge_task_progress(steps, span, days[plan]), days[plan])


def judge_task_with_milestones(task: Task, milestones: Sequence[Milestone], day: date) -> Progress:
    """Judges where a task would stand at the end of a day with these milestones. Some of them may not be saved yet; for
    the saved ones the approved reports count. Four queries at most."""
    days: Days = {task.plan: day}
    stored = _steps(Milestone.objects.filter(task=task.pk), days)
    counted = _counted(
        {milestone.counted_by_id for milestone in milestones if milestone.counted_by_id is not None}, days
    )
    steps = []
    for milestone in milestones:
        reported, done_on = stored[milestone.pk][1].reported if milestone.pk in stored else 0, milestone.done_on
        if milestone.counted_by_id is not None:
            reported, done_on = counted.get(milestone.counted_by_id, (0, None))
        steps.append(MilestoneStanding(milestone.due, done_on, milestone.weight, reported, milestone.title))
    return _judged(task, task.plan, steps, _last_reports([task.pk], days).get(task.pk), days).state


def read_known_milestones(milestones: QuerySet[Milestone], plan: Plan, day: date) -> list[KnownMilestone]:
    """Reads milestones with what is known of them on a day, their task, unit and targets at hand: three queries."""
    return read_known_milestones_over_plans(milestones, {plan: day})


def read_known_milestones_over_plans(milestones: QuerySet[Milestone], days: Days) -> list[KnownMilestone]:
    """Reads the milestones of several plans with what is known of them, each plan's on its own day: three queries,
    however many plans."""
    steps = _steps(milestones, days)
    by_plan = {plan.pk: day for plan, day in days.items()}
    rows = milestones.select_related("task", "department", "target__plan", "counted_by__plan")
    return [
        KnownMilestone(milestone, steps[milestone.pk][1], by_plan[milestone.task.plan_id])
        for milestone in rows
        if milestone.pk in steps
    ]


def _steps(milestones: QuerySet[Milestone], days: Days) -> dict[int, tuple[int, MilestoneStanding]]:
    """Finds for each milestone its task's id and what is known of it, as bare values, because there may be very
    many."""
    latest = MilestoneReport.objects.filter(
        milestone=OuterRef("pk"),
        report__state=ProgressReport.StateChoices.APPROVED,
        report__month__lte=OuterRef("as_of"),
    ).order_by("-report__month", "-report_id")
    reported = Coalesce(Subquery(latest.values("percentage")[:1]), 0)
    dated = milestones.annotate(as_of=_month_of(days, "task__plan")).order_by("task_id", "order", "due", "pk")
    columns = ("pk", "task_id", "due", "done_on", "weight", "title", "counted_by_id")
    rows = list(dated.annotate(reported_now=reported).values_list(*columns, "reported_now"))
    counted = _counted({row[6] for row in rows if row[6] is not None}, days)
    found = {}
    for pk, task_id, due, done_on, weight, title, target_id, percentage in rows:
        if target_id is not None:
            percentage, done_on = counted.get(target_id, (0, None))
        found[pk] = task_id, MilestoneStanding(due, done_on, weight, percentage, title)
    return found


def _month_of(days: Days, plan_path: str) -> Combinable:
    """The month of the day as of which a row's plan is looked at, for the database."""
    plans: dict[Month, list[Plan]] = defaultdict(list)
    for plan, day in days.items():
        plans[Month.of(day)].append(plan)
    values = {month: Value(month, output_field=MonthField()) for month in plans}
    if len(plans) == 1:
        return next(iter(values.values()))
    cases = [When(**{f"{plan_path}__in": listed}, then=values[month]) for month, listed in plans.items()]
    return Case(*cases, output_field=MonthField())


def _counted(target_ids: Collection[int], days: Days) -> dict[int, tuple[int, date | None]]:
    """Target → the percentage reached in its plan's region by the last whole month, and the end of the month since
    which it has held."""
    if not target_ids:
        return {}
    ends = {plan.pk: (plan.region_id, whole_month(day)) for plan, day in days.items()}
    rows = Attainment.objects.filter(target__in=target_ids, month__lte=max(last for _region, last in ends.values()))
    columns = ("target_id", "target__plan_id", "region_id", "month", "verdict", "progress")
    of_wholes = rows.filter(region__in={region for region, _last in ends.values()}).order_by("month")
    months: dict[int, list[tuple[Month, str, int]]] = defaultdict(list)
    for target_id, plan_id, region_id, month, verdict, share in of_wholes.values_list(*columns):
        region, last = ends[plan_id]
        if region_id == region and month <= last:
            months[target_id].append((month, verdict, min(int((share or 0) * 100), 100)))
    return {target_id: (passed[-1][2], _held_since(passed)) for target_id, passed in months.items()}


def _held_since(months: Iterable[tuple[Month, str, int]]) -> date | None:
    since: date | None = None
    for month, verdict, _share in months:
        since = (since or month.last_day) if verdict == Verdict.MET else None
    return since


def _last_reports(task_ids: Collection[int], days: Days) -> dict[int, Month]:
    """The last month of which a report about the task is approved, by the task's id."""
    approved = ProgressReport.objects.approved().filter(task__in=task_ids, month__lte=_month_of(days, "task__plan"))
    return dict(approved.order_by().values_list("task_id").annotate(last=Max("month")))


def whole_month(day: date) -> Month:
    """The last month that has ended by the end of a day."""
    month = Month.of(day)
    return month if month.last_day == day else month.shifted(-1)
