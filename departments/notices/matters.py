"""The port through which reminders learn what there is to do, and how it is said.

What is due belongs to targets and tasks, which stand above departments. So the upper apps provide functions when they
start, and the digest asks through them. Sentences are made when they are shown, in the reader's language.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.models import Notice, User
from departments.rules.reminding import Details, Matter

Provider = Callable[[Sequence[User], date], Mapping[int, Sequence[Matter]]]
"""Active people with their roles, and the day → what each has to do, by the person's id, in a constant number of
queries however many people there are."""

Wording = Callable[[Details], str]
"""The details of a part → a sentence in the language that is active."""

_providers: list[Provider] = []
_wordings: dict[str, Wording] = {}
_headings: dict[str, str | Promise] = {Notice.DIGEST: _("Reminder of what is to be done")}


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A sentence, and the path that leads to what it speaks of."""

    text: str
    link: str


def provide_matters(provider: Provider) -> None:
    """Registers a function that tells what there is to do."""
    if provider not in _providers:
        _providers.append(provider)


def register_wordings(wordings: Mapping[str, Wording], headings: Mapping[str, str | Promise]) -> None:
    """Registers how parts, by their kind, and the notices that hold them, by theirs, are put into words."""
    _wordings.update(wordings)
    _headings.update(headings)


def matters_of_people(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id, from all providers."""
    found: dict[int, list[Matter]] = defaultdict(list)
    for provider in _providers:
        for key, matters in provider(people, today).items():
            found[key] += matters
    return found


def heading_of_notice(notice: Notice) -> str:
    """What a notice is about, in a few words."""
    return str(_headings.get(notice.kind, _("Notice")))


def lines_of_notice(notice: Notice) -> list[NoticeLine]:
    """The sentences of a notice; a part that nothing can put into words any more is left out."""
    return [
        NoticeLine(_wordings[part["kind"]](part["details"]), part["link"])
        for part in notice.parts
        if part["kind"] in _wordings
    ]
