"""分解指标: what each region owes of a plan's targets, for whoever may see it; entered by the quality office."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from departments import access
from departments.access import person_of_request
from departments.models import User
from departments.permissions import Action
from plans.addresses import plan_named
from plans.models import Plan
from plans.periods import Month
from targets.expected.deadlines import last_month_with_data, reporting_month
from targets.models import Quota, Target
from targets.quotas.forms import QuotaForm
from targets.quotas.tables import QuotaTable, first_open_month, may_set_quotas, quota_table, versions_shown
from targets.quotas.wording import messages_of_quotas_set, quota_month_text, script_texts
from targets.reading.divisions import divisible_targets_of
from targets.reading.selectors import month_asked_for, month_switch_of
from targets.services.quotas import QuotasRefusedError, TargetDivision, divide_targets

OK, REFUSED, CHANGED = 200, 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.VIEW_PLAN)
def quotas(request: HttpRequest, plan_code: str) -> HttpResponse:
    """All targets that can be divided, and the grid of regions × targets; posting it sets those that are different."""
    plan = plan_named(request, plan_code)
    targets = divisible_targets_of(plan)
    if request.method == "POST":
        return _set(request, plan, targets)
    return _page(request, QuotaForm(_table(request, plan, targets)))


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.VIEW_PLAN)
def target_quotas(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """One target: what each region owes, all versions, and who set them when; posting sets it."""
    plan = plan_named(request, plan_code)
    targets = [target for target in divisible_targets_of(plan) if target.code == code]
    if not targets:
        raise Http404
    if request.method == "POST":
        return _set(request, plan, targets, code)
    return _page(request, QuotaForm(_table(request, plan, targets)), code)


def _table(request: HttpRequest, plan: Plan, targets: Sequence[Target]) -> QuotaTable:
    """As of the month asked for, else of the one that is usual."""
    month, understood = month_asked_for(request.GET.get("month"), plan, usual_month(plan, targets))
    if not understood:
        said = _("The plan has no such month. This page shows %(month)s instead.")
        messages.warning(request, said % {"month": quota_month_text(month)})
    return quota_table(plan, month, targets, person_of_request(request))


def usual_month(plan: Plan, targets: Sequence[Target]) -> Month:
    """The month that is being reported; the plan's first where nothing has been divided yet."""
    if not Quota.objects.filter(target__in=targets).exists():
        return plan.first_month
    return reporting_month(plan, timezone.localdate(), last_month_with_data(plan))


def _set(request: HttpRequest, plan: Plan, targets: Sequence[Target], code: str = "") -> HttpResponse:
    """Sets what the form holds, or shows it again with what is wrong, everything typed still there. Of the grid only
    those targets are set of which a number is different."""
    if not may_set_quotas(person_of_request(request), plan):
        raise access.refusal()
    asked = request.POST.get("from_month")
    month, understood = month_asked_for(asked, plan, None)
    form = QuotaForm(quota_table(plan, month, targets, person_of_request(request)), request.POST)
    if not asked or not understood:
        form.errors.append(_("Choose from which month of the plan the quotas hold."))
    divisions = form.divisions(every=bool(code))
    status = save_quota_form(form, divisions, by=person_of_request(request))
    if status != OK:
        return _page(request, form, code, status)
    announce_quotas(
        request, quota_table(plan, month, [division.target for division in divisions], person_of_request(request))
    )
    return redirect(f"{request.path}?month={month}")


def save_quota_form(form: QuotaForm, divisions: Sequence[TargetDivision], *, by: User) -> int:
    """Sets the quotas, or lets the form say why not; what is to be answered."""
    if not form.is_valid:
        return REFUSED
    plan, month = form.table.plan, form.table.month
    try:
        divide_targets(plan, divisions, from_month=month, source=form.source, reason=form.reason, by=by)
    except QuotasRefusedError as refused:
        form.errors += refused.by_name(divisions)
        return CHANGED if refused.changed else REFUSED
    except ValidationError as refused:
        form.errors += refused.messages
        return REFUSED
    return OK


def announce_quotas(request: HttpRequest, table: QuotaTable) -> None:
    """Says what was set."""
    for level, text in messages_of_quotas_set(table):
        messages.add_message(request, level, text)


def _page(request: HttpRequest, form: QuotaForm, code: str = "", status: int = 200) -> HttpResponse:
    table, plan = form.table, form.table.plan
    column = table.column(code) if code else None
    context = {
        "plan": plan,
        "table": table,
        "form": form,
        "months": month_switch_of(plan, table.month, None),
        "may_set": may_set_quotas(person_of_request(request), plan),
        "open_from": first_open_month(plan),
        "texts": script_texts(),
    }
    if column is None:
        return render(request, "targets/quotas.html", context, status=status)
    versions, issues = versions_shown(table, column)
    context |= {"column": column, "target": column.target, "versions": versions, "issues": issues}
    return render(request, "targets/target_quotas.html", context, status=status)
