"""Files that were handed in with an entry."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString

from pages.patterns import Pattern
from reviews.models import AbstractAttachment

register = template.Library()


class AttachmentsValues(NamedTuple):
    """A list of files."""

    files: SafeString


class AttachedFileValues(NamedTuple):
    """A file, whose browser may show it."""

    address: str
    is_shown: bool
    name: str
    size: str


ATTACHMENTS = Pattern("reviews/_attachments.html", AttachmentsValues)
ATTACHED_FILE = Pattern("reviews/_attachment.html", AttachedFileValues)


@register.simple_tag
def attached(attachments: Iterable[AbstractAttachment], address: str = "attachment") -> SafeString:
    """A list of links to the address of that name; what a browser may show opens beside the page."""
    return ATTACHMENTS.fill(
        AttachmentsValues(ATTACHED_FILE.fill_all(_file_values(file, address) for file in attachments))
    )


def _file_values(file: AbstractAttachment, address: str) -> AttachedFileValues:
    is_shown = file.recognised.shown
    link = reverse(address, args=[file.pk]) + ("?show" if is_shown else "")
    return AttachedFileValues(link, is_shown, file.name, filesizeformat(file.size))
