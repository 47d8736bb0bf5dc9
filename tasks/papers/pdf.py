"""Printed papers as PDF files, laid out by WeasyPrint, which needs the system's Pango."""

from types import ModuleType
from typing import NoReturn

from django.template.loader import render_to_string

from tasks.papers.notice import Paper

CONTENT_TYPE = "application/pdf"
LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei"
"""Debian's packages; `make run` installs them where it may."""


class MissingError(Exception):
    """The system's libraries for PDF files are not there."""


def as_pdf(paper: Paper) -> bytes:
    """Makes the PDF file of a notice; MissingError where the system's libraries are missing."""
    page = render_to_string("tasks/supervision_paper.html", {"paper": paper})
    return lay_out(page, render_to_string("tasks/supervision_paper.css", {"paper": paper}))


def lay_out(page: str, style: str) -> bytes:
    """The PDF file of a page of HTML with its sheet of styles; MissingError where the system's libraries are missing.
    It fetches nothing from anywhere."""
    weasyprint = load_weasyprint()
    sheet = weasyprint.CSS(string=style)
    made: bytes = weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).write_pdf(stylesheets=[sheet])
    return made


def load_weasyprint() -> ModuleType:
    """Imports WeasyPrint only when a file is made, because it looks for the system's libraries at once; MissingError
    where they are missing."""
    try:
        import weasyprint
    except OSError as error:
        raise MissingError(str(error)) from error
    return weasyprint


def _fetch_nothing(url: str, *args: object, **kwargs: object) -> NoReturn:
    raise ValueError(f"nothing is fetched: {url}")
