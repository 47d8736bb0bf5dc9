"""Where everybody arrives: the one plan that the person sees, or all of them."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from departments import access
from departments.permissions import Action
from plans.models import Plan
from reports.views.board import overview


@access.requires(Action.VIEW_PLAN)
def home(request: HttpRequest) -> HttpResponseBase:
    """The overview of the only plan that the person sees; of several, a list to choose from."""
    plans = list(Plan.objects.published().visible_to(access.person(request)).latest_first())
    if len(plans) == 1:
        return overview(request, plan_code=plans[0].code)
    if not plans:
        return render(request, "reports/empty.html")
    return render(request, "reports/portfolio.html", {"plans": plans})


@access.requires(Action.VIEW_PLAN)
def moved(request: HttpRequest, name: str, year: int | None = None, **named: str) -> HttpResponse:
    """An address that names no plan leads on while one alone can be meant, else to the plans to choose from."""
    plans = Plan.objects.published().visible_to(access.person(request))
    meant = list((plans if year is None else plans.holding_first(year))[:2])
    if len(meant) != 1:
        return redirect("home")
    query = request.GET.urlencode()
    return redirect(reverse(name, kwargs={"plan_code": meant[0].code, **named}) + (f"?{query}" if query else ""))
