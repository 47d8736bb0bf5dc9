"""How numbers and months are written in a sentence: in full, with their units, in the reader's language."""

from collections.abc import Iterable
from decimal import Context, Decimal
from itertools import groupby

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.periods import Month
from targets.arithmetic.quantities import rounded

_PLAIN = Context(prec=400)


def number_in_full(value: Decimal) -> str:
    """A number in full, thousands set apart by a narrow no-break space, no zeros at the end beyond those given."""
    return f"{value:,f}".replace(",", "\u202f")


def number_without_zeros(value: Decimal) -> str:
    """A number in full, without zeros at the end of its fraction: 92 for 92.000000."""
    return number_in_full(value.normalize(_PLAIN))


def with_unit(text: str, unit: str) -> str:
    """The number with its unit after a no-break space; nothing for no number."""
    return f"{text}\u00a0{unit}" if text and unit else text


def difference_unit(unit: str) -> str:
    """The unit of a difference: of percentages it is percentage points (百分点), never per cent."""
    return _("percentage points") if unit == "%" else unit


def share_in_percent(share: Decimal) -> str:
    """A share in %, with one decimal."""
    return with_unit(number_in_full(rounded(share * 100, 1)), "%")


def months_text(numbers: Iterable[int]) -> str:
    """Month numbers in words: 1–6月; 1–3、5月."""
    runs: list[tuple[int, int]] = []
    for month in numbers:
        if runs and runs[-1][1] == month - 1:
            runs[-1] = runs[-1][0], month
        else:
            runs.append((month, month))
    listed = pgettext("between months", ", ").join(f"{a}\u2013{b}" if b > a else f"{a}" for a, b in runs)
    return _("months %(months)s") % {"months": listed}


def month_text(month: Month, *, with_year: bool) -> str:
    """A month alone, or with its year where it could be one of several."""
    form = "YEAR_MONTH_FORMAT" if with_year else pgettext("date format of a month alone", "M")
    return date_format(month.first_day, form)


def span_text(first: Month, last: Month, *, with_year: bool) -> str:
    """The months from one to another: 1–9月, 2024年1–9月, 2023年1月—2025年9月."""
    if first.year == last.year:
        return _of_year(first.year, range(first.number, last.number + 1), with_year=with_year)
    ends = {"first": month_text(first, with_year=True), "last": month_text(last, with_year=True)}
    return pgettext("months", "%(first)s to %(last)s") % ends


def listed_months(months: Iterable[Month], *, with_year: bool) -> str:
    """Months in order that need not follow each other: 3、6月; 2023年11–12月、2024年1月."""
    of_years = groupby(months, lambda month: month.year)
    told = (_of_year(year, [month.number for month in of], with_year=with_year) for year, of in of_years)
    return pgettext("between months", ", ").join(told)


def _of_year(year: int, numbers: Iterable[int], *, with_year: bool) -> str:
    text = months_text(numbers)
    return _("%(months)s of %(year)s") % {"months": text, "year": year} if with_year else text
