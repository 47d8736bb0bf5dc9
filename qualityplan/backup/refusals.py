"""Why a backup is not made, or an archive not taken in: sentences that say what to do, in both languages."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import override

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def in_both_languages(sentence: "StrOrPromise", **details: object) -> str:
    """A lazy text with its details filled in: Chinese first, then English. A terminal has no language of its reader."""
    said = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            said.append(str(sentence) % details if details else str(sentence))
    return " / ".join(said)


class BackupRefusedError(Exception):
    """Nothing was written, deleted or changed; the text says why and what to do."""

    def __init__(self, sentence: "StrOrPromise", **details: object) -> None:
        super().__init__(in_both_languages(sentence, **details))
