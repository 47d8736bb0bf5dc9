"""Who answers for what: departments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.models import Department
from departments.permissions import Action
from plans.models import Plan
from reports import departments as units
from reports.views.asking import standing_shown
from targets.selectors import responsible


@access.requires(Action.VIEW_PLAN)
def departments(request: HttpRequest) -> HttpResponse:
    """Every unit of the plan with the lights of its targets, and who is behind with what it leads."""
    plan = Plan.objects.newest()
    if plan is None:
        return render(request, "reports/empty.html")
    state, duties = standing_shown(request, plan), responsible(plan)
    context = {
        "plan": plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "kinds": units.kinds(state, duties),
        "places": units.behind(state, duties, access.person(request)) if state.rows else [],
    }
    return render(request, "departments/list.html", context)


@access.requires(Action.VIEW_PLAN)
def department(request: HttpRequest, code: str) -> HttpResponse:
    """What one unit answers for: its targets and tasks by role with their lights, and how it reports."""
    unit = get_object_or_404(Department.objects.select_related("region"), code=code)
    plan = Plan.objects.newest()
    if plan is None:
        return render(request, "departments/department.html", {"department": unit})
    state = standing_shown(request, plan)
    shown = units.unit_of(unit, state, access.person(request))
    context = {
        "department": unit,
        "plan": plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "unit": shown,
        "lanes": shown.lanes,
    }
    return render(request, "departments/department.html", context)
