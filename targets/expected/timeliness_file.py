"""The matrix of reporting as a file for a spreadsheet."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from pages import spreadsheets
from targets.expected.punctuality import PunctualityTally
from targets.expected.timeliness import TimelinessCell, TimelinessMatrix, timeliness_share_text
from targets.wording.demonstration_note import made_up

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet


def rows_of_timeliness(matrix: TimelinessMatrix) -> Iterator[list[str]]:
    """The table as on the page; made-up figures say so."""
    yield from _rows(matrix)
    if said := made_up(matrix.plan):
        yield [*said]


def _rows(matrix: TimelinessMatrix) -> Iterator[list[str]]:
    heading = _("Deadline")
    days = [f"{deadline.month} ({heading} {deadline.day})" for deadline in matrix.deadlines]
    counts = [_("Expected"), _("On time"), _("Late"), _("Returned"), _("Missing"), _("On-time rate"), _("Completeness")]
    yield [_("Unit"), *days, *counts]
    for line in matrix.lines:
        name = str(line.unit) if line.unit is not None else _("Nobody has been named")
        yield [name, *map(_cell, line.cells), *_sums(line.passed)]
    if matrix.lines:
        yield [_("All units"), *map(_cell, matrix.columns), *_sums(matrix.total)]


def _cell(cell: TimelinessCell) -> str:
    """The word, and how many of the expected figures are there."""
    if not cell.tally.due:
        return str(cell.mark.word)
    return f"{cell.mark.word} {cell.tally.provided}/{cell.tally.due}"


def _sums(tally: PunctualityTally) -> list[str]:
    numbers = (tally.due, tally.on_time, tally.late, tally.returned, tally.missing)
    return [*map(str, numbers), timeliness_share_text(tally.punctuality), timeliness_share_text(tally.completeness)]


def timeliness_as_csv(matrix: TimelinessMatrix) -> bytes:
    """The table as lines of text."""
    return spreadsheets.write_rows_as_csv(rows_of_timeliness(matrix))


def timeliness_as_xlsx(matrix: TimelinessMatrix) -> bytes:
    """One sheet, named after the plan's year."""
    return spreadsheets.write_rows_as_xlsx(str(matrix.plan.year), rows_of_timeliness(matrix), _look)


def _look(sheet: "WriteOnlyWorksheet") -> None:
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 24


FORMATS: dict[str, tuple[str, Callable[[TimelinessMatrix], bytes]]] = {
    "xlsx": (spreadsheets.XLSX_TYPE, timeliness_as_xlsx),
    "csv": (spreadsheets.CSV_TYPE, timeliness_as_csv),
}
"""Ending → type of the file, and how it is written."""
