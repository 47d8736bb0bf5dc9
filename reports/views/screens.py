"""The big screen, and who lets it shine without a log-in."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.models import Screen
from departments.models.screens import onlooker
from departments.permissions import Action
from departments.screens import close_screen, open_screen
from reports.screen import wall
from targets.kept import kept
from targets.promised import promised_in


@require_safe
@access.requires(Action.VIEW_PLAN)
@kept()
def screen(request: HttpRequest) -> HttpResponse:
    """The big screen for whoever is logged in."""
    return _shown(request)


@require_safe
def screen_of_key(request: HttpRequest, key: str) -> HttpResponse:
    """The big screen for whoever has its address; nothing once it was closed."""
    get_object_or_404(Screen.objects.shining(timezone.now()).of_key(key))
    request.user = onlooker()
    return kept()(_shown)(request)


def _shown(request: HttpRequest) -> HttpResponse:
    promised = promised_in(request)
    shown = None if promised is None else wall(promised, access.person(request))
    return render(request, "reports/screen.html", {"plan": promised and promised.plan, "wall": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.SHOW_SCREENS)
@never_cache
def screens(request: HttpRequest) -> HttpResponse:
    """Every screen; posting a name opens a new one, and the answer shows its address, once."""
    context: dict[str, object] = {"screens": Screen.objects.select_related("opened_by")}
    if request.method == "POST":
        try:
            opened, key = open_screen(name=request.POST.get("name", "")[:60], by=access.person(request))
        except ValidationError as error:
            context["wrong"] = error.messages[0]
        else:
            address = request.build_absolute_uri(reverse("screen_of_key", args=[key]))
            context |= {"opened": opened, "address": address}
    return render(request, "reports/screens.html", context)


@require_POST
@access.requires(Action.SHOW_SCREENS)
def screen_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a screen's address."""
    close_screen(get_object_or_404(Screen, pk=pk), by=access.person(request))
    return redirect("screens")
