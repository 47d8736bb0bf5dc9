"""A running text cut into segments, so that quotations in it can be marked (pure, imports no Django).

No character is lost, added or changed: the segments joined are the text. Quotations may overlap, lie within each other,
or be the same; each segment knows all that cover it and those that end with it.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple


class QuoteSpan(NamedTuple):
    """A quotation's place in the text: from `start` up to, not including, `end`."""

    start: int
    end: int
    key: str


class Segment(NamedTuple):
    """A piece of the text between two boundaries: `keys` cover all of it, `closing` end with it."""

    start: int
    text: str
    keys: tuple[str, ...]
    closing: tuple[str, ...]


def find_quote_span(text: str, quote: str, key: str) -> QuoteSpan | None:
    """Where the words stand first; None where they do not, or where there are none."""
    start = text.find(quote) if quote else -1
    return None if start < 0 else QuoteSpan(start, start + len(quote), key)


def find_search_spans(text: str, wanted: str, key: str) -> list[QuoteSpan]:
    """Every place where the words looked for stand, capital or small."""
    if not wanted:
        return []
    return [QuoteSpan(*found.span(), key) for found in re.finditer(re.escape(wanted), text, re.IGNORECASE)]


def cut_into_segments(text: str, spans: Iterable[QuoteSpan], cuts: Iterable[int] = ()) -> list[Segment]:
    """The text, cut where a span begins or ends and at the `cuts`; what lies outside the text cuts nothing."""
    known = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    bounds = {0, len(text), *(edge for span in known for edge in span[:2])}
    bounds |= {cut for cut in cuts if 0 < cut < len(text)}
    ordered = sorted(bounds)
    return [_segment(text, known, start, end) for start, end in pairwise(ordered)]


def _segment(text: str, spans: list[QuoteSpan], start: int, end: int) -> Segment:
    covering = [span for span in spans if span.start <= start and end <= span.end]
    closing = [span for span in covering if span.end == end]
    return Segment(start, text[start:end], _keys(covering), _keys(closing))


def _keys(spans: list[QuoteSpan]) -> tuple[str, ...]:
    """Each key once, in the order of the spans."""
    return tuple(dict.fromkeys(span.key for span in spans))
