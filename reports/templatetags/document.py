"""The plan's text in a page: word for word, with marks around the words and signs without text after them.

Everything that is added is an element or an attribute, so the text of the page stays the text of the document.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString

from pages.patterns import Pattern, join_markup
from reports.board.document import DocumentLine, DocumentPassage, MarkedPromise, Piece

register = template.Library()

HEADINGS = ("h2", "h3", "h4")


class PassageValues(NamedTuple):
    """A clause; `colour` is that of the light of a task that is all of it."""

    order: str
    depth: str
    colour: str
    lines: SafeString


class LineValues(NamedTuple):
    """A line; `level` is the element of its heading."""

    kind: str
    level: str
    heading: SafeString
    text: SafeString


class PieceValues(NamedTuple):
    """Some words; `kind` says of what they are part, `cards` which cards tell of it."""

    kind: str
    colour: str
    cards: str
    is_found: bool
    text: str


class PinValues(NamedTuple):
    """A sign; `light` is the word of the light."""

    is_task: bool
    name: str
    address: str
    key: str
    light: str
    colour: str
    shape: str


PASSAGE = Pattern("reports/_passage.html", PassageValues)
LINE = Pattern("reports/_passage_line.html", LineValues)
PIECE = Pattern("reports/_piece.html", PieceValues)
PIN = Pattern("reports/_pin.html", PinValues)


@register.simple_tag(name="passage")
def passage_tag(passage: DocumentPassage) -> SafeString:
    """A clause: its lines, one below the other as in the document."""
    level = HEADINGS[min(passage.depth, len(HEADINGS) - 1)]
    lines = SafeString("\n".join(_line(line, level) for line in passage.lines))
    colour = passage.whole[0].light.colour if passage.whole else ""
    return PASSAGE.fill(PassageValues(str(passage.clause.order), str(passage.depth), colour, lines))


def _line(line: DocumentLine, level: str) -> SafeString:
    return LINE.fill(LineValues(line.kind, level, _pieces(line.heading), _pieces(line.pieces)))


def _pieces(pieces: Sequence[Piece]) -> SafeString:
    return join_markup(map(_piece, pieces))


def _piece(piece: Piece) -> SafeString:
    marked = (piece.targets or piece.tasks) if piece.text else ()
    kind = "promise" if piece.targets else "part-of-work"
    words = PIECE.fill(
        PieceValues(
            kind=kind if marked else "",
            colour=marked[0].light.colour if marked else "",
            cards=" ".join(promise.key for promise in marked),
            is_found=piece.hit,
            text=piece.text,
        )
    )
    return join_markup([words, *map(pin, piece.pins)])


def pin(promise: MarkedPromise) -> SafeString:
    """The sign after a promise."""
    return PIN.fill(
        PinValues(
            is_task=promise.task is not None,
            name=promise.name,
            address=promise.address,
            key=promise.key,
            light=str(promise.light.word),
            colour=promise.light.colour,
            shape=promise.light.shape,
        )
    )
