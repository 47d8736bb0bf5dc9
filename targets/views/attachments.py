"""Files beside figures: removing and reading them."""

from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from reviews.serving import serve_attachment
from targets.models import Attachment
from targets.services.attachments import detach

REFUSED, LOCKED = 422, 423


@require_safe
@access.requires(Action.VIEW_OBSERVATIONS)
def figure_attachment_page(request: HttpRequest, pk: int) -> FileResponse:
    """One file, for whoever may see the figure; `?show` opens what a browser shows safely instead of saving it."""
    found = get_object_or_404(Attachment.objects.visible_to(access.person_of_request(request)), pk=pk)
    return serve_attachment(found, show="show" in request.GET)


@require_POST
@access.requires(Action.ENTER_OBSERVATIONS)
def remove_figure_attachment(request: HttpRequest, pk: int) -> JsonResponse:
    """Removes a file that has not been handed in; a second click finds nothing and says nothing."""
    found = get_object_or_404(Attachment.objects.visible_to(access.person_of_request(request)), pk=pk)
    try:
        detach(found, by=access.person_of_request(request))
    except ValidationError as error:
        status = LOCKED if getattr(error, "code", "") == "month_locked" else REFUSED
        return JsonResponse({"message": " ".join(error.messages)}, status=status)
    return JsonResponse({"removed": pk})
