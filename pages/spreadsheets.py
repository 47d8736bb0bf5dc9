"""The one writer of every table that leaves as a file: no cell of any of them runs as a formula.

A spreadsheet takes a text for a formula by its first sign (OWASP, "CSV Injection"), East Asian ones by the full-width
sign as well. CSV knows no other mark than an apostrophe before it; in a workbook the cell says that it is a text, and
has the apostrophe all the same, because workbooks are saved as CSV.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

Sheet: TypeAlias = Worksheet | WriteOnlyWorksheet

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN = re.compile(r"-?[0-9][0-9,\u00a0 ]*(\.[0-9]+)?(\u00a0?%)?|[-－]+")
"""Numbers, and the dashes that mean none."""
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_stamps: list[Callable[[], str]] = []


def register_workbook_stamp(ask: Callable[[], str]) -> None:
    """Registers the function that gives the words of this moment for the properties and printed pages of a workbook."""
    if ask not in _stamps:
        _stamps.append(ask)


def make_text_harmless(text: str) -> str:
    """The text in a form that no spreadsheet takes for a formula; a negative number is no formula and stays."""
    begins = text.lstrip(" \u3000\u00a0").startswith(BEGINNINGS)
    return f"'{text}" if begins and not _PLAIN.fullmatch(text) else text


def restore_typed_text(text: str) -> str:
    """The text that `make_text_harmless` was given, for a file that comes back."""
    return text[1:] if text.startswith("'") and make_text_harmless(text[1:]) == text else text


def clean_cell_value(value: object) -> object:
    """What a cell of any file holds: a text without signs that no workbook holds, and harmless; a number as it is."""
    return make_text_harmless(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value


class _Echo:
    """Gives back what a CSV writer writes."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as lines of CSV, one after the other, so that the length of a table does not matter; the first begins
    with the mark without which Excel takes UTF-8 for another encoding."""
    file, mark = csv.writer(_Echo()), "\ufeff"
    for row in rows:
        yield mark + str(file.writerow([clean_cell_value(value) for value in row]))
        mark = ""


def write_rows_as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as a file of CSV."""
    return "".join(csv_lines(rows)).encode()


def new_workbook(*, write_only: bool = False) -> Workbook:
    """An empty workbook; `save_workbook` or `save_to` writes it. With `write_only` rows come by `append` alone."""
    return Workbook(write_only=write_only)


def append(page: Sheet, row: Iterable[object]) -> None:
    """A row below the others of a sheet; texts are harmless, and said to be texts. Cells that are made are left."""
    page.append([cell_of(page, value) if isinstance(value, str) else value for value in row])


def cell_of(page: Sheet, value: object) -> Cell:
    """A cell that is not yet in its place, to be given a look."""
    cell = WriteOnlyCell(page, clean_cell_value(value))
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def own_text(page: Sheet, text: str) -> Cell:
    """The cell of a text of ours, which may begin with a sign (= 100 %): it is marked as text and stays as it is."""
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"
    return cell


def make_number_cell(page: Sheet, value: object, shown: str) -> Cell:
    """The cell of a number, and how it is shown."""
    cell = WriteOnlyCell(page, value)
    cell.number_format = shown
    return cell


def put(page: Worksheet, row: int, column: int, value: object) -> Cell:
    """The cell at this place, with this value; a text is harmless, and said to be a text."""
    cell = page.cell(row, column, clean_cell_value(value))
    if isinstance(value, str) and value:
        cell.data_type = "s"
    return cell


def save_workbook(book: Workbook) -> bytes:
    """The workbook as a file, with the stamps of this moment (the head of the audit chain) in its properties and under
    each printed page. CSV holds nothing but the table, so that programs can read it; there a header of the answer
    tells the head.
    """
    book.properties.description = stamp = " ".join(ask() for ask in _stamps)
    for page in book.worksheets:
        page.oddFooter.right.text = stamp
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def write_rows_as_xlsx(
    name: str, rows: Iterable[Sequence[object]], look: Callable[[Sheet], None] = lambda page: None
) -> bytes:
    """The rows as a workbook of one sheet; `look` is told the sheet before the first row."""
    book = new_workbook(write_only=True)
    page = book.create_sheet(name)
    look(page)
    for row in rows:
        append(page, row)
    return save_workbook(book)
