"""What allauth asks of the project: whom it lets in, what it says, how it sets a password."""

from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments.credentials import lockout, ways
from departments.credentials.encryption import decrypt_text, encrypt_text
from departments.credentials.ways import Way
from departments.models import User
from departments.services.accounts import change_own_password, record

TOLD: dict[str | None, str | Promise] = {
    "account/messages/password_changed.txt": gettext_lazy("Your password has been changed."),
    "mfa/messages/totp_activated.txt": gettext_lazy("The second factor is set up. From now on a code is asked for."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("The second factor has been removed."),
    "mfa/messages/recovery_codes_generated.txt": gettext_lazy("New recovery codes have been made. Keep them safe."),
}
"""What is said of all that allauth would say, by the name of its template."""


BEGUN = "log_in_begun"
"""In the session: what a person's sessions must have, as it was when the password was typed."""


class AccountAdapter(DefaultAccountAdapter):
    """Log-in by name and password; nobody signs up, and nothing tells whether a name is anybody's."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_password": gettext_lazy("The password is not right."),
        "rate_limited": gettext_lazy("Too many attempts. Wait a few minutes and try again."),
        "username_password_mismatch": gettext_lazy(
            "The log-in name or the password is not right. Capital and small letters are different in a password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages only: the answers for scripts would be a second door."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Behind a proxy that does not tell the address, on a unix socket, all share one counter."""
        return get_client_ip(request) or "unknown"

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, str]]:
        """Before the second factor is changed, the password is asked for."""
        password = {"id": "reauthenticate", "description": "", "url": reverse("account_reauthenticate")}
        return [password] if user.is_authenticated else []

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: Mapping[str, object] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Nobody needs to be told that a log-in was successful."""
        if told := message or TOLD.get(message_template):
            messages.add_message(request, level, str(told), extra_tags=extra_tags)

    def set_password(self, user: User, password: str) -> None:
        change_own_password(user, password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    # --- The lock after repeated failures ---

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Refuses before the password is looked at, while there is a lock or where no password opens anything. Else
        the guess is counted; allauth takes it back when the password was right."""
        if not ways.password_is_asked_for(request):
            raise ValidationError(_("Passwords open nothing here. Use the button of the city's log-in."))
        try:
            self._login_failed_rl_usage = lockout.count_guess(request, _counted_name(credentials))
        except lockout.LockedError:
            known = _whose(credentials)
            record("account.log_in_refused", by=None, subject=known, **_name_of(known), while_locked=True)
            raise

    def authenticate(self, request: HttpRequest, **credentials: object) -> User | None:
        """A closed account is as if it were not there. What the directory alone was asked, and did not say no to, is no
        guess."""
        try:
            user = super().authenticate(request, **credentials)
        except ValidationError:
            if not ways.own_password_counts(request):
                self._rollback_login_failed_rl_usage()
            raise
        return user if isinstance(user, User) and user.is_active else None

    def authentication_failed(self, request: HttpRequest, **credentials: object) -> None:
        """Says so in the audit log when this failure was the one that locks."""
        if lockout.seconds_locked(request, _counted_name(credentials)):
            known = _whose(credentials)
            record("account.locked", by=None, subject=known, **_name_of(known), network=lockout.masked_address(request))

    def pre_login(
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: Mapping[str, object] | None = None,
        **details: object,
    ) -> HttpResponse | None:
        """Notes that the password was right: a reset of the password then also ends a log-in that waits for a code.
        And notes the way, anew for each log-in."""
        request.session[BEGUN] = user.get_session_auth_hash()
        by_service = "sociallogin" in (signal_kwargs or {})
        request.session[ways.IN_SESSION] = Way.SERVICE.value if by_service else user.came_by or Way.PASSWORD.value
        details["signal_kwargs"] = signal_kwargs
        answer: HttpResponse | None = super().pre_login(request, user, **details)
        return answer

    def login(self, request: HttpRequest, user: User) -> None:
        """Lets the person in, who has given all that was asked for."""
        if request.session.pop(BEGUN, "") != user.get_session_auth_hash():
            raise ImmediateHttpResponse(redirect("login"))
        super().login(request, user)
        lockout.let_in(request, user)

    def get_login_stages(self) -> list[str]:
        """No second code is asked for where that of the city's service counts."""
        stages: list[str] = super().get_login_stages()
        if ways.is_second_factor_of_service(context.request.session):
            stages.remove("allauth.mfa.stages.AuthenticateStage")
        return stages


class MFAAdapter(DefaultMFAAdapter):
    """The second factor: codes of an app on a phone, which needs no network."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("The code is not right. Codes change every 30 seconds: enter the present one."),
    }

    def get_totp_issuer(self) -> str:
        return _("Plan Monitor")

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt_text(encrypted_text)


def _counted_name(credentials: Mapping[str, object]) -> str:
    """The key under which failures of the name that was typed are counted; a staff number, by which the directory
    knows somebody, is the same person's name."""
    known = _whose(credentials) if ways.directory_is_set() else None
    return lockout.key_of_username(known.username if known is not None else str(credentials["username"]))


def _whose(credentials: Mapping[str, object]) -> User | None:
    """The person whose name was typed, if it is anybody's."""
    return User.objects.typed(str(credentials.get("username", "")))


def _name_of(known: User | None) -> dict[str, str]:
    """What the audit log tells of the person, if there is one."""
    return {"username": known.username} if known is not None else {}
