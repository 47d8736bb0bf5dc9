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
from targets.expected.duties import short_titles_beside
from targets.expected.plan_situation import Situation
from targets.reading.selectors import month_asked_for, month_switch_of
from tasks.models import CalendarFeed
from tasks.reading import layouts
from tasks.reading.standing import shown_day
from tasks.reporting.desk import count_reports_to_decide, plans_naming_units_of, task_desks_of
from tasks.services.feeds import issue_feed, revoke_feed
from tasks.views.tasks import searched


@require_safe
@access.requires(Action.VIEW_PLAN)
def task_board_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The tasks that are looked for, in columns by where they stand."""
    plan = plan_named(request, plan_code)
    context = searched(request, plan)
    columns = layouts.columns_of_task_board(plan, context["day"], context["form"].wanted)
    return render(request, "tasks/board.html", {**context, "columns": columns})


@require_safe
@access.requires(Action.VIEW_PLAN)
def task_timeline_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """The tasks that are looked for, through the plan's months."""
    plan = plan_named(request, plan_code)
    context = searched(request, plan)
    drawn = layouts.draw_task_timeline(plan, context["day"], context["found"].rows)
    return render(request, "tasks/timeline.html", {**context, "timeline": drawn})


@require_safe
@access.requires(Action.VIEW_PLAN)
def my_tasks(request: HttpRequest) -> HttpResponse:
    """Shows what my departments answer for in the plans that run; `?plan=` chooses another plan, or one of them
    alone."""
    user, asked = access.person_of_request(request), request.GET.get("plan", "")
    plans = plans_naming_units_of(user)
    situation = Situation.of(plans, timezone.localdate())
    chosen = [plan for plan in plans if plan.code == asked] or situation.running()
    found = task_desks_of(user, chosen, situation)
    context = {
        "parts": found,
        "plans": {plan.code: short_titles_beside(plans)[plan.pk] for plan in plans} if len(plans) > 1 else {},
        "chosen": chosen[0].code if [plan.code for plan in chosen] == [asked] else "",
        "waiting": count_reports_to_decide(user),
        "plan": chosen[0] if chosen else None,
        "day": found[0].day if found else None,
    }
    return render(request, "tasks/mine.html", context)


@require_safe
@access.requires(Action.VIEW_PLAN)
def task_calendar_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Shows a month of due dates: of the own departments, or with `?all` of all departments."""
    return _calendar(request, plan_code)


@require_POST
@access.requires(Action.VIEW_PLAN)
def post_calendar_address(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A new private address, shown once and here alone."""
    plan_named(request, plan_code)
    key = issue_feed(access.person_of_request(request))
    return _calendar(request, plan_code, settings.SITE_URL + reverse("calendar_feed", args=[key]))


@require_POST
@access.requires(Action.VIEW_PLAN)
def post_calendar_address_end(request: HttpRequest, plan_code: str) -> HttpResponse:
    """Ends the private address."""
    plan_named(request, plan_code)
    if revoke_feed(access.person_of_request(request)):
        messages.success(request, _("The private address has ended. Calendars that read it get nothing any more."))
    return redirect("tasks_calendar", plan_code)


def _calendar(request: HttpRequest, plan_code: str, address: str = "") -> HttpResponse:
    plan, user = plan_named(request, plan_code), access.person_of_request(request)
    day = shown_day(plan, timezone.localdate())
    month, _understood = month_asked_for(request.GET.get("month"), plan, Month.of(day))
    own = "all" not in request.GET and bool(layouts.department_ids_held_by(user))
    context = {
        "plan": plan,
        "day": day,
        "weeks": layouts.weeks_of_due_dates(plan, day, month, user, own=own),
        "months": month_switch_of(plan, month, None),
        "kept": {} if own else {"all": "1"},
        "own": own,
        "address": address,
        "feed": CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).first(),
    }
    return render(request, "tasks/calendar.html", context)


@require_safe
def calendar_feed_file(request: HttpRequest, key: str) -> HttpResponse:
    """Serves the calendar behind a private address: whoever has the address reads, nobody writes. 404 for an address
    that does not hold."""
    found = get_object_or_404(CalendarFeed.objects.usable(key))
    plans = list(Plan.objects.published().visible_to(found.user).latest_first())
    if not plans or not access.reach(found.user, Action.VIEW_PLAN):
        raise Http404
    text = layouts.write_calendar_feed(plans, found.user, timezone.now(), settings.SITE_URL)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="tasks.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
