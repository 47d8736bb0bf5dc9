"""Departments and regions for other systems."""

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import REFUSALS, Paging
from departments.models import Department, Region
from departments.people.seeing import departments_seen_by, regions_seen_by

router = Router(tags=["departments"])


class DepartmentOut(Schema):
    """Who answers for something; `aliases` are other names under which a plan means the same unit."""

    code: str
    name: str
    short_name: str
    aliases: list[str]
    kind: str

    @staticmethod
    def resolve_aliases(department: Department) -> list[str]:
        return department.alias_names


class RegionOut(Schema):
    """Where something is measured; `parent` is the code of the region it is part of."""

    code: str
    name: str
    parent: str | None

    @staticmethod
    def resolve_parent(region: Region) -> str | None:
        return region.parent.code if region.parent else None


class ResponsibleOut(Schema):
    """A department with its role for a target or a task: lead, shared or support."""

    code: str
    role: str


@router.get("/departments", response={200: list[DepartmentOut], **REFUSALS})
@paginate(Paging)
def departments(request: HttpRequest) -> QuerySet[Department]:
    """Every department of the own city, above and below it, and those that a plan names, by kind and code."""
    return departments_seen_by(person_of_api_request(request))


@router.get("/regions", response={200: list[RegionOut], **REFUSALS})
@paginate(Paging)
def regions(request: HttpRequest) -> QuerySet[Region]:
    """The own region, those above and those below it, by their codes of GB/T 2260."""
    return regions_seen_by(person_of_api_request(request)).select_related("parent")
