"""Log-in by the city's directory (LDAP): it is asked whether name and password belong together, and nothing else.

Loaded only where the settings name a directory: what speaks LDAP need not be installed. The password is never kept. A
name is escaped before it stands in a filter, and an empty password, with which many directories let anybody in, is
refused before anything is asked (both by django-auth-ldap; `qualityplan/tests/test_directory.py` tries it).
"""

import logging

import ldap
from django.conf import settings
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_auth_ldap.backend import LDAPBackend, _LDAPUser, ldap_error
from django_auth_ldap.config import LDAPSearch, LDAPSettings

from departments.credentials.ways import Way
from departments.login.recognising import recognise
from departments.models import User

logger = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that the directory may take to be reached, and for each of its answers."""
NOT_THIS_PERSON = (
    ldap.CONSTRAINT_VIOLATION,
    ldap.INAPPROPRIATE_AUTH,
    ldap.INSUFFICIENT_ACCESS,
    ldap.UNWILLING_TO_PERFORM,
)
"""How a directory refuses a person whose password has run out, is locked or missing: told like a wrong password."""


class DirectoryAwayError(ValidationError):
    """The directory does not answer, or not as it should."""

    def __init__(self) -> None:
        super().__init__(
            _("The city's directory does not answer. Try again in a few minutes, or ask your administrator.")
        )


class Directory(LDAPBackend):
    """The directory that the settings name. It makes and changes nobody here."""

    def __init__(self) -> None:
        number = settings.LDAP_STAFF_NUMBER
        # A sign % of the settings is no place for a value.
        wanted = f"(&{settings.LDAP_FILTER}({number}=".replace("%", "%%") + "%(user)s))"
        self.settings = LDAPSettings(
            "AUTH_LDAP_",
            {
                "SERVER_URI": settings.LDAP_URL,
                "START_TLS": settings.LDAP_START_TLS,
                "BIND_DN": settings.LDAP_BIND_DN,
                "BIND_PASSWORD": settings.LDAP_BIND_PASSWORD,
                "USER_SEARCH": LDAPSearch(settings.LDAP_SEARCH, ldap.SCOPE_SUBTREE, wanted, [number]),
                "CONNECTION_OPTIONS": _connection_options(),
                "ALWAYS_UPDATE_USER": False,
                "NO_NEW_USERS": True,
            },
        )

    def get_or_build_user(self, username: str, ldap_user: _LDAPUser) -> tuple[User, bool]:
        """The person whom the entry means, whose password was right; never a new one."""
        values = {name.lower(): found for name, found in ldap_user.attrs.items()}
        numbers = values.get(settings.LDAP_STAFF_NUMBER.lower(), [])
        return recognise(numbers[0] if len(numbers) == 1 else "", Way.DIRECTORY), False


@receiver(ldap_error, sender=Directory, dispatch_uid="directory_away")
def tell_that_directory_is_away(sender: object, context: str, exception: ldap.LDAPError, **details: object) -> None:
    """The library would take every failure for a wrong password."""
    if context == "authenticate" and isinstance(exception, NOT_THIS_PERSON):
        return
    raise _away(exception)


def find_in_directory(request: HttpRequest | None, *, username: str, password: str) -> User | None:
    """The person to whom name and password belong; None if they do not. The name is the staff number, or the log-in
    name here of somebody who has one. DirectoryAwayError, UnrecognisedError."""
    known = User.objects.named(username)
    number = (known.staff_number if known is not None else "") or username
    try:
        person: User | None = Directory().authenticate(request, username=number, password=password)
    except (ldap.LDAPError, OSError, ValueError) as failure:
        raise _away(failure) from failure
    return person


def _away(failure: Exception) -> DirectoryAwayError:
    """The log tells the kind of the failure, whose text may have a name in it."""
    logger.warning("directory away", extra={"failure": type(failure).__name__})
    return DirectoryAwayError()


def _connection_options() -> dict[int, object]:
    options: dict[int, object] = {
        ldap.OPT_PROTOCOL_VERSION: 3,
        ldap.OPT_NETWORK_TIMEOUT: PATIENCE,
        ldap.OPT_TIMEOUT: PATIENCE,
        # Active Directory refers to servers that nobody has named.
        ldap.OPT_REFERRALS: 0,
    }
    if settings.LDAP_START_TLS or settings.LDAP_URL.startswith("ldaps:"):
        options[ldap.OPT_X_TLS_REQUIRE_CERT] = ldap.OPT_X_TLS_DEMAND
        if settings.LDAP_CA_FILE:
            options[ldap.OPT_X_TLS_CACERTFILE] = settings.LDAP_CA_FILE
        # The last one: what stands before it holds from here on.
        options[ldap.OPT_X_TLS_NEWCTX] = 0
    return options
