"""Plans and their clauses for other systems, and how a month travels."""

import re
from datetime import date
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Path, Query, Router, Schema
from ninja.pagination import paginate
from pydantic import BeforeValidator, InstanceOf, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from departments.http_api.authentication import person_of_api_request
from departments.http_api.contract import PLAN_REFUSALS, REFUSALS, Fault, Paging, RequestRefusedError
from departments.models import User
from plans.models import Clause, Plan
from plans.periods import Month

router = Router(tags=["plans"])


def read_month(value: object) -> object:
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
    WithJsonSchema({"type": "string", "pattern": "^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])$", "examples": ["2014-06"]}),
]
"""A month travels as "2014-06"."""

AskedMonth = Annotated[
    MonthText | None, Query(description="The month as of which to judge. Default: the last with data.")
]

PlanCode = Annotated[
    str,
    Path(
        max_length=60,
        description="The plan's code, or a year while one plan alone begins in it.",
        examples=["wenzhou-2014-quality", "2014"],
    ),
]
"""The code of a plan in an address, or a year, while one plan alone begins in it."""


class PlanOut(Schema):
    """An official document, for the months from the first to the last; `region` is the code of the region that it is
    for, `year` the one in which it begins. `demonstration`: no government has issued it, it is made up."""

    code: str = Field(description="Names the plan in addresses.")
    number: str = Field(description="The document's number; empty if it has none.")
    title: str = Field(description="The document's title.")
    issued_on: date = Field(description="The day on which it was issued.")
    region: str = Field(description="The code of the region that it is for.")
    first_month: MonthText = Field(description="The first month for which it holds.")
    last_month: MonthText = Field(description="The last month for which it holds.")
    year: int = Field(description="The calendar year in which it begins.")
    demonstration: bool = Field(description="Whether it is made up: no government has issued it.")

    @staticmethod
    def resolve_region(plan: Plan) -> str:
        return plan.region.code


class ClauseOut(Schema):
    """A numbered passage, verbatim; all of a plan's clauses, joined by line breaks, are the document's body."""

    path: str = Field(description="The clause's number, such as 二(二)2.")
    parent: str | None = Field(description="The number of the clause that it stands in; null at the top.")
    heading: str = Field(description="Its heading; empty if it has none.")
    text: str = Field(description="Its words, verbatim.")

    @staticmethod
    def resolve_parent(clause: Clause) -> str | None:
        return clause.parent.path if clause.parent else None


def find_plan_by_code_or_year(asked: str, user: User) -> Plan:
    """The plan of a code or, for systems that still name plans by year, the plan that begins in the year.

    404 if there is no such plan that the person sees; RequestRefusedError (409), with the codes, if several plans begin
    in the year.
    """
    plans = Plan.objects.published().visible_to(user)
    found = plans.filter(code=asked).first()
    if found is not None or not _YEAR.fullmatch(asked):
        return found or get_object_or_404(plans, code=asked)
    begun = list(plans.holding_first(int(asked)))
    if len(begun) > 1:
        codes = ", ".join(sorted(plan.code for plan in begun))
        message = _("Several plans begin in %(year)s. Name one by its code: %(codes)s.")
        raise RequestRefusedError(409, [Fault(code="several_plans", message=message % {"year": asked, "codes": codes})])
    return begun[0] if begun else get_object_or_404(plans, code=asked)


_YEAR = re.compile(r"(19|2[0-9])[0-9]{2}")


@router.get("/plans", operation_id="list_plans", summary="Plans", response={200: list[PlanOut], **REFUSALS})
@paginate(Paging)
def plans(request: HttpRequest) -> QuerySet[Plan]:
    """Every plan in force that the person sees, the one that began last first."""
    return Plan.objects.published().visible_to(person_of_api_request(request))


@router.get(
    "/plans/{plan}/clauses",
    operation_id="list_clauses",
    summary="A plan's clauses",
    response={200: list[ClauseOut], **PLAN_REFUSALS},
)
@paginate(Paging)
def clauses(request: HttpRequest, plan: PlanCode) -> QuerySet[Clause]:
    """A plan's clauses in the order of the document."""
    return (
        Clause.objects.filter(plan=find_plan_by_code_or_year(plan, person_of_api_request(request)))
        .select_related("parent")
        .order_by("order")
    )
