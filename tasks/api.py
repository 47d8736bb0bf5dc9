"""Promised work for other systems."""

from collections import defaultdict
from datetime import date

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from departments.api import ResponsibleOut
from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import PLAN_REFUSALS, Exact, Paging
from plans.api import AskedMonth, MonthText, PlanCode, find_plan_by_code_or_year
from plans.periods import Month
from targets.api import last_month, month_of
from targets.reading.schemas import departments_with_roles
from tasks.models import Milestone, Task
from tasks.reading.selectors import TaskRow, with_assignments
from tasks.reading.standing import KnownMilestone, judge_tasks, read_known_milestones
from tasks.wording.explanation import explain_task_state

router = Router(tags=["tasks"])


class MilestoneOut(Schema):
    """A deliverable that the plan's text names, or one into which the task was split: then `quote` is empty.

    `percentage` is what was last reported and approved by the end of the month, 100 only if it was done by then.
    `weight` is its share of the task in percent, null where nobody has weighed. `counted_by` is the code of the target
    by which its progress is counted.
    """

    title: str = Field(description="What is to be delivered.")
    due: date = Field(description="The day by which it is due.")
    done_on: date | None = Field(description="The day on which it was done; null if it was not by then.")
    quote: str = Field(description="The plan's words; empty for a part into which the task was split.")
    percentage: int = Field(description="How much was done, last reported and approved: 0 to 100 %.")
    weight: int | None = Field(description="Its share of the task in %; null where nobody has weighed.")
    department: str | None = Field(
        description="The code of the department that sees to it; null if all of the task do."
    )
    counted_by: str | None = Field(
        description="The code of the target by which its progress is counted; null if it is reported."
    )


class TaskOut(Schema):
    """A numbered item of the plan, judged by its milestones as of a month.

    `open_ended`: the plan also names further units without saying which, in the words `open_ended_words`.
    `progress` is the weighted share of the milestones that is done; null where none are defined. `last_report` is the
    last month of which a progress report is approved.
    """

    code: str = Field(description="Its code within the plan.")
    title: str = Field(description="What pages call it.")
    clause: str = Field(description="The number of the clause that it stands in.")
    text: str = Field(description="The plan's words, verbatim.")
    due: date = Field(description="The day by which it is due.")
    month: MonthText = Field(description="The month as of whose end it is judged.")
    status: str = Field(description="unknown, not_started, on_course, at_risk, late, done or closed.")
    progress: Exact | None = Field(
        description="The weighted share of its milestones that is done, from 0 to 1; null where there are none."
    )
    signal: str = Field(description="The light: green, yellow, red or grey.")
    explanation: str = Field(description="The sentence that explains the light.")
    last_report: MonthText | None = Field(
        description="The last month of which a progress report is approved; null if none is."
    )
    closed_on: date | None = Field(description="The day on which it was signed off; null before.")
    departments: list[ResponsibleOut] = Field(description="Who answers for it.")
    open_ended: bool = Field(description="Whether the plan names further units without saying which.")
    open_ended_words: str = Field(description="The words in which it does so; empty if it does not.")
    milestones: list[MilestoneOut] = Field(description="Its milestones, in their order.")


@router.get(
    "/plans/{plan}/tasks",
    operation_id="list_tasks",
    summary="A plan's tasks",
    response={200: list[TaskOut], **PLAN_REFUSALS},
)
@paginate(Paging)
def tasks(request: HttpRequest, plan: PlanCode, month: AskedMonth = None) -> list[dict[str, object]]:
    """A plan's tasks in its order, as of the end of a month: the last one with data if none is given."""
    asked = find_plan_by_code_or_year(plan, person_of_api_request(request))
    chosen = month_of(asked, month, last_month(asked, asked.region))
    day = chosen.last_day
    found = Task.objects.filter(plan=asked).select_related("clause").order_by("order", "code")
    rows = with_assignments(judge_tasks(found, asked, day))
    steps: dict[int, list[dict[str, object]]] = defaultdict(list)
    for known in read_known_milestones(Milestone.objects.filter(task__plan=asked), asked, day):
        steps[known.milestone.task_id].append(_step(known))
    return [_answer(row, chosen, steps[row.task.pk]) for row in rows]


def _step(known: KnownMilestone) -> dict[str, object]:
    row = known.milestone
    return {
        "title": row.title,
        "due": row.due,
        "done_on": known.step.done_on,
        "quote": row.quote,
        "percentage": known.percentage,
        "weight": row.weight,
        "department": row.department.code if row.department is not None else None,
        "counted_by": row.counted_by.code if row.counted_by is not None else None,
    }


def _answer(row: TaskRow, month: Month, steps: list[dict[str, object]]) -> dict[str, object]:
    task, state = row.task, row.state
    return {
        "code": task.code,
        "title": task.title,
        "clause": task.clause.path,
        "text": task.quote,
        "due": task.due,
        "month": month,
        "status": state.state,
        "progress": state.share,
        "signal": state.signal,
        "explanation": explain_task_state(state, row.day),
        "last_report": state.last_report,
        "closed_on": state.closed_on,
        "departments": departments_with_roles(task.assignments.all()),
        "open_ended": bool(task.open_ended),
        "open_ended_words": task.open_ended,
        "milestones": steps,
    }
