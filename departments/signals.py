"""Log-in, refused log-in and log-out in the audit log.

Django's auth app tells of them by signals alone; everywhere else in the project a service writes its own event.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from departments.models import User
from departments.services import record


@receiver(user_logged_in, dispatch_uid="audit_log_in")
def logged_in(sender: Any, user: User, **details: Any) -> None:
    """Somebody has logged in, by whatever door."""
    record("account.log_in", by=user, subject=user)


@receiver(user_logged_out, dispatch_uid="audit_log_out")
def logged_out(sender: Any, user: User | None, **details: Any) -> None:
    """Somebody has logged out; Django also tells when nobody was logged in."""
    if isinstance(user, User):
        record("account.log_out", by=user, subject=user)


@receiver(user_login_failed, dispatch_uid="audit_log_in_refused")
def log_in_refused(sender: Any, credentials: dict[str, Any], **details: Any) -> None:
    """A log-in was refused. The name is kept only if it is somebody's: people type passwords into the wrong field."""
    name = str(credentials.get(User.USERNAME_FIELD, ""))
    known = User.objects.filter(username=name).first() if name else None
    record("account.log_in_refused", by=None, subject=known, **({"username": known.username} if known else {}))
