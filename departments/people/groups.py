"""各县（市、区）: a department that stands for the government of each part of its region.

A plan names it as one unit. When it is asked who answers, the governments do, each for itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Q, QuerySet

from departments.models import Department

COUNTY = Department.Kind.COUNTY_GOVERNMENT
EACH_COUNTY = Department.Kind.EACH_COUNTY


def groups_standing_for(departments: "Collection[int] | QuerySet[Department, object]") -> "QuerySet[Department]":
    """The departments that stand for each county and so for one of these departments."""
    members = {"region__parts__departments__in": departments, "region__parts__departments__kind": COUNTY}
    return Department.objects.filter(kind=EACH_COUNTY, **members)


def members_of(departments: Iterable[Department]) -> Mapping[int, Sequence[Department]]:
    """The members of each of these departments that stands for others, by its id and in the order of their codes: one
    query, or none where no department stands for others."""
    groups = {department.pk: department.region_id for department in departments if department.kind == EACH_COUNTY}
    if not groups:
        return {}
    found: dict[int, list[Department]] = defaultdict(list)
    governments = Department.objects.filter(kind=COUNTY, region__parent__in=set(groups.values()))
    for member in governments.select_related("region").order_by("code"):
        found[member.region.parent_id or 0].append(member)
    return {pk: found[region_id] for pk, region_id in groups.items()}


def spread_groups(departments: "QuerySet[Department]") -> "QuerySet[Department]":
    """The same departments, with the governments of the counties in place of the department that stands for them."""
    groups = departments.filter(kind=EACH_COUNTY).values("region")
    named = Q(pk__in=departments.exclude(kind=EACH_COUNTY).values("pk"))
    return Department.objects.filter(named | Q(kind=COUNTY, region__parent__in=groups)).order_by("kind", "code")
