"""HTML written in Python, for what stands in a page so often that a template would be too slow."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString

NONE = SafeString("")
_AS_IT_IS = (SafeString, int, dict)


def fill_markup(pattern: str, **values: object) -> SafeString:
    """`format_html` for very many places: of a value it asks only whether it is HTML already. `words`, which are
    translations of our own, come as they are."""
    safe = {name: value if type(value) in _AS_IT_IS else escape(str(value)) for name, value in values.items()}
    return SafeString(pattern.format(**safe))


def fill_markup_around(pattern: str, it: object, **more: object) -> SafeString:
    """The pattern filled with a value; nothing around nothing."""
    return fill_markup(pattern, it=it, **more) if it else NONE


def join_markup(parts: Iterable[SafeString]) -> SafeString:
    """Pieces of HTML, one after the other."""
    return SafeString("".join(parts))
