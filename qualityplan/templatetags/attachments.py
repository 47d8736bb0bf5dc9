"""Files that were handed in with an entry."""

from collections.abc import Iterable

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qualityplan.markup import NONE, fill, joined
from targets.models import Attachment

register = template.Library()

LIST = """

<ul class="attachments" aria-label="{title}">{files}</ul>
"""
FILE = '<li><a href="{address}"{window}>{name}</a> <span class="quiet">{size}</span></li>'
WINDOW = SafeString(' target="_blank" rel="noopener"')


@register.simple_tag
def attached(attachments: Iterable[Attachment]) -> SafeString:
    """A list of links; what a browser may show opens beside the page."""
    return fill(LIST, title=_("Attachments"), files=joined(_file(one) for one in attachments))


def _file(one: Attachment) -> SafeString:
    shown = one.recognised.shown
    address = reverse("attachment", args=[one.pk]) + ("?show" if shown else "")
    return fill(FILE, address=address, window=WINDOW if shown else NONE, name=one.name, size=filesizeformat(one.size))
