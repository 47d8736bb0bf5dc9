"""Files that were handed in with an entry."""

from collections.abc import Iterable

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pages.markup import NONE, fill_markup, join_markup
from reviews.models import AbstractAttachment

register = template.Library()

LIST = """

<ul class="attachments" aria-label="{title}">{files}</ul>
"""
FILE = '<li><a href="{address}"{window}>{name}</a> <span class="quiet">{size}</span></li>'
WINDOW = SafeString(' target="_blank" rel="noopener"')


@register.simple_tag
def attached(attachments: Iterable[AbstractAttachment], address: str = "attachment") -> SafeString:
    """A list of links to the address of that name; what a browser may show opens beside the page."""
    return fill_markup(LIST, title=_("Attachments"), files=join_markup(_file(one, address) for one in attachments))


def _file(one: AbstractAttachment, address: str) -> SafeString:
    shown = one.recognised.shown
    link = reverse(address, args=[one.pk]) + ("?show" if shown else "")
    return fill_markup(
        FILE, address=link, window=WINDOW if shown else NONE, name=one.name, size=filesizeformat(one.size)
    )
