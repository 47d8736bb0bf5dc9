"""The comparison as a file: XLSX with real numbers, or CSV for a spreadsheet. What a cell says, the page says."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from departments.log import harmless
from reports.standing import Standing
from reports.table import Table, Value

WIDTHS = (12, 46, 10)
OTHER_WIDTH = 18


def note(standing: Standing, table: Table) -> str:
    """What is compared, in which month, and what was official when; the first line of every file."""
    about = table.target.name if table.target else table.region.name if table.region else ""
    return " · ".join(part for part in (_moment(standing), about) if part)


def _moment(standing: Standing) -> str:
    month = date_format(standing.month.first_day, "YEAR_MONTH_FORMAT")
    if standing.day is None:
        return _("%(plan)s · as of the end of %(month)s") % {"plan": standing.plan.title, "month": month}
    return _("%(plan)s · as of the end of %(month)s · by what was official at the end of %(day)s") % {
        "plan": standing.plan.title,
        "month": month,
        "day": date_format(standing.day),
    }


def headings(table: Table) -> list[str]:
    """What the columns are called."""
    named = [pgettext("of a region", "Code"), _("Region")] if table.target else [_("Clause"), _("Indicator")]
    return [*named, _("Unit"), *(str(one.heading) for one in table.columns)]


def cells(table: Table) -> Iterator[list[Value]]:
    """The lines as cells: texts that no spreadsheet takes for a formula, and numbers as they are shown."""
    for line in table.every:
        named = (line.region.code, line.region.name) if table.target else (line.clause.path, line.target.name)
        values = [one.value(line) for one in table.columns]
        # A text of ours may begin with the sign "=", so each kind of file makes it harmless its own way.
        yield [*map(_safe, named), _safe(line.indicator.unit), *values]


def _safe(text: str) -> str:
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", text))


def as_csv(standing: Standing, table: Table) -> bytes:
    """UTF-8 with the mark without which Excel takes it for another encoding."""
    out = io.StringIO()
    file = csv.writer(out)
    file.writerow([_safe(note(standing, table))])
    file.writerow(headings(table))
    file.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in cells(table))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(standing: Standing, table: Table) -> bytes:
    """A workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(standing.month))
    for number, _column in enumerate(headings(table)):
        width = WIDTHS[number] if number < len(WIDTHS) else OTHER_WIDTH
        sheet.column_dimensions[get_column_letter(number + 1)].width = width
    sheet.freeze_panes = "C3"
    sheet.append([_safe(note(standing, table))])
    sheet.append(headings(table))
    for row in cells(table):
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: object, value: Value) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        cell.number_format = "#,##0" + ("." + "0" * places if places > 0 else "")
    elif value:
        cell.data_type = "s"  # a text, never a formula
    return cell
