"""The printed notice as a PDF file, laid out by WeasyPrint, which needs the system's Pango."""

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
    """Makes the PDF file; MissingError where the system's libraries are missing. It fetches nothing from anywhere."""
    weasyprint = _weasyprint()
    page = render_to_string("tasks/supervision_paper.html", {"paper": paper})
    style = weasyprint.CSS(string=render_to_string("tasks/supervision_paper.css", {"paper": paper}))
    made: bytes = weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).write_pdf(stylesheets=[style])
    return made


def _weasyprint() -> ModuleType:
    """Imports WeasyPrint only when a file is made, because it looks for the system's libraries at once."""
    try:
        import weasyprint
    except OSError as error:
        raise MissingError(str(error)) from error
    return weasyprint


def _fetch_nothing(url: str, *args: object, **kwargs: object) -> NoReturn:
    raise ValueError(f"nothing is fetched: {url}")
