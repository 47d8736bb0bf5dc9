"""The same cells as CSV, XLSX, XLS and ODS, written with the libraries that people's programs use."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
import xlwt
from odf.element import Element
from odf.namespaces import OFFICENS, TABLENS, TEXTNS
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties

Grid = Sequence[Sequence[Any]]
Sheets = Mapping[str, Grid]
XLS_ERRORS = {"#N/A": "#N/A!"}  # as xlwt calls it


@dataclass(frozen=True)
class Percent:
    """A number that its cell shows as a percentage."""

    number: float


def as_csv(grid: Grid, encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([[_shown(cell) for cell in row] for row in grid])
    return text.getvalue().encode(encoding)


def _shown(cell: Any) -> Any:
    return f"{cell.number * 100:.10g}%" if isinstance(cell, Percent) else cell


def as_xlsx(sheets: Sheets, *, merged: Sequence[str] = (), hidden: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row, cells in enumerate(grid, 1):
            for column, cell in enumerate(cells, 1):
                place = sheet.cell(row, column, cell.number if isinstance(cell, Percent) else cell)
                if isinstance(cell, Percent):
                    place.number_format = "0.0%"
                if isinstance(cell, str) and cell.startswith("#"):
                    place.data_type = "e"
        for area in merged:
            sheet.merge_cells(area)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_xls(sheets: Sheets, *, hidden: Sequence[str] = ()) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    percent, day = xlwt.easyxf(num_format_str="0.0%"), xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
    for name, grid in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        for row, cells in enumerate(grid):
            for column, cell in enumerate(cells):
                if isinstance(cell, Percent):
                    sheet.write(row, column, cell.number, percent)
                elif isinstance(cell, date):
                    sheet.write(row, column, cell, day)
                elif isinstance(cell, str) and cell.startswith("#"):
                    sheet.row(row).set_cell_error(column, XLS_ERRORS.get(cell, cell))
                elif cell is not None:
                    sheet.write(row, column, cell)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_ods(sheets: Sheets, *, hidden: Sequence[str] = ()) -> bytes:
    book = OpenDocumentSpreadsheet()
    style = Style(name="hidden", family="table")
    style.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(style)
    for name, grid in sheets.items():
        table = _element(TABLENS, "table", {(TABLENS, "name"): name})
        if name in hidden:
            table.attributes[TABLENS, "style-name"] = "hidden"
        for cells in grid:
            row = _element(TABLENS, "table-row")
            for cell in cells:
                row.addElement(_cell(cell))
            table.addElement(row)
        book.spreadsheet.addElement(table)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _element(space: str, name: str, attributes: dict[tuple[str, str], str] | None = None) -> Element:
    element = Element(qname=(space, name), check_grammar=False)
    element.attributes.update(attributes or {})
    return element


def _cell(cell: Any) -> Element:
    given: dict[tuple[str, str], str] = {}
    if isinstance(cell, Percent):
        given = {(OFFICENS, "value-type"): "percentage", (OFFICENS, "value"): repr(cell.number)}
    elif isinstance(cell, date):
        given = {(OFFICENS, "value-type"): "date", (OFFICENS, "date-value"): cell.isoformat()}
    elif isinstance(cell, int | float):
        given = {(OFFICENS, "value-type"): "float", (OFFICENS, "value"): repr(cell)}
    elif cell:
        given = {(OFFICENS, "value-type"): "string"}
    element = _element(TABLENS, "table-cell", given)
    if cell is not None and cell != "":
        paragraph = _element(TEXTNS, "p")
        paragraph.addText(str(_shown(cell)))
        element.addElement(paragraph)
    return element


def with_hidden_rows(data: bytes, *rows: int, columns: str = "") -> bytes:
    """The workbook with rows, and columns by their letters, that are hidden."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    for number in rows:
        sheet.row_dimensions[number].hidden = True
    for letter in columns:
        sheet.column_dimensions[letter].hidden = True
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
