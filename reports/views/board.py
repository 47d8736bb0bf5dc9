"""The whole plan: the overview, its own words, the table that staff know."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from departments import access
from departments.permissions import Action
from departments.services.accounts import record
from plans.page_cache.cached_pages import keep_page
from reports.board import overview as board
from reports.board.document import mark_document
from reports.board.heat import draw_heat_lanes
from reports.board.standing import read_plan_standing
from reports.board.tallies import choose_targets, tally_lights_by_chapter, tally_lights_by_lead
from reports.comparing.comparison_sheet import comparison_sheet
from reports.comparing.parts import judge_region_parts
from reports.comparing.table import read_comparison_table, texts_of_comparison_table
from reports.views.asking import standing_shown
from reports.views.files import file_answer, kind_asked
from targets.reading.plan_promises import plan_promises_asked_for
from targets.wording.lights import COLOURS

LONGEST_SEARCH = 60


@access.requires(Action.VIEW_PLAN)
@keep_page("month", "as_of", "light", "department", "chapter")
def overview_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Where a plan stands: `?month=2014-06` for another month, `?as_of=2014-08-01` for what was official then;
    `?light=red`, `?department=`, `?chapter=` list a part of the targets.
    """
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    chapters = board.group_rows_by_chapter(promised.clauses, state.rows)
    chosen = choose_targets(request.GET.dict(), chapters, state.duties)
    listed = chosen.of(state.rows, state.duties)
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked | chosen.asked,
        "counts": board.count_lights_of_plan(state),
        "total": len(state.rows),
        "attention": board.pick_attention_targets(state),
        "parts": [] if chosen else judge_region_parts(state, access.person_of_request(request)),
        "tables": [tally_lights_by_lead(state.rows, state.duties), tally_lights_by_chapter(chapters)],
        "lanes": draw_heat_lanes(state, listed),
        "chosen": chosen,
        "listed": len(listed),
        "chapters": chapters
        if len(listed) == len(state.rows)
        else board.group_rows_by_chapter(promised.clauses, listed),
    }
    return render(request, "reports/overview.html", context)


@access.requires(Action.VIEW_PLAN)
@keep_page("month", "as_of")
def plan_text_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The plan's own words, each promise marked by its light; `?q=` looks for words in them."""
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    wanted = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {
        "plan": promised.plan,
        "standing": state,
        "months": state.months,
        "kept": state.asked | ({"q": wanted} if wanted else {}),
        "wanted": wanted,
        "document": mark_document(state, wanted),
    }
    return render(request, "reports/plan.html", context)


@access.requires(Action.VIEW_PLAN)
@keep_page("month", "as_of", "region", "target", "light", "department", "chapter", "sort", "columns")
def comparison_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A plan as the table that staff know: `?region=` a part of its region, `?target=` a target in all parts;
    `?light=`, `?department=`, `?chapter=` which lines, `?sort=` in which order, `?columns=` which columns."""
    promised = plan_promises_asked_for(request, plan_code)
    state = standing_shown(request, promised)
    table = read_comparison_table(state, comparison_asked_for(request.GET), access.person_of_request(request))
    context = {"plan": state.plan, "standing": state, "months": state.months, "kept": state.asked | table.asked}
    context |= {"table": table, "lines": texts_of_comparison_table(table), "colours": COLOURS}
    return render(request, "reports/comparison.html", context)


@require_POST
@access.requires(Action.VIEW_PLAN)
def comparison_export(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The same table as a file. Taking it away is an event, written before the file leaves."""
    promised = plan_promises_asked_for(request, plan_code)
    user = access.person_of_request(request)
    state = read_plan_standing(promised, request.POST.dict())
    table = read_comparison_table(state, comparison_asked_for(request.POST), user)
    kind = kind_asked(request)
    record("comparison.exported", by=user, subject=state.plan, format=kind, rows=len(table.every), **state.asked)
    return file_answer(comparison_sheet(state, table), kind=kind, name="comparison", of=state.month)


def comparison_asked_for(values: QueryDict) -> dict[str, str]:
    """What a form asks for; of the boxes that are ticked, all."""
    single = {name: values.get(name, "") for name in values}
    return single | {"columns": ",".join(values.getlist("columns"))}
