"""What lies in the database and is worth nothing without a key outside it: the seeds of second factors.

The key follows from SECRET_KEY; after a change what was encrypted with one of SECRET_KEY_FALLBACKS still opens.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class LostKeyError(PermissionDenied):
    """It was encrypted with a key that is not there any more."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The second factor cannot be read any more: the key of this installation was changed. Ask your "
                "administrator to remove it, then set it up again."
            )
        )


def encrypt_text(text: str) -> str:
    """The text for the database."""
    return _keys().encrypt(text.encode()).decode()


def decrypt_text(text: str) -> str:
    """The text as it was; LostKeyError if no key fits."""
    try:
        return _keys().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise LostKeyError from error


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=__name__.encode()).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))
