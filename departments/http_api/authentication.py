"""Who asks through the HTTP API: the holder of a bearer token, or the person logged in to the pages."""

from time import time
from typing import cast

from django.core.cache import BaseCache, caches
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth
from ninja.throttling import SimpleRateThrottle

from departments.credentials.obligations import WORDS, first_duty
from departments.models import ApiToken, User


class AuthenticatedRequest(HttpRequest):
    """A request as ninja leaves it after authentication."""

    auth: User


class BearerToken(HttpBearer):
    """`Authorization: Bearer TOKEN`; the token of an active person that is neither expired nor revoked."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The token's owner, who becomes the request's user: history and the audit record ask for the user."""
        found = ApiToken.objects.usable(token, timezone.now()).first()
        if found is None:
            return None
        request.user = found.user
        request.api_token = found  # type: ignore[attr-defined]  # for what is asked after it
        return found.user


class BrowserSession(SessionAuth):
    """The session of the pages; what changes anything needs its CSRF token, because a browser sends cookies unasked.
    What a person must do before the pages open must be done before this, too."""

    def authenticate(self, request: HttpRequest, key: str | None) -> object:
        user = super().authenticate(request, key)
        if isinstance(user, User) and (duty := first_duty(user, request.session)):
            raise PermissionDenied(str(WORDS[duty]))
        return user


class PerPerson(SimpleRateThrottle):
    """How many requests a person may send in a time ("300/m"), over all tokens and sessions together: from one full
    minute to the next. Nothing of a request is kept in here, since all threads share it."""

    num_requests: int
    duration: int

    def allow_request(self, request: HttpRequest) -> bool:
        """Counted in the cache that all processes share; in the database while that is away."""
        key = f"api_rate_{person_of_api_request(request).pk}_{int(time() // self.duration)}"
        try:
            count = _counted(caches["shared"], key, self.duration)
        except ValueError:
            count = _counted(caches["default"], key, self.duration)
        return count <= self.num_requests

    def wait(self) -> float:
        """Until the next minute begins."""
        return self.duration - time() % self.duration


def _counted(cache: BaseCache, key: str, seconds: int) -> int:
    """How often this was called with the key; ValueError from a cache that is away."""
    cache.add(key, 0, 2 * seconds)
    return cache.incr(key)


WAYS_IN = (BearerToken(), BrowserSession())


def person_of_api_request(request: HttpRequest) -> User:
    """Who asks; there after authentication."""
    return cast(AuthenticatedRequest, request).auth


def token_name(request: HttpRequest) -> str:
    """The name of the token that was sent; nothing for a session."""
    found: ApiToken | None = getattr(request, "api_token", None)
    return found.name if found is not None else ""
