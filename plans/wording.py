"""What is said of quotes that do not stand in their clause."""

import unicodedata
from functools import reduce

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.quotes import parting

BLANKS = {
    " ": gettext_lazy("a space"),
    "\u3000": gettext_lazy("a full-width space"),
    "\n": gettext_lazy("a line break"),
    "\t": gettext_lazy("a tab"),
}

WIDE, NARROW = gettext_lazy('"%(sign)s" (full width)'), gettext_lazy('"%(sign)s" (half width)')

WIDTHS = {"F": WIDE, "W": WIDE, "H": NARROW, "Na": NARROW}
"""By Unicode's names of widths; other characters have one width only."""


def join_sentences(*said: str | Promise) -> str:
    """The sentences that are not empty, one after the other."""
    told = [str(sentence) for sentence in said if sentence]
    return reduce(lambda first, then: _("%(first)s %(then)s") % {"first": first, "then": then}, told)


def with_parting(said: str | Promise, quote: str, text: str) -> str:
    """The sentence, and after it where the quote and the text that should hold it part."""
    return join_sentences(said, where_they_part(quote, text))


def where_they_part(quote: str, text: str) -> str:
    """The first place where quote and text differ; empty if the text has nothing like the quote."""
    found = parting(quote, text)
    if found is None:
        return ""
    told = {"before": _on_one_line(found.before), "quoted": _visible(found.quoted), "held": _visible(found.held)}
    if found.before:
        said = _('After "…%(before)s" the quote goes on "%(quoted)s", the clause "%(held)s".') % told
    else:
        said = _('The quote begins "%(quoted)s", where the clause has "%(held)s".') % told
    return join_sentences(said, _form(found.quoted[:1], found.held[:1])) if found.form_only else said


def _form(quoted: str, held: str) -> str:
    """That no word differs, and how the two characters do. A letter beside a sign goes on with words both have."""
    if quoted.isalnum() != held.isalnum():
        quoted, held = ("" if written.isalnum() else written for written in (quoted, held))
    told = {"quoted": _character(quoted), "held": _character(held)}
    return _("Only punctuation, full or half width, or white space differs: here %(quoted)s, there %(held)s.") % told


def _character(written: str) -> str:
    """A character as a person tells it from one that looks the same."""
    if not written:
        return _("nothing")
    if written.isspace():
        return str(BLANKS.get(written, _("a special space")))
    return WIDTHS.get(unicodedata.east_asian_width(written), _('"%(sign)s"')) % {"sign": written}


def _visible(text: str) -> str:
    """The text with a sign for white space at its beginning, which is what differs there."""
    return f"␣{_on_one_line(text[1:])}" if text.startswith((" ", "\u3000")) else _on_one_line(text)


def _on_one_line(text: str) -> str:
    """The text with signs for line breaks and tabs."""
    return text.replace("\n", "⏎").replace("\t", "⇥")
