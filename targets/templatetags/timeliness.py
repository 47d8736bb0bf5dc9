"""How the matrix of reporting writes a cell and a share."""

from fractions import Fraction
from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pages.patterns import Pattern
from targets.expected.punctuality import COUNTED
from targets.expected.timeliness import MARKS, TimelinessCell, timeliness_share_text

register = template.Library()


class TimelinessMarkValues(NamedTuple):
    """A cell; `counted` is empty where nothing was due."""

    shape: str
    counted: str
    words: str


MARK = Pattern("targets/_timeliness_mark.html", TimelinessMarkValues)


@register.filter
def share(value: Fraction | None) -> str:
    """A share in %."""
    return timeliness_share_text(value)


@register.simple_tag
def cell_text(cell: TimelinessCell) -> str:
    """The cell in words: its status, and how many figures have each status."""
    tally = cell.tally
    if not tally.due:
        return str(cell.mark.word)
    counts = [f"{MARKS[status].word} {number}" for status in COUNTED if (number := getattr(tally, status))]
    expected = _("expected %(number)d") % {"number": tally.due}
    return " · ".join([str(cell.mark.word), expected, *counts])


@register.simple_tag
def mark(cell: TimelinessCell) -> SafeString:
    """The cell's symbol and its count for the eye, its words for the ear."""
    counted = f"{cell.tally.provided}/{cell.tally.due}" if cell.tally.due else ""
    return MARK.fill(TimelinessMarkValues(cell.mark.shape, counted, cell_text(cell)))
