"""The people whom somebody manages, as they are shown: a page of a list, or one person with what may be changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from allauth.mfa.models import Authenticator
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet

from departments import access
from departments.credentials import lockout
from departments.models import Department, Membership, PersonQuerySet, ProposedRole, User
from departments.permissions import Action, Role, grantable
from departments.services.accounts import managed_by, roles_to_grant, why_not_managed

PAGE = 50


class SecondFactor(TypedDict):
    """What the question adds to each person: whether there is a second factor."""

    factor: bool


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    ListedPerson = WithAnnotations[User, SecondFactor]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person on the list."""

    person: User
    roles: list[Membership]
    waiting: list[ProposedRole]
    locked: bool
    second_factor: bool


@dataclass(frozen=True, slots=True)
class DepartmentRoles:
    """A department in which the person's roles may be changed: the roles that may be given, and which of them the
    person holds."""

    department: Department
    offered: frozenset[Role]
    held: frozenset[Role]


def departments_managed_by(by: User) -> "QuerySet[Department]":
    """The departments whose people somebody manages."""
    reached = access.demand(by, Action.MANAGE_PEOPLE)
    return Department.objects.filter(Q(pk__in=reached.departments) | Q(region__in=reached.realm))


def people_of(by: User) -> PersonQuerySet:
    """Whom somebody manages: from the government office everybody in its region and the parts."""
    return managed_by(access.demand(by, Action.MANAGE_PEOPLE))


def page_of_people(
    by: User, *, q: str = "", department: Department | None = None, page: int | None = None
) -> tuple[list[PersonRow], "Page[ListedPerson]"]:
    """A page of the people who fit `q` (a part of a name) and `department`."""
    found = _fitting(people_of(by), q, department).with_roles().annotate(factor=_factor())
    shown = Paginator(found.order_by("-is_active", "username"), PAGE).get_page(page or 1)
    people = list(shown.object_list)
    locked = lockout.find_locked_people(people)
    return [_row(person, person.pk in locked) for person in people], shown


def row_of_person(person: User) -> PersonRow:
    """One person as on the list."""
    read = User.objects.filter(pk=person.pk).with_roles().annotate(factor=_factor()).get()
    return _row(read, person.pk in lockout.find_locked_people([person]))


def roles_by_department(person: User, by: User) -> list[DepartmentRoles]:
    """Where somebody may change the person's roles: the departments in which the person has any."""
    held: dict[Department, set[Role]] = {}
    for membership in person.memberships.filter(department__in=departments_managed_by(by)).select_related("department"):
        held.setdefault(membership.department, set()).add(Role(membership.role))
    offered = {department: roles_to_grant(by, department) for department in held}
    return [
        DepartmentRoles(department, offered[department], frozenset(roles) & offered[department])
        for department, roles in held.items()
        if offered[department]
    ]


def offered_anywhere(by: User) -> frozenset[Role]:
    """The roles that somebody may give in at least one department, for a form that asks for the department too."""
    everywhere = access.demand(by, Action.MANAGE_PEOPLE).governs
    county = departments_managed_by(by).filter(kind=Department.Kind.COUNTY_GOVERNMENT).exists()
    return grantable(everywhere=everywhere, county=county)


def deeds_for_account(row: PersonRow, by: User) -> list[str]:
    """What can usefully be done to the account, by the names in `services.DEEDS`; nothing if it is not managed."""
    if why_not_managed(row.person, by):
        return []
    if not row.person.is_active:
        return ["reactivate"]
    fitting = {"unlock": row.locked, "reset-second-factor": row.second_factor}
    return [
        name for name in ("unlock", "reset-password", "reset-second-factor", "deactivate") if fitting.get(name, True)
    ]


def _fitting(found: PersonQuerySet, q: str, department: Department | None) -> PersonQuerySet:
    if q:
        found = found.found(q)
    if department is not None:
        found = found.of_departments([department.pk])
    return found


def _factor() -> Exists:
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))


def _row(person: "ListedPerson", locked: bool) -> PersonRow:
    return PersonRow(person, person.roles_held, person.roles_to_come, locked, person.factor)
