"""Who may come through a door: the guard for views and services, and how far a person reaches.

The table is `permissions.PERMISSIONS`; nothing else in the project compares roles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import NamedTuple, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from departments.models import Department, Membership, User
from departments.permissions import Action, Role, Scope, scope_of

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person's permission for an action covers, over all roles held; ids of departments and regions.

    Of the roles that look after a whole region: `seats` are these regions, for whose own plans the person acts; `realm`
    is all of which everything is covered, the seats and, where the action reaches further, their parts; `above` are the
    seats and every region that they are parts of. Of the roles in a unit: `departments` whose rows are covered, a
    county's `regions`, these with every region that they are parts of (`upward`), and the units' own regions with all
    their `parts` and with their `wholes`.
    """

    seats: frozenset[int] = frozenset()
    realm: frozenset[int] = frozenset()
    above: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    regions: frozenset[int] = frozenset()
    upward: frozenset[int] = frozenset()
    parts: frozenset[int] = frozenset()
    wholes: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.realm or self.departments or self.regions)

    @property
    def governs(self) -> bool:
        """Whether the person takes the action for a whole region, and not only for a unit."""
        return bool(self.seats)

    @property
    def lineage(self) -> frozenset[int]:
        """Every region of which something may concern the person; those of other cities are not among them."""
        return self.realm | self.above | self.parts | self.wholes

    @property
    def nearby(self) -> frozenset[int]:
        """The regions whose plans in force the person sees, whomever these name."""
        return self.realm | self.wholes

    @property
    def judged(self) -> frozenset[int]:
        """The regions whose lights the person sees beside those of a plan's own region."""
        return self.realm | self.parts | self.wholes

    def acts_for(self, region_id: int) -> bool:
        """Whether the person may take the action for the plans of exactly this region."""
        return region_id in self.seats

    def sees(self, region_id: int) -> bool:
        """Whether all that belongs to the region is covered: it is governed, or a part of what is."""
        return region_id in self.realm

    def covers(self, *, department_id: int | None, region_id: int, seat_id: int | None = None) -> bool:
        """Whether a row of this department and region is covered; `seat_id` is the region in which the department is,
        and is asked for the sake of those who look after all departments there."""
        own = department_id in self.departments or region_id in self.regions
        return own or region_id in self.realm or seat_id in self.realm


def reach(user: User, action: Action) -> Reach:
    """How far the person's permission for the action reaches, over all roles held."""
    return reaches_by_action(user)[action]


def reaches_by_action(user: User) -> Mapping[Action, Reach]:
    """How far the person's permission for each action reaches."""
    return _reaches(tuple(map(_held, user.held)) if user.is_active else ())


class HeldRole(NamedTuple):
    """Of a role that is held, what permissions depend on."""

    role: Role
    office: bool
    department_id: int
    region_id: int
    parts: frozenset[int]
    wholes: frozenset[int]


def _held(membership: Membership) -> HeldRole:
    office = membership.department.kind == Department.Kind.GOVERNMENT_OFFICE
    return HeldRole(
        Role(membership.role),
        office,
        membership.department_id,
        membership.department.region_id,
        membership.parts,
        membership.wholes,
    )


@lru_cache(maxsize=4096)
def _reaches(roles: tuple[HeldRole, ...]) -> Mapping[Action, Reach]:
    return MappingProxyType({action: _reach(action, roles) for action in Action})


def _reach(action: Action, roles: tuple[HeldRole, ...]) -> Reach:
    held = [(_scope(action, role), role) for role in roles]
    whole = [role for scope, role in held if scope is Scope.REALM]
    governing = whole + [role for scope, role in held if scope is Scope.SEAT]
    working = [role for scope, role in held if scope in (Scope.DEPARTMENT, Scope.REGION)]
    seats = frozenset(role.region_id for role in governing)
    return Reach(
        seats=seats,
        realm=seats.union(*(role.parts for role in whole)),
        above=frozenset().union(*(role.wholes for role in governing)),
        departments=frozenset(role.department_id for scope, role in held if scope is Scope.DEPARTMENT),
        regions=frozenset(role.region_id for scope, role in held if scope is Scope.REGION),
        upward=frozenset().union(*(role.wholes for scope, role in held if scope is Scope.REGION)),
        parts=frozenset().union(*(role.parts for role in working)),
        wholes=frozenset().union(*(role.wholes for role in working)),
    )


def _scope(action: Action, held: HeldRole) -> Scope | None:
    scope = scope_of(action, held.role)
    return scope.held_in(office=held.office) if scope is not None else None


def demand(user: User, action: Action) -> Reach:
    """The person's reach for the action; PermissionDenied, with a sentence that says whom to ask, if there is none."""
    reached = reach(user, action)
    if not reached:
        raise refusal()
    return reached


def demand_acting(user: User, action: Action, region_id: int) -> None:
    """PermissionDenied unless the person may take the action for the plans of exactly this region."""
    if not reach(user, action).acts_for(region_id):
        raise refusal()


def acting_for(action: Action, region_id: int) -> list[User]:
    """Who may take the action for the plans of exactly this region, by name."""
    roles = [role.value for role in Role if scope_of(action, role) not in (None, Scope.DEPARTMENT, Scope.REGION)]
    holding = Membership.objects.filter(role__in=roles, department__region=region_id).values("user")
    people = User.objects.filter(is_active=True, pk__in=holding).order_by("username")
    return [person for person in people if reach(person, action).acts_for(region_id)]


def refusal() -> PermissionDenied:
    """What a person is told who may not do something."""
    return PermissionDenied(_("Your role does not allow this. Ask your administrator for the role that does."))


def person_of_request(request: HttpRequest) -> User:
    """Who asks, in a view that lets in nobody who has not logged in."""
    return cast(User, request.user)


def requires(*actions: Action) -> Callable[[View], View]:
    """Guards a view: a person who is not logged in is sent to log in, one who may take none of the actions gets 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not any(reach(person_of_request(request), action) for action in actions):
                raise refusal()
            return view(request, *args, **kwargs)

        return _told_in_page(login_required(guarded))

    return decorate


def _told_in_page(view: View) -> View:
    """A switch in a page whose log-in has ended loads the whole page anew, which leads to the log-in: its form must not
    appear inside the page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if getattr(request, "htmx", False) and not request.user.is_authenticated:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return view(request, *args, **kwargs)

    return answer
