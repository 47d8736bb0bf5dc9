"""The comparison as it is written into a file: the lines, columns and figures of the page."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pages.exports import Sheet, Value, safe
from reports.board.standing import Standing
from reports.comparing.table import Table
from targets.wording.demonstration_note import made_up

WIDTHS = (12, 46, 10)


def comparison_sheet(standing: Standing, table: Table) -> Sheet:
    """The table as it stands on the page."""
    rows = list(_rows(table))
    return Sheet(str(standing.month), _note(standing, table), _headings(table), rows, WIDTHS, frozen="C3")


def _note(standing: Standing, table: Table) -> str:
    """What is compared, in which month, what was official when, and whether it is made up."""
    about = table.target.name if table.target else table.region.name if table.region else ""
    return " · ".join(part for part in (_moment(standing), about, *(made_up(standing.plan) or ())) if part)


def _moment(standing: Standing) -> str:
    month = date_format(standing.month.first_day, "YEAR_MONTH_FORMAT")
    if standing.day is None:
        return _("%(plan)s · as of the end of %(month)s") % {"plan": standing.plan.title, "month": month}
    return _("%(plan)s · as of the end of %(month)s · by what was official at the end of %(day)s") % {
        "plan": standing.plan.title,
        "month": month,
        "day": date_format(standing.day),
    }


def _headings(table: Table) -> list[str]:
    named = [pgettext("of a region", "Code"), _("Region")] if table.target else [_("Clause"), _("Indicator")]
    return [*named, _("Unit"), *(str(column.heading) for column in table.columns)]


def _rows(table: Table) -> Iterator[list[Value]]:
    for line in table.every:
        named = (line.region.code, line.region.name) if table.target else (line.clause.path, line.target.name)
        values = [column.value(line) for column in table.columns]
        yield [*map(safe, named), safe(line.indicator.unit), *values]
