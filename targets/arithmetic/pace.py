"""时序进度: how far a target's time has gone at the end of a month, and where a count ought to be by then.

Pure: imports no Django and reads no clock.

A month is a place on the way from the month with which the pace begins to the month in which the target is due. Counted
by calendar year there is a way each year, from January (in the first year the month with which the pace begins) to
December (in the due year the due month); counted by plan there is one. Between its points, the steps and the due month,
a way runs straight. Shares are kept as numerator over denominator, so nothing is rounded.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from plans.periods import Month, months_between
from targets.arithmetic.accumulation import EXACT, ONE, ZERO
from targets.arithmetic.quantities import Quantity


class PaceStep(NamedTuple):
    """阶段目标: what must have been reached by an earlier date."""

    due: date
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """When a target is judged and what its pace follows: `first` and `last` are the plan's months, `begins` the one
    with which the pace begins. `by_plan`: counted from the plan's first month on, not anew each calendar year. `steps`
    are in order of time; `threshold` is the number that they lead to.
    """

    first: Month
    last: Month
    begins: Month
    due: Month
    by_plan: bool = False
    steps: tuple[PaceStep, ...] = ()
    threshold: Decimal | None = None

    @property
    def months(self) -> list[Month]:
        """The plan's months."""
        return months_between(self.first, self.last)

    @property
    def frozen(self) -> list[Month]:
        """The months of years after the one in which the target was due: it stays judged as in its due month. None for
        what was due before the plan began, which was never judged in time."""
        if not self.first <= self.due <= self.last or self.due.year == self.last.year:
            return []
        return [month for month in self.months if month.year > self.due.year]


class Stage(NamedTuple):
    """Where a month stands on the way of a target, for all its regions alike.

    `key` is the month as an integer YYYYMM. `counted`: months since counting began, this one among them. `left`: months
    until the due month, or to the end of the year if that comes first and counting begins anew then; 0 where none is
    left. `pace` is the share of the threshold that a count ought to have reached, `aim` the one that it is to reach in
    the months left. `step`: the latest step that is due, or else the first one. `expected`: the months up to this one
    in which figures are due, as bits, counted from where counting begins.
    """

    key: int
    month: Month
    end: date
    is_due: bool
    counted: Decimal
    left: Decimal
    pace: Quantity
    aim: Quantity
    step: Decimal | None
    step_is_due: bool
    expected: int


class Window(NamedTuple):
    """Months that are counted together, all from `first` on, and the stages of those that are judged: a calendar year,
    or the whole plan. `months` are integers YYYYMM. `skipped`: how many are counted before the first that is judged;
    `place`: which of the plan's months, from 0, that one is."""

    first: Month
    months: tuple[int, ...]
    stages: tuple[Stage, ...]
    skipped: int
    place: int

    @property
    def last(self) -> int:
        """The place of the last month that is judged."""
        return self.place + len(self.stages) - 1


@lru_cache(maxsize=500)
def windows(course: Course, expected: Collection[int] = range(1, 13), *, earlier: bool = False) -> tuple[Window, ...]:
    """All months in which a target is judged by figures of their own, in order; `expected` are the numbers of the
    months in which its indicator is due, `earlier` says whether those count that are counted and not judged. Most
    targets of a plan share their course."""
    judged = course.months[: -len(course.frozen) or None]
    if course.by_plan:
        return (_window(course, course.first, len(course.months), judged, expected, 0),)
    years = groupby(judged, lambda month: month.year)
    due = _bits(Month(course.first.year, 1), course.first, expected) if earlier else 0
    return tuple(
        _window(course, Month(year, 1), 12, of, expected, due if year == course.first.year else 0) for year, of in years
    )


def _bits(first: Month, until: Month, expected: Collection[int]) -> int:
    """The expected months from the first to the one before another, as bits."""
    months = months_between(first, until.shifted(-1))
    return sum(1 << place for place, month in enumerate(months) if month.number in expected)


def time_progress(course: Course, month: Month) -> Quantity:
    """时序进度: the share of the months of its way that have gone by the end of a month; all once the target is due."""
    if course.first <= course.due <= month:
        return Quantity(ONE)
    way = _way(course, month)
    return Quantity(Decimal(_elapsed(way, month)), Decimal(way.whole))


def stage_of(course: Course, month: Month) -> Stage:
    """Where one month stands that is judged by figures of its own."""
    return next(stage for window in windows(course) for stage in window.stages if stage.month == month)


def _window(
    course: Course, first: Month, months: int, judged: Iterable[Month], expected: Collection[int], due: int
) -> Window:
    stages = []
    with localcontext(EXACT):
        for month in judged:
            if month.number in expected:
                due |= 1 << (month.index - first.index)
            stages.append(_stage(course, first, month, due))
    keys, begins = tuple(first.shifted(ahead).key for ahead in range(months)), stages[0].month.index
    return Window(first, keys, tuple(stages), begins - first.index, begins - course.first.index)


def _stage(course: Course, first: Month, month: Month, expected: int) -> Stage:
    way = _way(course, month)
    elapsed = _elapsed(way, month)
    return Stage(
        month.key,
        month,
        month.last_day,
        month >= course.due,
        Decimal(month.index - first.index + 1),
        Decimal(max(made_up_until(course, month).index - month.index, 0)),
        _share(course, way, elapsed),
        _share(course, way, way.whole),
        *_step(course, month),
        expected,
    )


class _Way(NamedTuple):
    """The first and the last month of a way."""

    start: Month
    end: Month

    @property
    def whole(self) -> int:
        return self.end.index - self.start.index + 1


def _elapsed(way: _Way, month: Month) -> int:
    """How many months of a way have gone."""
    return min(max(month.index - way.start.index + 1, 0), way.whole)


def made_up_until(course: Course, month: Month) -> Month:
    """Until when what is missing can still be made up for, as seen from a month."""
    return course.due if course.by_plan else min(course.due, Month(month.year, 12))


def _way(course: Course, month: Month) -> _Way:
    """The way on which a month lies, or the first one if none has begun."""
    start = course.begins if course.by_plan else max(course.begins, Month(month.year, 1))
    end = made_up_until(course, start)
    return _Way(start, end if end >= start else course.last if course.by_plan else Month(start.year, 12))


def _points(course: Course, way: _Way) -> dict[int, Decimal]:
    """Where the way bends, and where it ends: how many of its months have gone → what a count ought to have reached.
    Empty where it runs straight to the threshold."""
    if not course.threshold or course.threshold < 0:
        return {}
    due = ((Month.of(step.due), step.threshold) for step in course.steps)
    points = {month.index - way.start.index + 1: aim for month, aim in due if way.start <= month <= way.end}
    return points | {way.whole: course.threshold} if points and way.end == course.due else points


def _share(course: Course, way: _Way, elapsed: int) -> Quantity:
    """The share of the threshold that a count ought to have reached after so many months of its way."""
    points = _points(course, way)
    if not points or course.threshold is None:
        return Quantity(Decimal(elapsed), Decimal(way.whole))
    begun, reached = 0, ZERO
    for gone, aim in points.items():
        if elapsed <= gone:
            length = Decimal(gone - begun)
            return Quantity(reached * length + (aim - reached) * (elapsed - begun), length * course.threshold)
        begun, reached = gone, aim
    return Quantity(reached, course.threshold)


def _step(course: Course, month: Month) -> tuple[Decimal | None, bool]:
    """The latest step that is due, else the first one; and whether it is due."""
    due = [step.threshold for step in course.steps if Month.of(step.due) <= month]
    return (due[-1], True) if due else (course.steps[0].threshold if course.steps else None, False)
