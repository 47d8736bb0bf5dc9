"""Which departments and regions a person is shown: those of the own city, of what it is a part of and consists of.

Upper apps say through a port (`register_named_departments`) which further departments they name to a person, when they
start.
"""

from collections.abc import Callable

from django.db.models import Q, QuerySet

from departments import access
from departments.access import Reach
from departments.models import Department, Region, User
from departments.permissions import Action

Named = Callable[[User], Q]
_named: list[Named] = []


def register_named_departments(named: Named) -> None:
    """Registers which departments are shown to a person besides those of the own city."""
    if named not in _named:
        _named.append(named)


def regions_seen_by(user: User) -> "QuerySet[Region]":
    """The person's own regions, everything above them and everything below."""
    return Region.objects.filter(pk__in=access.reach(user, Action.VIEW_PLAN).lineage)


def departments_seen_by(user: User) -> "QuerySet[Department]":
    """The departments of these regions, and the departments that are named by what the person sees."""
    found = Q(region__in=access.reach(user, Action.VIEW_PLAN).lineage)
    for named in _named:
        found |= named(user)
    return Department.objects.filter(found)


def is_alone(reached: Reach) -> bool:
    """Whether nobody else's departments are in this installation: what belongs to no region is theirs as well."""
    return bool(reached.realm) and not Department.objects.exclude(region__in=reached.realm).exists()


def is_top(reached: Reach) -> bool:
    """Whether no department of a region above is in this installation: what all regions share is theirs to change."""
    higher = reached.above - reached.realm
    return bool(reached.realm) and not Department.objects.filter(region__in=higher).exists()
