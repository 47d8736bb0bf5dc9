"""The comparison as a file: XLSX with real numbers, or CSV for a spreadsheet. What a cell says, the page says."""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from departments.log import harmless
from reports.comparison import Line
from reports.standing import Standing

Cell = str | Decimal | None
WIDTHS = (12, 46, 10, 14, 14, 14, 14, 26, 18, 16)


def note(standing: Standing) -> str:
    """Which month, and what was official when; the first line of every file."""
    month = date_format(standing.month.first_day, "YEAR_MONTH_FORMAT")
    if standing.day is None:
        return _("%(plan)s · as of the end of %(month)s") % {"plan": standing.plan.title, "month": month}
    return _("%(plan)s · as of the end of %(month)s · by what was official at the end of %(day)s") % {
        "plan": standing.plan.title,
        "month": month,
        "day": date_format(standing.day),
    }


def headings() -> list[str]:
    """What the columns are called."""
    return [
        _("Clause"),
        _("Indicator"),
        _("Unit"),
        _("This month"),
        _("Same months of last year"),
        _("Change against last year"),
        _("Year to date"),
        _("Target"),
        _("Light"),
        _("Data to"),
    ]


def cells(listed: Sequence[Line]) -> Iterator[list[Cell]]:
    """The lines as cells: texts that no spreadsheet takes for a formula, and numbers as they are shown."""
    for line in listed:
        one = line.row.attainment
        yield [
            _safe(line.clause.path),
            _safe(line.row.target.name),
            _safe(line.indicator.unit),
            line.month,
            line.last_year,
            line.change,
            line.actual if line.actual is not None else _safe(line.row.shown.actual) or None,
            line.row.shown.threshold,  # may begin with the sign "=", so each kind of file makes it harmless its own way
            str(line.row.light.word),
            str(one.last_data_month or ""),
        ]


def _safe(text: str) -> str:
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", text))


def as_csv(standing: Standing, listed: Sequence[Line]) -> bytes:
    """UTF-8 with the mark without which Excel takes it for another encoding."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_safe(note(standing))])
    table.writerow(headings())
    table.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in cells(listed))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(standing: Standing, listed: Sequence[Line]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(standing.month))
    for column, width in zip("ABCDEFGHIJ", WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "C3"
    sheet.append([_safe(note(standing))])
    sheet.append(headings())
    for row in cells(listed):
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: object, value: Cell) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        cell.number_format = "#,##0" + ("." + "0" * places if places > 0 else "")
    elif value:
        cell.data_type = "s"  # a text, never a formula
    return cell
