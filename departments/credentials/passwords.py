"""What a password must be made of, and passwords for people who will choose their own."""

import secrets
from collections.abc import Callable

from django.contrib.auth.hashers import check_password, is_password_usable
from django.contrib.auth.password_validation import get_default_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from departments.models import User

KINDS: dict[str, Callable[[str], bool]] = {"small": str.islower, "capital": str.isupper, "digit": str.isdigit}
"""Each kind of characters but the last, which is anything else."""
NEEDED = 3
REMEMBERED = 5
"""How many of a person's passwords are not taken again."""
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is taken for something else when a password is read from paper: i, l, o, I, O, 0, 1."""


def count_character_kinds(password: str) -> int:
    """How many of the four kinds of characters it has: small letters, capitals, digits, anything else."""
    return len({next((kind for kind, fits in KINDS.items() if fits(sign)), "other") for sign in password})


class KindsValidator:
    """Three of the four kinds of characters, as the protection of classified systems asks (GB/T 22239, 8.1.4.1)."""

    def validate(self, password: str, user: User | None = None) -> None:
        if count_character_kinds(password) < NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_few_kinds")

    def get_help_text(self) -> str:
        return _(
            "The password must have at least three of these: small letters, capital letters, digits, other characters."
        )


class NotLatelyValidator:
    """None of the last few: somebody else may know them by now."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        former = user.former_passwords.values_list("password", flat=True)[:REMEMBERED]
        if any(check_password(password, known) for known in (user.password, *former)):
            raise ValidationError(self.get_help_text(), code="password_used_lately")

    def get_help_text(self) -> str:
        return _("The password must be neither the current one nor any of the %(number)d before it.") % {
            "number": REMEMBERED
        }


def remember_former_password(user: User, password: str) -> None:
    """Keeps a stored password that was replaced, and forgets all but the last few."""
    if not is_password_usable(password):
        return
    user.former_passwords.create(password=password)
    kept = user.former_passwords.values_list("pk", flat=True)[:REMEMBERED]
    user.former_passwords.exclude(pk__in=list(kept)).delete()


def first_password(user: User) -> str:
    """A random password (80 bits) for the person to change at once; it keeps every rule itself."""
    # One that is made by chance was never had before, and to look takes the time of several log-ins.
    rules = [rule for rule in get_default_password_validators() if not isinstance(rule, NotLatelyValidator)]
    while True:
        made = "-".join("".join(secrets.choice(LETTERS) for _number in range(5)) for _group in range(3))
        try:
            validate_password(made, user, rules)
        except ValidationError:
            continue
        return made
