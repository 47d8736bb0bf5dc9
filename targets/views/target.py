"""The page of one target."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from departments import access
from departments.permissions import Action
from plans.periods import Month
from targets import page
from targets.explanation import explain
from targets.models import Target
from targets.selectors import Row, month_of, months


@access.requires(Action.VIEW_PLAN)
def target(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """One promise: how it stands, why, what it is made from, who answers for it."""
    found = get_object_or_404(
        Target.objects.select_related("plan__region", "clause", "indicator__department", "operand"),
        plan__year=year,
        code=code,
    )
    rows = page.through_the_year(found, request.user)  # type: ignore[arg-type]
    month = _month_shown(request, found, rows)
    row = next((one for one in rows if one.attainment.month == month), None)
    context = {
        "target": found,
        "plan": found.plan,
        "month": month,
        "months": months(found.plan, month, None),
        "rows": rows,
        "row": row,
        "explanation": explain(row.attainment) if row is not None else "",
        "chart": page.chart(found, rows, month),
        "has_chart": any(one.attainment.actual is not None for one in rows) and found.comparator != "done_by",
        "parts": page.parts(found, month, request.user),  # type: ignore[arg-type]
        "assignments": page.responsible(found),
        "observations": page.facts(found, request.user),  # type: ignore[arg-type]
    }
    return render(request, "targets/target.html", context)


def _month_shown(request: HttpRequest, found: Target, rows: list[Row]) -> Month:
    """The month asked for; else the last month with data for this target."""
    last = max((row.attainment.last_month or 0 for row in rows), default=0)
    usual = Month(found.plan.year, last) if last else None
    month, understood = month_of(request.GET.get("month"), found.plan, usual)
    if not understood:
        messages.warning(request, _("The plan has no such month. This page shows the last month with data instead."))
    return month
