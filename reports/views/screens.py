"""The big screen, and who lets it shine without a log-in."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.models import Region, Screen, User
from departments.models.lineage import parse_region_ids
from departments.models.screens import onlooker
from departments.permissions import Action
from departments.services.screens import close_screen, open_screen, regions_for_screens, screens_of
from plans.models import Plan
from plans.page_cache.cached_pages import keep_page
from plans.page_cache.visible_plans import plans_seen
from reports.board.screen import plan_wall
from reports.portfolio.wall import plans_wall
from targets.reading.plan_promises import plan_promises_asked_for


@require_safe
@access.requires(Action.VIEW_PLAN)
@keep_page()
def screen(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The big screen of a plan for whoever is logged in."""
    return _shown(request, plan_code)


@require_safe
@access.requires(Action.VIEW_PLAN)
def portfolio_screen(request: HttpRequest) -> HttpResponseBase:
    """The big screen of all plans for whoever is logged in and sees several, else that of the only one."""
    plans = plans_seen(request)
    if len(plans) == 1:
        return redirect("screen", plans[0].code)
    return keep_page()(_shown_all)(request) if plans else _shown_none(request)


@require_safe
def screen_of_key(request: HttpRequest, key: str) -> HttpResponse:
    """The big screen for whoever has its address, with its plan or with all; nothing once it was closed."""
    screen = get_object_or_404(Screen.objects.shining(timezone.now()).of_key(key))
    request.user = onlooker(screen)
    plans = [plan for plan in plans_seen(request) if screen.plan_code in ("", plan.code)]
    if len(plans) == 1:
        return keep_page()(_shown)(request, plan_code=plans[0].code)
    return keep_page()(_shown_all)(request) if plans else _shown_none(request, gone=bool(screen.plan_code))


def _shown(request: HttpRequest, plan_code: str) -> HttpResponse:
    promised = plan_promises_asked_for(request, plan_code)
    context = {"plan": promised.plan, "wall": plan_wall(promised)}
    return render(request, "reports/screen.html", context)


def _shown_all(request: HttpRequest) -> HttpResponse:
    shown = plans_wall(access.person_of_request(request), timezone.localdate())
    return render(request, "reports/portfolio_screen.html", {"wall": shown})


def _shown_none(request: HttpRequest, *, gone: bool = False) -> HttpResponse:
    return render(request, "reports/screen.html", {"plan": None, "wall": None, "gone": gone})


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.SHOW_SCREENS)
@never_cache
def screens(request: HttpRequest) -> HttpResponse:
    """The screens of the own region; posting a name opens a new one, and the answer shows its address, once."""
    by, places = access.person_of_request(request), list(regions_for_screens(access.person_of_request(request)))
    plans = {plan.code: plan for plan in Plan.objects.published().visible_to(by).latest_first()}
    context: dict[str, object] = {"places": places, "plans": plans.values()}
    if request.method == "POST":
        region = _place(places, request.POST.get("region", ""))
        plan = plans.get(request.POST.get("plan", ""))
        try:
            opened, key = _opened(request.POST.get("name", "")[:60], region, plan, by)
        except ValidationError as error:
            context["wrong"] = error.messages[0]
        else:
            address = request.build_absolute_uri(reverse("screen_of_key", args=[key]))
            context |= {"opened": opened, "address": address}
    listed = screens_of(by).select_related("opened_by", "region")
    context["screens"] = [(screen, plans.get(screen.plan_code)) for screen in listed]
    return render(request, "reports/screens.html", context)


# Untyped: a Region with `below`, which the question for it adds
def _opened(name: str, region: Any, plan: Plan | None, by: User) -> tuple[Screen, str]:
    """The screen that was asked for; a plan that its onlookers would not see is refused."""
    if plan is not None and plan.region_id not in parse_region_ids(region.below):
        raise ValidationError(_("The plan is of a region that this screen does not show."))
    return open_screen(name=name, region=region, plan_code=plan.code if plan is not None else "", by=by)


def _place(places: Sequence[Region], code: str) -> Region:
    """The region that was chosen, which need not be said where there is but one; 404 for one of somebody else."""
    for place in places:
        if place.code == code or (not code and len(places) == 1):
            return place
    raise Http404


@require_POST
@access.requires(Action.SHOW_SCREENS)
def screen_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a screen's address."""
    by = access.person_of_request(request)
    close_screen(get_object_or_404(screens_of(by), pk=pk), by=by)
    return redirect("screens")
