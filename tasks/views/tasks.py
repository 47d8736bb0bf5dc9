"""The list of tasks, and one task with all that is known of it."""

from datetime import date
from typing import TypedDict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.addresses import plan_named
from plans.models import Plan
from tasks.forms.lists import TaskFilterForm
from tasks.models import Task
from tasks.reading import selectors
from tasks.reading.standing import shown_day
from tasks.reporting.desk import month_reported
from tasks.rules.progress import TaskState
from tasks.services.rights import may_lead, writing_units
from tasks.services.signing import why_not_closed


@require_safe
@access.requires(Action.VIEW_PLAN)
def plan_tasks_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The tasks of a plan that are looked for, by clause."""
    context = searched(request, plan_named(request, plan_code))
    return render(
        request, "tasks/list.html", {**context, "groups": selectors.group_task_rows_by_clause(context["found"].rows)}
    )


class SearchedTasks(TypedDict):
    """The filter and the tasks that every list, board and timeline shows."""

    plan: Plan
    day: date
    form: TaskFilterForm
    found: selectors.FoundTasks
    chosen: str


def searched(request: HttpRequest, plan: Plan) -> SearchedTasks:
    """Reads what every list, board and timeline shows: the form, the tasks that were found, and the day as of which
    they are shown."""
    day = shown_day(plan, timezone.localdate())
    form = TaskFilterForm(
        request.GET.dict(), plan.year, selectors.chapters_with_tasks(plan), selectors.units_with_tasks(plan)
    )
    found = selectors.find_wanted_tasks(plan, day, form.wanted, request.GET.get("page"))
    return {"plan": plan, "day": day, "form": form, "found": found, "chosen": form.wanted.state}


@require_safe
@access.requires(Action.VIEW_PLAN)
def task(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """One task: where it stands and why, its milestones, its words, who answers for it."""
    found = find_visible_task(request, plan_code, code)
    day = shown_day(found.plan, timezone.localdate())
    user = access.person_of_request(request)
    month = month_reported(found.plan, timezone.localdate())
    row = selectors.row_of_task(found, found.plan, day)
    context = {
        "task": found,
        "plan": found.plan,
        "day": day,
        "month": month,
        "writes": [] if found.closed_on else writing_units(found, user),
        "months": selectors.months_of_task(found, user),
        "may_split": found.closed_on is None and may_lead(user, Action.SPLIT_TASKS, found),
        "may_sign": found.closed_on is None and may_lead(user, Action.SIGN_OFF_TASKS, found),
        "history": selectors.history_of(found, limit=10),
        "leaders": found.leaders.all(),
        "row": row,
        "milestones": selectors.milestones_of(found, found.plan, day),
        "targets": found.targets.select_related("plan"),
    }
    return render(request, "tasks/task.html", context | _closing(found, user, row.state.state))


def _closing(task: Task, user: User, state: TaskState) -> dict[str, object]:
    """Whether the person is offered to close the task or to open it again, or reads why not and who is."""
    acts = access.reach(user, Action.CLOSE_TASKS).acts_for(task.plan.region_id)
    closes = acts and task.closed_on is None and state is TaskState.DONE
    refusal = why_not_closed(task, user) if closes else None
    return {
        "may_close": closes and refusal is None,
        "why_not_closed": refusal.messages[0] if refusal else "",
        "may_reopen": acts and task.closed_on is not None,
    }


def find_visible_task(request: HttpRequest, plan_code: str, code: str) -> Task:
    """The task with its plan and its words; 404 for none, and for one of a plan that the person may not see."""
    seen = Plan.objects.published().visible_to(access.person_of_request(request)).filter(code=plan_code)
    found = Task.objects.filter(plan__in=seen).select_related("plan__region", "clause", "closed_by")
    return get_object_or_404(found, code=code)
