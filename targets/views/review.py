"""The reviewer's queue: look, approve, return."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from departments.rules.typed import number_of
from targets.entering.review_queue import review_queue_for
from targets.models import Observation, Revision
from targets.services.reviewing import approve_revision, approve_revisions, return_revision
from targets.wording.notices import list_names


class ReasonForm(forms.Form):
    """A reason as it is stored. That there is one is asked by the service, for every door alike."""

    reason = forms.CharField(max_length=400, required=False)


def read_reason(request: HttpRequest) -> str:
    """The reason that was written; ValidationError if it does not fit."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    return str(form.cleaned_data["reason"])


def revision_of(request: HttpRequest, pk: int) -> Revision:
    """The revision with all that a sentence about it needs; 404 for none of a figure that the person may see."""
    related = ("observation__indicator__department", "observation__region", "approved_by")
    seen = Observation.objects.visible_to(access.person_of_request(request)).values("pk")
    return get_object_or_404(Revision.objects.filter(observation__in=seen).select_related(*related), pk=pk)


def message_name_of(revision: Revision) -> str:
    """What a message calls it."""
    row = revision.observation
    month = date_format(row.month.first_day, "YEAR_MONTH_FORMAT")
    return f"{row.indicator.name} · {row.region.name} · {month}"


@require_safe
@access.requires(Action.REVIEW_OBSERVATIONS)
def reviews_page(request: HttpRequest) -> HttpResponse:
    """What waits for my decision."""
    return render(request, "targets/reviews.html", {"queue": review_queue_for(access.person_of_request(request))})


@require_POST
@access.requires(Action.REVIEW_OBSERVATIONS)
def approve_figure(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves one entry."""
    revision = revision_of(request, pk)
    try:
        approve_revision(revision, by=access.person_of_request(request))
    except ValidationError as refused:
        return _refused(request, refused, pk)
    messages.success(
        request, _("Approved: %(name)s. The lights follow in a moment.") % {"name": message_name_of(revision)}
    )
    return redirect("reviews")


@require_POST
@access.requires(Action.REVIEW_OBSERVATIONS)
def return_figure(request: HttpRequest, pk: int) -> HttpResponse:
    """Returns one entry with a reason."""
    revision = revision_of(request, pk)
    try:
        return_revision(revision, by=access.person_of_request(request), reason=read_reason(request))
    except ValidationError as refused:
        return _refused(request, refused, pk)
    said = _("Returned: %(name)s. %(author)s sees the reason and can correct the figure.")
    messages.success(
        request,
        said
        % {"name": message_name_of(revision), "author": list_names([str(author) for author in revision.concerned])},
    )
    return redirect("reviews")


@require_POST
@access.requires(Action.REVIEW_OBSERVATIONS)
def approve_figures(request: HttpRequest) -> HttpResponse:
    """Approves the entries that were on the page, not those that have come since."""
    ids = [pk for text in request.POST.getlist("revision") if (pk := number_of(text)) is not None]
    seen = Observation.objects.visible_to(access.person_of_request(request)).values("pk")
    found = list(Revision.objects.filter(observation__in=seen, pk__in=[pk for pk in ids if pk < 2**63]))
    try:
        approved, left_out = approve_revisions(found, by=access.person_of_request(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("reviews")
    _tell(request, len(approved), left_out)
    return redirect("reviews")


def _tell(request: HttpRequest, approved: int, left_out: list[Revision]) -> None:
    """How many were approved, and which were not and why."""
    by = access.person_of_request(request)
    own = sum(entry.is_typed_by(by) for entry in left_out)
    decided = sum(not entry.is_typed_by(by) and entry.state != "submitted" for entry in left_out)
    if approved:
        said = ngettext("%(number)d entry approved.", "%(number)d entries approved.", approved) % {"number": approved}
        messages.success(request, said + " " + _("The lights follow in a moment."))
    if own:
        text = ngettext(
            "%(number)d entry was left out because you have typed a number of it: a colleague approves it.",
            "%(number)d entries were left out because you have typed a number of each: a colleague approves them.",
            own,
        )
        messages.warning(request, text % {"number": own})
    if decided:
        text = ngettext(
            "%(number)d entry had been decided already and was left as it is.",
            "%(number)d entries had been decided already and were left as they are.",
            decided,
        )
        messages.warning(request, text % {"number": decided})
    if overtaken := len(left_out) - own - decided:
        text = ngettext(
            "%(number)d entry was left out because there is a newer entry of the same figure.",
            "%(number)d entries were left out because there are newer entries of the same figures.",
            overtaken,
        )
        messages.warning(request, text % {"number": overtaken})
    if not approved and not left_out:
        messages.warning(request, _("There was nothing to approve."))


def _refused(request: HttpRequest, refused: ValidationError, pk: int) -> HttpResponse:
    """Says why nothing was done; if somebody was quicker, who, and how it was decided."""
    if getattr(refused, "code", None) == "transition":
        messages.warning(request, _decided(revision_of(request, pk)))
    else:
        messages.error(request, " ".join(refused.messages))
    return redirect("reviews")


def _decided(revision: Revision) -> str:
    """Where an entry stands that waits no longer."""
    said = {"name": message_name_of(revision), "state": revision.standing, "person": revision.approved_by}
    if revision.approved_by is not None:
        return _("%(name)s has been decided already: %(state)s, approved by %(person)s. Nothing was changed.") % said
    return _("%(name)s does not wait any more: %(state)s. Nothing was changed.") % said
