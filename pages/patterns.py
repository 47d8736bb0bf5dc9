"""Templates that are filled hundreds of times for one page.

The HTML of a worksheet's row or of a matrix's cell is a template like any other, without loops. Django takes longer to
read such a template again than to write its text, so a `Pattern` asks Django once for each language and each way in
which the template's conditions may turn out, with a mark in place of every value. After that it only puts values in
place of marks.
"""

from collections.abc import Iterable
from html import escape
from typing import Generic, TypeVar

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

NONE = SafeString("")
_AS_IT_IS = (SafeString, bool)
# Two characters for private use, which no template and no translation has.
_BEFORE, _AFTER = "\ue000", "\ue001"


Values = TypeVar("Values", bound=tuple[object, ...])


class Pattern(Generic[Values]):
    """A template that is filled with values of one kind, a NamedTuple of texts, HTML, and answers to the template's
    conditions. White space at the template's ends is left out.

    The template writes its values as they are and asks only whether they are empty: `{{ name }}`, `{% if name %}`. It
    may translate. A loop, a comparison or a filter would meet the mark in place of the value.
    """

    def __init__(self, template: str, kind: type[Values]) -> None:
        self.template, self.kind = template, kind
        self._texts: dict[tuple[str | None, tuple[bool, ...]], str] = {}

    def fill(self, values: Values) -> SafeString:
        """The template with these values, which are escaped unless they are HTML already."""
        return self._fill_in(get_language(), values)

    def fill_all(self, rows: Iterable[Values]) -> SafeString:
        """The template with each of these, one after the other."""
        # The reader's language is asked for once: Django takes longer to tell it than to write a cell.
        language = get_language() if (listed := list(rows)) else None
        return join_markup([self._fill_in(language, values) for values in listed])

    def _fill_in(self, language: str | None, values: Values) -> SafeString:
        shape = language, tuple(map(bool, values))
        text = self._texts.get(shape)
        if text is None:
            text = self._texts[shape] = self._read_template(shape[1])
        # `escape` is the function by which a template escapes, without its questions about the kind of the value.
        return SafeString(
            text.format(*[value if not value or type(value) in _AS_IT_IS else escape(str(value)) for value in values])
        )

    def _read_template(self, truths: Iterable[bool]) -> str:
        """The template's text for `str.format`, where the values' conditions turn out as told."""
        places = [_Place(number, truth) for number, truth in enumerate(truths)]
        text = render_to_string(self.template, dict(zip(self.kind.__annotations__, places, strict=True))).strip()
        return text.replace("{", "{{").replace("}", "}}").replace(_BEFORE, "{").replace(_AFTER, "}")


class _Place(SafeString):
    """Stands in a template for a value: written it is a mark, asked it is as true as the value."""

    _truth: bool

    def __new__(cls, number: int, truth: bool) -> "_Place":
        place = super().__new__(cls, f"{_BEFORE}{number}{_AFTER}")
        place._truth = truth
        return place

    def __bool__(self) -> bool:
        return self._truth


def join_markup(parts: Iterable[SafeString]) -> SafeString:
    """Pieces of HTML, one after the other."""
    return SafeString("".join(parts))
