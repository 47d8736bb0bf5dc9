"""The page of one target."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from departments import access
from departments.permissions import Action
from plans.periods import Month
from targets import audit, page
from targets.explanation import explain
from targets.kept import kept
from targets.models import Attainment, Target
from targets.rules import rules
from targets.selectors import Row, month_of, months


@access.requires(Action.VIEW_PLAN)
@kept("month", "as_of")
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
        "parts": page.ranked(page.parts(found, month, request.user), row),  # type: ignore[arg-type]
        "rules": rules(found),
        "assignments": page.responsible(found),
        "observations": page.facts(found, request.user),  # type: ignore[arg-type]
    }
    return render(request, "targets/target.html", context)


@require_POST
@access.requires(Action.VIEW_PLAN)
def verify(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Computes the result of a month anew from the entries it names, and tells whether it agrees; stores nothing."""
    found = get_object_or_404(Target.objects.select_related("plan"), plan__year=year, code=code)
    month, _understood = month_of(request.POST.get("month"), found.plan, None)
    visible = Attainment.objects.visible_to(request.user)  # type: ignore[arg-type]
    row = get_object_or_404(visible, target=found, region_id=found.plan.region_id, month=month)
    result = audit.verify(row)
    told = {"number": len(row.revisions), "hash": result.inputs_hash[:16]}
    if result.agrees:
        messages.success(request, _("Computed anew from %(number)d entries: result and hash %(hash)s… agree.") % told)
    else:
        messages.error(
            request,
            _(
                "Computed anew from %(number)d entries: the stored result does not agree. Tell your administrator, who "
                "can run audit_attainment and recompute_attainment on the server."
            )
            % told,
        )
    return redirect(f"{reverse('target', args=[year, code])}?month={month}")


def _month_shown(request: HttpRequest, found: Target, rows: list[Row]) -> Month:
    """The month asked for; else the last month with data for this target."""
    last = max((row.attainment.last_month or 0 for row in rows), default=0)
    usual = Month(found.plan.year, last) if last else None
    month, understood = month_of(request.GET.get("month"), found.plan, usual)
    if not understood:
        messages.warning(request, _("The plan has no such month. This page shows the last month with data instead."))
    return month
