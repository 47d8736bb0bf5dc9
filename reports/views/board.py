"""The whole plan: the overview, its own words, the table that staff know."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from departments import access
from departments.permissions import Action
from departments.services.accounts import record
from plans.page_cache.cached_pages import kept
from reports.board import overview as board
from reports.board.document import document
from reports.board.heat import lanes
from reports.board.standing import standing
from reports.board.tallies import by_chapter, by_lead, choice
from reports.comparing.comparison_sheet import comparison_sheet
from reports.comparing.parts import parts
from reports.comparing.table import compared, shown
from reports.views.asking import standing_shown
from reports.views.files import file_answer, kind_asked
from targets.reading.plan_promises import promised_in
from targets.wording.lights import COLOURS

LONGEST_SEARCH = 60


@access.requires(Action.VIEW_PLAN)
@kept("month", "as_of", "light", "department", "chapter")
def overview(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Where a plan stands: `?month=2014-06` for another month, `?as_of=2014-08-01` for what was official then;
    `?light=red`, `?department=`, `?chapter=` list a part of the targets.
    """
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    chapters = board.chapters(promised.clauses, state.rows)
    chosen = choice(request.GET.dict(), chapters, state.duties)
    listed = chosen.of(state.rows, state.duties)
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked | chosen.asked,
        "counts": board.counts(state),
        "total": len(state.rows),
        "attention": board.attention(state),
        "parts": [] if chosen else parts(state, access.person(request)),
        "tables": [by_lead(state.rows, state.duties), by_chapter(chapters)],
        "lanes": lanes(state, listed),
        "chosen": chosen,
        "listed": len(listed),
        "chapters": chapters if len(listed) == len(state.rows) else board.chapters(promised.clauses, listed),
    }
    return render(request, "reports/overview.html", context)


@access.requires(Action.VIEW_PLAN)
@kept("month", "as_of")
def text(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The plan's own words, each promise marked by its light; `?q=` looks for words in them."""
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    wanted = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked | ({"q": wanted} if wanted else {}),
        "wanted": wanted,
        "document": document(state, wanted),
    }
    return render(request, "reports/plan.html", context)


@access.requires(Action.VIEW_PLAN)
@kept("month", "as_of", "region", "target", "light", "department", "chapter", "sort", "columns")
def comparison(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A plan as the table that staff know: `?region=` a part of its region, `?target=` a target in all parts;
    `?light=`, `?department=`, `?chapter=` which lines, `?sort=` in which order, `?columns=` which columns."""
    promised = promised_in(request, plan_code)
    state = standing_shown(request, promised)
    table = compared(state, asked_of(request.GET), access.person(request))
    context = {"plan": state.plan, "standing": state, "months": state.months, "kept": state.asked | table.asked}
    context |= {"table": table, "lines": shown(table), "colours": COLOURS}
    return render(request, "reports/comparison.html", context)


@require_POST
@access.requires(Action.VIEW_PLAN)
def comparison_export(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The same table as a file. Taking it away is an event, written before the file leaves."""
    promised = promised_in(request, plan_code)
    user = access.person(request)
    state = standing(promised, request.POST.dict())
    table = compared(state, asked_of(request.POST), user)
    kind = kind_asked(request)
    record("comparison.exported", by=user, subject=state.plan, format=kind, rows=len(table.every), **state.asked)
    return file_answer(comparison_sheet(state, table), kind=kind, name="comparison", of=state.month)


def asked_of(values: QueryDict) -> dict[str, str]:
    """What a form asks for; of the boxes that are ticked, all."""
    single = {name: values.get(name, "") for name in values}
    return single | {"columns": ",".join(values.getlist("columns"))}
