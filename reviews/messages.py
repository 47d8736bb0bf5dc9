"""What a person is told who asked for what is not possible: a sentence that says what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reviews.documents import RefusedFileError

REFUSED_FILES: dict[str, str | Promise] = {
    "empty": _("The file is empty. Choose the one with content."),
    "too_large": _("The file is larger than %(limit)s MB. Make it smaller, or attach a part of it."),
    "too_many": _("At most %(limit)s files can be attached here. Remove one, or put several into one document."),
    "unknown": _("Files of this kind are not taken. Attach a PDF, a picture (JPEG, PNG), a document, a table or text."),
    "archive": _("Archives are not taken. Unpack it and attach the documents themselves."),
    "markup": _("Web pages and drawings that may hold scripts are not taken. Save it as PDF and attach that."),
    "macros": _("The document holds macros. Save it without them (XLSX, DOCX) or as PDF and attach that."),
    "embedded": _("The document carries objects of other programs. Save it without them or as PDF and attach that."),
    "linked": _(
        "The document loads something from elsewhere when it is opened: a template, a picture or figures of another "
        "file. Break these links, or save it as PDF and attach that."
    ),
    "no_room": _(
        "The server cannot store the file: its disk is full or takes nothing. What you have typed is kept. Tell the "
        "administrator of the server, and attach it again later."
    ),
    "encrypted": _("The document is protected by a password. Save it without one and attach that."),
    "broken": _("The file is damaged and cannot be opened. Save it anew and attach that."),
}


def refused_step(code: str) -> ValidationError:
    """Why a step of the review was not taken (the code of a `workflow.StepRefusedError`), in the reader's language."""
    sentences = {
        "transition": gettext(
            "This entry is not in a state in which that is possible. Reload the page to see where it stands."
        ),
        "reason": gettext("Give a reason: the others need to understand what was wrong."),
    }
    return ValidationError(sentences[code], code=code)


def typed_by_themselves() -> str:
    """Why an author does not approve an entry, and who does."""
    return gettext(
        "You have typed a part of this entry, and nobody approves what they have typed, whoever handed it in. Ask a "
        "colleague who reviews for your department."
    )


def refused_file(name: str, refused: RefusedFileError) -> str:
    """Why a file was not kept, in the reader's language."""
    why = str(REFUSED_FILES[refused.code]) % refused.details
    return gettext("%(name)s: %(why)s") % {"name": name, "why": why} if name else why
