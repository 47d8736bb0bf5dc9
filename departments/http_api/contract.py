"""What every answer of the HTTP API has in common: pages of a list, exact decimals, one shape of refusal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Field, Path, Query, Schema
from ninja.errors import ValidationError
from ninja.pagination import PaginationBase
from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

LAST_OFFSET = 1_000_000_000
"""Beyond any list, and within what every database takes as an offset."""


def write_decimal(value: Decimal) -> str:
    """The number in full: no exponent, no zeros at the end of its fraction."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Exact = Annotated[
    Decimal,
    PlainSerializer(write_decimal, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["93.3253588517"]}),
]
"""A decimal travels as a string with its full value: a JSON number would become a binary float on the way."""

YEARS = range(1900, 3000)
"""Years of which every database knows the moments in every time zone."""


def read_moment(value: object) -> object:
    """A moment in ISO 8601; without an offset it is the service's own time."""
    if not isinstance(value, str):
        return value
    try:
        moment = parse_datetime(value.strip())
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        message = _("A time is written like 2014-07-05T12:00:00+08:00; in an address the + must be percent-encoded.")
        raise PydanticCustomError("time", message)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def write_moment(moment: datetime) -> str:
    """With its offset, to the microsecond: what is sent back as a parameter means the same moment."""
    return timezone.localtime(moment).isoformat()


Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    PlainSerializer(write_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2014-07-05T12:00:00+08:00"]}),
]
"""A time travels with its offset."""

Code = Annotated[str, StringConstraints(pattern=r"^[-_a-zA-Z0-9]{1,60}$")]
"""The code of a department, an indicator, a target or a task."""

RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(examples=["330300"])]
"""The six-digit code of GB/T 2260."""


AskedRegion = Annotated[
    RegionCode | None, Query(description="The region, by its code of GB/T 2260. Default: the plan's, or every region.")
]
AskedMoment = Annotated[
    Moment | None, Query(description="Judge by the figures that were official at that time. Default: by those of now.")
]
AskedCode = Annotated[Code, Path(description="The target's code.")]


class Fault(Schema):
    """Why a request was refused: `column` names the parameter or column, `row` the row of a list that was sent."""

    row: int | None = Field(default=None, description="The row of a list that was sent, counted from 1.")
    column: str | None = Field(default=None, description="The parameter, field or header.")
    code: str = Field(description="The reason, for programs.")
    message: str = Field(description="The reason and what to do, in the reader's language.")


class Faults(Schema):
    """The body of every refusal."""

    errors: list[Fault] = Field(description="Every reason, of all rows.")


REFUSALS = dict.fromkeys((400, 401, 403, 422, 429, 500, 503), Faults)
"""What any operation may answer instead: not readable, not known, not allowed, not understood, too often, not able."""

NAMED_REFUSALS = REFUSALS | {404: Faults}
"""What an operation about something that is named may answer: it is not there, or not to be seen."""

PLAN_REFUSALS = NAMED_REFUSALS | {409: Faults}
"""What an operation about one plan may answer: 409 for a year in which several plans begin."""

WRITING_REFUSALS = REFUSALS | dict.fromkeys((409, 413, 507), Faults)
"""What an operation that changes anything may answer instead: a conflict, a body that is too large, a full disk."""


class RequestRefusedError(Exception):
    """To be raised where something that was sent is refused: the status, and every reason."""

    def __init__(self, status: int, faults: Sequence[Fault]) -> None:
        super().__init__(status, [fault.code for fault in faults])
        self.status, self.faults = status, list(faults)


FRAMEWORK: dict[str, str | Promise] = {
    "int_parsing": gettext_lazy("This must be a whole number."),
    "int_type": gettext_lazy("This must be a whole number."),
    "int_parsing_size": gettext_lazy("The number is too long."),
    "greater_than_equal": gettext_lazy("The number must be at least %(ge)s."),
    "less_than_equal": gettext_lazy("The number must be at most %(le)s."),
    "string_pattern_mismatch": gettext_lazy("This does not have the right form; see the description of the API."),
    "missing": gettext_lazy("This is missing. Add it."),
    "extra_forbidden": gettext_lazy("This field is not known. Check how it is spelled, or leave it out."),
    "string_type": gettext_lazy('This must be text, in quotation marks: "2014-06".'),
    "string_unicode": gettext_lazy("This text holds signs that are none. Send UTF-8."),
    "string_too_long": gettext_lazy("The text is too long: at most %(max_length)s characters."),
    "list_type": gettext_lazy("This must be a list: [ … ]."),
    "model_type": gettext_lazy("This must be an object: { … }."),
    "model_attributes_type": gettext_lazy("This must be an object: { … }."),
    "too_short": gettext_lazy("The list is empty. Send at least one row."),
    "too_long": gettext_lazy("The list has more than %(max_length)s rows. Send it in parts."),
    "literal_error": gettext_lazy("This must be one of: %(expected)s."),
}
"""What is told for the kinds of error that come from the framework, which speaks English only."""


def translate_framework_error(error: Mapping[str, object]) -> str:
    """An error of the framework in the reader's language."""
    known = FRAMEWORK.get(str(error["type"]))
    return str(known) % error.get("ctx", {}) if known is not None else str(error["msg"])


def bad_value(column: str, code: str, message: str) -> ValidationError:
    """The error to raise for a parameter that can be read but does not fit: 422, as for an unreadable parameter."""
    return ValidationError([{"loc": ("query", column), "type": code, "msg": message}])


class Paging(PaginationBase):
    """A list in parts: `limit` rows from `offset` on, and how many there are in all."""

    class Input(Schema):
        limit: int = Field(default=100, ge=1, le=1000, description="How many items to answer.")
        offset: int = Field(default=0, ge=0, le=LAST_OFFSET, description="How many items to leave out.")

    class Output(Schema):
        items: list[Any]  # Untyped: ninja puts the schema of the rows in its place
        count: int = Field(description="How many items there are in all.")

    def paginate_queryset(
        self, queryset: "QuerySet[Model]", pagination: Input, request: HttpRequest, **params: object
    ) -> dict[str, object]:
        """The part that was asked for; the queryset must have an order."""
        part = queryset[pagination.offset : pagination.offset + pagination.limit]
        return {"items": part, "count": self._items_count(queryset)}
