"""The codes of an app on a phone, each of which is worth something once.

allauth forgets that a code was used before the code itself has ended. Here the row of the app keeps the step of time of
the last one that was used, and neither that nor an earlier one is taken again, whichever process asks (RFC 6238, 5.2).
"""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.db import transaction

from departments.credentials.encryption import decrypt_text

STEP = "last_step"


@transaction.atomic
def use_up(app: Authenticator, code: str) -> bool:
    """Whether the code is the app's at this time and later than all that were used; from now on it is used."""
    row = Authenticator.objects.select_for_update().get(pk=app.pk)
    step = _step(decrypt_text(row.data["secret"]), code)
    if step is None or step <= row.data.get(STEP, -1):
        return False
    row.data[STEP] = step
    row.save(update_fields=["data"])
    return True


def _step(secret: str, code: str) -> int | None:
    """The step of time to which the code belongs; None for no step that is let pass now."""
    for step in auth.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step))):
            return step
    return None
