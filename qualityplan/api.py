"""The HTTP API: the apps' routers under one address, with one way in, one language and one shape of refusal.

Fields are added, never renamed or removed. The docs page brings everything from this service: it works offline and
under the strictest content security policy.
"""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.docs import DocsBase

from departments import access
from departments.api import router as departments
from departments.http_api.authentication import WAYS_IN, PerPerson, person_of_api_request
from departments.http_api.bodies import refusal_of_body
from departments.http_api.contract import Fault, Faults, RequestRefusedError, translate_framework_error
from departments.http_api.description import DescribedAPI
from departments.models import User
from departments.permissions import Action
from imports.api import router as imports
from plans.api import router as plans
from qualityplan.version import VERSION
from targets.api import router as targets
from tasks.api import router as tasks

Run = Callable[..., Any]
"""An operation as ninja calls it: each takes and gives something else."""

DESCRIPTION = """Version 1 of the interface, under `/api/v1/`; the number above is that of the release that answers.

What was promised, how it stands and from which figures, for other systems of the city.

Decimals are strings with the full value; months are written 2014-06, dates and times as in ISO 8601, times with their
offset. Lists are paged with `limit` (up to 1000) and `offset`. Sentences are Chinese, or English if `Accept-Language`
asks for it. A refusal is `{"errors": [{"row", "column", "code", "message"}]}`."""


class Docs(DocsBase):
    """The browsable page: ninja's own copy of Swagger UI, in a page of ours without any inline script."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """Draws the page, which reads the OpenAPI document from the address beside it."""
        return render(request, "api/docs.html", {"api": api, "document": self.get_openapi_url(api, kwargs)})


api = DescribedAPI(
    title="qualityplan",
    version=VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    auth=WAYS_IN,
    docs=Docs(),
    throttle=PerPerson(settings.API_RATE),
)


def in_readers_language(run: Run) -> Run:
    """Other systems choose the language by Accept-Language; a switch used on the pages comes first. No cache may mix
    what two people are told."""

    @wraps(run)
    def answer(request: HttpRequest, **arguments: object) -> HttpResponse:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response: HttpResponse = run(request, **arguments)
        response.headers["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language", "Authorization"])
        return response

    return answer


def for_members(operation: Run) -> Run:
    """Refuses whoever holds no role; each operation decides how much the others see."""

    @wraps(operation)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> object:
        access.demand(person_of_api_request(request), Action.VIEW_PLAN)
        return operation(request, *arguments, **named)

    return guarded


@api.exception_handler(AuthenticationError)
def not_known(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """401: the request has neither a valid token nor a session."""
    response = refuse(request, 401, "not_authenticated", _("Log in, or send a valid token: Authorization: Bearer …"))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(PermissionDenied)
def not_allowed(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """403: the role does not allow it."""
    return refuse(request, 403, "forbidden", str(error))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """404: not there, or not to be seen by this person; the answer does not tell which."""
    return refuse(request, 404, "not_found", _("There is no such thing, or you may not see it."))


@api.exception_handler(Throttled)
def too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    """429: more requests than one person may send; says when to try again."""
    seconds = ceil(error.wait or 1)
    told = _("Too many requests. Try again in %(seconds)s seconds.") % {"seconds": seconds}
    response = refuse(request, 429, "throttled", told)
    response.headers["Retry-After"] = str(seconds)
    return response


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja refuses with a status of its own: a session without its CSRF token, a body that cannot be read."""
    if error.status_code == 403:
        message = _("The request does not prove that it comes from a page of this service. Send the CSRF token.")
        return refuse(request, 403, "csrf", message)
    return body_not_read(request, error.__cause__ or error)


@api.exception_handler(RequestDataTooBig)
def body_not_read(request: HttpRequest, error: BaseException) -> HttpResponse:
    """413 or 422: the body is too large, or is no JSON."""
    if is_stranger(request):
        return not_allowed(request, access.refusal())
    return not_taken(request, refusal_of_body(error))


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422: every parameter that could not be understood, and why."""
    if is_stranger(request):
        return not_allowed(request, access.refusal())
    faults = [
        Fault(column=str(fault["loc"][-1]), code=fault["type"], message=translate_framework_error(fault))
        for fault in error.errors
    ]
    return api.create_response(request, Faults(errors=faults), status=422)


def is_stranger(request: HttpRequest) -> bool:
    """Whether the person is known but holds no role: such a person learns this before anything about what was sent."""
    known = getattr(request, "auth", None)
    return isinstance(known, User) and not access.reach(known, Action.VIEW_PLAN)


@api.exception_handler(RequestRefusedError)
def not_taken(request: HttpRequest, error: RequestRefusedError) -> HttpResponse:
    """The answer to a request whose content is refused, with every reason: a conflict, bad values, too much."""
    return api.create_response(request, Faults(errors=error.faults), status=error.status)


def refuse(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """A refusal with one reason."""
    return api.create_response(request, Faults(errors=[Fault(code=code, message=message)]), status=status)


api.add_decorator(in_readers_language, mode="view")
api.add_decorator(for_members)
for router in (departments, plans, targets, tasks, imports):
    api.add_router("", router)
