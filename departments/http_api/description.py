"""The service's description of itself: OpenAPI as ninja makes it, completed by what it leaves out and put right where
the standard has another form."""

from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

Described = dict[str, Any]
"""A part of the document: it holds whatever JSON holds."""

MEANINGS = {
    200: "What was asked for.",
    201: "It was kept.",
    202: "It was understood; a worker does the rest.",
    400: "The request cannot be read: a NUL in its address, a wrong host, a broken header.",
    401: "Neither a valid token nor a session.",
    403: "The role does not allow it, a figure is another unit's to enter, or a session came without its CSRF token.",
    404: "Not there, or not to be seen by this person; the answer does not tell which.",
    409: "It conflicts with what has happened meanwhile, or a year names several plans.",
    413: "The request is too large. Split it.",
    422: "What was sent cannot be understood or breaks a rule; all reasons are told together.",
    429: "More requests than a person may send in a minute.",
    500: "The service failed, and nothing was changed.",
    503: "The database cannot be reached at the moment; with the same Idempotency-Key nothing is done twice.",
    507: "The disk of the server is full or takes nothing.",
}
"""Status → what it means in every operation."""

_WAIT = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "string"}}}
HEADERS: dict[int, Described] = {
    401: {"WWW-Authenticate": {"description": "The way in: Bearer.", "schema": {"type": "string"}}},
    429: _WAIT,
    503: _WAIT,
}
"""Status → the headers that its answers have beside those of all answers."""


class DescribedAPI(NinjaAPI):
    """An API whose document a generator of clients can rely on."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The document, as OpenAPI 3.1 wants it."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"].pop("Input", None)  # the parameters of paging, which stand where they belong
        for name, schema in document["components"]["schemas"].items():
            if name.startswith("Paged"):  # which ninja makes, without a word
                schema["description"] = "A part of a list."
                schema["properties"]["items"]["description"] = "The items from `offset` on, at most `limit` of them."
        for operation in operations_of(document):
            for parameter in operation["parameters"]:
                parameter.pop("examples", None)  # a list, as in its schema, where the standard has them by name
                parameter["schema"] = _without_null(parameter["schema"])
            for body in operation.get("requestBody", {"content": {}})["content"].values():
                body["schema"] = _without_null(body["schema"])
            for status, answer in operation["responses"].items():
                answer["description"] = MEANINGS[status]
                if status in HEADERS:
                    answer["headers"] = HEADERS[status]
        return document


def operations_of(document: Described) -> Iterator[Described]:
    """Every operation of the document."""
    for methods in document["paths"].values():
        yield from methods.values()


def _without_null(schema: Described) -> Described:
    """What may be left out is not required, and is not null: no address and no empty body says that."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return {name: said for name, said in schema.items() if name != "anyOf"} | kinds[0] if len(kinds) == 1 else schema
