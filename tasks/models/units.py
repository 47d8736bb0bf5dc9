"""Which departments a person acts for, and which ones a plan may call upon."""

from django.db.models import Q, QuerySet

from departments.access import Reach
from departments.models import Department, Region
from departments.people.groups import EACH_COUNTY
from plans.models import AbstractAssignment, Plan
from targets.models import Target

COUNTY = Department.Kind.COUNTY_GOVERNMENT


def units_within(reached: Reach) -> "QuerySet[Department]":
    """The departments that a reach covers: the departments that it names, and the governments of the counties in its
    regions."""
    return Department.objects.filter(Q(pk__in=reached.departments) | Q(kind=COUNTY, region__in=reached.regions))


def is_within(reached: Reach, unit: Department) -> bool:
    """Whether the reach covers the department."""
    return unit.pk in reached.departments or (unit.kind == COUNTY and unit.region_id in reached.regions)


def units_for(plan: Plan) -> "QuerySet[Department]":
    """The departments that may be asked for something about a plan: those of its region and of the parts, those that it
    names, and those that report what it measures. Another city's cannot be asked, each county only by its name."""
    below = Region.objects.below(plan.region_id).values("pk")
    reporting = Q(pk__in=Target.objects.filter(plan=plan).values("indicator__department"))
    return Department.objects.filter(Q(region__in=below) | reporting | _named_by(plan)).exclude(kind=EACH_COUNTY)


def departments_about(plan: Plan) -> "QuerySet[Department]":
    """The departments that a plan is shown with: those of its region, the governments of the parts, and those that it
    names."""
    below = Region.objects.below(plan.region_id).values("pk")
    own = Q(region=plan.region_id) | Q(kind=COUNTY, region__in=below)
    return Department.objects.filter(own | _named_by(plan))


def _named_by(plan: Plan) -> Q:
    found = Q(pk__in=())
    for assignment in AbstractAssignment.__subclasses__():
        found |= Q(pk__in=assignment._default_manager.filter(**{assignment.of_plan: plan}).values("department"))
    return found
