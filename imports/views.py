"""The pages of the imports: a file is handed over, watched while it is checked, looked at, confirmed, undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.access import requires
from departments.models import User
from departments.permissions import Action
from imports import preview
from imports.forms import UploadForm
from imports.jobs import mark, send
from imports.marking import marked_workbook
from imports.messages import unreadable
from imports.models import ImportBatch
from imports.parsing import HEADINGS
from imports.readers import UnreadableError
from imports.services import cancel, confirm, receive, undo
from imports.workflow import State, Verb

LATEST = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.IMPORT_OBSERVATIONS)
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a file and leads to where it can be watched; one that cannot be taken says so beside the field."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            return redirect("imports_batch", pk=receive(form.cleaned_data["file"], by=_person(request)).pk)
        except UnreadableError as error:
            form.add_error("file", unreadable(error))
    latest = ImportBatch.objects.visible_to(_person(request)).latest_first()[:LATEST]
    return render(
        request,
        "imports/upload.html",
        {"form": form, "latest": latest, "headings": HEADINGS.values(), **_office(request)},
    )


@require_safe
@requires(Action.IMPORT_OBSERVATIONS)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what it would do or has done. Asked by htmx, only how far; the end reloads the page."""
    found = _visible(request, pk)
    if request.headers.get("HX-Request"):
        response = render(
            request, "imports/_progress.html", {"batch": found, "may_cancel": _may(request, found, Verb.CANCEL)}
        )
        if not found.busy:
            response.headers["HX-Refresh"] = "true"
        return response
    return render(request, "imports/batch.html", _context(request, found))


def _context(request: HttpRequest, found: ImportBatch) -> dict[str, Any]:
    """What the page needs in the state in which the file is."""
    context: dict[str, Any] = {
        "batch": found,
        "failure": preview.failure_of(found),
        "earlier": preview.earlier(found, _person(request)),
        **{f"may_{verb.value}": _may(request, found, verb) for verb in (Verb.CONFIRM, Verb.CANCEL, Verb.UNDO)},
        **_office(request),
    }
    if found.busy:
        return context
    if found.errors:
        context["errors"] = preview.errors_page(found, request.GET.get("errors"))
    if found.changed:
        context["changed"] = preview.changed_page(found, request.GET.get("changed"))
    if found.odd:
        context["odd"] = preview.odd_page(found, request.GET.get("odd"))
    if found.state in (State.READY.value, State.REJECTED.value) and found.accepted:
        context["lights"] = preview.lights(found)
    return context


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def confirm_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Has the checked rows written."""
    skip, reason = request.POST.get("skip_rejected") == "on", request.POST.get("reason", "")
    return _decided(request, pk, lambda found, by: confirm(found, by=by, skip_rejected=skip, reason=reason), "")


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def cancel_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends an import of which nothing has been written."""
    return _decided(
        request, pk, lambda found, by: cancel(found, by=by), _("The import was cancelled. Nothing was imported.")
    )


@require_POST
@requires(Action.IMPORT_OBSERVATIONS)
def undo_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes back what an import has written."""
    reason = request.POST.get("reason", "")
    told = _("Undone. What was official before is so again; the lights follow in a moment.")
    return _decided(request, pk, lambda found, by: undo(found, by=by, reason=reason), told)


def _decided(
    request: HttpRequest, pk: int, decide: Callable[[ImportBatch, User], ImportBatch], told: str
) -> HttpResponse:
    """Does it, or says why not, and leads back to the file."""
    found = _visible(request, pk)
    try:
        decide(found, _person(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        if told:
            messages.success(request, told)
    return redirect("imports_batch", pk=pk)


@require_safe
@requires(Action.IMPORT_OBSERVATIONS)
def marked(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The person's own file with every error marked where it is."""
    found = _visible(request, pk)
    if not found.has_marked:
        raise Http404
    path = marked_workbook(found)
    if path is None:
        send(mark, pk)
        messages.info(request, _("The marked file is being made. Try again in a moment."))
        return redirect("imports_batch", pk=pk)
    name = f"{found.file_name.rsplit('.', 1)[0]}-{_('errors')}.xlsx"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=XLSX)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the guard has let nobody else in
    return request.user


def _visible(request: HttpRequest, pk: int) -> ImportBatch:
    related = ImportBatch.objects.select_related("source__by", "confirmed_by", "undone_by")
    return get_object_or_404(related.visible_to(_person(request)), pk=pk)


def _office(request: HttpRequest) -> dict[str, bool]:
    """Whether what the person uploads becomes official at once."""
    return {"office": access.reach(_person(request), Action.IMPORT_OFFICIAL).everything}


def _may(request: HttpRequest, found: ImportBatch, verb: Verb) -> bool:
    """Whether the page offers a step: the workflow has it, and the file is the person's to decide about."""
    office = access.reach(_person(request), Action.IMPORT_OFFICIAL).everything
    return found.can(verb) and (office if found.official else found.source.by_id == _person(request).pk)
