"""Departments and regions for other systems."""

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import REFUSALS, Paging
from departments.models import Department, Region
from departments.people.seeing import departments_seen_by, regions_seen_by

router = Router(tags=["departments"])


class DepartmentOut(Schema):
    """Who answers for something; `aliases` are other names under which a plan means the same unit."""

    code: str = Field(description="Its code, by which everything else names it.")
    name: str = Field(description="The full official name.")
    short_name: str = Field(description="What pages call it.")
    aliases: list[str] = Field(description="Other names under which a plan means the same unit.")
    kind: str = Field(
        description="bureau, central_agency, party_organ, mass_organisation, government_office, county_government or "
        "each_county."
    )

    @staticmethod
    def resolve_aliases(department: Department) -> list[str]:
        return department.alias_names


class RegionOut(Schema):
    """Where something is measured; `parent` is the code of the region it is part of."""

    code: str = Field(description="Six digits of GB/T 2260.")
    name: str = Field(description="The official name.")
    parent: str | None = Field(description="The code of the region that it is part of; null for the topmost.")

    @staticmethod
    def resolve_parent(region: Region) -> str | None:
        return region.parent.code if region.parent else None


class ResponsibleOut(Schema):
    """A department with its role for a target or a task: lead, shared or support."""

    code: str = Field(description="The department's code.")
    role: str = Field(description="lead, shared or support.")


@router.get(
    "/departments",
    operation_id="list_departments",
    summary="Departments",
    response={200: list[DepartmentOut], **REFUSALS},
)
@paginate(Paging)
def departments(request: HttpRequest) -> QuerySet[Department]:
    """Every department of the own city, above and below it, and those that a plan names, by kind and code."""
    return departments_seen_by(person_of_api_request(request))


@router.get("/regions", operation_id="list_regions", summary="Regions", response={200: list[RegionOut], **REFUSALS})
@paginate(Paging)
def regions(request: HttpRequest) -> QuerySet[Region]:
    """The own region, those above and those below it, by their codes of GB/T 2260."""
    return regions_seen_by(person_of_api_request(request)).select_related("parent")
