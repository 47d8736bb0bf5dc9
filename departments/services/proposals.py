"""Roles that wait for a second administrator: which do, who may decide, and what waits.

A role that approves lets a figure become official, and a role of administrator makes such roles. Whoever could give
them alone could make two people and be both. So such a role, given to somebody who holds it nowhere yet, waits until
another administrator who might have given it confirms it. Where there is no other one, it takes effect at once.
"""

from django.db.models import F, Q, QuerySet

from departments.models import Department, ProposedRole, User
from departments.models.lineage import RegionsAbove, parse_region_ids
from departments.permissions import Role, approves, grantable


def second_administrators(person: User, department: Department, role: Role, *, by: User) -> "QuerySet[User]":
    """Who else might give the person the role in the department: neither who gives it nor who gets it."""
    office = Department.Kind.GOVERNMENT_OFFICE
    higher = {"memberships__department__kind": office, "memberships__department__region__in": _wholes(department)}
    chiefs = Q(**higher)
    if role in grantable(everywhere=False, county=department.kind == Department.Kind.COUNTY_GOVERNMENT):
        chiefs |= Q(memberships__department=department)
    found = User.objects.filter(chiefs, memberships__role=Role.ADMINISTRATOR.value, is_active=True)
    return found.exclude(pk__in=[person.pk, by.pk]).distinct()


def _wholes(department: Department) -> frozenset[int]:
    """The ids of the department's region and of every region that it is a part of."""
    above = Department.objects.annotate(above=RegionsAbove(F("region_id"))).values_list("above", flat=True)
    return parse_region_ids(above.get(pk=department.pk))


def is_first_approving_role(person: User, role: Role) -> bool:
    """Whether it is a role that approves, and the person holds it nowhere yet."""
    return approves(role) and not person.memberships.filter(role=role.value).exists()


def waiting_roles_of(person: User) -> "QuerySet[ProposedRole]":
    """What waits for a decision."""
    return person.proposed_roles.waiting().select_related("department__region", "proposed_by")
