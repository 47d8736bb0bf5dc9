"""Promised work for other systems."""

from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from departments.api import ResponsibleOut
from departments.contract import REFUSALS, Exact, Paging
from plans.api import MonthText, Year, plan_of
from plans.periods import Month
from targets.api import last_month, month_of
from targets.formulas import Milestone as Step
from targets.schemas import responsible
from tasks.models import Assignment, Task
from tasks.progress import progress

router = Router(tags=["tasks"])


class MilestoneOut(Schema):
    """A deliverable that the plan's text names."""

    title: str
    due: date
    done_on: date | None
    quote: str


class TaskOut(Schema):
    """A numbered item of the plan, judged by its milestones as of a month.

    `open_ended`: the plan also names further units without saying which, in the words `open_ended_words`.
    `progress` is the share of the milestones that are done; null where none are defined.
    """

    code: str
    title: str
    clause: str
    text: str
    due: date
    month: MonthText
    status: str
    progress: Exact | None
    signal: str
    departments: list[ResponsibleOut]
    open_ended: bool
    open_ended_words: str
    milestones: list[MilestoneOut]


@router.get("/plans/{year}/tasks", response={200: list[TaskOut], **REFUSALS})
@paginate(Paging)
def tasks(request: HttpRequest, year: Year, month: MonthText | None = None) -> list[dict[str, Any]]:
    """A plan's tasks in its order, as of the end of a month: the last one with data if none is given."""
    plan = plan_of(year)
    chosen = month_of(plan, month, last_month(plan, plan.region))
    assigned = Prefetch("assignments", Assignment.objects.select_related("department"))
    found = Task.objects.filter(plan=plan).select_related("clause").prefetch_related(assigned, "milestones")
    return [_answer(task, chosen) for task in found]


def _answer(task: Task, month: Month) -> dict[str, Any]:
    milestones = task.milestones.all()
    state = progress([Step(one.due, one.done_on) for one in milestones], month.last_day)
    return {
        "code": task.code,
        "title": task.title,
        "clause": task.clause.path,
        "text": task.quote,
        "due": task.due,
        "month": month,
        "status": state.status,
        "progress": state.share,
        "signal": state.signal,
        "departments": responsible(task.assignments.all()),
        "open_ended": bool(task.open_ended),
        "open_ended_words": task.open_ended,
        "milestones": milestones,
    }
