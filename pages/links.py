"""The port through which a page leads to a page of an upper app.

The page of a task leads to those of its target and its unit, which belong to apps above it. The upper app says when it
starts under which name in the addresses its page of a subject is found; the lower one names the subject alone.
"""

from django.urls import reverse

_names: dict[str, str] = {}


def offer_page(subject: str, url_name: str) -> None:
    """Registers the name of the address at which a subject (`target`) has its page."""
    _names[subject] = url_name


def offered_pages() -> dict[str, str]:
    """Every subject with the name of its address."""
    return dict(_names)


def address_of_page(subject: str, *parts: object) -> str:
    """The address of a subject's page, with what the address names (a plan's code, a target's); LookupError for a
    subject of which no app has a page."""
    return reverse(_names[subject], args=parts)
