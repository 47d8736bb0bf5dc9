"""The ways in: by the own password, by the city's service, by its directory, and in an emergency by both factors.

What the settings name by half counts as not named: nobody is led to what cannot answer, and `manage.py check` says what
is missing (`departments/login/checks.py`).
"""

from collections.abc import Collection
from enum import StrEnum
from importlib.util import find_spec

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from departments.models import User
from departments.permissions import Role

IN_SESSION = "log_in_way"
EMERGENCY_DOOR = "emergency_login"
"""The name of the address at which own passwords count whatever the settings say."""


class Way(StrEnum):
    """How somebody has come in, as the audit log tells it."""

    PASSWORD = "password"  # noqa: S105 - a word of ours
    SERVICE = "oidc"
    DIRECTORY = "ldap"
    EMERGENCY = "emergency"


BY_OWN_PASSWORD: Collection[Way] = (Way.PASSWORD, Way.EMERGENCY)
SERVICE_NEEDS = ("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
DIRECTORY_NEEDS = ("LDAP_URL", "LDAP_SEARCH")
"""The settings without which there is no service, and no directory."""


def way_of(session: SessionBase) -> Way:
    """How the person of the session has come in, or is about to."""
    return Way(session.get(IN_SESSION, Way.PASSWORD))


def service_is_set() -> bool:
    """Whether people may log in by the city's service (OpenID Connect)."""
    return all(getattr(settings, name) for name in SERVICE_NEEDS)


def directory_is_set() -> bool:
    """Whether people may log in by the city's directory (LDAP)."""
    return all(getattr(settings, name) for name in DIRECTORY_NEEDS) and directory_can_be_asked()


def directory_can_be_asked() -> bool:
    """Whether what speaks LDAP is installed, which needs a compiler and is left out where nobody needs it."""
    return find_spec("django_auth_ldap") is not None


def single_log_in_is_required() -> bool:
    """Whether own passwords open nothing but the door for emergencies."""
    return not settings.LOCAL_LOGIN and (service_is_set() or directory_is_set())


def is_at_emergency_door(request: HttpRequest | None) -> bool:
    """Whether somebody logs in at the address for emergencies."""
    match = request.resolver_match if request is not None else None
    return match is not None and match.url_name == EMERGENCY_DOOR


def own_password_counts(request: HttpRequest | None) -> bool:
    """Whether the own password opens anything here; it still confirms what it has opened."""
    if not single_log_in_is_required() or is_at_emergency_door(request):
        return True
    session: SessionBase | None = getattr(request, "session", None)
    return session is not None and way_of(session) is Way.EMERGENCY


def password_is_asked_for(request: HttpRequest | None) -> bool:
    """Whether any password is looked at here: the own one or the directory's."""
    return own_password_counts(request) or directory_is_set()


def may_come_in_emergency(person: User) -> bool:
    """Administrators, who must have a second factor."""
    return Role.ADMINISTRATOR in person.roles


def is_second_factor_of_service(session: SessionBase) -> bool:
    """Whether the city's service has asked for the second factor, and the settings trust it."""
    return settings.OIDC_MFA_TRUSTED and way_of(session) is Way.SERVICE
