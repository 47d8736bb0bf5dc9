"""The comparison as it is written into a file: the lines, columns and figures of the page."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pages.exports import ExportSheet, Value, make_text_safe
from reports.board.standing import PlanStanding
from reports.comparing.table import ComparisonTable
from targets.wording.demonstration_note import made_up

WIDTHS = (12, 46, 10)


def comparison_sheet(standing: PlanStanding, table: ComparisonTable) -> ExportSheet:
    """The table as it stands on the page."""
    rows = list(_rows(table))
    return ExportSheet(str(standing.month), _note(standing, table), _headings(table), rows, WIDTHS, frozen="C3")


def _note(standing: PlanStanding, table: ComparisonTable) -> str:
    """What is compared, in which month, what was official when, and whether it is made up."""
    about = table.target.name if table.target else table.region.name if table.region else ""
    return " · ".join(part for part in (_moment(standing), about, *(made_up(standing.plan) or ())) if part)


def _moment(standing: PlanStanding) -> str:
    month = date_format(standing.month.first_day, "YEAR_MONTH_FORMAT")
    if standing.day is None:
        return _("%(plan)s · as of the end of %(month)s") % {"plan": standing.plan.title, "month": month}
    return _("%(plan)s · as of the end of %(month)s · by what was official at the end of %(day)s") % {
        "plan": standing.plan.title,
        "month": month,
        "day": date_format(standing.day),
    }


def _headings(table: ComparisonTable) -> list[str]:
    named = [pgettext("of a region", "Code"), _("Region")] if table.target else [_("Clause"), _("Indicator")]
    return [*named, _("Unit"), *(str(column.heading) for column in table.columns)]


def _rows(table: ComparisonTable) -> Iterator[list[Value]]:
    for line in table.every:
        named = (line.region.code, line.region.name) if table.target else (line.clause.path, line.target.name)
        values = [column.value(line) for column in table.columns]
        yield [*map(make_text_safe, named), make_text_safe(line.indicator.unit), *values]
