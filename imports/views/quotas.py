"""The sheet of a plan's quotas: taken away prefilled, brought back filled in, set all at once or not at all."""

import io
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from departments import access
from departments.access import person_of_request
from departments.permissions import Action
from departments.services.accounts import record
from imports.batches.messages import ReadableImportError, explain_table_problem, unreadable
from imports.files.readers import UnreadableError
from imports.quotas.sheet import QuotaSheetMistake
from imports.quotas.template import quota_workbook
from imports.quotas.upload import divisions_of, read_sheet
from imports.showing.forms import QuotaUploadForm
from plans.addresses import plan_named
from plans.models import Plan
from plans.periods import Month
from targets.quotas.tables import QuotaTable, first_open_month, may_set_quotas, quota_table
from targets.quotas.wording import messages_of_quotas_set, quota_month_text
from targets.reading.divisions import divisible_targets_of
from targets.reading.selectors import month_asked_for
from targets.services.quotas import QuotasRefusedError, TargetDivision, divide_targets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFUSED, CHANGED = 422, 409
MOST_TOLD = 200
"""The most mistakes that a page lists."""


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.SET_QUOTAS)
def quota_sheet(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Takes a filled-in sheet and sets its quotas; one with mistakes is told with the address of each bad cell."""
    plan = _plan(request, plan_code)
    if request.method != "POST":
        return _page(request, plan, _form(request, plan))
    form = _form(request, plan)
    if not form.is_valid():
        return _page(request, plan, form, status=REFUSED)
    table = _table(request, plan, Month.parse(form.cleaned_data["from_month"]))
    try:
        found = read_sheet(form.cleaned_data["file"].read(), table)
    except UnreadableError as error:
        form.add_error("file", unreadable(error))
        return _page(request, plan, form, status=REFUSED)
    if found.mistakes:
        return _page(request, plan, form, found.mistakes, status=REFUSED)
    return _set(request, table, form, divisions_of(found, table))


@require_POST
@access.requires(Action.SET_QUOTAS)
def quota_template(request: HttpRequest, plan_code: str) -> HttpResponseBase:
    """The prefilled sheet. Taking it away is an event in the audit log."""
    plan = _plan(request, plan_code)
    month, _understood = month_asked_for(request.POST.get("month"), plan, plan.first_month)
    table = _table(request, plan, month)
    record("quotas.exported", by=person_of_request(request), subject=plan, month=str(month), rows=len(table.places))
    name = _("quotas of %(plan)s %(month)s") % {"plan": plan.code, "month": month} + ".xlsx"
    answer = FileResponse(io.BytesIO(quota_workbook(table)), as_attachment=True, filename=name, content_type=XLSX)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _plan(request: HttpRequest, plan_code: str) -> Plan:
    """The plan whose quotas the person sets; PermissionDenied for another one that may be seen."""
    plan = plan_named(request, plan_code)
    if not may_set_quotas(person_of_request(request), plan):
        raise access.refusal()
    return plan


def _table(request: HttpRequest, plan: Plan, month: Month) -> QuotaTable:
    return quota_table(plan, month, divisible_targets_of(plan), person_of_request(request))


def _form(request: HttpRequest, plan: Plan) -> QuotaUploadForm:
    open_from = first_open_month(plan)
    months = [(str(month), quota_month_text(month)) for month in plan.months if open_from and month >= open_from]
    if request.method == "POST":
        return QuotaUploadForm(request.POST, request.FILES, months=months)
    return QuotaUploadForm(months=months, initial={"from_month": request.GET.get("month", "")})


def _set(
    request: HttpRequest, table: QuotaTable, form: QuotaUploadForm, divisions: Sequence[TargetDivision]
) -> HttpResponse:
    """Sets the quotas, or says why not beside the form."""
    plan, given = table.plan, form.cleaned_data
    try:
        said = {"source": given["source"], "reason": given["reason"], "by": person_of_request(request)}
        divide_targets(plan, divisions, from_month=table.month, **said)
    except QuotasRefusedError as refused:
        form.add_error(None, [*refused.by_name(divisions)])
        return _page(request, plan, form, status=CHANGED if refused.changed else REFUSED)
    except ValidationError as refused:
        form.add_error(None, refused)
        return _page(request, plan, form, status=REFUSED)
    for level, text in messages_of_quotas_set(
        quota_table(plan, table.month, [division.target for division in divisions], person_of_request(request))
    ):
        messages.add_message(request, level, text)
    return redirect(reverse("quotas", args=[plan.code]) + f"?month={table.month}")


def _page(
    request: HttpRequest,
    plan: Plan,
    form: QuotaUploadForm,
    mistakes: Sequence[QuotaSheetMistake] = (),
    status: int = 200,
) -> HttpResponse:
    month, _understood = month_asked_for(request.GET.get("month"), plan, plan.first_month)
    context: dict[str, object] = {
        "plan": plan,
        "form": form,
        "month": month,
        "months": plan.months,
        "mistakes": [_told(mistake) for mistake in mistakes[:MOST_TOLD]],
        "number": len(mistakes),
        "open": first_open_month(plan) is not None,
        "divisible": bool(divisible_targets_of(plan)),
    }
    return render(request, "imports/quotas.html", context, status=status)


def _told(mistake: QuotaSheetMistake) -> ReadableImportError:
    """The mistake in the reader's language."""
    return ReadableImportError(mistake.sheet, 0, "", explain_table_problem(mistake.problem), mistake.cell)
