"""How a page writes months, figures and quotations."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django import template
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from departments.models import Region
from departments.people import wording as wording_of_regions
from pages.patterns import Pattern
from plans.periods import Month
from targets.wording import notices as wording
from targets.wording.number_texts import number_without_zeros, with_unit

register = template.Library()


class QuotedValues(NamedTuple):
    """A text in three parts, of which the second is marked."""

    before: str
    quote: str
    after: str


QUOTED = Pattern("targets/_quoted.html", QuotedValues)


@register.filter
def month_name(month: Month) -> str:
    """2014年6月; June 2014."""
    return _written(month, "YEAR_MONTH_FORMAT", get_language())


@register.filter
def month_short(month: Month) -> str:
    """6月; June. Chinese writes the number, where Django's own name of the month would be 六月."""
    return _written(month, pgettext("date format of a month alone", "M"), get_language())


@lru_cache(maxsize=500)
def _written(month: Month, form: str, _language: str | None) -> str:
    """A page writes the same few months hundreds of times."""
    return date_format(month.first_day, form)


@register.filter
def whole_word(region: Region) -> str:
    """The region as a whole: 全市, the whole city."""
    return wording_of_regions.word_for_whole_region(region)


@register.filter
def parts_word(region: Region) -> str:
    """What the region consists of: 各县（市、区）, Counties and districts."""
    return wording_of_regions.word_for_region_parts(region)


@register.filter
def listed(names: Sequence[str]) -> str:
    """Names one after the other."""
    return wording.list_names(names)


@register.filter
def figure(value: Decimal | None, unit: str = "") -> str:
    """A figure in full with its unit; nothing for no figure, 0 for zero."""
    return "" if value is None else with_unit(number_without_zeros(value), unit)


@register.filter
def day(value: date | None) -> str:
    """2014年12月31日."""
    return "" if value is None else date_format(value)


@register.filter
def quoted_in(quote: str, text: str) -> SafeString:
    """The text with the quoted words marked, both exactly as they are stored; all of it quoted needs no mark."""
    before, found, after = text.partition(quote)
    is_part = bool(found and (before or after))
    return QUOTED.fill(QuotedValues(before, found, after) if is_part else QuotedValues(text, "", ""))


@register.filter
def day_short(value: date) -> str:
    """10月8日; October 8."""
    return date_format(value, pgettext("date format of a day without its year", "F j"))
