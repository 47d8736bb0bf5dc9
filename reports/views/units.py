"""Who answers for what, and where: departments, counties."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.models import Department, Region
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from plans.page_cache.cached_pages import made_anew
from reports.comparing import departments as units
from reports.comparing import regions
from reports.views.asking import standing_shown
from targets.models.duty import COUNTY
from targets.reading.plan_promises import promised_in


@access.requires(Action.VIEW_PLAN)
@made_anew
def departments(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Every unit of the plan with the lights of its targets, and who is behind with what it leads."""
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "kinds": units.kinds(state),
        "places": units.behind(state, access.person(request)) if state.rows else [],
    }
    return render(request, "departments/list.html", context)


@access.requires(Action.VIEW_PLAN)
@made_anew
def department(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """What one unit answers for: its targets and tasks by role with their lights, and how it reports."""
    unit = get_object_or_404(departments_seen_by(access.person(request)).select_related("region"), code=code)
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    shown = units.unit_of(unit, state, access.person(request))
    context = {
        "department": unit,
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "unit": shown,
        "lanes": shown.lanes,
    }
    return render(request, "departments/department.html", context)


@access.requires(Action.VIEW_PLAN)
@made_anew
def counties(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Every part of the plan's region that the person may see, the one furthest behind first."""
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    matrix = regions.matrix_of(state, access.person(request))
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "places": regions.places(matrix, state, access.person(request)),
        "wholes": matrix.wholes,
    }
    return render(request, "reports/counties.html", context)


@access.requires(Action.VIEW_PLAN)
@made_anew
def county(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """One part of the plan's region against the whole: its figures, ranks and distances; not found for whoever may see
    none of its figures."""
    region = get_object_or_404(Region, code=code)
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    told = regions.county_of(region, state, access.person(request))
    if told is None:
        raise Http404
    governments = list(Department.objects.filter(kind=COUNTY, region=region).order_by("code"))
    context = {
        "region": region,
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "county": told,
        "governments": governments,
        "tasks": units.tasks_of(governments, state),
    }
    return render(request, "reports/county.html", context)
