"""The page of one target."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from departments import access
from departments.permissions import Action
from plans.models import Plan
from plans.page_cache.cached_pages import keep_page
from reports.board.target import account_for_target, indicators_shown
from reports.views.asking import warn_of_complaints
from targets.models import Target
from targets.reading import target_page
from targets.wording.explanation import explain_attainment
from targets.wording.rule_changes import rule_changes
from targets.wording.rules import rules


@access.requires(Action.VIEW_PLAN)
@keep_page("month", "as_of", of=indicators_shown)
def target(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """One promise: how it stands, why, what it is made from, who answers for it; `?month=`, `?as_of=` as everywhere."""
    known = (
        Target.objects.filter(plan__in=Plan.objects.published().visible_to(access.person_of_request(request)))
        .with_version()
        .select_related("plan__region", "clause", "indicator__department", "operand", "operand_region")
        .prefetch_related("steps")
        .with_rules()
    )
    found = get_object_or_404(known, plan__code=plan_code, code=code)
    shown = account_for_target(found, request.GET.dict(), access.person_of_request(request))
    moment = warn_of_complaints(request, shown.moment)
    observations = target_page.official_figures_of_target(found, access.person_of_request(request))
    ruled = found.in_month(moment.month)
    context = {
        "target": ruled,
        "plan": found.plan,
        "standing": moment,
        "months": moment.months,
        "kept": moment.asked,
        "account": shown,
        "row": shown.row,
        "has_pace": any(line.pace for line in shown.lines),
        "has_last_year": any(line.last_year for line in shown.lines),
        "explanation": explain_attainment(shown.row.attainment) if shown.row is not None else "",
        "rules": rules(ruled),
        "rule_changes": rule_changes(found),
        "assignments": target_page.assignments_of_target(found),
        "leaders": found.leaders.all(),
        "observations": observations,
        "several_years": len({observation.month.year for observation in observations}) > 1,
    }
    return render(request, "reports/target.html", context)
