"""The plan's text in a page: word for word, with marks around the words and signs without text after them.

Everything that is added is an element or an attribute, so the text of the page stays the text of the document.
"""

from collections.abc import Sequence

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.board.document import DocumentLine, DocumentPassage, MarkedPromise, Piece

register = template.Library()

HEADINGS = ("h2", "h3", "h4")


@register.simple_tag(name="passage")
def passage_tag(passage: DocumentPassage) -> SafeString:
    """A clause: its lines, one below the other as in the document."""
    level = HEADINGS[min(passage.depth, len(HEADINGS) - 1)]
    lines = format_html_join("\n", "{}", ((_line(line, level),) for line in passage.lines))
    colour = f" work work-{passage.whole[0].light.colour}" if passage.whole else ""
    return format_html(
        '<section id="clause-{}" class="passage depth-{}{}">{}</section>',
        passage.clause.order,
        passage.depth,
        colour,
        lines,
    )


def _line(line: DocumentLine, level: str) -> SafeString:
    heading, text = _pieces(line.heading), _pieces(line.pieces)
    if not heading:
        return format_html('<p class="line line-{}">{}</p>', line.kind, text)
    opening = format_html('<{} class="line-{}">{}</{}>', level, line.kind, heading, level)
    return format_html('<div class="line">{}<p>{}</p></div>', opening, text) if text else opening


def _pieces(pieces: Sequence[Piece]) -> SafeString:
    return format_html_join("", "{}", ((_piece(piece),) for piece in pieces))


def _piece(piece: Piece) -> SafeString:
    text = conditional_escape(piece.text)
    if piece.hit:
        text = format_html('<mark class="hit">{}</mark>', text)
    shown = piece.targets or piece.tasks
    if shown and piece.text:
        kind = "promise" if piece.targets else "part-of-work"
        keys = " ".join(one.key for one in shown)
        text = format_html('<span class="{} {}-{}" data-cards="{}">{}</span>', kind, kind, _colour(shown), keys, text)
    return format_html("{}{}", text, format_html_join("", "{}", ((pin(one),) for one in piece.pins)))


def _colour(promises: Sequence[MarkedPromise]) -> str:
    return promises[0].light.colour


def pin(promise: MarkedPromise) -> SafeString:
    """The sign after a promise: its light, which leads to the promise's page. A task's sign also bears a word."""
    is_task = promise.task is not None
    word = pgettext("sign after a task", "task") if is_task else ""
    label = _("%(name)s: %(light)s") % {"name": promise.name, "light": promise.light.word}
    return format_html(
        '<a class="pin{} light-{}" href="{}" data-cards="{}" data-word="{}" aria-label="{}" aria-describedby="card-{}">'
        '<svg aria-hidden="true"><use href="#light-{}"/></svg></a>',
        " pin-task" if is_task else "",
        promise.light.colour,
        promise.address,
        promise.key,
        word,
        f"{word} {label}".strip(),
        promise.key,
        promise.light.shape,
    )
