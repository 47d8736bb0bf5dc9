"""What other systems send: a body of JSON, read exactly, with everything told that is wrong with it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import ErrorDetails

from departments.http_api.contract import Fault, RequestRefusedError, translate_framework_error

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that could not be understood, and why: the framework's errors."""

    errors: tuple[ErrorDetails, ...]


def or_unread(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Reads a row of a list, or says why not: so a bad row does not hide what is wrong with the others."""
    try:
        return read(value)
    except ValidationError as error:
        return Unread(tuple(error.errors(include_url=False)))


def raw_body(request: HttpRequest) -> bytes:
    """The body as it came; RequestRefusedError (413) for more than is taken."""
    try:
        return request.body
    except RequestDataTooBig as error:
        raise refusal_of_body(error) from None


def read_body(request: HttpRequest, model: type[Model]) -> Model:
    """The body; RequestRefusedError (422) with all that is wrong if the body is no such object."""
    try:
        return model.model_validate(_exact(raw_body(request)))
    except (ValueError, RecursionError) as error:
        raise refusal_of_body(error) from None


def refusal_of_body(error: BaseException) -> RequestRefusedError:
    """Why a body was not read: 413 for one that is too large, 422 for one that is no such object."""
    if isinstance(error, RequestDataTooBig):
        return RequestRefusedError(413, [Fault(code="too_large", message=_("The request is too large. Split it."))])
    return RequestRefusedError(422, _faults(error))


def _exact(body: bytes) -> object:
    """JSON with its numbers as they are written: none becomes a binary float; ValueError for anything else."""
    return json.loads(body, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _faults(error: BaseException) -> list[Fault]:
    if isinstance(error, ValidationError):
        return faults_of(error.errors(include_url=False))
    message = _("The body is no JSON object: %(reason)s. Send UTF-8, each name once.") % {"reason": str(error)[:120]}
    return [Fault(code="not_json", message=message)]


def faults_of(errors: Iterable[ErrorDetails], row: int | None = None) -> list[Fault]:
    """The framework's errors as reasons of a refusal."""
    return [
        Fault(row=row, column=_column(error["loc"]), code=error["type"], message=translate_framework_error(error))
        for error in errors
    ]


def _column(place: tuple[int | str, ...]) -> str | None:
    names = [part for part in place if isinstance(part, str)]
    return names[0] if names else None


def describe_request_body(model: type[BaseModel], examples: Mapping[str, object]) -> dict[str, object]:
    """The body for the description of the API: its schema without references, and examples by name.

    It does not tell what stands for a field that is left out: an empty text, which is no day and no number.
    """
    schema = model.model_json_schema()
    content = {
        "schema": _resolved(schema, schema.get("$defs", {})),
        "examples": {name: {"value": value} for name, value in examples.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _resolved(node: object, known: Mapping[str, object]) -> object:
    if isinstance(node, list):
        return [_resolved(part, known) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolved(known[node["$ref"].removeprefix("#/$defs/")], known)
    return {name: _resolved(value, known) for name, value in node.items() if name not in ("$defs", "default")}
