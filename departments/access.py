"""Who may come through a door: the guard for views and services, and how far a person reaches.

The table is `permissions.PERMISSIONS`; nothing else in the project compares roles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from departments.models import Department, Membership, User
from departments.permissions import Action, Role, Scope, scope_of

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person's permission for an action covers: everything, or these departments' and these regions' rows."""

    everything: bool
    departments: frozenset[int]
    regions: frozenset[int]

    def __bool__(self) -> bool:
        return self.everything or bool(self.departments) or bool(self.regions)

    def covers(self, *, department_id: int | None, region_id: int) -> bool:
        """Whether a row of this department and region is covered."""
        return self.everything or department_id in self.departments or region_id in self.regions


def reach(user: User, action: Action) -> Reach:
    """How far the person's permission for the action reaches, over all roles held."""
    held = [(_scope(action, one), one) for one in user.held] if user.is_active else []
    return Reach(
        any(scope is Scope.ALL for scope, _one in held),
        frozenset(one.department_id for scope, one in held if scope is Scope.DEPARTMENT),
        frozenset(one.department.region_id for scope, one in held if scope is Scope.REGION),
    )


def _scope(action: Action, membership: Membership) -> Scope | None:
    scope = scope_of(action, Role(membership.role))
    office = membership.department.kind == Department.Kind.GOVERNMENT_OFFICE
    return scope.held_in(office=office) if scope is not None else None


def demand(user: User, action: Action) -> Reach:
    """The person's reach for the action; PermissionDenied, with a sentence that says whom to ask, if there is none."""
    reached = reach(user, action)
    if not reached:
        raise refusal()
    return reached


def refusal() -> PermissionDenied:
    """What a person is told who may not do something."""
    return PermissionDenied(_("Your role does not allow this. Ask your administrator for the role that does."))


def person(request: HttpRequest) -> User:
    """Who asks, in a view that lets in nobody who has not logged in."""
    known: Any = request.user
    return known


def requires(action: Action) -> Callable[[View], View]:
    """Guards a view: a person who is not logged in is sent to log in, one without the permission gets 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            demand(request.user, action)  # type: ignore[arg-type]
            return view(request, *args, **kwargs)

        return _told_in_page(login_required(guarded))

    return decorate


def _told_in_page(view: View) -> View:
    """A switch in a page whose log-in has ended loads the whole page anew, which leads to the log-in: its form must not
    appear inside the page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request, "htmx", False) and not request.user.is_authenticated:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return view(request, *args, **kwargs)

    return answer
