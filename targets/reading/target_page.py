"""What a target's page shows beyond its attainments: the counties, last year, the outlook, the facts, the chart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from itertools import chain, groupby
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _

from departments.models import User
from plans.periods import Month, expected_months
from targets.arithmetic.accumulation import Accumulated
from targets.arithmetic.comparing import figure_to_date
from targets.arithmetic.forecast import KnownStates, Outlook, forecast, outlook_holds
from targets.arithmetic.formulas import FORESEEN
from targets.arithmetic.pace import made_up_until
from targets.arithmetic.quantities import decimal_of_quantity, rounded
from targets.arithmetic.ranking import ranks
from targets.judging.dependencies import FigureUse, uses_held
from targets.judging.loading import LoadedFigures, Loader, Regions
from targets.models import Attainment, Indicator, Observation, Target, TargetAssignment
from targets.reading.selectors import TargetRow, TrendPoint, rows_of_attainments
from targets.wording.completion import completion, completion_text, is_divided, issued_text, owes
from targets.wording.explanation import difference_text, distance_text, pace_text, spans_years
from targets.wording.number_texts import month_text, number_in_full, share_in_percent, with_unit


def attainments_of_target(target: Target, user: User) -> list[Attainment]:
    """The target in every month and region that the person may see, by region."""
    found = Attainment.objects.filter(target=target).visible_to(user).select_related("region", "quota")
    rows = list(found.order_by("region__code", "month"))
    for row in rows:
        row.of_target(target)
    return rows


@dataclass(frozen=True, slots=True)
class RankedPart:
    """A part of the region among all: its rank (equal ones share one; None for what cannot be ranked), how far it is
    from the whole and from what was promised; and for a bar its figure and the promise as shares of the largest, or
    where the parts have quotas, of the largest completion of these. `is_deeper`: it is a part of a part."""

    row: TargetRow
    rank: int | None
    distance: str
    to_threshold: str
    completion: str
    issued: str
    share: float
    aim: float | None
    is_deeper: bool = False


@dataclass(frozen=True, slots=True)
class RankedParts:
    """The parts, best first, and between which figures all their months lie, so that they are drawn alike. `divided`:
    they have quotas of their own, so that each is ranked and drawn by its share of that."""

    places: Sequence[RankedPart]
    divided: bool
    low: float
    high: float


def rank_parts_of_target(
    attainments: Iterable[Attainment], month: Month, whole: TargetRow | None
) -> RankedParts | None:
    """The parts of the region by the indicator's own direction, last those without a figure and those that owe nothing,
    which have no rank; None where the whole alone is judged. A person who sees one part alone is told no rank."""
    known = [[attainment for attainment in of if attainment.month <= month] for _region, of in _by_region(attainments)]
    latest = [listed[-1] for listed in known if listed]
    if not latest:
        return None
    divided = is_divided(latest)
    trends = [[_point_of(attainment, divided=divided) for attainment in listed] for listed in known if listed]
    points = [*chain.from_iterable(trends)]
    figures = [float(figure) for point in points for figure in (point.actual, point.compared) if figure is not None]
    rows = [replace(row, trend=trend) for row, trend in zip(rows_of_attainments(latest), trends, strict=True)]
    places = _ranked(rows, whole, divided=divided)
    return RankedParts(places, divided, min(figures, default=0.0), max(figures, default=0.0))


def _by_region(attainments: Iterable[Attainment]) -> Iterable[tuple[int, Iterable[Attainment]]]:
    return groupby(attainments, key=lambda attainment: attainment.region_id)


def _point_of(attainment: Attainment, *, divided: bool) -> TrendPoint:
    """A month as it is drawn: the figure and what it is compared with, or the share of the region's own quota."""
    if not divided:
        return TrendPoint(attainment.month, attainment.actual, attainment.compared, attainment.signal)
    share = completion(attainment)
    return TrendPoint(attainment.month, share, None if share is None else Decimal(1), attainment.signal)


def _ranked(rows: Sequence[TargetRow], whole: TargetRow | None, *, divided: bool) -> list[RankedPart]:
    figures = [_figures(row.attainment, divided=divided) for row in rows]
    largest = max(
        (abs(figure) for pair in figures for figure in pair if figure is not None), default=Decimal(0)
    ) or Decimal(1)
    places = [
        _place(row, rank, own and own / largest, aim and aim / largest, whole)
        for row, rank, (own, aim) in zip(rows, _places(rows, [own for own, _aim in figures]), figures, strict=True)
    ]
    return _in_families(sorted(places, key=_order))


def _places(rows: Sequence[TargetRow], figures: Sequence[Decimal | None]) -> list[int | None]:
    """The rank of each among the parts of the same region."""
    higher = rows[0].target.indicator.direction == Indicator.Direction.HIGHER
    families: dict[int | None, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        families[row.attainment.region.parent_id].append(index)
    found: dict[int, int | None] = {}
    for members in families.values():
        found |= zip(members, ranks([figures[index] for index in members], higher=higher), strict=True)
    return [found[index] for index in range(len(rows))]


def _in_families(places: Sequence[RankedPart]) -> list[RankedPart]:
    """The parts in their order, each with its own parts below it."""
    known = {place.row.attainment.region_id for place in places}
    below: dict[int, list[RankedPart]] = defaultdict(list)
    for place in places:
        parent = place.row.attainment.region.parent_id
        below[parent if parent in known else 0].append(place)
    return [part for place in below[0] for part in (place, *_deeper(place, below))]


def _deeper(place: RankedPart, below: Mapping[int, Sequence[RankedPart]]) -> Iterator[RankedPart]:
    for part in below.get(place.row.attainment.region_id, ()):
        yield replace(part, is_deeper=True)
        yield from _deeper(part, below)


def _order(place: RankedPart) -> tuple[bool, bool, int]:
    """Those that owe anything first, of these those with a figure, the best first."""
    attainment = place.row.attainment
    return not owes(attainment), place.rank is None and attainment.actual is None, place.rank or 0


def _figures(attainment: Attainment, *, divided: bool) -> tuple[Decimal | None, Decimal | None]:
    """The figure by which a part is ranked and drawn, and what it is compared with on the same scale."""
    if not divided:
        return attainment.actual, attainment.compared
    return completion(attainment), Decimal(1) if owes(attainment) and attainment.compared else None


def _place(
    row: TargetRow, rank: int | None, share: Decimal | None, aim: Decimal | None, whole: TargetRow | None
) -> RankedPart:
    return RankedPart(
        row,
        rank,
        _against(row, whole),
        distance_text(row.attainment),
        completion_text(row.attainment),
        issued_text(row.attainment),
        0.0 if share is None else float(abs(share)),
        None if aim is None else float(abs(aim)),
    )


def _against(row: TargetRow, whole: TargetRow | None) -> str:
    """How far it is from the whole, or its share of a whole that is the sum of its parts."""
    own, city = row.attainment.actual, whole.attainment.actual if whole is not None else None
    if own is None or city is None:
        return ""
    if row.target.indicator.region_rule != Indicator.RegionRule.SUM:
        return difference_text(own - city, row.target.indicator)
    return share_in_percent(own / city) if city else ""


def assignments_of_target(target: Target) -> list[TargetAssignment]:
    """Who answers for the target: lead, shared, support (the alphabet happens to agree)."""
    return list(target.assignments.select_related("department").order_by("role", "id"))


def official_figures_of_target(target: Target, user: User) -> list[Observation]:
    """The official figures from which the target is judged, newest first, with their sources: those of the plan's time,
    and those of earlier years that they are compared with."""
    used = [Q(indicator=use.indicator, month__range=_months_used(rule, use)) for rule, use in uses_held(target)]
    return list(
        Observation.objects.visible_to(user)
        .official()
        .filter(reduce(or_, used))
        .select_related("indicator", "region", "official__source__by", "official__author", "official__approved_by")
        .order_by("-month", "indicator__code", "region__code")
    )


def _months_used(target: Target, use: FigureUse) -> tuple[Month, Month]:
    """From which to which month of a year figures matter; of the year of a baseline all do."""
    plan, year = target.plan, (Month(use.year, 1), Month(use.year, 12))
    if use.later is None:
        return year
    begins, ends = plan.first_month.shifted(-use.later), plan.last_month.shifted(-use.later)
    return max(year[0], begins) if target.by_plan else year[0], min(year[1], ends)


def last_year_figures(target: Target, loader: Loader) -> list[Decimal | None]:
    """上年同期: for each month of the plan January to the same month of the year before, as reported then; two queries.
    What is counted over years has none."""
    indicator, region_id, months = target.indicator, target.plan.region_id, target.plan.months
    if target.by_plan and months[0].year != months[-1].year:
        return [None] * len(months)
    figures, before = LoadedFigures(Regions.load(), loader), [month.shifted(-12) for month in months]
    figures.load((indicator.pk, region_id, year, indicator.region_rule) for year in {month.year for month in before})
    series = {
        year: figures.series(indicator.pk, indicator.rule, region_id, year).states
        for year in {month.year for month in before}
    }
    found = [figure_to_date(indicator.rule, series[month.year][month.number - 1]) for month in before]
    return [None if figure is None else rounded(decimal_of_quantity(figure), indicator.decimals) for figure in found]


@dataclass(frozen=True, slots=True)
class TargetOutlook:
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


def outlook_of_target(target: Target, rows: Sequence[TargetRow], month: Month) -> TargetOutlook | None:
    """What the rest of the time would bring if it went on as so far, from the attainments of the plan's months: to the
    due month, or where counting begins anew each year to the year's end."""
    target = target.in_month(month)
    row = next((row for row in rows if row.attainment.month == month), None)
    if row is None or month in target.course().frozen:
        return None
    first, until = row.attainment.counted_from, min(made_up_until(target.course(), month), target.plan.last_month)
    ahead = forecast(target.rule, _known(target, rows, first), _number(month, first), _number(until, first))
    if not ahead:
        return None
    compared = row.attainment.compared
    fixed = target.threshold_kind in FORESEEN
    promised = outlook_holds(target.rule, ahead[-1], compared) if fixed and compared is not None else None
    months = [first.shifted(outlook.month - 1) for outlook in ahead]
    texts = {of: _outlook_texts(outlook, target.indicator) for of, outlook in zip(months, ahead, strict=True)}
    return TargetOutlook(ahead, months, texts, promised, fixed, spans_years(target))


def _number(month: Month, first: Month) -> int:
    """Which month it is, counted from 1 for the first."""
    return month.index - first.index + 1


def _known(target: Target, rows: Sequence[TargetRow], first: Month) -> KnownStates:
    """What the rows know of the months that are counted from the first on; a plan that begins later knows nothing of
    those before it."""
    counted = [row.attainment for row in rows if row.attainment.counted_from == first]
    unknown = counted[0].month.index - first.index
    numbers = expected_months(target.indicator.frequency)
    months = range(_number(target.plan.last_month, first))
    due = [index for index in months if first.shifted(index).number in numbers]
    states = [*[None] * unknown, *(_state(attainment) for attainment in counted)]
    return KnownStates(states, sum(1 << index for index in due), unknown)


def _state(attainment: Attainment) -> Accumulated | None:
    """The year to date from which a row was judged."""
    if attainment.numerator is None or attainment.denominator is None:
        return None
    return Accumulated(
        attainment.numerator, attainment.denominator, attainment.months, attainment.months & ~attainment.missing
    )


def _outlook_texts(outlook: Outlook, indicator: Indicator) -> tuple[str, str]:
    """The likely figure, and the range."""
    low, likely, high = (number_in_full(rounded(figure, indicator.decimals)) for figure in outlook[1:])
    return with_unit(likely, indicator.unit), with_unit(f"{low}\u2013{high}", indicator.unit)


@dataclass(frozen=True, slots=True)
class TargetMonthLine:
    """A month of the table beside the chart, and of the chart: nothing of the actual figures after the month shown."""

    row: TargetRow
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
        return month_text(self.month, with_year=spans_years(self.row.target))


def month_lines_of_target(
    rows: Sequence[TargetRow], month: Month, before: Sequence[Decimal | None], ahead: TargetOutlook | None
) -> list[TargetMonthLine]:
    """The plan's months, so far as anything can be told of them."""
    unit = rows[0].target.indicator.unit if rows else ""
    told = [
        TargetMonthLine(
            row,
            row.attainment.month <= month,
            pace_text(row.attainment),
            "" if earlier is None else with_unit(number_in_full(earlier), unit),
            ahead.texts.get(row.attainment.month) if ahead is not None else None,
        )
        for row, earlier in zip(rows, before, strict=False)
    ]
    return [line for line in told if line.reached or line.outlook]


def chart(
    target: Target,
    rows: Sequence[TargetRow],
    month: Month,
    before: Sequence[Decimal | None],
    ahead: TargetOutlook | None,
) -> dict[str, object]:
    """The chart's figures as plain numbers, with the texts of the table for the tooltip.

    The line of the target runs on to the plan's end, except where it is a figure that nobody knows in advance.
    """
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
    told = {line.month: line for line in month_lines_of_target(rows, target.plan.last_month, before, ahead)}
    months = [
        _point(told[row.attainment.month], earlier, outlooks, month, foreseen=_is_foreseen(row.target))
        for row, earlier in zip(rows, before, strict=False)
    ]
    upper = float(target.threshold_upper) if target.threshold_upper is not None else None
    return {"unit": target.indicator.unit, "names": names, "upper": upper, "months": months}


def _is_foreseen(target: Target) -> bool:
    """Whether the number that it is held against can be drawn before its month has come."""
    return target.threshold_kind not in (Target.ThresholdKind.INDICATOR, Target.ThresholdKind.ELSEWHERE)


def _point(
    line: TargetMonthLine, earlier: Decimal | None, outlooks: Mapping[Month, Outlook], month: Month, *, foreseen: bool
) -> dict[str, object]:
    """One month; JavaScript draws with binary fractions, so every figure that is read comes as text."""
    row, attainment = line.row, line.row.attainment
    reached, known, outlook = attainment.month <= month, attainment.pace, outlooks.get(attainment.month)
    return {
        "month": line.month_text,
        "actual": float(attainment.actual) if reached and attainment.actual is not None else None,
        "threshold": float(attainment.compared) if (reached or foreseen) and attainment.compared is not None else None,
        "pace": float(known) if known is not None else None,
        "lastYear": float(earlier) if earlier is not None else None,
        "outlook": [float(figure) for figure in outlook[1:]] if outlook is not None else None,
        "actualText": row.shown.actual if reached else "",
        "thresholdText": row.shown.threshold if reached or foreseen else "",
        "paceText": line.pace,
        "lastYearText": line.last_year,
        "outlookText": list(line.outlook) if line.outlook is not None else None,
        "signal": attainment.signal,
        "word": str(row.light.word),
    }
