"""Which departments a person acts for."""

from django.db.models import Q, QuerySet

from departments.access import Reach
from departments.models import Department


def units_within(reached: Reach) -> "QuerySet[Department]":
    """The departments that a reach covers: those named, and the governments of the counties in its regions."""
    county = Department.Kind.COUNTY_GOVERNMENT
    return Department.objects.filter(Q(pk__in=reached.departments) | Q(kind=county, region__in=reached.regions))
