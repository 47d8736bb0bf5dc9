"""The matrix of reporting as a file for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from openpyxl import Workbook

from departments.log import harmless
from targets.made_up import made_up
from targets.punctuality import Tally
from targets.timeliness import Cell, Matrix, share_text


def rows_of(matrix: Matrix) -> Iterator[list[str]]:
    """The table as on the page, every cell as text that no spreadsheet runs as a formula; made-up figures say so."""
    for row in _rows(matrix):
        yield [harmless(text) for text in row]
    if said := made_up(matrix.plan):
        yield [*said]


def _rows(matrix: Matrix) -> Iterator[list[str]]:
    deadline = _("Deadline")
    days = [f"{one.month} ({deadline} {one.day})" for one in matrix.deadlines]
    counts = [_("Expected"), _("On time"), _("Late"), _("Returned"), _("Missing"), _("On-time rate"), _("Completeness")]
    yield [_("Unit"), *days, *counts]
    for line in matrix.lines:
        name = str(line.unit) if line.unit is not None else _("Nobody has been named")
        yield [name, *map(_cell, line.cells), *_sums(line.passed)]
    if matrix.lines:
        yield [_("All units"), *map(_cell, matrix.columns), *_sums(matrix.total)]


def _cell(cell: Cell) -> str:
    """The word, and how many of the expected figures are there."""
    if not cell.tally.due:
        return str(cell.mark.word)
    return f"{cell.mark.word} {cell.tally.provided}/{cell.tally.due}"


def _sums(tally: Tally) -> list[str]:
    numbers = (tally.due, tally.on_time, tally.late, tally.returned, tally.missing)
    return [*map(str, numbers), share_text(tally.punctuality), share_text(tally.completeness)]


def as_csv(matrix: Matrix) -> bytes:
    """UTF-8 with the mark at the beginning that Excel needs."""
    text = io.StringIO()
    csv.writer(text).writerows(rows_of(matrix))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(matrix: Matrix) -> bytes:
    """One sheet, named after the plan's year."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(matrix.plan.year))
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 24
    for row in rows_of(matrix):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Matrix], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
"""Ending → type of the file, and how it is written."""
