"""What administrators read: the audit log."""

from typing import cast

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.auditing import log
from departments.permissions import Action
from departments.services.accounts import record
from pages.spreadsheets import CSV_TYPE


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


class LogForm(forms.Form):
    """What is looked for."""

    action = forms.ChoiceField(
        label=_("Action"),
        choices=log.offer_actions,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    person = forms.CharField(
        label=_("Person"), max_length=60, required=False, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    since = forms.DateField(label=_("From day"), required=False, widget=_day())
    until = forms.DateField(label=_("To day"), required=False, widget=_day())
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    @property
    def wanted(self) -> log.WantedEvents:
        """What was understood; what was not narrows nothing, and the form says so beside the field."""
        given = {name: value for name, value in self.cleaned_data.items() if value and name != "before"}
        return cast(log.WantedEvents, given)


@require_safe
@access.requires(Action.ADMINISTER)
def audit(request: HttpRequest) -> HttpResponse:
    """The log, newest first; `?before=` is the id from which on a page goes back."""
    form = LogForm(request.GET)
    form.is_valid()
    rows, older = log.page_of_events(
        log.choose_events(form.wanted, access.person_of_request(request)), form.cleaned_data.get("before")
    )
    context = {"form": form, "lines": [log.line_of_event(row) for row in rows], "older": older, "wanted": form.wanted}
    return render(request, "departments/audit.html", context)


@require_POST
@access.requires(Action.ADMINISTER)
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """The same events as a file. Taking them away is itself an event, written before the first line leaves."""
    user = access.person_of_request(request)
    form = LogForm(request.POST)
    form.is_valid()
    wanted = {f"wanted_{name}": str(value) for name, value in form.wanted.items()}
    record("audit.exported", by=user, subject=None, **wanted)
    return StreamingHttpResponse(
        log.write_audit_csv(log.choose_events(form.wanted, user)),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"},
    )
