"""What a person is told about a file: sentences that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imports.files.limits import UnreadableError
from imports.models import ImportBatch
from targets.entry_rules.figures import Problem
from targets.messages import SENTENCES as FIGURES

ROWS: dict[str, str | Promise] = {
    "heading_unknown": _(
        'The heading "%(found)s" is not known. '
        "Use 指标, 地区, 月份, 数值, 分子, 分母, 说明, 日期, or delete the column."
    ),
    "heading_twice": _("This column stands here twice. Keep one of them."),
    "column_missing": _("This column is missing. Add it to the headings, or say what it holds in the title."),
    "cell_outside": _("A cell of this row stands under no heading. Delete it, or give its column a heading."),
    "total_differs": _(
        "This total is %(stated)s, but its parts make %(found)s. Correct the parts or the total, or delete the total."
    ),
    "total_without_parts": _(
        "There is nothing of which this could be the total. Give the region, or delete the total."
    ),
    "year_missing": _(
        'The year of "%(found)s" is told nowhere. Write the month like 2014-06, or the year in the title.'
    ),
    "not_a_year": _('"%(found)s" is not a year. Write it like 2014.'),
    "month_ambiguous": _('"%(found)s" may be January or October. Write %(year)s-01 or %(year)s-10.'),
    "month_contradicts": _(
        "The sheet is named %(sheet)s, but its title says %(title)s. Correct the one that is wrong."
    ),
    "period_too_long": _(
        "This covers %(span)s months, but the indicator is reported more often. Give the figure of each month."
    ),
    "only_to_date": _(
        "This is the total since January, but the indicator is entered by month. Give the month's figure."
    ),
    "unit_differs": _("The unit is %(found)s, but the indicator is counted in %(unit)s. Convert the figures."),
    "unit_stated_differs": _(
        '"%(text)s" says that the figures are in %(found)s, but %(indicator)s is counted in %(unit)s. Convert the '
        "figures, or correct the unit."
    ),
    "words_unknown": _(
        'The words "%(found)s" in "%(text)s" are not known. Say on the page of corrections that they change nothing '
        "about the figures, or take them out of the file."
    ),
    "words_other": _(
        '"%(found)s" in "%(text)s" says that these are figures of another kind. If they are the figures themselves, '
        "say so on the page of corrections; else upload the figures themselves."
    ),
    "rows_hidden": _(
        "Rows are hidden or filtered away: %(rows)s. Show them in the file, or delete them there; or say on the page "
        "of corrections that they count too."
    ),
    "columns_hidden": _(
        "Columns are hidden: %(columns)s. Show them in the file, or delete them there; or say on the page of "
        "corrections that they count too."
    ),
    "formula_without_result": _(
        "This is a formula, and its result is not stored in the file (%(found)s). Open the file in a spreadsheet "
        "program, save it, and upload it again."
    ),
    "section_changes": _(
        '"%(text)s" stands between or below the rows and names another month, indicator or region than the title. Put '
        "each on a sheet of its own, or give every row its month, indicator and region."
    ),
    "title_to_date": _(
        '"%(text)s" says that these are totals since January, but %(indicator)s is entered by month. Give the figures '
        "of the month."
    ),
    "only_month": _(
        "These are figures of the month alone (%(found)s), but %(indicator)s is entered as the total since January. "
        "Give the totals, under 本年累计."
    ),
    "year_contradicts": _(
        '"%(text)s" names another year than the dates of the figures (%(found)s). A spreadsheet adds the year of today '
        "to 1月: write 2014年1月, or correct the title."
    ),
    "indicator_contradicts": _(
        'The sheet is named "%(sheet)s", but its title says "%(title)s". Correct the one that is wrong.'
    ),
    "percentage_of_count": _(
        "A percentage (%(found)s) stands under an indicator that is counted. Give the number itself."
    ),
    "fraction_or_percentage": _(
        "%(found)s may mean %(found)s %% or a hundred times as much. Write it with a percent sign, or write the unit "
        "%% into the heading."
    ),
    "department_missing": _("The department is missing. Give its name, or delete the column."),
    "department_unknown": _('There is no department "%(found)s".'),
    "department_similar": _('There is no department "%(found)s". Did you mean: %(similar)s?'),
    "department_ambiguous": _('Several departments are called "%(found)s". Give the code: %(similar)s.'),
    "department_differs": _(
        "%(found)s does not report this indicator; %(right)s does. Correct the department, or delete the column."
    ),
    "indicator_ambiguous": _('Several indicators are called "%(found)s". Give the code: %(similar)s.'),
    "region_ambiguous": _('Several regions are called "%(found)s". Give the code: %(similar)s.'),
    "not_asked": _(
        "This figure is not asked of your unit in this month. Delete the row, or ask the plan office to import it."
    ),
    "not_of_region": _(
        "This figure is measured outside your region, and none of its departments reports it. Delete the row."
    ),
    "quotas_no_heading": _(
        "No column is headed by an indicator that is divided. Use the sheet that is downloaded here, with its headings."
    ),
    "quotas_several_sheets": _("Quotas stand on several sheets of the file. Leave one."),
    "quotas_heading_differs": _("The headings above this column name two indicators, one of them %(found)s. Keep one."),
    "quotas_column_twice": _("%(found)s stands here twice. Keep one of the columns."),
    "quotas_other_plan": _('This sheet is of another plan, "%(found)s". Download the sheet of this one.'),
    "quotas_no_target": _("Numbers stand here under no indicator. Delete them, or give the column its heading."),
    "quotas_region_differs": _("Code and name of this row are of two regions, one of them %(found)s. Correct one."),
    "quotas_region_twice": _("This region stands in row %(first)s already. Delete one of the rows."),
    "quotas_region_left_out": _(
        "%(region)s has a quota, but no row in this sheet. Add it; its cells stay empty if it owes nothing any more."
    ),
    "quotas_no_part": _("%(region)s can have no quota of %(found)s. Empty the cell."),
    "quotas_merged": _("This cell is merged with the one above it. Give each region its own number."),
    "given_twice": _(
        "The same indicator, region and month stand in row %(first)s already (%(sheet)s). Delete one of the two."
    ),
}
"""Code of a problem of a table → its sentence; those of figures and their names are in `targets.messages`.
"""

FILES: dict[str, str | Promise] = {
    "empty": _("The file holds no figures. The first row holds the headings, each further row one figure."),
    "not_filled_in": _(
        "No figure was filled in, so nothing is imported. Fill in what is known and upload the file again."
    ),
    "too_large": _("The file is larger than %(limit)s MB. Split it."),
    "no_room": _(
        "The server cannot store the file: its disk is full or takes nothing. Nothing was imported. Tell the "
        "administrator of the server, and upload the file again later."
    ),
    "too_many_rows": _("The file has more than %(limit)s rows. Split it."),
    "bomb": _("The file unfolds into far more than a table of figures. Copy the figures into a new workbook."),
    "too_many_columns": _("The file has more than %(limit)s columns. Delete those that hold no figures."),
    "too_many_cells": _("The file has more than %(limit)s cells. Split it."),
    "too_many_sheets": _("The file has more than %(limit)s sheets. Split it."),
    "cell_too_long": _(
        "A cell near row %(row)s holds far too much text. Look for a quotation mark that is not closed."
    ),
    "old_excel": _("The file is an Excel workbook from before 1997. Open it and save it as XLSX."),
    "locked": _("The file is locked by a password. Save it without one."),
    "web_page": _(
        "The file is a web page, whatever its name is. Open it in a spreadsheet program and save it as XLSX."
    ),
    "xml_workbook": _(
        "The file is an XML spreadsheet of Excel 2003. Open it in a spreadsheet program and save it as XLSX."
    ),
    "binary_workbook": _("The file is a binary workbook (XLSB). Open it in a spreadsheet program and save it as XLSX."),
    "no_table": _("The file is neither CSV nor XLSX, XLS or ODS. Save it as one of these."),
    "broken_csv": _("The quotation marks near line %(line)s do not match. Save the file as CSV anew."),
    "broken_xlsx": _("The workbook is damaged. Open it in a spreadsheet program and save it as XLSX anew."),
    "broken_xls": _("The workbook is damaged. Open it in a spreadsheet program and save it as XLSX anew."),
    "broken_ods": _("The workbook is damaged. Open it in a spreadsheet program and save it as XLSX anew."),
    "broken_file": _("The workbook is damaged. Open it in a spreadsheet program and save it as XLSX anew."),
}
"""Code of a reason why a file cannot be read → its sentence."""

_SENTENCES = {**FIGURES, **FILES, **ROWS}

COLUMNS: dict[str, str | Promise] = {
    "indicator": _("indicator"),
    "region": _("region"),
    "month": _("month"),
    "value": _("value"),
    "numerator": _("numerator"),
    "denominator": _("denominator"),
    "note": _("note"),
    "occurred_on": _("day"),
    "to_date": _("total since January"),
    "total": _("total"),
    "year": _("year"),
    "department": _("department"),
    "unit": _("unit"),
}

LEFT_OUT: dict[str, str | Promise] = {
    "title": _("a title"),
    "note": _("a note"),
    "section": _("a heading between the rows"),
    "repeated_heading": _("the headings once more"),
    "total": _("a total that equals the sum of its parts"),
    "no_figures": _("no figures in it"),
}
"""Why a row is no figure."""

LAYOUTS: dict[str, str | Promise] = {
    "long": _("one figure a row"),
    "wide-months": _("months side by side"),
    "wide-regions": _("regions side by side"),
    "wide-indicators": _("indicators side by side"),
    "wide-regions-months": _("regions and months side by side"),
    "wide-indicators-months": _("indicators and months side by side"),
    "wide-indicators-regions": _("indicators and regions side by side"),
    "wide-indicators-regions-months": _("indicators, regions and months side by side"),
}
"""How the figures of a sheet lie."""


@dataclass(frozen=True, slots=True)
class ReadableImportError:
    """One error of a refused file, ready to be read: row 0 means the sheet as a whole, `cell` is its address."""

    sheet: str
    row: int
    column: str
    sentence: str
    cell: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.sheet, str(self.row), self.column])) + f": {self.sentence}"


def unreadable(error: UnreadableError) -> str:
    """Why the file cannot be read, in the reader's language."""
    return str(FILES[error.code]) % error.details


def explain_table_problem(problem: Problem) -> str:
    """A problem of a table in the reader's language."""
    return str(_SENTENCES[problem.code]) % dict(problem.details)


def explain_stored_error(error: Mapping[str, object]) -> ReadableImportError:
    """An error as a batch stores it, in the reader's language."""
    column = str(error["column"])
    sentence = str(_SENTENCES[str(error["code"])]) % error["details"]
    place = str(error["sheet"]), int(str(error["row"])), str(COLUMNS.get(column, column))
    return ReadableImportError(*place, sentence, str(error.get("cell", "")))


def errors_of(batch: ImportBatch) -> list[ReadableImportError]:
    """All errors of a batch, in the order of the file."""
    return [explain_stored_error(error) for error in batch.errors]
