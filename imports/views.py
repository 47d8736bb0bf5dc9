"""The page on which coordinators import files of figures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from departments.access import requires
from departments.permissions import Action
from imports.forms import UploadForm
from imports.messages import errors_of, unreadable
from imports.models import ImportBatch
from imports.parsing import HEADINGS
from imports.readers import UnreadableError
from imports.services import import_observations

LATEST, ERRORS_SHOWN = 10, 500


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.IMPORT_OFFICIAL)
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a file and leads to what became of it; a file that cannot be read says so beside the field."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            made = import_observations(form.cleaned_data["file"], by=request.user)  # type: ignore[arg-type]
            return redirect("imports_batch", pk=made.pk)
        except UnreadableError as error:
            form.add_error("file", unreadable(error))
    return _page(request, form=form)


@require_safe
@requires(Action.IMPORT_OFFICIAL)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of one file: the counts, and the errors if it was refused."""
    found = get_object_or_404(ImportBatch.objects.select_related("source__by"), pk=pk)
    errors = errors_of(found)
    return _page(
        request, form=UploadForm(), batch=found, errors=errors[:ERRORS_SHOWN], further=len(errors[ERRORS_SHOWN:])
    )


def _page(request: HttpRequest, **context: object) -> HttpResponse:
    latest = ImportBatch.objects.latest_first().defer("errors")[:LATEST]
    return render(request, "imports/upload.html", {"latest": latest, "headings": HEADINGS.values(), **context})
