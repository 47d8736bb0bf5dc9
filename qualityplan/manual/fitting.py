"""Which chapter of the manual fits a page: the sign ? in the header of each page leads there."""

from django.urls import reverse

FITTING: dict[str, str] = {}
"""The name of a page's address → the chapter that tells of it. A page that is not named leads to all chapters."""


def address_of_help(page: str | None) -> str:
    """Where whoever reads the page of this address finds what the manual says about it."""
    chapter = FITTING.get(page or "")
    return reverse("help_chapter", args=[chapter]) if chapter else reverse("help")
