"""Where everybody arrives: the one plan that the person sees, or all of them."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from departments import access
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import Plan
from plans.page_cache.cached_pages import keep_page
from plans.page_cache.visible_plans import plans_seen
from reports.portfolio.sheet import portfolio_sheet
from reports.portfolio.table import read_portfolio
from reports.views.board import overview_page
from reports.views.files import file_answer, kind_asked


@access.requires(Action.VIEW_PLAN)
def home(request: HttpRequest) -> HttpResponseBase:
    """The overview of the only plan that the person sees; of several, each in one line."""
    plans = plans_seen(request)
    if len(plans) == 1:
        return overview_page(request, plan_code=plans[0].code)
    return all_plans(request) if plans else render(request, "pages/empty.html")


@keep_page("region", "year", "sort")
def all_plans(request: HttpRequest) -> HttpResponse:
    """Every plan that the person sees: `?region=`, `?year=` choose some, `?sort=red` orders them by a column,
    `?sort=-red` the other way round."""
    shown = read_portfolio(access.person_of_request(request), request.GET.dict(), timezone.localdate())
    return render(request, "reports/portfolio.html", {"portfolio": shown})


@require_POST
@access.requires(Action.VIEW_PLAN)
def all_plans_export(request: HttpRequest) -> HttpResponse:
    """The same plans as a file. Taking it away is an event, written before the file leaves."""
    user, today, kind = access.person_of_request(request), timezone.localdate(), kind_asked(request)
    shown = read_portfolio(user, request.POST.dict(), today)
    record("portfolio.exported", by=user, subject=None, format=kind, rows=len(shown.lines), **shown.asked)
    return file_answer(portfolio_sheet(shown, today), kind=kind, name="plans", of=today)


@access.requires(Action.VIEW_PLAN)
def redirect_old_address(request: HttpRequest, name: str, year: int | None = None, **named: str) -> HttpResponse:
    """An address that names no plan leads on while one alone can be meant, else to the plans to choose from."""
    plans = Plan.objects.published().visible_to(access.person_of_request(request))
    meant = list((plans if year is None else plans.holding_first(year))[:2])
    if len(meant) != 1:
        return redirect("home")
    query = request.GET.urlencode()
    return redirect(reverse(name, kwargs={"plan_code": meant[0].code, **named}) + (f"?{query}" if query else ""))
