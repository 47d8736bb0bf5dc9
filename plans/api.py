"""Plans and their clauses for other systems, and how a month travels."""

from datetime import date
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Path, Router, Schema
from ninja.pagination import paginate
from pydantic import BeforeValidator, InstanceOf, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from departments.contract import REFUSALS, Paging
from plans.models import Clause, Plan
from plans.periods import Month

router = Router(tags=["plans"])


def read_month(value: Any) -> Any:
    """The month of "2014-06"."""
    if not isinstance(value, str):
        return value
    try:
        return Month.parse(value)
    except ValueError as error:
        raise PydanticCustomError("month", _("A month is written like 2014-06.")) from error


MonthText = Annotated[
    InstanceOf[Month],
    BeforeValidator(read_month),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2014-06"]}),
]
"""A month travels as "2014-06"."""

Year = Annotated[int, Path(ge=1900, le=2999, examples=[2014])]
"""The year of a plan in an address."""


class PlanOut(Schema):
    """An official document for one year; `region` is the code of the region that it is for."""

    year: int
    number: str
    title: str
    issued_on: date
    region: str

    @staticmethod
    def resolve_region(plan: Plan) -> str:
        return plan.region.code


class ClauseOut(Schema):
    """A numbered passage, verbatim; all of a plan's clauses, joined by line breaks, are the document's body."""

    path: str
    parent: str | None
    heading: str
    text: str

    @staticmethod
    def resolve_parent(clause: Clause) -> str | None:
        return clause.parent.path if clause.parent else None


def plan_of(year: int) -> Plan:
    """The plan of a year; 404 if there is none."""
    return get_object_or_404(Plan.objects.published(), year=year)


@router.get("/plans", response={200: list[PlanOut], **REFUSALS})
@paginate(Paging)
def plans(request: HttpRequest) -> QuerySet[Plan]:
    """Every plan, the newest first."""
    return Plan.objects.published()


@router.get("/plans/{year}/clauses", response={200: list[ClauseOut], **REFUSALS})
@paginate(Paging)
def clauses(request: HttpRequest, year: Year) -> QuerySet[Clause]:
    """A plan's clauses in the order of the document."""
    return Clause.objects.filter(plan=plan_of(year)).select_related("parent").order_by("order")
