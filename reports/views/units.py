"""Who answers for what: departments."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.models import Department
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reports import departments as units
from reports.standing import NO_SUCH_MONTH
from reports.views.asking import newest_plan
from targets.selectors import Trends, month_of, months, trends


@access.requires(Action.VIEW_PLAN)
def departments(request: HttpRequest) -> HttpResponse:
    """Every unit of the plan with the lights of its targets."""
    plan = newest_plan()
    known = trends(plan, request.user) if plan is not None else None  # type: ignore[arg-type]
    month = month_shown(request, plan, known) if plan is not None and known is not None else None
    kinds = units.kinds(plan, month, request.user)  # type: ignore[arg-type]
    switch = months(plan, month, None) if plan is not None and month is not None else None
    return render(request, "departments/list.html", {"plan": plan, "kinds": kinds, "months": switch})


@access.requires(Action.VIEW_PLAN)
def department(request: HttpRequest, code: str) -> HttpResponse:
    """What one unit answers for: its targets with their lights, its tasks with their milestones."""
    unit = get_object_or_404(Department.objects.select_related("region"), code=code)
    plan = newest_plan()
    if plan is None:
        return render(request, "departments/department.html", {"department": unit})
    known = trends(plan, request.user)  # type: ignore[arg-type]
    month = month_shown(request, plan, known)
    context = {
        "department": unit,
        "plan": plan,
        "months": months(plan, month, known.last_month),
        "duties": units.duties(unit, plan, month, request.user, known),  # type: ignore[arg-type]
        "works": units.works(unit, plan),
    }
    return render(request, "departments/department.html", context)


def month_shown(request: HttpRequest, plan: Plan, known: Trends) -> Month:
    """The month asked for; one that the plan does not have is said, and the last month with data shown instead."""
    month, understood = month_of(request.GET.get("month"), plan, known.last_month)
    if not understood:
        messages.warning(request, NO_SUCH_MONTH)
    return month
