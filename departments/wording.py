"""Words that follow from what a region is (pure text): a whole city is 全市, a whole county 全县."""

from collections.abc import Mapping, Sequence

from departments.models import Region

WHOLES: Mapping[str, Sequence[str]] = {
    Region.Kind.PROVINCE.value: ("全省",),
    Region.Kind.CITY.value: ("全市",),
    Region.Kind.DISTRICT.value: ("全区",),
    Region.Kind.COUNTY.value: ("全县",),
    Region.Kind.COUNTY_LEVEL_CITY.value: ("全市",),
}
"""How tables call a whole region, by its kind."""
