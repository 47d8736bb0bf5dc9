"""Board, timeline and calendar, my tasks, and the private address of the calendar."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import plan_named
from plans.models import Plan
from plans.periods import Month
from targets.expected.duties import called
from targets.expected.plan_situation import Situation
from targets.reading.selectors import month_of, months
from tasks.models import CalendarFeed
from tasks.reading import layouts
from tasks.reading.standing import shown_day
from tasks.reporting.desk import mine, named_in, waiting_for
from tasks.services.feeds import issue_feed, revoke_feed
from tasks.views.tasks import searched


@require_safe
@access.requires(Action.VIEW_PLAN)
def board(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The tasks that are looked for, in columns by where they stand."""
    plan = plan_named(request, plan_code)
    context = searched(request, plan)
    columns = layouts.board(plan, context["day"], context["form"].wanted)
    return render(request, "tasks/board.html", context | {"columns": columns})


@require_safe
@access.requires(Action.VIEW_PLAN)
def timeline(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The tasks that are looked for, through the plan's months."""
    plan = plan_named(request, plan_code)
    context = searched(request, plan)
    drawn = layouts.timeline(plan, context["day"], context["found"].rows)
    return render(request, "tasks/timeline.html", context | {"timeline": drawn})


@require_safe
@access.requires(Action.VIEW_PLAN)
def my_tasks(request: HttpRequest) -> HttpResponse:
    """What my departments answer for in the plans that run; `?plan=` for another one, or for one of them alone."""
    user, asked = access.person(request), request.GET.get("plan", "")
    plans = named_in(user)
    situation = Situation.of(plans, timezone.localdate())
    chosen = [plan for plan in plans if plan.code == asked] or situation.running()
    found = mine(user, chosen, situation)
    context = {
        "parts": found,
        "plans": {plan.code: called(plans)[plan.pk] for plan in plans} if len(plans) > 1 else {},
        "chosen": chosen[0].code if [plan.code for plan in chosen] == [asked] else "",
        "waiting": waiting_for(user),
        "plan": chosen[0] if chosen else None,
        "day": found[0].day if found else None,
    }
    return render(request, "tasks/mine.html", context)


@require_safe
@access.requires(Action.VIEW_PLAN)
def calendar(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A month of due dates; `?all` for those of all departments."""
    return _calendar(request, plan_code)


@require_POST
@access.requires(Action.VIEW_PLAN)
def issue(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A new private address, shown once and here alone."""
    plan_named(request, plan_code)
    key = issue_feed(access.person(request))
    return _calendar(request, plan_code, settings.SITE_URL + reverse("calendar_feed", args=[key]))


@require_POST
@access.requires(Action.VIEW_PLAN)
def revoke(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Ends the private address."""
    plan_named(request, plan_code)
    if revoke_feed(access.person(request)):
        messages.success(request, _("The private address has ended. Calendars that read it get nothing any more."))
    return redirect("tasks_calendar", plan_code)


def _calendar(request: HttpRequest, plan_code: str, address: str = "") -> HttpResponse:
    plan, user = plan_named(request, plan_code), access.person(request)
    day = shown_day(plan, timezone.localdate())
    month, _understood = month_of(request.GET.get("month"), plan, Month.of(day))
    own = "all" not in request.GET and bool(layouts.departments_of(user))
    context = {
        "plan": plan,
        "day": day,
        "weeks": layouts.days_of(plan, day, month, user, own=own),
        "months": months(plan, month, None),
        "kept": {} if own else {"all": "1"},
        "own": own,
        "address": address,
        "feed": CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).first(),
    }
    return render(request, "tasks/calendar.html", context)


@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """The calendar behind a private address: whoever has it reads, nobody writes. 404 for one that does not hold."""
    found = get_object_or_404(CalendarFeed.objects.usable(key))
    plans = list(Plan.objects.published().visible_to(found.user).latest_first())
    if not plans or not access.reach(found.user, Action.VIEW_PLAN):
        raise Http404
    text = layouts.feed(plans, found.user, timezone.now(), settings.SITE_URL)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="tasks.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
