"""Who answers for what, and where: departments, counties."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.models import Department, Region
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from plans.page_cache.cached_pages import make_page_anew
from reports.comparing import departments as units
from reports.comparing import regions
from reports.views.asking import standing_shown
from targets.models.duty import COUNTY
from targets.reading.plan_promises import plan_promises_asked_for


@access.requires(Action.VIEW_PLAN)
@make_page_anew
def departments_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Every unit of the plan with the lights of its targets, and who is behind with what it leads."""
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "kinds": units.cards_by_kind(state),
        "places": units.rank_leading_units(state, access.person_of_request(request)) if state.rows else [],
    }
    return render(request, "reports/departments.html", context)


@access.requires(Action.VIEW_PLAN)
@make_page_anew
def department_page(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """What one unit answers for: its targets and tasks by role with their lights, and how it reports."""
    unit = get_object_or_404(departments_seen_by(access.person_of_request(request)).select_related("region"), code=code)
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    shown = units.duties_of_unit(unit, state, access.person_of_request(request))
    context = {
        "department": unit,
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "unit": shown,
        "lanes": shown.lanes,
    }
    return render(request, "reports/department.html", context)


@access.requires(Action.VIEW_PLAN)
@make_page_anew
def counties_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Every part of the plan's region that the person may see, the one furthest behind first."""
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    matrix = regions.build_region_matrix(state, access.person_of_request(request))
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked,
        "places": regions.rank_counties(matrix, state, access.person_of_request(request)),
        "wholes": matrix.wholes,
    }
    return render(request, "reports/counties.html", context)


@access.requires(Action.VIEW_PLAN)
@make_page_anew
def county_page(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """One part of the plan's region against the whole: its figures, ranks and distances; not found for whoever may see
    none of its figures."""
    region = get_object_or_404(Region, code=code)
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    told = regions.read_county_standing(region, state, access.person_of_request(request))
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
        "tasks": units.tasks_of_governments(governments, state),
    }
    return render(request, "reports/county.html", context)
