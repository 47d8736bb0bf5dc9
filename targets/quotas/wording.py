"""What is said about quotas: how their sum stands to the whole, and what became of those that were set."""

from collections.abc import Iterator

from django.contrib.messages import constants
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.periods import Month
from targets.arithmetic.sums import SumCheck, SumStanding
from targets.models import Target
from targets.quotas.tables import QuotaTable
from targets.wording.number_texts import number_without_zeros, with_unit


def sum_text(target: Target, check: SumCheck) -> str:
    """How the sum stands to the whole, in words."""
    if check.outcome is SumStanding.EQUAL:
        return _("equal to the whole")
    difference = with_unit(number_without_zeros(check.difference), target.indicator.unit)
    name = f"{check.outcome.value}Limit" if check.is_limit else check.outcome.value
    return script_texts()[name] % {"difference": difference}


def messages_of_quotas_set(table: QuotaTable) -> Iterator[tuple[int, str]]:
    """What a person is told who has set the quotas of the table's targets from its month on: level, sentence."""
    number, month = len(table.columns), quota_month_text(table.month)
    if not number:
        yield (
            constants.INFO,
            _("No number differs from what holds in %(month)s, so nothing was set.") % {"month": month},
        )
        return
    said = ngettext(
        "The quotas of %(number)s indicator hold from %(month)s on. The lights follow in a moment.",
        "The quotas of %(number)s indicators hold from %(month)s on. The lights follow in a moment.",
        number,
    )
    yield constants.SUCCESS, said % {"number": number, "month": month}
    for column in table.columns:
        told = {"target": column.target.name}
        if column.check is not None and column.check.goes_beyond:
            told["sum"] = sum_text(column.target, column.check)
            yield constants.WARNING, _("%(target)s: the quotas ask for more than the whole: %(sum)s.") % told
        if (later := column.later(table.month)) is not None:
            told["month"] = quota_month_text(later)
            yield constants.INFO, _("%(target)s: from %(month)s on another version holds, as it was set before.") % told


def quota_month_text(month: Month) -> str:
    """2014年6月; June 2014."""
    return date_format(month.first_day, "YEAR_MONTH_FORMAT")


def script_texts() -> dict[str, str]:
    """What the script of the table says, and the table before the script has run."""
    return {
        "over": _("%(difference)s over the whole"),
        "under": _("%(difference)s below the whole"),
        "overLimit": _("%(difference)s over the limit"),
        "underLimit": _("%(difference)s below the limit"),
        "equal": _("equal to the whole"),
        "unclear": _("a number is not understood"),
        "pasted": _("%(number)s cells filled."),
        "noPlace": _("%(number)s cells had no place in the grid and were left out."),
    }
