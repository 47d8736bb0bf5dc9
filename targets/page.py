"""What a target's page shows beyond its attainments: the counties, last year, the outlook, the facts, the chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from departments.models import User
from plans.periods import Month, expected_months
from targets.accumulation import Accumulated
from targets.comparing import to_date
from targets.explanation import difference_text, distance_text, number, over_years, pace_text, with_unit
from targets.forecast import Known, Outlook, forecast, promises
from targets.formulas import FORESEEN, Reason
from targets.loading import Figures, Loader, Regions
from targets.models import Attainment, Indicator, Observation, Target, TargetAssignment
from targets.pace import made_up_until
from targets.quantities import rounded, written
from targets.ranking import ranks
from targets.selectors import Point, Row, rows_of
from targets.writing import month_text


def judged(target: Target, user: User) -> list[Attainment]:
    """The target in every month and region that the person may see, by region."""
    found = Attainment.objects.filter(target=target).visible_to(user).select_related("region", "quota")
    rows = list(found.order_by("region__code", "month"))
    for row in rows:
        row.target = target
    return rows


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the region among all: its rank (equal figures share one; None without a figure), how far it is from the
    whole and from what was promised, and its figure and the promise as shares of the largest, for a bar."""

    row: Row
    rank: int | None
    distance: str
    to_threshold: str
    share: float
    aim: float | None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts, best first, and between which figures all their months lie, so that they are drawn alike."""

    places: Sequence[Place]
    low: float
    high: float


def parts_of(attainments: Iterable[Attainment], month: Month, whole: Row | None) -> Parts | None:
    """The parts of the region by the indicator's own direction, last those without a figure and those that owe nothing,
    which have no rank; None where the whole alone is judged. A person who sees one part alone is told no rank."""
    rows, figures = [], []
    for _region, of in groupby(attainments, key=lambda one: one.region_id):
        listed = [one for one in of if one.month <= month]
        points = [Point(one.month, one.actual, one.compared, one.signal) for one in listed]
        figures += [float(one) for point in points for one in point[1:3] if isinstance(one, Decimal)]
        rows += [Row(made.attainment, made.shown, made.light, points) for made in rows_of(listed[-1:])]
    if not rows:
        return None
    return Parts(_ranked(rows, whole), min(figures, default=0.0), max(figures, default=0.0))


def _ranked(rows: Sequence[Row], whole: Row | None) -> list[Place]:
    known = [_compared_figure(row.attainment) for row in rows]
    higher = rows[0].target.indicator.direction == Indicator.Direction.HIGHER
    sizes = [abs(one) for row in rows for one in (row.attainment.actual, row.attainment.compared) if one is not None]
    largest = max(sizes, default=Decimal(0)) or Decimal(1)
    places = [_place(row, rank, largest, whole) for row, rank in zip(rows, ranks(known, higher=higher), strict=True)]
    return sorted(places, key=lambda place: (_compared_figure(place.row.attainment) is None, place.rank or 0))


def _compared_figure(attainment: Attainment) -> Decimal | None:
    """The figure by which a part is ranked; none of what owes nothing."""
    return None if attainment.reason == Reason.NOT_OWED else attainment.actual


def _place(row: Row, rank: int | None, largest: Decimal, whole: Row | None) -> Place:
    own, aim = row.attainment.actual, row.attainment.compared
    city = whole.attainment.actual if whole is not None else None
    return Place(
        row,
        rank,
        "" if own is None or city is None else difference_text(own - city, row.target.indicator),
        distance_text(row.attainment),
        0.0 if own is None else float(abs(own) / largest),
        None if aim is None else float(abs(aim) / largest),
    )


def responsible(target: Target) -> list[TargetAssignment]:
    """Who answers for the target: lead, shared, support (the alphabet happens to agree)."""
    return list(target.assignments.select_related("department").order_by("role", "id"))


def facts(target: Target, user: User) -> list[Observation]:
    """The official figures of the plan's time from which the target is judged, newest first, with their sources."""
    months = (target.plan.first_month if target.by_plan else Month(target.plan.year, 1), target.plan.last_month)
    return list(
        Observation.objects.visible_to(user)
        .official()
        .filter(indicator__in=[one for one in (target.indicator, target.operand) if one], month__range=months)
        .select_related("indicator", "region", "official__source__by", "official__author", "official__approved_by")
        .order_by("-month", "indicator__code", "region__code")
    )


def last_year(target: Target, loader: Loader) -> list[Decimal | None]:
    """上年同期: for each month of the plan January to the same month of the year before, as reported then; two queries.
    What is counted over years has none."""
    indicator, region_id, months = target.indicator, target.plan.region_id, target.plan.months
    if target.by_plan and months[0].year != months[-1].year:
        return [None] * len(months)
    figures, before = Figures(Regions.load(), loader), [month.shifted(-12) for month in months]
    figures.load((indicator.pk, region_id, year, indicator.region_rule) for year in {month.year for month in before})
    series = {
        year: figures.series(indicator.pk, indicator.rule, region_id, year).states
        for year in {month.year for month in before}
    }
    found = [to_date(indicator.rule, series[month.year][month.number - 1]) for month in before]
    return [None if one is None else rounded(written(one), indicator.decimals) for one in found]


@dataclass(frozen=True, slots=True)
class Expected:
    """按目前进度推算: the periods ahead, the last one in words, and whether the target would hold then (None: open, or
    its threshold is not known yet)."""

    ahead: Sequence[Outlook]
    months: Sequence[Month]
    texts: Mapping[Month, tuple[str, str]]
    promised: bool | None
    comparable: bool
    several_years: bool

    @property
    def last(self) -> Month:
        return self.months[-1]

    @property
    def until(self) -> str:
        """The last month in words, with its year where the periods ahead are of several."""
        return month_text(self.last, with_year=self.several_years)

    @property
    def likely(self) -> str:
        return self.texts[self.last][0]

    @property
    def span(self) -> str:
        return self.texts[self.last][1]


def expected(target: Target, rows: Sequence[Row], month: Month) -> Expected | None:
    """What the rest of the time would bring if it went on as so far, from the attainments of the plan's months: to the
    due month, or where counting begins anew each year to the year's end."""
    row = next((one for one in rows if one.attainment.month == month), None)
    if row is None or month in target.course().frozen:
        return None
    first, until = row.attainment.counted_from, min(made_up_until(target.course(), month), target.plan.last_month)
    ahead = forecast(target.rule, _known(target, rows, first), _number(month, first), _number(until, first))
    if not ahead:
        return None
    compared = row.attainment.compared
    fixed = target.threshold_kind in FORESEEN
    promised = promises(target.rule, ahead[-1], compared) if fixed and compared is not None else None
    months = [first.shifted(one.month - 1) for one in ahead]
    texts = {of: _outlook_texts(one, target.indicator) for of, one in zip(months, ahead, strict=True)}
    return Expected(ahead, months, texts, promised, fixed, over_years(target))


def _number(month: Month, first: Month) -> int:
    """Which month it is, counted from 1 for the first."""
    return month.index - first.index + 1


def _known(target: Target, rows: Sequence[Row], first: Month) -> Known:
    """What the rows know of the months that are counted from the first on; a plan that begins later knows nothing of
    those before it."""
    counted = [row.attainment for row in rows if row.attainment.counted_from == first]
    unknown = counted[0].month.index - first.index
    numbers = expected_months(target.indicator.frequency)
    months = range(_number(target.plan.last_month, first))
    due = [index for index in months if first.shifted(index).number in numbers]
    states = [*[None] * unknown, *(_state(one) for one in counted)]
    return Known(states, sum(1 << index for index in due), unknown)


def _state(one: Attainment) -> Accumulated | None:
    """The year to date from which a row was judged."""
    if one.numerator is None or one.denominator is None:
        return None
    return Accumulated(one.numerator, one.denominator, one.months, one.months & ~one.missing)


def _outlook_texts(one: Outlook, indicator: Indicator) -> tuple[str, str]:
    """The likely figure, and the range."""
    low, likely, high = (number(rounded(figure, indicator.decimals)) for figure in one[1:])
    return with_unit(likely, indicator.unit), with_unit(f"{low}\u2013{high}", indicator.unit)


@dataclass(frozen=True, slots=True)
class Line:
    """A month of the table beside the chart, and of the chart: nothing of the actual figures after the month shown."""

    row: Row
    reached: bool
    pace: str
    last_year: str
    outlook: tuple[str, str] | None

    @property
    def month(self) -> Month:
        return self.row.attainment.month

    @property
    def month_text(self) -> str:
        """The month in words."""
        return month_text(self.month, with_year=over_years(self.row.target))


def lines(rows: Sequence[Row], month: Month, before: Sequence[Decimal | None], ahead: Expected | None) -> list[Line]:
    """The plan's months, so far as anything can be told of them."""
    unit = rows[0].target.indicator.unit if rows else ""
    told = [
        Line(
            row,
            row.attainment.month <= month,
            pace_text(row.attainment),
            "" if earlier is None else with_unit(number(earlier), unit),
            ahead.texts.get(row.attainment.month) if ahead is not None else None,
        )
        for row, earlier in zip(rows, before, strict=False)
    ]
    return [line for line in told if line.reached or line.outlook]


def chart(
    target: Target, rows: Sequence[Row], month: Month, before: Sequence[Decimal | None], ahead: Expected | None
) -> dict[str, Any]:
    """The chart's figures as plain numbers, with the texts of the table for the tooltip.

    The line of the target runs on to the plan's end, except where it is a figure that nobody knows in advance.
    """
    foreseen = target.threshold_kind not in (Target.ThresholdKind.INDICATOR, Target.ThresholdKind.ELSEWHERE)
    outlooks = dict(zip(ahead.months, ahead.ahead, strict=True)) if ahead is not None else {}
    names = {
        "actual": _("Actual"),
        "threshold": _("Target"),
        "upper": _("Upper limit"),
        "pace": _("Pace"),
        "lastYear": _("Same months of last year"),
        "outlook": _("At the present pace"),
        "range": _("Range"),
    }
    told = {line.month: line for line in lines(rows, target.plan.last_month, before, ahead)}
    months = [
        _point(told[row.attainment.month], earlier, outlooks, month, foreseen=foreseen)
        for row, earlier in zip(rows, before, strict=False)
    ]
    upper = float(target.threshold_upper) if target.threshold_upper is not None else None
    return {"unit": target.indicator.unit, "names": names, "upper": upper, "months": months}


def _point(
    line: Line, earlier: Decimal | None, outlooks: Mapping[Month, Outlook], month: Month, *, foreseen: bool
) -> dict[str, Any]:
    """One month; JavaScript draws with binary fractions, so every figure that is read comes as text."""
    row, one = line.row, line.row.attainment
    reached, known, outlook = one.month <= month, one.pace, outlooks.get(one.month)
    return {
        "month": line.month_text,
        "actual": float(one.actual) if reached and one.actual is not None else None,
        "threshold": float(one.compared) if (reached or foreseen) and one.compared is not None else None,
        "pace": float(known) if known is not None else None,
        "lastYear": float(earlier) if earlier is not None else None,
        "outlook": [float(figure) for figure in outlook[1:]] if outlook is not None else None,
        "actualText": row.shown.actual if reached else "",
        "thresholdText": row.shown.threshold if reached or foreseen else "",
        "paceText": line.pace,
        "lastYearText": line.last_year,
        "outlookText": list(line.outlook) if line.outlook is not None else None,
        "signal": one.signal,
        "word": str(row.light.word),
    }
