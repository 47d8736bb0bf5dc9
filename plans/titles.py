"""How plans are called where several stand beside each other (pure, imports no Django)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_MARKS = re.compile(r"[《》]")
_YEARS = re.compile(r"^[（(]?\d{4}(?:\s*[-–—~至]\s*\d{4})?[)）]?\s*年?(?:度)?\s*")


class Titled(NamedTuple):
    """A plan's title, and the name of its region."""

    title: str
    region: str


def short_titles(plans: Mapping[int, Titled]) -> dict[int, str]:
    """Each plan's title as short as it can be for all of them to be told apart: without the region's name and the year,
    else without the region's name, else whole."""
    for shortened in zip(*(_forms(plan) for plan in plans.values()), strict=True):
        if len(set(shortened)) == len(plans):
            return dict(zip(plans, shortened, strict=True))
    return {plan_id: plan.title for plan_id, plan in plans.items()}


def _forms(plan: Titled) -> Iterable[str]:
    """The title's forms, the shortest first."""
    return reversed(list(_lengthened(plan)))


def _lengthened(plan: Titled) -> Iterator[str]:
    whole = _MARKS.sub("", plan.title).strip()
    yield whole
    without_region = whole.replace(plan.region, "", 1).strip() if plan.region else whole
    yield without_region or whole
    yield _YEARS.sub("", without_region).strip() or whole
