"""A table as a file: XLSX with real numbers, or CSV for a spreadsheet. What a cell says, the page says.

Every table that leadership takes away is written here, so that no cell of any of them runs as a formula.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from pages import spreadsheets

OTHER_WIDTH = 18
Value = str | Decimal | None
"""What a cell holds: a text, a number as it is shown, or nothing."""


@dataclass(frozen=True, slots=True)
class ExportSheet:
    """A table to be written: the first line says what it is, the second names the columns.

    `widths` are those of the first columns, in characters; `frozen` is the first cell that moves. Texts that people
    have typed have to be `make_text_safe`.
    """

    name: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    widths: Sequence[int]
    frozen: str


def make_text_safe(text: str) -> str:
    """A text that people have typed, so that no spreadsheet takes it for a formula, without what no workbook holds.

    A text of ours may begin with the sign "=" (= 100 %), so each kind of file makes the others harmless its own way.
    """
    return str(spreadsheets.clean_cell_value(text))


def write_sheet_as_csv(sheet: ExportSheet) -> bytes:
    """Lines of text."""
    return spreadsheets.write_rows_as_csv([[sheet.note], sheet.headings, *sheet.rows])


def write_sheet_as_xlsx(sheet: ExportSheet) -> bytes:
    """A workbook of one sheet."""
    book = spreadsheets.new_workbook(write_only=True)
    page = book.create_sheet(sheet.name)
    for number, _heading in enumerate(sheet.headings):
        width = sheet.widths[number] if number < len(sheet.widths) else OTHER_WIDTH
        page.column_dimensions[get_column_letter(number + 1)].width = width
    page.freeze_panes = sheet.frozen
    spreadsheets.append(page, [sheet.note])
    spreadsheets.append(page, sheet.headings)
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])
    return spreadsheets.save_workbook(book)


def _cell(page: WriteOnlyWorksheet, value: Value) -> Cell | Value:
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        return spreadsheets.make_number_cell(page, value, "#,##0" + ("." + "0" * places if places > 0 else ""))
    return spreadsheets.own_text(page, value) if value else value


FILES: Mapping[str, tuple[Callable[[ExportSheet], bytes], str]] = {
    "csv": (write_sheet_as_csv, spreadsheets.CSV_TYPE),
    "xlsx": (write_sheet_as_xlsx, spreadsheets.XLSX_TYPE),
}
"""Kind of file → how it is written, and what a browser is told that it is."""
