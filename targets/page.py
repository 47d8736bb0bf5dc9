"""What a target's page shows beyond its attainments: the chart's figures, the counties, the facts it was judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from departments.models import User
from plans.periods import Month
from targets.explanation import difference_text
from targets.models import Attainment, Indicator, Observation, Target, TargetAssignment
from targets.selectors import Row, rows_of


def through_the_year(target: Target, user: User) -> list[Row]:
    """The target judged for the plan's region in every month that the person may see."""
    found = Attainment.objects.of_plan(target.plan).visible_to(user).filter(target=target)
    return rows_of(found)


def parts(target: Target, month: Month, user: User) -> list[Row]:
    """The target judged for each part of the plan's region, as of the month."""
    if target.coverage != Target.Coverage.PARTS:
        return []
    found = (
        Attainment.objects.filter(target=target, month=month)
        .exclude(region_id=target.plan.region_id)
        .visible_to(user)
        .select_related("target__indicator", "target__operand", "region")
        .order_by("region__code")
    )
    return rows_of(found)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the region among all: its rank (equal figures share one; None without a figure), how far it is from the
    whole, and its figure as a share of the largest, for a bar."""

    row: Row
    rank: int | None
    distance: str
    share: float


def ranked(rows: list[Row], whole: Row | None) -> list[Place]:
    """The parts, best first by the indicator's own direction; those without a figure last, in the regions' order. A
    person who sees one part alone is told no rank."""
    known = [row.attainment.actual for row in rows if row.attainment.actual is not None]
    largest = max((abs(figure) for figure in known), default=Decimal(0))
    places = [_place(row, known, largest, whole) for row in rows]
    return sorted(places, key=lambda place: (place.row.attainment.actual is None, place.rank or 0))


def _place(row: Row, known: list[Decimal], largest: Decimal, whole: Row | None) -> Place:
    own = row.attainment.actual
    if own is None:
        return Place(row, None, "", 0.0)
    higher = row.target.indicator.direction == Indicator.Direction.HIGHER
    better = sum(one > own if higher else one < own for one in known)
    city = whole.attainment.actual if whole is not None else None
    distance = "" if city is None else difference_text(own - city, row.target.indicator)
    return Place(row, better + 1 if len(known) > 1 else None, distance, float(abs(own) / largest) if largest else 0.0)


def responsible(target: Target) -> list[TargetAssignment]:
    """Who answers for the target: lead, shared, support (the alphabet happens to agree)."""
    return list(target.assignments.select_related("department").order_by("role", "id"))


def facts(target: Target, user: User) -> list[Observation]:
    """The official figures of the plan's year from which the target is judged, newest first, with their sources."""
    months = (Month(target.plan.year, 1), Month(target.plan.year, 12))
    return list(
        Observation.objects.visible_to(user)
        .official()
        .filter(indicator__in=[one for one in (target.indicator, target.operand) if one], month__range=months)
        .select_related("indicator", "region", "official__source__by", "official__author", "official__approved_by")
        .order_by("-month", "indicator__code", "region__code")
    )


def chart(target: Target, rows: Iterable[Row], month: Month) -> dict[str, Any]:
    """The chart's figures as plain numbers, with the texts of the table for the tooltip.

    The line of the target runs on to December, except where it is another indicator, which nobody knows in advance.
    """
    foreseen = target.threshold_kind != Target.ThresholdKind.INDICATOR
    return {
        "unit": target.indicator.unit,
        "names": {"actual": _("Actual"), "threshold": _("Target")},
        "months": [_point(row, reached=row.attainment.month <= month, foreseen=foreseen) for row in rows],
    }


def _point(row: Row, *, reached: bool, foreseen: bool) -> dict[str, Any]:
    """One month; JavaScript draws with binary fractions, so every figure that is read comes as text."""
    one = row.attainment
    return {
        "month": date_format(one.month.first_day, pgettext("date format of a month alone", "M")),
        "actual": float(one.actual) if reached and one.actual is not None else None,
        "threshold": float(one.compared) if (reached or foreseen) and one.compared is not None else None,
        "actualText": row.shown.actual if reached else "",
        "thresholdText": row.shown.threshold if reached or foreseen else "",
        "signal": one.signal,
        "word": str(row.light.word),
    }
