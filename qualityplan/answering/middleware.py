"""What happens around every request: the language of the answer, one line in the log, and whether the log-in holds."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers

from departments.credentials.obligations import WORDS, first_duty
from departments.login import sittings
from departments.models import User
from departments.services.accounts import record
from plans.page_cache.visible_plans import note_plan
from qualityplan.running import patience
from qualityplan.watching import counting

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]

BACKGROUND = "X-Background"
"""A header of requests that a page sends by itself: they do not keep a log-in alive."""

OPEN_BEFORE_DUTIES = ("/accounts/", "/i18n/", "/metrics", "/api/")
"""What can be reached before a person's duties are done; the API refuses by itself, in its own words."""

OF_NOBODY = ("/metrics",)
"""What is told to monitoring, whoever asks and whether or not the database knows them."""


def chosen_language(request: HttpRequest) -> str:
    """The language the person chose with the switch, else Chinese.

    The browser's Accept-Language is not asked: many offices run an English browser and read Chinese.
    """
    try:
        return translation.get_supported_language_variant(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
    except LookupError:
        return settings.LANGUAGE_CODE


def language_middleware(get_response: View) -> View:
    """Answer in the chosen language; a cache must not mix the two."""

    def answer(request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ["Cookie"])
        return response

    return answer


def patience_middleware(get_response: View) -> View:
    """However often a request asks Redis, it waits for so long and no longer (see `qualityplan.running.patience`)."""

    def answer(request: HttpRequest) -> HttpResponse:
        with patience.begin_patience():
            return get_response(request)

    return answer


def request_log_middleware(get_response: View) -> View:
    """One line per request: method, route, status, milliseconds, and how many of them were spent waiting for Redis.
    Neither names, addresses nor what was typed. Monitoring is told the same by the route's name."""

    def answer(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - started
        match, waited = request.resolver_match, patience.patience_of_request()
        counting.count_request((match.view_name or match.route) if match else "none", response.status_code, seconds)
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": match.route if match else None,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "redis_milliseconds": round(waited.spent * 1000, 1) if waited else 0.0,
            },
        )
        return response

    return answer


def sitting_middleware(get_response: View) -> View:
    """A log-in ends when the person has asked for nothing for a while."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path in OF_NOBODY:
            return get_response(request)
        if sittings.is_over(request.session):
            record("account.timed_out", by=User.objects.filter(pk=request.session[SESSION_KEY]).first())
            request.session.flush()
        elif BACKGROUND not in request.headers:
            sittings.renew(request.session)
        return get_response(request)

    return answer


def plan_middleware(get_response: View) -> View:
    """Remembers which plan's pages somebody looks at: pages of no plan lead back there."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        code = request.resolver_match.kwargs.get("plan_code") if request.resolver_match else None
        looked = response.status_code in (200, 304) and request.method == "GET" and BACKGROUND not in request.headers
        if code and looked and isinstance(request.user, User):
            note_plan(request, code)
        return response

    return answer


def duties_middleware(get_response: View) -> View:
    """Whoever must choose a password or set up a second factor is led there, and nothing else opens before."""

    def answer(request: HttpRequest) -> HttpResponse:
        duty = None
        if not request.path.startswith(OPEN_BEFORE_DUTIES) and isinstance(request.user, User):
            duty = first_duty(request.user, request.session)
        if duty is None:
            return get_response(request)
        messages.warning(request, str(WORDS[duty]))
        return redirect(duty)

    return answer
