"""The prefilled workbook of a plan's quotas: regions below each other, targets beside each other, the numbers in force.

Codes and the versions that the numbers were taken from stand in hidden rows, so that the sheet is understood when it
comes back, and nobody's later numbers are overwritten unseen.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from imports.quotas.sheet import CODES, PLAN, TOTAL, VERSIONS
from imports.showing.template_file import EDGE, FREE, HEAD, INPUT, LARGEST, WRAPPED
from pages.spreadsheets import append, new_workbook, put, save_workbook
from targets.quotas.forms import quota_input_text
from targets.quotas.tables import QuotaColumn, QuotaTable
from targets.quotas.wording import quota_month_text
from targets.wording.aims import threshold_text

TITLE_ROW, PLAN_ROW, VERSION_ROW, CODE_ROW, NAME_ROW, FIRST_ROW = 1, 2, 3, 4, 5, 6
CODE, NAME, FIRST = 1, 2, 3


def quota_workbook(table: QuotaTable) -> bytes:
    """The workbook of a table of quotas."""
    book = new_workbook()
    page = book.active
    page.title = _("Quotas")
    _head(page, table)
    for number, column in enumerate(table.columns, FIRST):
        _column(page, number, column, table)
    _foot(page, table)
    _look(page, len(table.columns))
    _explain(book.create_sheet(_("How to fill it in")))
    return save_workbook(book)


def _head(page: Worksheet, table: QuotaTable) -> None:
    told = {"plan": table.plan.title, "month": quota_month_text(table.month)}
    title = put(page, TITLE_ROW, CODE, _("%(plan)s: quotas as they hold in %(month)s") % told)
    title.font = Font(bold=True, size=14)
    for row, texts in (
        (PLAN_ROW, (PLAN, table.plan.code)),
        (VERSION_ROW, (VERSIONS, None)),
        (CODE_ROW, (CODES, None)),
        (NAME_ROW, (CODES, "地区")),
    ):
        for column, text in zip((CODE, NAME), texts, strict=True):
            put(page, row, column, text)
    for number, place in enumerate(table.places, FIRST_ROW):
        put(page, number, CODE, place.region.code)
        put(page, number, NAME, "　" * len(place.above) + place.region.name)


def _column(page: Worksheet, number: int, column: QuotaColumn, table: QuotaTable) -> None:
    target = column.target
    put(page, VERSION_ROW, number, str(column.version))
    put(page, CODE_ROW, number, target.code)
    unit = target.indicator.unit
    put(page, NAME_ROW, number, f"{target.name}（{unit}）" if unit else target.name)
    for row, place in enumerate(table.places, FIRST_ROW):
        if place.region.pk in column.regions:
            _input(page, row, number, quota_input_text(column.numbers.get(place.region.pk)))
    last = FIRST_ROW + len(table.places) - 1
    if table.places:
        _validate(page, f"{get_column_letter(number)}{FIRST_ROW}:{get_column_letter(number)}{last}")


def _input(page: Worksheet, row: int, column: int, text: str) -> None:
    cell = page.cell(row, column)
    cell.fill, cell.protection = INPUT, FREE
    if text:
        cell.value = text
        cell.data_type = "n"  # the digits themselves: a number that is typed stays as it is


def _validate(page: Worksheet, cells: str) -> None:
    rule = DataValidation("decimal", operator="between", formula1=f"-{LARGEST}", formula2=str(LARGEST))
    rule.error, rule.errorTitle, rule.showErrorMessage = (
        _("Enter a number, without a unit."),
        _("Please check"),
        True,
    )
    rule.add(cells)
    page.add_data_validation(rule)


def _foot(page: Worksheet, table: QuotaTable) -> None:
    """The whole of each target, and the sum as the spreadsheet makes it; neither is read when the sheet comes back."""
    whole, total = FIRST_ROW + len(table.places), FIRST_ROW + len(table.places) + 1
    put(page, whole, CODE, table.plan.region.code)
    put(page, whole, NAME, table.plan.region.name)
    put(page, total, CODE, TOTAL)
    put(page, total, NAME, TOTAL)
    for number, column in enumerate(table.columns, FIRST):
        put(page, whole, number, threshold_text(column.target))
        if column.check is not None and table.places:
            letter = get_column_letter(number)
            page.cell(total, number, f"=SUM({letter}{FIRST_ROW}:{letter}{whole - 1})")


def _look(page: Worksheet, columns: int) -> None:
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 10, 14
    for number in range(FIRST, FIRST + columns):
        page.column_dimensions[get_column_letter(number)].width = 18
    for row in page.iter_rows(min_row=NAME_ROW):
        for cell in row:
            cell.border, cell.alignment = EDGE, WRAPPED
    for cell in page[NAME_ROW]:
        cell.font, cell.fill = Font(bold=True), HEAD
    for row in (PLAN_ROW, VERSION_ROW, CODE_ROW):
        page.row_dimensions[row].hidden = True
    page.freeze_panes = page.cell(FIRST_ROW, FIRST)
    page.protection.sheet, page.protection.formatColumns, page.protection.formatRows = True, False, False


def _explain(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 90
    for text in _notes():
        append(page, [text])
    for (cell,) in page.iter_rows():
        cell.alignment = WRAPPED
    page.protection.sheet = True


def _notes() -> Iterator[str]:
    yield _("Fill in the yellow cells only; everything else is locked.")
    yield _("An empty cell of a count means that the region owes nothing, of a rate that the whole's threshold holds.")
    yield _("Leave every row where it is: a region whose row is missing is told as a mistake.")
    yield _("Only indicators of which a number is different are set when the sheet is uploaded.")
