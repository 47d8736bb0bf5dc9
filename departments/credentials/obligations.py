"""What a person must do before anything else: choose an own password, set up the second factor that the role needs."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from departments.credentials.ways import BY_OWN_PASSWORD, Way, is_second_factor_of_service, way_of
from departments.models import User

WORDS: dict[str, str | Promise] = {
    "account_change_password": gettext_lazy("Your password was set by somebody else. Choose your own now."),
    "mfa_activate_totp": gettext_lazy("Your role needs a second factor. Set it up now; nothing else opens before."),
}
"""Where the duty is done (the name of the address), and how it is told."""


def first_duty(user: User, session: SessionBase) -> str | None:
    """The name of the address to which the person is led before anything else opens; None if there is none.

    It costs a query only where the person holds a role that needs a second factor. A password by which the person has
    not come in need not be changed.
    """
    if user.must_change_password and way_of(session) in BY_OWN_PASSWORD:
        return "account_change_password"
    if needs_second_factor(user, session) and not has_second_factor(user):
        return "mfa_activate_totp"
    return None


def needs_second_factor(user: User, session: SessionBase) -> bool:
    """Whether any role held is one for which the settings require it, and the city's service has not seen to it; in an
    emergency always."""
    if way_of(session) is Way.EMERGENCY:
        return True
    if is_second_factor_of_service(session):
        return False
    required = settings.MFA_REQUIRED_ROLES
    return bool(required) and any(role.value in required for role in user.roles)


def has_second_factor(user: User) -> bool:
    """Whether codes of an app are asked of the person at log-in."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
