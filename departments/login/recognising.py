"""Whom the city's service or directory means: a person who is entered here under the staff number, or nobody.

The other side never makes an account, gives a role or changes anything of a person, and its e-mail addresses mean
nothing here.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from departments.credentials.ways import Way
from departments.models import User
from departments.services.accounts import record


class UnrecognisedError(ValidationError):
    """The other side knows somebody who may not come in here; the sentence says what to do."""


def recognise(number: str, way: Way) -> User:
    """The person with the staff number that the other side has vouched for; UnrecognisedError if there is none."""
    if not number:
        raise _refusal(
            _("The city's log-in did not tell your staff number. Ask whoever looks after it to hand it over."), way
        )
    person = User.objects.numbered(number)
    if person is None:
        told = {"number": number}
        raise _refusal(
            _(
                "You are not entered here yet. Ask the administrator to enter you under People with the staff number "
                "%(number)s."
            )
            % told,
            way,
        )
    if not person.is_active:
        raise _refusal(_("Your account here is closed. Ask the administrator to open it again."), way, person)
    return person


def _refusal(sentence: str, way: Way, person: User | None = None) -> UnrecognisedError:
    """Recorded like every refused log-in; whose name is nobody's here is not kept."""
    known = {"username": person.username} if person is not None else {}
    record("account.log_in_refused", by=None, subject=person, **known, way=way.value)
    return UnrecognisedError(sentence)
