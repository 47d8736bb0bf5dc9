"""Who may come through a door: the guard for views and services, and how far a person reaches.

The table is `permissions.PERMISSIONS`; nothing else in the project compares roles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from departments.models import Department, Membership, User
from departments.permissions import Action, Role, Scope, scope_of

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person's permission for an action covers: everything, or these departments' and these regions' rows.

    `seats` are the regions whose own plans the person acts for, `realm` these and all their parts, which the person
    sees. `wholes` and `parts` are the regions of those who work for a unit, with all above and with all below.
    """

    everything: bool
    departments: frozenset[int]
    regions: frozenset[int]
    seats: frozenset[int] = frozenset()
    realm: frozenset[int] = frozenset()
    wholes: frozenset[int] = frozenset()
    parts: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.departments) or bool(self.regions)

    def acts_for(self, region_id: int) -> bool:
        """Whether the person may take the action for the plans of exactly this region."""
        return region_id in self.seats

    def sees(self, region_id: int) -> bool:
        """Whether all that belongs to the region is covered: it is governed, or a part of what is."""
        return region_id in self.realm

    def covers(self, *, department_id: int | None, region_id: int) -> bool:
        """Whether a row of this department and region is covered."""
        return self.everything or department_id in self.departments or region_id in self.regions


def reach(user: User, action: Action) -> Reach:
    """How far the person's permission for the action reaches, over all roles held."""
    return reaches(user)[action]


def reaches(user: User) -> Mapping[Action, Reach]:
    """How far the person's permission for each action reaches."""
    return _reaches(tuple(map(_held, user.held)) if user.is_active else ())


class Held(NamedTuple):
    """Of a role that is held, what permissions depend on."""

    role: Role
    office: bool
    department_id: int
    region_id: int
    parts: frozenset[int]
    wholes: frozenset[int]


def _held(one: Membership) -> Held:
    office = one.department.kind == Department.Kind.GOVERNMENT_OFFICE
    return Held(Role(one.role), office, one.department_id, one.department.region_id, one.parts, one.wholes)


@lru_cache(maxsize=4096)
def _reaches(roles: tuple[Held, ...]) -> Mapping[Action, Reach]:
    return MappingProxyType({action: _reach(action, roles) for action in Action})


def _reach(action: Action, roles: tuple[Held, ...]) -> Reach:
    held = [(_scope(action, one), one) for one in roles]
    governing = [one for scope, one in held if scope is Scope.ALL]
    working = [one for scope, one in held if scope in (Scope.DEPARTMENT, Scope.REGION)]
    return Reach(
        bool(governing),
        frozenset(one.department_id for scope, one in held if scope is Scope.DEPARTMENT),
        frozenset(one.region_id for scope, one in held if scope is Scope.REGION),
        seats=frozenset(one.region_id for one in governing),
        realm=frozenset().union(*(one.parts for one in governing)),
        wholes=frozenset().union(*(one.wholes for one in working)),
        parts=frozenset().union(*(one.parts for one in working)),
    )


def _scope(action: Action, held: Held) -> Scope | None:
    scope = scope_of(action, held.role)
    return scope.held_in(office=held.office) if scope is not None else None


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
