"""The lock after repeated failures: how long it still holds, and taking it off early.

Failures are counted by the pair of a name and a network address, with growing waits: a stranger's do not keep the owner
out elsewhere. A guesser with many addresses meets the count of the name, one with many names that of the address; from
where a person has come in before, these two are not asked, so that nobody is locked out there by a stranger.

A guess is counted before it is evaluated, under a lock of the rows: guesses sent at the same time win nothing. The
right password does not open what is locked. Rows bear digests: neither names that were typed nor addresses are kept.
"""

import ipaddress
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from departments.models import Failures, User
from departments.rules.guesses import Draining, Growing, Rule

KNOWN = timedelta(days=90)
"""For how long an address is one from which the person has come in before."""
KEPT = timedelta(days=2)
"""After this time nothing of a count is left."""


class LockedError(ValidationError):
    """No guess is evaluated for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(_told(max(1, ceil(seconds / 60))), code="too_many_login_attempts")


def _told(minutes: int) -> str:
    return ngettext(
        "Locked after too many failures. Try again in %(minutes)d minute, or ask your administrator to unlock you.",
        "Locked after too many failures. Try again in %(minutes)d minutes, or ask your administrator to unlock you.",
        minutes,
    ) % {"minutes": minutes}


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess that was counted, with the counts as they were before it."""

    at: datetime
    before: Mapping[str, Failures]

    @transaction.atomic
    def rollback(self) -> None:
        """Takes the guess back, because it was right: each count becomes what it was, or one less where further
        guesses were counted since."""
        for key, old in self.before.items():
            mine = Failures.objects.filter(pk=key)
            if not mine.filter(at=self.at).update(level=old.level, at=old.at):
                mine.filter(level__gte=1).update(level=F("level") - 1)


def key_of_username(username: str) -> str:
    """The key of a name's failures: the same however the name is written, and whether or not it is anybody's."""
    return f"name:{username.strip().lower()}"


def code_key(user: User) -> str:
    """The key of a person's wrong codes of the second factor."""
    return f"code:{user.pk}"


def count_guess(request: HttpRequest, name: str) -> Guess:
    """Counts a guess before it is evaluated; LockedError while no guess is evaluated."""
    if seconds := seconds_locked(request, name):
        raise LockedError(seconds)
    keys, now = _keys(request, name), _now()
    with transaction.atomic():
        _make(keys, name, now)
        rows = {row.key: row for row in Failures.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
        # Somebody else's guess may have come between.
        if seconds := _wait(keys, rows, now):
            raise LockedError(seconds)
        for key, rule in keys.items():
            level = rule.level(float(rows[key].level), _passed(rows[key], now)) + 1
            Failures.objects.filter(pk=key).update(level=level, at=now)
    return Guess(now, rows)


def seconds_locked(request: HttpRequest, name: str) -> float:
    """For how many seconds no guess at the name from this address is evaluated; 0 if the next guess is."""
    keys = _keys(request, name)
    return _wait(keys, {row.key: row for row in Failures.objects.filter(pk__in=keys)}, _now())


def let_in(request: HttpRequest, user: User) -> None:
    """Notes that the person has come in from this address, by all that was asked for. The address is known from now
    on, and what was mistyped here counts no more. The failures of the name alone stay, for a guesser may share the
    address."""
    now = _now()
    rows = [
        Failures(key=_pair(request, name), whose=_digest(name), at=now, let_in_at=now)
        for name in (key_of_username(user.username), code_key(user))
    ]
    told = ["level", "at", "let_in_at"]
    Failures.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=told)


def find_locked_people(users: Iterable[User]) -> set[int]:
    """The ids of the people who are locked at any address, in a single query."""
    names = {_digest(name): user.pk for user in users for name in _names(user)}
    now = _now()
    counts = Failures.objects.filter(whose__in=names, level__gt=0, at__gt=now - KEPT)
    return {names[row.whose] for row in counts if _lasts(_rule(row), row, now)}


def open_again(user: User) -> None:
    """Forgets the failures that count against the person, and nobody else's."""
    Failures.objects.filter(whose__in=[_digest(name) for name in _names(user)]).update(level=0)


def forget_old_failures() -> int:
    """Deletes counts of which nothing is left, and addresses not known any more; returns how many."""
    now = _now()
    old = Failures.objects.filter(at__lt=now - KEPT).exclude(let_in_at__gte=now - KNOWN)
    return old.delete()[0]


def masked_address(request: HttpRequest) -> str:
    """The network from which somebody asks: enough to find a guesser in the own house, and no single machine."""
    address = get_ip(request)
    try:
        wide = ipaddress.ip_network((address, 16 if "." in address else 32), strict=False)
    except ValueError:
        return ""
    return str(wide)


def _names(user: User) -> tuple[str, str]:
    return key_of_username(user.username), code_key(user)


def _keys(request: HttpRequest, name: str) -> dict[str, Rule]:
    """The counts that a guess is held against, the pair's first."""
    return {
        _pair(request, name): _of_pair(),
        _digest(name): _of_name(),
        _digest("address", get_ip(request)): Draining(
            settings.LOGIN_FAILURES_PER_ADDRESS, 3600 / settings.LOGIN_FAILURES_PER_ADDRESS
        ),
    }


def _of_pair() -> Growing:
    return Growing(settings.LOGIN_FAILURES, 60, settings.LOGIN_LOCK_MINUTES * 60, 24 * 3600)


def _of_name() -> Draining:
    return Draining(settings.LOGIN_FAILURES_PER_NAME, 3600)


def _rule(row: Failures) -> Rule:
    """The rule of a count that is a person's: of the name alone, or of a pair."""
    return _of_name() if row.key == row.whose else _of_pair()


def _pair(request: HttpRequest, name: str) -> str:
    return _digest(name, get_ip(request))


def _digest(*parts: str) -> str:
    return salted_hmac(__name__, json.dumps(parts), algorithm="sha256").hexdigest()


def _make(keys: Iterable[str], name: str, now: datetime) -> None:
    """Makes the rows in the order of their keys: two requests that make the same rows never wait for each other."""
    pair, whole, address = keys
    whose = {pair: _digest(name), whole: whole, address: ""}
    rows = [Failures(key=key, whose=whose[key], at=now) for key in sorted(whose)]
    Failures.objects.bulk_create(rows, ignore_conflicts=True)


def _wait(keys: Mapping[str, Rule], rows: Mapping[str, Failures], now: datetime) -> float:
    pair = next(iter(keys))
    let_in_at = rows[pair].let_in_at if pair in rows else None
    known = let_in_at is not None and let_in_at > now - KNOWN
    asked = rows.keys() & ({pair} if known else keys.keys())
    return max((_lasts(keys[key], rows[key], now) for key in asked), default=0.0)


def _lasts(rule: Rule, row: Failures, now: datetime) -> float:
    """The wait, without the fractions that sums of fractions leave."""
    seconds = rule.wait(float(row.level), _passed(row, now))
    return seconds if seconds >= 1 else 0.0


def _passed(row: Failures, now: datetime) -> float:
    """The seconds since the row was counted; none where the clock was set back."""
    return max(0.0, (now - row.at).total_seconds())


def _now() -> datetime:
    """The present moment, by the clock by which log-ins end too."""
    return datetime.fromtimestamp(time.time(), UTC)
