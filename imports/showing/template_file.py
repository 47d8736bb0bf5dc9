"""The prefilled workbook of a unit and month: one row a figure that is due, to be filled in and uploaded as it is.

The figures' cells are empty, whatever has been reported already: a template that comes back untouched says nothing.
"""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from departments.people.wording import word_for_whole_region
from imports.vocabulary.values import LONGEST_NOTE
from imports.vocabulary.wording import FORM, HEADINGS
from pages.spreadsheets import append, new_workbook, put, save_workbook
from reviews.workflow import ReviewState
from targets.entering.entry_grid import HandedInEntry, WorksheetPromise, WorksheetRow
from targets.entering.worksheet import UnitWorksheet
from targets.entry_rules.figures import Entry
from targets.models import Indicator

WORDS = {name: chinese for name, (_english, chinese) in HEADINGS.items()}
COLUMNS: dict[str, tuple[str, int]] = {
    "code": ("指标编码", 16),
    "indicator": ("指标名称", 30),
    "region": ("地区代码", 10),
    "month": (WORDS["month"], 10),
    "unit": ("单位", 8),
    "rule": (FORM, 34),
    "before": ("上期", 12),
    "last_year": ("上年同期", 12),
    "reported": ("已报", 12),
    "value": (WORDS["value"], 14),
    "numerator": (WORDS["numerator"], 14),
    "denominator": (WORDS["denominator"], 14),
    "occurred_on": (WORDS["occurred_on"], 13),
    "note": (WORDS["note"], 36),
}
"""Column → its heading, by which it is recognised when it comes back, and its width."""
PLACES = {name: place for place, name in enumerate(COLUMNS, 1)}
HEADING_ROW, LARGEST = 2, Decimal(999_999_999)
INPUT, HEAD = PatternFill("solid", fgColor="FFFFF9E5"), PatternFill("solid", fgColor="FFE3ECF5")
EDGE = Border(*[Side("thin", "FFB4BEC8")] * 4)
FREE, WRAPPED = Protection(locked=False), Alignment(vertical="center", wrap_text=True)


def write_entry_workbook(sheet: UnitWorksheet) -> bytes:
    """The workbook of what the unit enters for the month."""
    book = new_workbook()
    page = book.active
    _fill(page, sheet)
    _explain(book.create_sheet(_("How to fill it in")))
    return save_workbook(book)


def inputs_of(indicator: Indicator) -> tuple[str, ...]:
    """The names of the cells that are to be filled in."""
    if indicator.is_ratio:
        return ("numerator", "denominator", "note")
    return ("value", "occurred_on", "note") if indicator.measure == Indicator.Measure.EVENT else ("value", "note")


def _fill(page: Worksheet, sheet: UnitWorksheet) -> None:
    page.title = str(sheet.month)
    said = _("%(unit)s, figures of %(month)s") % {"unit": sheet.department.name, "month": sheet.month}
    put(page, 1, 1, said).font = Font(bold=True, size=14)
    for name, (heading, width) in COLUMNS.items():
        cell = put(page, HEADING_ROW, PLACES[name], heading)
        cell.font, cell.fill, cell.border, cell.alignment = Font(bold=True), HEAD, EDGE, WRAPPED
        page.column_dimensions[cell.column_letter].width = width
    for place, row in enumerate(sheet.rows, HEADING_ROW + 1):
        _write(page, place, row, sheet.region.code)
    page.freeze_panes = page.cell(HEADING_ROW + 1, PLACES["region"])
    page.protection.sheet, page.protection.formatColumns, page.protection.formatRows = True, False, False
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"


def _write(page: Worksheet, place: int, row: WorksheetRow, region: str) -> None:
    indicator = row.indicator
    known = {
        "code": indicator.code,
        "indicator": indicator.name,
        "region": region,
        "month": str(row.month),
        "unit": indicator.unit,
        "rule": _rule(row),
        "before": text_of_known_figure(indicator, row.before),
        "last_year": text_of_known_figure(indicator, row.last_year),
        "reported": text_of_known_figure(indicator, _reported(row)),
    }
    for name, column in PLACES.items():
        cell = put(page, place, column, known.get(name) or None)
        cell.border, cell.alignment = EDGE, WRAPPED
        if name in inputs_of(indicator):
            cell.fill, cell.protection, cell.number_format = INPUT, FREE, _format(name)
            _validate(page, cell.coordinate, indicator, name)


def _reported(row: WorksheetRow) -> Entry | HandedInEntry | None:
    """The figure that was handed in, if it is in review or approved; else the official figure."""
    counts = row.handed_in is not None and row.handed_in.state in (
        ReviewState.SUBMITTED.value,
        ReviewState.APPROVED.value,
    )
    return row.handed_in if counts else row.official


def _format(name: str) -> str:
    return {"occurred_on": "yyyy-mm-dd", "note": "@"}.get(name, "General")


def text_of_known_figure(indicator: Indicator, found: Entry | HandedInEntry | None) -> str:
    """A known figure written out: 180/200 for a ratio; "" if none is known."""
    if found is None:
        return ""
    parts = (found.numerator, found.denominator) if indicator.is_ratio else (found.value,)
    return "/".join(_plain(part) for part in parts if part is not None)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _rule(row: WorksheetRow) -> str:
    """What is to be entered, in words."""
    indicator = row.indicator
    told = []
    if indicator.is_ratio:
        names = {"numerator": indicator.numerator_name, "denominator": indicator.denominator_name}
        units = {"numerator": indicator.numerator_unit, "denominator": indicator.denominator_unit}
        told = [f"{WORDS[name]}：{names[name]}（{units[name]}）" for name in names if names[name]]
    elif indicator.measure == Indicator.Measure.EVENT:
        told = [_("1 when it is done, with the day; 0 if not yet")]
    if indicator.entry_basis == Indicator.EntryBasis.TO_DATE:
        told.append(_("total since January"))
    return "；".join([*told, *map(_target, row.promises)])


def _target(promise: WorksheetPromise) -> str:
    if not promise.whole:
        return _("target %(threshold)s") % {"threshold": promise.threshold}
    whole = word_for_whole_region(promise.target.plan.region)
    return _("target of %(whole)s %(threshold)s") % {"whole": whole, "threshold": promise.threshold}


# --- What a cell takes ------------------------------------------------------------------------------------------------


def _validate(page: Worksheet, cell: str, indicator: Indicator, name: str) -> None:
    rule = _validation(indicator, name)
    rule.error, rule.errorTitle, rule.showErrorMessage = _told(indicator, name), _("Please check"), True
    rule.add(cell)
    page.add_data_validation(rule)


def _validation(indicator: Indicator, name: str) -> DataValidation:
    if name == "note":
        return DataValidation("textLength", operator="lessThanOrEqual", formula1=str(LONGEST_NOTE))
    if name == "occurred_on":
        return DataValidation("date", operator="greaterThan", formula1="36526")  # 2000-01-01
    if indicator.measure == Indicator.Measure.EVENT:
        return DataValidation("list", formula1='"1,0"')
    low, high = _bounds(indicator, name)
    bounds = [_plain(-LARGEST if low is None else low), _plain(LARGEST if high is None else high)]
    return DataValidation("decimal", operator="between", formula1=bounds[0], formula2=bounds[1])


def _bounds(indicator: Indicator, name: str) -> tuple[Decimal | None, Decimal | None]:
    """The least and the largest number that the rules of entry let in, as far as one cell alone can tell."""
    if name == "value":
        return indicator.minimum, indicator.maximum
    positive = name == "denominator" or (indicator.minimum is not None and indicator.minimum >= 0)
    return (Decimal(0) if positive else None), None


def _told(indicator: Indicator, name: str) -> str:
    if name == "note":
        return _("At most %(most)s characters.") % {"most": LONGEST_NOTE}
    if name == "occurred_on":
        return _("Enter a day like 2014-06-27.")
    if indicator.measure == Indicator.Measure.EVENT:
        return _("Enter 1 or 0.")
    low, high = _bounds(indicator, name)
    told = [_("Enter a number, without a unit.")]
    told += [_("At least %(number)s.") % {"number": _plain(low)}] if low is not None else []
    told += [_("At most %(number)s.") % {"number": _plain(high)}] if high is not None else []
    return " ".join(told)


def _explain(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 90
    for text in _notes():
        append(page, [text])
    for (cell,) in page.iter_rows():
        cell.alignment = WRAPPED
    page.protection.sheet = True


def _notes() -> Iterator[str]:
    yield _("Fill in the yellow cells only; everything else is locked.")
    yield _("Zero is written as 0. A row whose figures are left empty is not reported.")
    yield _("A ratio has numerator and denominator; the percentage is calculated.")
    yield _("An unusual figure or a correction needs a note that explains it.")
    yield _(
        "The last period, the same month of last year and what was reported are for comparison and are not imported."
    )
    yield _("Save the file and upload it as it is on the page Import figures.")
