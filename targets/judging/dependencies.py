"""From which figures a target is judged, and so what a changed figure reaches.

A target is judged from its own indicator's figures, and its threshold may be made from others: another indicator's,
those of another region, of last year or of the year of a baseline. Each such `FigureUse` is of one calendar year. It
says from where to where in the plan's months it matters, so that a changed figure reaches those targets and months that
are made from it and no others.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from plans.periods import Month
from targets.arithmetic.pace import Course
from targets.judging.loading import Regions, SeriesKey
from targets.models import Indicator, Target

Changed = tuple[int, int | None, Month]
"""As a `DirtyKey` keeps it: indicator id, region id (None: all regions), month from which on figures have changed."""
Pairs = dict[tuple[int, int], int]
"""(target id, region id) → place among the plan's months, from 0, from which on it is to be judged"""


class FigureUse(NamedTuple):
    """A calendar year of an indicator's figures, and the places, from 0, of the plan's months that are judged by it.

    `later`: so many months after its own a figure matters first; None: every month of the year matters to all.
    `elsewhere`: the figures of another region are meant, to be found by `place_of_use`.
    """

    indicator: Indicator
    year: int
    first: int
    last: int
    later: int | None = 0
    elsewhere: bool = False


def uses_of(target: Target) -> list[FigureUse]:
    """All that a target is judged from by its own rule, in whatever region."""
    course = target.course()
    return [*_counted(target, course), *_baseline(target, course)]


def uses_held(target: Target) -> Iterator[tuple[Target, FigureUse]]:
    """All that a target is judged from by each rule that it has had, each for the months in which that rule held."""
    begins = target.plan.first_month.index
    for held in target.rules_held:
        first, last = held.first.index - begins, held.last.index - begins
        for use in uses_of(held.target):
            if use.first <= last and first <= use.last:
                yield held.target, use._replace(first=max(use.first, first), last=min(use.last, last))


def _counted(target: Target, course: Course) -> Iterator[FigureUse]:
    """The figures that are counted, and those of the same months that they are held against."""
    for year, first, last in _years(course):
        yield FigureUse(target.indicator, year, first, last)
        if target.operand is not None:
            yield FigureUse(target.operand, year, first, last)
        if target.threshold_kind == Target.ThresholdKind.ELSEWHERE:
            yield FigureUse(target.indicator, year, first, last, elsewhere=True)
        if looks_back(target):
            yield FigureUse(target.indicator, year - 1, first, last, later=12)


def looks_back(target: Target) -> bool:
    """Whether the number compared with is made from last year's."""
    return target.comparator == Target.Comparator.IMPROVES or target.threshold_kind == Target.ThresholdKind.LAST_YEAR


def baseline_year(target: Target) -> int | None:
    """The year whose December the baseline is, where it is not stored."""
    kinds = (Target.ThresholdKind.BASELINE, Target.ThresholdKind.BASELINE_SHARE)
    return target.baseline_year if target.threshold_kind in kinds and target.baseline is None else None


def _baseline(target: Target, course: Course) -> Iterator[FigureUse]:
    year = baseline_year(target)
    if year is not None:
        yield FigureUse(target.indicator, year, 0, len(course.months) - 1, later=None)


@lru_cache(maxsize=500)
def _years(course: Course) -> tuple[tuple[int, int, int], ...]:
    """The years whose figures are counted, and the places of the first and last month that are judged by each."""
    return tuple(_each_year(course))


def _each_year(course: Course) -> Iterator[tuple[int, int, int]]:
    end, until = len(course.months) - 1, len(course.months) - len(course.frozen) - 1
    for year in range(course.first.year, course.first.shifted(until).year + 1):
        first = max(Month(year, 1).index - course.first.index, 0)
        last = min(Month(year, 12).index - course.first.index, until)
        frozen = bool(course.frozen) and last == until
        yield year, first, end if course.by_plan or frozen else last


def place_of_use(target: Target, use: FigureUse, region_id: int, regions: Regions) -> int | None:
    """Where the figures stand by which a region is judged; None if nowhere."""
    if not use.elsewhere:
        return region_id
    return target.operand_region_id or regions.parents[region_id]


def judged_regions(target: Target, regions: Regions) -> list[int]:
    """For which regions a target is judged by its own rule: the plan's, and its parts where the target covers them,
    with the parts of parts that have a quota."""
    whole = target.plan.region_id
    if target.coverage == Target.Coverage.WHOLE:
        return [whole]
    direct = [whole, *regions.parts.get(whole, [])]
    if target.coverage == Target.Coverage.PARTS:
        return direct
    return [*direct, *sorted({quota.region_id for quota in target.all_quotas}.difference(direct))]


def all_judged_pairs(targets: Iterable[Target], regions: Regions) -> Pairs:
    """All pairs, from the plan's first month on."""
    return {
        (target.id, region_id): 0
        for target in targets
        for held in target.rules_held
        for region_id in judged_regions(held.target, regions)
    }


def pairs_affected_by_keys(keys: Iterable[Changed], targets: Iterable[Target], regions: Regions) -> Pairs:
    """What the keys affect."""
    changed: dict[tuple[int, int], dict[int | None, int]] = defaultdict(dict)
    for indicator_id, region_id, month in keys:
        months = changed[indicator_id, month.year]
        months[region_id] = min(month.number, months.get(region_id, 12))
    pairs: Pairs = {}
    for promised in targets:
        for target, use in uses_held(promised):
            _affect(pairs, target, use, changed.get((use.indicator.id, use.year), {}), regions)
    return pairs


def _affect(pairs: Pairs, target: Target, use: FigureUse, changed: dict[int | None, int], regions: Regions) -> None:
    if not changed:
        return
    judged = judged_regions(target, regions)
    for region_id, number in changed.items():
        first = _from(target, use, number)
        if first > use.last:
            continue
        for region in _reached(target, use, region_id, judged, regions):
            pairs[target.id, region] = min(first, pairs.get((target.id, region), first))


def _from(target: Target, use: FigureUse, number: int) -> int:
    """The place of the first month that a figure of a month (1 to 12) of the year matters to."""
    if use.later is None:
        return use.first
    return max(use.first, Month(use.year, number).index + use.later - target.plan.first_month.index)


def _reached(
    target: Target, use: FigureUse, region_id: int | None, judged: Collection[int], regions: Regions
) -> Collection[int]:
    """Of the judged regions those whose figures a region's are a part of; all of them for None."""
    if region_id is None:
        return judged
    own = use.indicator.region_rule == Indicator.RegionRule.OWN
    reached = {region_id} if own else set(regions.upwards(region_id))
    if not use.elsewhere:
        return reached.intersection(judged)
    return [region for region in judged if place_of_use(target, use, region, regions) in reached]


def series_of_target(target: Target, region_id: int, regions: Regions) -> set[SeriesKey]:
    """The series of figures, each where it is measured, from which a target is judged for a region."""
    return {key for rule, use in uses_held(target) for key in _series(rule, use, region_id, regions)}


def _series(target: Target, use: FigureUse, region_id: int, regions: Regions) -> Iterator[SeriesKey]:
    place = place_of_use(target, use, region_id, regions)
    if place is not None:
        for leaf in regions.measured(place, use.indicator.region_rule):
            yield SeriesKey(use.indicator.id, leaf, use.year)


def decisive_months(target: Target, region_id: int, month: Month, regions: Regions) -> dict[SeriesKey, int]:
    """The series by which one month of a target is judged, each with the number of the last month that has a say."""
    target = target.in_month(month)
    course, found = target.course(), Counter[SeriesKey]()
    month = course.due if month in course.frozen else month
    place = month.index - course.first.index
    for use in uses_of(target):
        if not use.first <= place <= use.last:
            continue
        numbers = [number for number in range(1, 13) if _from(target, use, number) <= place]
        for key in _series(target, use, region_id, regions):
            found[key] = max(found[key], *numbers)
    return found
