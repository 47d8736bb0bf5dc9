"""The lock after repeated failures: how long it still holds, and taking it off early.

allauth counts the failures of a name and of an address in the cache that lies in the database, whatever else is away,
and refuses before it looks at the password: the right one does not open what is locked. Here is what allauth keeps to
itself.
"""

import time
from math import ceil

from allauth.account import app_settings
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import Rate
from django.core.cache import cache
from django.http import HttpRequest

from departments.models import User

APP, ACTION = "allauth.account", "login_failed"


def key_of(username: str) -> str:
    """Under which a name's failures are counted: whether or not it is anybody's, and however it is written."""
    return username.strip().lower()


def code_key(user: User) -> str:
    """Under which allauth counts a person's wrong codes of the second factor."""
    return f"mfa-auth-user-{user.pk}"


def minutes_left(request: HttpRequest, key: str) -> int:
    """For how many minutes nobody is let in under this key or from this address; 0 if it is not locked."""
    seconds = max((_seconds_left(_cached(request, rate, key), rate) for rate in _rates()), default=0.0)
    return ceil(seconds / 60)


def locked(users: list[User]) -> set[int]:
    """The ids of those who are locked, for a list of people, in one question."""
    found = cache.get_many([_name(rate, key) for user in users for rate, key in _own(user)])
    return {
        user.pk
        for user in users
        if any(_seconds_left(found.get(_name(rate, key), []), rate) > 0 for rate, key in _own(user))
    }


def open_again(user: User) -> None:
    """Forgets the person's failures, and nobody else's."""
    cache.delete_many([_name(rate, key) for rate, key in _own(user)])


def _rates() -> list[Rate]:
    return ratelimit.get_rates(app=APP, action=ACTION, config=app_settings.RATE_LIMITS)


def _own(user: User) -> list[tuple[Rate, str]]:
    """The counters that are the person's alone."""
    rates = [rate for rate in _rates() if rate.per == "key"]
    return [(rate, key) for rate in rates for key in (key_of(user.username), code_key(user))]


def _name(rate: Rate, key: str) -> str:
    return ratelimit.get_cache_key(HttpRequest(), app=APP, action=ACTION, rate=rate, key=key)


def _cached(request: HttpRequest, rate: Rate, key: str) -> list[float]:
    return cache.get(ratelimit.get_cache_key(request, app=APP, action=ACTION, rate=rate, key=key), [])


def _seconds_left(failures: list[float], rate: Rate) -> float:
    """`failures` holds the newest first; the lock ends when the oldest that counts is older than the rate's time."""
    if len(failures) < rate.amount:
        return 0.0
    return max(0.0, failures[rate.amount - 1] + rate.duration - time.time())
