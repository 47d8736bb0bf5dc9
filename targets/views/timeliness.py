"""填报及时率: who reported what by when, as a matrix, cell by cell, and as a file."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.models import Department, User
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from departments.services.accounts import record
from plans.addresses import month_named, plan_named
from plans.models import Plan
from plans.periods import Month
from targets.entering.worksheet import may_enter_for_unit
from targets.expected.deadlines import Deadlines, last_month_with_data, reporting_month
from targets.expected.timeliness import (
    MARKS,
    NOBODY,
    TimelinessMatrix,
    may_see_timeliness_of,
    reported_figures_of,
    timeliness_matrix_of,
)
from targets.expected.timeliness_file import FORMATS
from targets.reading.selectors import month_asked_for, month_switch_of


@require_safe
@access.requires(Action.VIEW_OBSERVATIONS)
def timeliness_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The matrix from the first month to `?month=`; `?order=plan` in the plan's order instead of the worst first."""
    plan = plan_named(request, plan_code)
    month, _understood = _month_asked(plan, request.GET.get("month"))
    context = {
        "matrix": _matrix(request, plan, month, request.GET.get("order")),
        "months": month_switch_of(plan, month, None),
        "plan": plan,
        "by_plan": request.GET.get("order") == "plan",
        "marks": MARKS.values(),
        "formats": FORMATS,
    }
    return render(request, "targets/timeliness.html", context)


@require_safe
@access.requires(Action.VIEW_OBSERVATIONS)
def timeliness_cell(request: HttpRequest, plan_code: str, code: str, month: str) -> HttpResponse:
    """What a unit was expected to report for a month: by when, by whom, and where each figure stands."""
    user = access.person_of_request(request)
    unit = None if code == NOBODY else _unit(user, code)
    plan = plan_named(request, plan_code)
    when = month_named(month, plan)
    if not may_see_timeliness_of(access.reach(user, Action.VIEW_OBSERVATIONS), unit, plan):
        raise access.refusal()
    deadlines = Deadlines.of(plan).of_year(when.year)
    context = {
        "plan": plan,
        "unit": unit,
        "code": code,
        "deadline": deadlines[when],
        "unknown_years": deadlines.unknown_years,
        "months": month_switch_of(plan, when, None),
        "figures": reported_figures_of(unit, plan, deadlines[when], user, timezone.now()),
        "worksheet": _worksheet_address(user, unit, when),
    }
    return render(request, "targets/timeliness_cell.html", context)


@require_POST
@access.requires(Action.VIEW_OBSERVATIONS)
def timeliness_export(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The same matrix as a file. Taking it away is an event in the audit log."""
    plan, ending = plan_named(request, plan_code), request.POST.get("format", "")
    if ending not in FORMATS:
        raise Http404(_("There is no such file."))
    month, _understood = _month_asked(plan, request.POST.get("month"))
    matrix = _matrix(request, plan, month, request.POST.get("order"))
    content_type, written = FORMATS[ending]
    record(
        "timeliness.exported",
        by=access.person_of_request(request),
        subject=plan,
        month=str(month),
        rows=len(matrix.lines),
    )
    name = f"timeliness-{month}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(written(matrix), content_type=content_type, headers=headers)


def _unit(user: User, code: str) -> Department:
    return get_object_or_404(departments_seen_by(user).select_related("region"), code=code)


def _month_asked(plan: Plan, text: str | None) -> tuple[Month, bool]:
    """The month that is asked for, else the one that is being reported."""
    return month_asked_for(text, plan, reporting_month(plan, timezone.localdate(), last_month_with_data(plan)))


def _matrix(request: HttpRequest, plan: Plan, month: Month, order: str | None) -> TimelinessMatrix:
    return timeliness_matrix_of(
        plan, access.person_of_request(request), month, timezone.now(), worst_first=order != "plan"
    )


def _worksheet_address(user: User, unit: Department | None, month: Month) -> str:
    """Where the person enters the unit's figures; empty for nobody."""
    reached = access.reach(user, Action.ENTER_OBSERVATIONS)
    if unit is None or not reached or not may_enter_for_unit(reached, unit):
        return ""
    return reverse("worksheet", args=[unit.code, str(month)])
