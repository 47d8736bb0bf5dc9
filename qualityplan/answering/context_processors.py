"""What base.html needs to know on every page: what is offered to whom, and whether figures are made up."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.safestring import mark_safe

from departments import access
from departments.auditing import chain
from departments.models import User
from departments.permissions import Action
from plans.page_cache import cached_pages
from plans.page_cache.plan_context import read_plan_context
from plans.page_cache.visible_plans import PlanSeen, plan_meant, plans_seen
from qualityplan.manual.fitting import address_of_help
from qualityplan.version import VERSION
from tasks.reporting.desk import count_reports_to_decide


def surroundings(request: HttpRequest) -> dict[str, object]:
    """For base.html. Each value is looked up only if the page asks for it, so an error page needs no database."""
    user = getattr(request, "user", AnonymousUser())
    choice = HeaderPlanChoice(request, user)
    return {
        "demo": settings.DEMO,
        "version": VERSION,
        "demonstration_data": lambda: user.is_authenticated and read_plan_context(request).demonstration,
        "made_up_plan": lambda: user.is_authenticated and read_plan_context(request).made_up_plan,
        "may_upload": _may(user, Action.IMPORT_OBSERVATIONS),
        "may_review": _may(user, Action.REVIEW_OBSERVATIONS),
        "oversees": lambda: isinstance(user, User) and access.reach(user, Action.VIEW_OBSERVATIONS).governs,
        "may_lock": _may(user, Action.LOCK_MONTHS),
        "sees_data_quality": lambda: choice.is_acted_for(Action.VIEW_DATA_QUALITY),
        "may_supervise": _may(user, Action.VIEW_SUPERVISION),
        "may_administer": _may(user, Action.ADMINISTER),
        "may_view_system": _may(user, Action.VIEW_SYSTEM),
        "may_show_screens": _may(user, Action.SHOW_SCREENS),
        "may_manage_people": _may(user, Action.MANAGE_PEOPLE),
        "unread_notices": lambda: isinstance(user, User) and read_plan_context(request).unread,
        "task_reports_waiting": lambda: isinstance(user, User) and count_reports_to_decide(user),
        "has_desk": lambda: any(
            _may(user, action)() for action in (Action.ENTER_OBSERVATIONS, Action.REVIEW_OBSERVATIONS)
        ),
        "moment_query": _moment(request),
        "help_address": address_of_help(request.resolver_match.url_name if request.resolver_match else None),
        "chain_head": chain.recall_chain_head,
        "plan_choice": choice,
        "plan_code": lambda: choice.code,
        "frame": "pages/part.html"
        if getattr(request, "htmx", None) and cached_pages.is_part_of_page(request)
        else "pages/base.html",
    } | _shared(request)


def _shared(request: HttpRequest) -> dict[str, object]:
    """What differs on a page that people share: no name stands on it, and a mark where each person's header belongs."""
    if not getattr(request, "for_anybody", False):
        return {}
    return {"user": cached_pages.Anybody(), "header_here": mark_safe(cached_pages.HEADER.decode())}  # noqa: S308 - a constant


class HeaderPlanChoice:
    """The plans that a person may choose from, and the one whose pages the header leads to: that of the address, else
    the one that was looked at last, else the one that is meant first. Nothing is looked up before it is asked for.
    """

    def __init__(self, request: HttpRequest, user: User | AnonymousUser) -> None:
        match = request.resolver_match
        self._asked: str = match.kwargs.get("plan_code", "") if match else ""
        self._request, self._user = request, user

    @cached_property
    def plans(self) -> Sequence[PlanSeen]:
        """Every plan in force that the person sees, the one that began last first."""
        return plans_seen(self._request) if isinstance(self._user, User) else ()

    @cached_property
    def shown(self) -> PlanSeen | None:
        """The plan whose pages the header leads to; None where the person sees no plan, or not that of the address."""
        if self._asked or not self.plans:
            return next((plan for plan in self.plans if plan.code == self._asked), None)
        return plan_meant(self._request)

    def is_acted_for(self, action: Action) -> bool:
        """Whether the person may take the action for the plan whose pages the header leads to."""
        if not isinstance(self._user, User) or not (reached := access.reach(self._user, action)):
            return False
        return self.shown is not None and reached.acts_for(self.shown.region_id)

    @property
    def code(self) -> str:
        """The code of the plan whose pages the header leads to; empty where the person sees no plan."""
        return self._asked or (self.shown.code if self.shown else "")


def _moment(request: HttpRequest) -> str:
    """The month and the day that the address asks for, to be kept on the way to the next page."""
    asked = {name: request.GET.get(name, "") for name in ("month", "as_of")}
    return urlencode({name: value for name, value in asked.items() if _MOMENT.fullmatch(value)})


_MOMENT = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def _may(user: User | AnonymousUser, action: Action) -> Callable[[], bool]:
    return lambda: isinstance(user, User) and bool(access.reach(user, action))
