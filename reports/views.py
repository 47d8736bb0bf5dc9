"""Pages that read everything: the overview, and what a department answers for."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from departments.services import record
from plans.models import Plan
from plans.periods import Month
from reports import departments as units
from reports import overview as board
from reports.comparison import compared
from reports.document import document
from reports.exports import as_csv, as_xlsx
from reports.heat import lanes
from reports.standing import NO_SUCH_MONTH, Standing, standing
from reports.tallies import by_chapter, by_lead, choice
from targets.lights import COLOURS
from targets.selectors import Trends, month_of, months, responsible, trends

LONGEST_SEARCH = 60
FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@access.requires(Action.VIEW_PLAN)
def overview(request: HttpRequest) -> HttpResponse:
    """Where the newest plan stands: `?month=2014-06` for another month, `?as_of=2014-08-01` for what was official then;
    `?light=red`, `?department=`, `?chapter=` list a part of the targets.
    """
    plan = newest_plan()
    if plan is None:
        return render(request, "reports/empty.html")
    state = standing_shown(request, plan)
    duties = responsible(plan)
    chapters = board.chapters(plan, state.rows)
    chosen = choice(request.GET.dict(), chapters, duties)
    listed = chosen.of(state.rows, duties)
    context = {
        "plan": plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked | chosen.asked,
        "counts": board.counts(state),
        "total": len(state.rows),
        "attention": board.attention(state, duties),
        "tables": [by_lead(state.rows, duties), by_chapter(chapters)],
        "lanes": lanes(state, listed),
        "chosen": chosen,
        "listed": len(listed),
        "chapters": chapters if len(listed) == len(state.rows) else board.chapters(plan, listed),
    }
    return render(request, "reports/overview.html", context)


@access.requires(Action.VIEW_PLAN)
def plan(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The plan's own words, each promise marked by its light; `?q=` looks for words in them."""
    shown = newest_plan() if year is None else get_object_or_404(Plan.objects.select_related("region"), year=year)
    if shown is None:
        return render(request, "reports/empty.html")
    state = standing_shown(request, shown)
    wanted = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {
        "plan": shown,
        "standing": state,
        "months": state.months,
        "kept": state.asked | ({"q": wanted} if wanted else {}),
        "wanted": wanted,
        "document": document(state, wanted),
    }
    return render(request, "reports/plan.html", context)


@access.requires(Action.VIEW_PLAN)
def comparison(request: HttpRequest) -> HttpResponse:
    """The newest plan's targets as a table: this month, last year, the change, the year to date, the target."""
    plan = newest_plan()
    if plan is None:
        return render(request, "reports/empty.html")
    state = standing_shown(request, plan)
    table = compared(state, request.GET.dict())
    context = {"plan": plan, "standing": state, "months": state.months, "kept": state.asked | table.asked}
    context |= {"lines": table.lines, "units": table.units, "chapters": table.chapters, "colours": COLOURS}
    return render(request, "reports/comparison.html", context)


@require_POST
@access.requires(Action.VIEW_PLAN)
def comparison_export(request: HttpRequest) -> HttpResponse:
    """The same table as a file. Taking it away is an event, written before the file leaves."""
    plan = newest_plan()
    if plan is None:
        raise Http404
    user: User = request.user  # type: ignore[assignment]
    state = standing(plan, request.POST.dict(), user)
    table = compared(state, request.POST.dict())
    kind = "csv" if request.POST.get("format") == "csv" else "xlsx"
    record("comparison.exported", by=user, subject=plan, format=kind, rows=len(table.lines), **state.asked)
    content, content_type = FILES[kind]
    name = f'attachment; filename="comparison-{state.month}.{kind}"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return HttpResponse(content(state, table.lines), content_type=content_type, headers=headers)


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
        "works": units.works(unit, plan, month),
    }
    return render(request, "departments/department.html", context)


def newest_plan() -> Plan | None:
    """The plan of the latest year; none before the first is loaded."""
    return Plan.objects.select_related("region").first()


def standing_shown(request: HttpRequest, plan: Plan) -> Standing:
    """Where the plan stands as the address asks; what of it was not understood is said."""
    state = standing(plan, request.GET.dict(), request.user)  # type: ignore[arg-type]
    for complaint in state.complaints:
        messages.warning(request, complaint)
    return state


def month_shown(request: HttpRequest, plan: Plan, known: Trends) -> Month:
    """The month asked for; one that the plan does not have is said, and the last month with data shown instead."""
    month, understood = month_of(request.GET.get("month"), plan, known.last_month)
    if not understood:
        messages.warning(request, NO_SUCH_MONTH)
    return month
