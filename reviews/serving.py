"""Giving out attached files. Nothing is ever served by its place on the disk."""

from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat

from reviews.models import AbstractAttachment

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; sandbox"
SHOWN_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
"""A browser's own reader does not open a PDF in a sandbox; the reader keeps what stands in it apart from the page."""


def serve_attachment(found: AbstractAttachment, *, show: bool) -> FileResponse:
    """One file; `show` opens what a browser shows safely instead of saving it. Http404 if it is gone."""
    kind, shown = found.recognised, show and found.recognised.shown
    try:
        opened = found.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(opened, as_attachment=not shown, filename=found.name, content_type=kind.content_type)
    answer.headers["Content-Security-Policy"] = SHOWN_PDF if shown and kind.code == "pdf" else SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def describe_attachment_for_script(attachment: AbstractAttachment, address: str) -> dict[str, object]:
    """What a page's script is told about a file that was attached."""
    return {"id": attachment.pk, "name": attachment.name, "size": filesizeformat(attachment.size), "href": address}
