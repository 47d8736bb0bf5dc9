"""Files beside figures: attaching, removing, reading. Nothing is ever served by its place on the disk."""

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from targets.models import Attachment
from targets.services import detach

REFUSED, LOCKED = 422, 423
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; sandbox"
SHOWN_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
"""A browser's own reader does not open a PDF in a sandbox; the reader keeps what stands in it apart from the page."""


@require_safe
@access.requires(Action.VIEW_OBSERVATIONS)
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """One file, for whoever may see the figure; `?show` opens what a browser shows safely instead of saving it."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    kind, shown = found.recognised, "show" in request.GET and found.recognised.shown
    try:
        opened = found.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(opened, as_attachment=not shown, filename=found.name, content_type=kind.content_type)
    answer.headers["Content-Security-Policy"] = SHOWN_PDF if shown and kind.code == "pdf" else SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
@access.requires(Action.ENTER_OBSERVATIONS)
def remove(request: HttpRequest, pk: int) -> JsonResponse:
    """Removes a file that has not been handed in; a second click finds nothing and says nothing."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    try:
        detach(found, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        status = LOCKED if getattr(error, "code", "") == "month_locked" else REFUSED
        return JsonResponse({"message": " ".join(error.messages)}, status=status)
    return JsonResponse({"removed": pk})


def told(one: Attachment) -> dict[str, object]:
    """What the page's script is told about a file that was attached."""
    return {
        "id": one.pk,
        "name": one.name,
        "size": filesizeformat(one.size),
        "href": reverse("attachment", args=[one.pk]),
    }
