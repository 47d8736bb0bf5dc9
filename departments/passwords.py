"""What a password must be made of, and passwords for people who will choose their own."""

import secrets
from collections.abc import Callable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from departments.models import User

KINDS: dict[str, Callable[[str], bool]] = {"small": str.islower, "capital": str.isupper, "digit": str.isdigit}
"""Each kind of characters but the last, which is anything else."""
NEEDED = 3
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is taken for something else when a password is read from paper: i, l, o, I, O, 0, 1."""


def kinds(password: str) -> int:
    """How many of the four kinds of characters it has: small letters, capitals, digits, anything else."""
    return len({next((kind for kind, fits in KINDS.items() if fits(one)), "other") for one in password})


class KindsValidator:
    """Three of the four kinds of characters, as the protection of classified systems asks (GB/T 22239, 8.1.4.1)."""

    def validate(self, password: str, user: User | None = None) -> None:
        if kinds(password) < NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_few_kinds")

    def get_help_text(self) -> str:
        return _(
            "The password must have at least three of these: small letters, capital letters, digits, other characters."
        )


def first_password(user: User) -> str:
    """A random password (80 bits) for the person to change at once; it keeps every rule itself."""
    while True:
        made = "-".join("".join(secrets.choice(LETTERS) for _number in range(5)) for _group in range(3))
        try:
            validate_password(made, user)
        except ValidationError:
            continue
        return made
