"""Words that follow from what a region is: a whole city is 全市 and consists of 县（市、区）, a whole county is 全县.

The one place for them: a plan of a province or of a county reads right by its region's kind.
"""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.models import Region

Kind = Region.Kind
WHOLES: Mapping[str, Sequence[str]] = {
    Kind.PROVINCE.value: ("全省",),
    Kind.CITY.value: ("全市",),
    Kind.DISTRICT.value: ("全区",),
    Kind.COUNTY.value: ("全县",),
    Kind.COUNTY_LEVEL_CITY.value: ("全市",),
}
"""How tables call a whole region, by its kind."""

_WHOLE: Mapping[str, str | Promise] = {
    Kind.PROVINCE.value: _("the whole province"),
    Kind.CITY.value: _("the whole city"),
    Kind.DISTRICT.value: _("the whole district"),
    Kind.COUNTY.value: _("the whole county"),
    Kind.COUNTY_LEVEL_CITY.value: _("the whole city"),
}
_PARTS: Mapping[str, str | Promise] = {
    Kind.PROVINCE.value: _("Cities"),
    Kind.CITY.value: _("Counties and districts"),
}


def word_for_whole_region(region: Region) -> str:
    """The region as a whole: 全市, the whole city."""
    return str(_WHOLE[region.kind])


def word_for_region_parts(region: Region) -> str:
    """What the region consists of, as a heading: 各县（市、区）, Counties and districts."""
    return str(_PARTS.get(region.kind, _("Townships and streets")))
