"""The list of tasks, and one task with its milestones."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.permissions import Action
from plans.models import Plan
from tasks import selectors
from tasks.models import Task


@access.requires(Action.VIEW_PLAN)
def tasks(request: HttpRequest) -> HttpResponse:
    """All tasks of the newest plan, by clause."""
    plan = Plan.objects.newest()
    rows = selectors.with_steps(plan) if plan is not None else []
    context = {
        "plan": plan,
        "groups": selectors.grouped(rows),
        "number": len(rows),
        "milestones_done": sum(row.done for row in rows),
        "milestones": sum(row.total for row in rows),
    }
    return render(request, "tasks/list.html", context)


@access.requires(Action.VIEW_PLAN)
def task(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """One task: its words, who answers for it, its milestones and the targets that stand in the same item."""
    plans = Plan.objects.published()
    found = get_object_or_404(Task.objects.select_related("plan", "clause"), plan__in=plans, plan__year=year, code=code)
    context = {
        "task": found,
        "plan": found.plan,
        "assignments": selectors.assignments_of(found),
        "milestones": selectors.milestones_of(found),
        "targets": found.targets.select_related("plan"),
    }
    return render(request, "tasks/task.html", context)
