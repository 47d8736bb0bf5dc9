"""What every answer has, whichever part of the service has given it: guarding headers, and JSON under the API."""

import errno
import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy
from django_guid import get_guid
from whitenoise.middleware import WhiteNoiseFileResponse

from departments.auditing import chain
from departments.database.outages import database_is_away
from departments.http_api.contract import Fault, Faults
from qualityplan.answering.middleware import chosen_language

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]

API = "/api/"
REASONS = {
    400: ("bad_request", gettext_lazy("The request cannot be read. Check its address, its headers and its body.")),
    403: ("forbidden", gettext_lazy("The request is not allowed.")),
    404: ("not_found", gettext_lazy("There is no such address. /api/v1/docs describes those that there are.")),
    405: ("method_not_allowed", gettext_lazy("This address does not take the method. The header Allow names those.")),
    413: ("too_large", gettext_lazy("The request is too large. Split it.")),
    503: (
        "database_away",
        gettext_lazy(
            "The database cannot be reached at the moment. Repeat the request after as many seconds as Retry-After "
            "names; with the same Idempotency-Key nothing is done twice."
        ),
    ),
    507: ("no_room", gettext_lazy("The disk of the server is full or takes nothing. Tell its administrator.")),
}
"""Status → what other systems are told where no operation has refused by itself."""
FAILED = (
    "failed",
    gettext_lazy(
        "The service failed, and nothing was changed. Try again in a minute. If it stays like this, tell the "
        "administrator the number of the request: %(request)s"
    ),
)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
FULL_DATABASE = "53100"
"""PostgreSQL's code for a disk that is full."""
AGAIN_AFTER = 10
"""Seconds after which one may ask again while the database is away."""


def failed(request: HttpRequest) -> HttpResponse:
    """The page of a failure; those with sentences of their own are 503 where PostgreSQL is away, and 507 where a disk
    is full or takes nothing. In the person's language, wherever it failed."""
    error = sys.exc_info()[1]
    with translation.override(chosen_language(request)):
        if database_is_away(error):
            logger.error("the database is away", extra={"error": type(error).__name__, "said": str(error)})
            page = render_to_string("503.html")
            return HttpResponse(page, status=503, headers={"Retry-After": str(AGAIN_AFTER)})
        if _is_full(error):
            return HttpResponse(render_to_string("507.html"), status=507)
        page = render_to_string("500.html", {"number_of_request": get_guid()})
        return HttpResponseServerError(page)


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if getattr(error, "sqlstate", "") == FULL_DATABASE or str(error) == "database or disk is full":
            return True
        error = error.__cause__
    return False


def headers_middleware(get_response: View) -> View:
    """No browser and no proxy keeps an answer, but static files; and an answer that a guard gives before any page is
    reached, such as 400 to a wrong host, has the headers of all others."""
    secured = SecurityMiddleware(get_response)

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, WhiteNoiseFileResponse):
            response.headers["Cache-Control"] = "private, no-store"
            _tell_head(response)
        secured.process_response(request, response)
        return response

    return answer


def _tell_head(response: HttpResponse) -> None:
    """With everything that is taken away as a file goes the head of the audit chain of this moment."""
    if response.status_code == 200 and response.headers.get("Content-Disposition", "").startswith("attachment"):
        response.headers["X-Audit-Chain"] = str(chain.read_chain_head())


def api_refusals_middleware(get_response: View) -> View:
    """Other systems are refused in JSON, wherever the refusal comes from: a wrong address, host, method, a failure."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(API) and response.status_code >= 400 and not _is_json(response):
            _refuse_in_json(request, response)
        return response

    return answer


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def _refuse_in_json(request: HttpRequest, response: HttpResponse) -> None:
    code, words = REASONS.get(response.status_code, FAILED if response.status_code >= 500 else REASONS[400])
    language = translation.get_language_from_request(request)
    with translation.override(language):
        body = Faults(errors=[Fault(code=code, message=words % {"request": get_guid()})])
    response.content = JsonResponse(body.model_dump(), json_dumps_params={"ensure_ascii": False}).content
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Language"] = language
