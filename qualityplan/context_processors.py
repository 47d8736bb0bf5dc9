"""What base.html needs to know on every page: what is offered to whom, and whether figures are made up."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from departments import access
from departments.models import Notice, User
from departments.permissions import Action
from targets.models import Source


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """For base.html. Each value is looked up only if the page asks for it, so an error page needs no database."""
    user = getattr(request, "user", AnonymousUser())
    return {
        "demo": settings.DEMO,
        "demonstration_data": lambda: shows_demonstration(user),
        "may_upload": _may(user, Action.IMPORT_OBSERVATIONS),
        "may_review": _may(user, Action.REVIEW_OBSERVATIONS),
        "oversees": lambda: isinstance(user, User) and access.reach(user, Action.VIEW_OBSERVATIONS).everything,
        "may_lock": _may(user, Action.LOCK_MONTHS),
        "may_supervise": _may(user, Action.VIEW_SUPERVISION),
        "may_administer": _may(user, Action.ADMINISTER),
        "may_manage_people": _may(user, Action.MANAGE_PEOPLE),
        "unread_notices": lambda: isinstance(user, User) and Notice.objects.unread().filter(user=user).count(),
        "has_desk": lambda: any(_may(user, one)() for one in (Action.ENTER_OBSERVATIONS, Action.REVIEW_OBSERVATIONS)),
    }


def shows_demonstration(user: User | AnonymousUser) -> bool:
    """Whether any figure is made up; it must be said wherever figures are shown."""
    return user.is_authenticated and Source.objects.filter(demonstration=True).exists()


def _may(user: User | AnonymousUser, action: Action) -> Callable[[], bool]:
    return lambda: isinstance(user, User) and bool(access.reach(user, action))
