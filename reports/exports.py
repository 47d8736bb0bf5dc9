"""A table as a file: XLSX with real numbers, or CSV for a spreadsheet. What a cell says, the page says.

Every table that leadership takes away is written here, so that no cell of any of them runs as a formula.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from departments.log import harmless

OTHER_WIDTH = 18
Value = str | Decimal | None
"""What a cell holds: a text, a number as it is shown, or nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written: the first line says what it is, the second names the columns.

    `widths` are those of the first columns, in characters; `frozen` is the first cell that moves. Texts that people
    have typed have to be `safe`.
    """

    name: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    widths: Sequence[int]
    frozen: str


def safe(text: str) -> str:
    """A text that people have typed, so that no spreadsheet takes it for a formula, without what no workbook holds.

    A text of ours may begin with the sign "=" (= 100 %), so each kind of file makes the others harmless its own way.
    """
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", text))


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with the mark without which Excel takes it for another encoding."""
    out = io.StringIO()
    file = csv.writer(out)
    file.writerow([safe(sheet.note)])
    file.writerow(sheet.headings)
    file.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook of one sheet."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name)
    for number, _heading in enumerate(sheet.headings):
        width = sheet.widths[number] if number < len(sheet.widths) else OTHER_WIDTH
        page.column_dimensions[get_column_letter(number + 1)].width = width
    page.freeze_panes = sheet.frozen
    page.append([safe(sheet.note)])
    page.append(list(sheet.headings))
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: object, value: Value) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        cell.number_format = "#,##0" + ("." + "0" * places if places > 0 else "")
    elif value:
        cell.data_type = "s"  # a text, never a formula
    return cell


FILES: Mapping[str, tuple[Callable[[Sheet], bytes], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""Kind of file → how it is written, and what a browser is told that it is."""
