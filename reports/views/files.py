"""A table as a file that a browser saves."""

from datetime import date

from django.http import HttpRequest, HttpResponse

from pages.exports import FILES, ExportSheet
from plans.periods import Month


def kind_asked(request: HttpRequest) -> str:
    """The kind of file that the form asks for."""
    return "csv" if request.POST.get("format") == "csv" else "xlsx"


def file_answer(sheet: ExportSheet, *, kind: str, name: str, of: Month | date) -> HttpResponse:
    """The sheet as a file of that kind, which is kept nowhere on its way; `of` is the month or day in its name."""
    content, content_type = FILES[kind]
    disposition = f'attachment; filename="{name}-{of}.{kind}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return HttpResponse(content(sheet), content_type=content_type, headers=headers)
