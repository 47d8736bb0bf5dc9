"""Requests that no part of the service could read: refused before anything looks at them.

PostgreSQL stores no NUL and fails where one is asked for, so that one in an address, a cookie or a field of a form is
refused here, for all pages. A body of JSON is read by the API, which refuses it in its own words.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from qualityplan.answering.answers import API
from qualityplan.answering.middleware import chosen_language

NUL = "\0"


class UnreadableMiddleware:
    """400 with a sentence for a request that holds a NUL. A form is read once it is known that a page takes it: the
    check that it comes from a page of ours reads it as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info or _holds(request.COOKIES.items()) or _holds(_pairs(request.GET)):
            return refuse_unreadable_request(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """A form that was sent."""
        if request.path_info.startswith(API) or not _holds(_pairs(request.POST)):
            return None
        return refuse_unreadable_request(request)


def refuse_unreadable_request(request: HttpRequest) -> HttpResponse:
    """The answer to such a request."""
    with translation.override(chosen_language(request)):
        reason = _(
            "The address or a field holds a sign that cannot be stored (NUL). Nothing was changed. Go back, take it "
            "out and send it again."
        )
        return render(request, "400.html", {"reason": reason}, status=400)


def _pairs(sent: Any) -> Iterable[tuple[str, str]]:
    return ((name, str(value)) for name, values in sent.lists() for value in values)


def _holds(pairs: Iterable[tuple[str, str]]) -> bool:
    return any(NUL in name or NUL in value for name, value in pairs)
