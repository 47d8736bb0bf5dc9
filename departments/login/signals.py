"""Log-in, refused log-in, log-out and second factors in the audit log.

Django's auth app and allauth tell of them by signals alone; everywhere else in the project a service writes its own
event. allauth logs in by way of Django, so each log-in is told once.
"""

from collections.abc import Mapping

from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from departments.credentials import codes, lockout
from departments.credentials.ways import Way, way_of
from departments.login import sittings
from departments.models import User
from departments.services.accounts import record


@receiver(user_logged_in, dispatch_uid="audit_log_in")
def logged_in(sender: object, user: User, request: HttpRequest, **details: object) -> None:
    """Somebody has logged in, by whatever door."""
    sittings.begin(request.session)
    way = way_of(request.session)
    record("account.log_in", by=user, subject=user, **({} if way is Way.PASSWORD else {"way": way.value}))


@receiver(user_logged_out, dispatch_uid="audit_log_out")
def logged_out(sender: object, user: User | None, **details: object) -> None:
    """Somebody has logged out; Django also tells when nobody was logged in."""
    if isinstance(user, User):
        record("account.log_out", by=user, subject=user)


@receiver(user_login_failed, dispatch_uid="audit_log_in_refused")
def log_in_refused(sender: object, credentials: Mapping[str, object], **details: object) -> None:
    """A log-in was refused. The name is kept only if it is somebody's: people type passwords into the wrong field."""
    known = User.objects.typed(str(credentials.get(User.USERNAME_FIELD, "")))
    record("account.log_in_refused", by=None, subject=known, **({"username": known.username} if known else {}))


@receiver(factors.authentication_failed, dispatch_uid="audit_code_refused")
def code_refused(sender: object, user: User, request: HttpRequest, **details: object) -> None:
    """The password was right, the code of the second factor was not."""
    record("account.log_in_refused", by=None, subject=user, username=user.username, code=True)
    if lockout.seconds_locked(request, lockout.code_key(user)):
        told = {"username": user.username, "network": lockout.masked_address(request)}
        record("account.locked", by=None, subject=user, **told)


@receiver(factors.authenticator_added, dispatch_uid="audit_factor_added")
def factor_added(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **details: object
) -> None:
    """The person has set up an app; its recovery codes come with it, and the code that was typed is used."""
    if authenticator.type == Authenticator.Type.TOTP:
        codes.use_up(authenticator, request.POST.get("code", ""))
        record("account.second_factor_added", by=user, subject=user)


@receiver(factors.authenticator_removed, dispatch_uid="audit_factor_removed")
def factor_removed(sender: object, user: User, authenticator: Authenticator, **details: object) -> None:
    """The person has removed the app; its recovery codes go with it."""
    if authenticator.type == Authenticator.Type.TOTP:
        record("account.second_factor_removed", by=user, subject=user)


@receiver(factors.authenticator_reset, dispatch_uid="audit_codes_renewed")
def codes_renewed(sender: object, user: User, **details: object) -> None:
    """The person has made new recovery codes; the old ones open nothing any more."""
    record("account.recovery_codes_renewed", by=user, subject=user)


@receiver(factors.authenticator_used, dispatch_uid="audit_recovery_code_used")
def recovery_code_used(sender: object, user: User, authenticator: Authenticator, **details: object) -> None:
    """The person came in by a recovery code."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record("account.recovery_code_used", by=user, subject=user)
