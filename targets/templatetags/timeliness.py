"""How the matrix of reporting writes a cell and a share."""

from fractions import Fraction

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from targets.expected.punctuality import COUNTED
from targets.expected.timeliness import MARKS, TimelinessCell, timeliness_share_text

register = template.Library()


@register.filter
def share(value: Fraction | None) -> str:
    """A share in %."""
    return timeliness_share_text(value)


@register.simple_tag
def cell_text(cell: TimelinessCell) -> str:
    """The cell in words: its status, and how many figures have which."""
    tally = cell.tally
    if not tally.due:
        return str(cell.mark.word)
    counts = [f"{MARKS[one].word} {number}" for one in COUNTED if (number := getattr(tally, one))]
    expected = _("expected %(number)d") % {"number": tally.due}
    return " · ".join([str(cell.mark.word), expected, *counts])


@register.simple_tag
def mark(cell: TimelinessCell) -> SafeString:
    """The cell's symbol and its count for the eye, its words for the ear."""
    count = f"{cell.tally.provided}/{cell.tally.due}" if cell.tally.due else ""
    return format_html(
        '<svg aria-hidden="true"><use href="#light-{}"/></svg><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span>',
        cell.mark.shape,
        count,
        cell_text(cell),
    )
