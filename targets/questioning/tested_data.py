"""What is tested of a plan's official figures as of a month: read in a constant number of queries, told by
`data_quality`. The same figures give the same results; nothing is stored here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from plans.models import Plan
from plans.periods import Month, expected_months, months_between
from targets.arithmetic.formulas import HOLDS, PACED
from targets.data_quality import corrections, pooled, repeats, spreads
from targets.data_quality.corrections import Corrected, OfficialFigure
from targets.data_quality.pooled import BesideLine
from targets.data_quality.series import MonthlySeries, by_month
from targets.data_quality.signals import MonthTested, SignalKind, SignalResult
from targets.data_quality.spreads import AgainstPace
from targets.entry_rules.figures import Entry
from targets.expected.duties import ExpectedFigures, FigureKey, expected_of
from targets.models import Attainment, Indicator, MonthLock, Observation, Revision, Target

WINDOW = 12
"""The figures of so many months are tested together, of those that are the plan's."""
_FIGURES = ("value", "numerator", "denominator", "occurred_on")
_JUDGED = ("target_id", "region_id", "month", "actual", "compared", "pace")
_LINES = {"at_least": True, "at_most": False}
"""Comparators with one line that figures lie on, and whether higher is better."""


@dataclass(frozen=True, slots=True)
class HeldAgainst:
    """Of a light what figures are held against: all that counts until then, and what that must reach."""

    actual: Decimal | None
    line: Decimal | None


@dataclass(frozen=True)
class TestedData:
    """A plan's official figures up to a month, with all that they are tested against."""

    plan: Plan
    month: Month
    expected: ExpectedFigures
    entries: Mapping[tuple[int, int], Sequence[Entry]]
    judged: Mapping[tuple[int, int, Month], HeldAgainst]
    officials: Mapping[FigureKey, Sequence[tuple[Entry, datetime]]]
    locked_at: datetime | None

    @classmethod
    def of(cls, plan: Plan, month: Month) -> "TestedData":
        """Read in ten queries, however many targets, regions and months; one more where parts have quotas."""
        window = months_between(max(plan.first_month, month.shifted(1 - WINDOW)), month)
        expected = expected_of(plan, window)
        keys = expected.figures.keys()
        return cls(
            plan, month, expected, _official(keys), _judged(plan, window), _corrected(keys), _locked(plan, month)
        )

    @cached_property
    def summary(self) -> MonthTested:
        """All results, in the order of kinds."""
        order = list(SignalKind)
        found = [result for results in (self._of_series(), self._pooled(), self._corrections()) for result in results]
        return MonthTested.of(sorted(found, key=lambda result: order.index(result.kind)))

    def unit_of(self, result: SignalResult) -> int | None:
        """The unit that is asked: the one that reports the figures; of what is pooled over regions the indicator's own;
        None where nobody has been named."""
        about = result.about
        if about.indicator_id is None:
            return about.unit_id
        if about.region_id is not None:
            return self.expected.figures.get(FigureKey(about.indicator_id, about.region_id, self.month))
        return self.expected.indicators[about.indicator_id].department_id

    # --- Series ------------------------------------------------------------------------------------------------------

    @cached_property
    def series(self) -> Mapping[tuple[int, int], MonthlySeries]:
        """Every series of which a figure is due in the month and that can be tested."""
        due = [key for key in self.expected.figures if key.month == self.month]
        tested = [key for key in due if _is_tested(self.expected.indicators[key.indicator_id])]
        return {(key.indicator_id, key.region_id): self._series(key.indicator_id, key.region_id) for key in tested}

    def _series(self, indicator_id: int, region_id: int) -> MonthlySeries:
        indicator, known = self.expected.indicators[indicator_id], self.entries.get((indicator_id, region_id), ())
        step = WINDOW // len(expected_months(indicator.frequency))
        months = by_month(known, step) if indicator.entry_basis == Indicator.EntryBasis.TO_DATE else known
        return MonthlySeries(indicator_id, region_id, indicator.measure, months, step)

    def _of_series(self) -> Iterator[SignalResult]:
        for series in self.series.values():
            yield from filter(None, (test(series, self.month) for test in _TESTS))
            yield from filter(None, [spreads.riding_pace(series, list(self._standings(series)), self.month)])

    def _standings(self, series: MonthlySeries) -> Iterator[AgainstPace]:
        """What was reached and wanted by each month of the calendar year, where the light follows a pace."""
        for target in self._targets.get(series.indicator_id, ())[:1]:
            if target.comparator in PACED and target.indicator.rule.accumulates:
                for month in months_between(Month(self.month.year, 1), self.month):
                    judged = self.judged.get((target.pk, series.region_id, month))
                    if judged is not None and judged.actual is not None and judged.line is not None:
                        yield judged.actual, judged.line

    # --- Pooled ------------------------------------------------------------------------------------------------------

    def _pooled(self) -> Iterator[SignalResult]:
        by_indicator: dict[int, list[MonthlySeries]] = defaultdict(list)
        for (indicator_id, _region_id), series in self.series.items():
            by_indicator[indicator_id].append(series)
        for indicator_id, lot in by_indicator.items():
            yield from filter(None, [repeats.equal_counties(indicator_id, lot, self.month)])
            yield from filter(None, [pooled.over_the_line(indicator_id, list(self._promised(indicator_id, lot)))])
        yield from (pooled.round_digits(unit_id, counts) for unit_id, counts in self._counts_by_unit().items())

    def _promised(self, indicator_id: int, lot: Iterable[MonthlySeries]) -> Iterator[BesideLine]:
        """The figures beside the line of the first target that has one."""
        target = next((target for target in self._targets.get(indicator_id, ()) if target.comparator in _LINES), None)
        if target is None or not target.indicator.scale:
            return
        for entry in (entry for series in lot for entry in series.entries if entry.denominator is not None):
            if (line := self._line(target, entry.region_id, entry.month)) is not None:
                share = Fraction(line) / Fraction(target.indicator.scale)
                yield BesideLine(entry, share, _LINES[target.comparator])

    def _counts_by_unit(self) -> Mapping[int, Sequence[Entry]]:
        found: dict[int, list[Entry]] = defaultdict(list)
        for (indicator_id, region_id), series in self.series.items():
            for entry in series.entries if series.measure == Indicator.Measure.COUNT else ():
                unit_id = self.expected.figures.get(FigureKey(indicator_id, region_id, entry.month))
                if unit_id is not None:
                    found[unit_id].append(entry)
        return found

    # --- Corrections -------------------------------------------------------------------------------------------------

    def _corrections(self) -> Iterator[SignalResult]:
        by_unit: dict[int, list[Corrected]] = defaultdict(list)
        of_month: dict[int, list[Corrected]] = defaultdict(list)
        for key, lot in self.officials.items():
            unit_id = self.expected.figures[key] or 0
            corrected = Corrected([self._official(entry, at) for entry, at in lot])
            by_unit[unit_id].append(corrected)
            if key.month == self.month:
                of_month[unit_id].append(corrected)
        yield from filter(None, (corrections.reversal(corrected) for lot in of_month.values() for corrected in lot))
        yield from (corrections.favourable(unit_id, lot) for unit_id, lot in by_unit.items() if unit_id)
        yield from self._late(of_month)

    def _late(self, of_month: Mapping[int, Sequence[Corrected]]) -> Iterator[SignalResult]:
        for unit_id, lot in of_month.items():
            if unit_id and self.locked_at is not None:
                yield from filter(None, [corrections.corrections_before_closing(unit_id, lot, self.locked_at)])

    def _official(self, entry: Entry, at: datetime) -> OfficialFigure:
        return OfficialFigure(entry, at, self._passes(entry))

    def _passes(self, entry: Entry) -> bool | None:
        """Whether the figure passes what is promised first of its indicator, all others being what they are now."""
        target = next(
            (target for target in self._targets.get(entry.indicator_id, ()) if target.comparator in HOLDS), None
        )
        if target is None or target.comparator in ("between", "about"):
            return None
        if target.indicator.rule.accumulates:
            return self._passes_together(target, entry)
        line, amount = self._line(target, entry.region_id, entry.month), _amount(target.indicator, entry)
        if line is None or amount is None:
            return None
        return HOLDS[target.comparator]((amount > line) - (amount < line))

    def _passes_together(self, target: Target, entry: Entry) -> bool | None:
        """A count passes by all that has come together, this figure in the place of the one that is official now."""
        judged = self.judged.get((target.pk, entry.region_id, entry.month))
        now = next(
            (official for official in self.entries.get(entry.key[:2], ()) if official.month == entry.month), None
        )
        if judged is None or judged.actual is None or judged.line is None or now is None:
            return None
        reached = judged.actual - (now.value or 0) + (entry.value or 0)
        return HOLDS[target.comparator]((reached > judged.line) - (reached < judged.line))

    # --- What is promised --------------------------------------------------------------------------------------------

    @cached_property
    def _targets(self) -> Mapping[int, Sequence[Target]]:
        """The plan's targets by their indicator, in the plan's order."""
        found: dict[int, list[Target]] = defaultdict(list)
        for target in self.expected.targets:
            found[target.indicator_id].append(target)
        return found

    def _line(self, target: Target, region_id: int, month: Month) -> Decimal | None:
        """The number that a figure is held against: the region's own, else the whole plan's."""
        judged = self.judged.get((target.pk, region_id, month))
        if judged is not None:
            return judged.line
        return target.threshold if target.threshold_kind == Target.ThresholdKind.CONSTANT else None


_TESTS: tuple[Callable[[MonthlySeries, Month], SignalResult | None], ...] = (
    repeats.copied_month,
    spreads.too_even,
    spreads.year_end_rush,
    spreads.outlier,
)


def _is_tested(indicator: Indicator) -> bool:
    """Counts that add up and ratios of which the figures of one month can be known: nothing that is in stock."""
    if indicator.measure == Indicator.Measure.COUNT:
        return indicator.time_rule == Indicator.TimeRule.SUM
    in_stock = indicator.denominator_rule == Indicator.DenominatorRule.LAST
    to_date = indicator.entry_basis == Indicator.EntryBasis.TO_DATE
    return indicator.is_ratio and not (in_stock and to_date)


def _amount(indicator: Indicator, entry: Entry) -> Fraction | None:
    """The figure in the indicator's unit."""
    if entry.value is not None:
        return Fraction(entry.value)
    if entry.numerator is None or not entry.denominator:
        return None
    return Fraction(entry.numerator) * Fraction(indicator.scale) / Fraction(entry.denominator)


def _official(keys: Iterable[FigureKey]) -> dict[tuple[int, int], list[Entry]]:
    """The official figures of each indicator and region, by month."""
    wanted = set(keys)
    rows = Observation.objects.official().around(wanted).order_by("month")
    found: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for row in rows.values_list("indicator_id", "region_id", "month", *_FIGURES):
        if row[:3] in wanted:
            found[row[:2]].append(Entry(*row))
    return found


def _judged(plan: Plan, window: Iterable[Month]) -> dict[tuple[int, int, Month], HeldAgainst]:
    """What the plan's lights say of the months."""
    rows = Attainment.objects.filter(target__plan=plan, month__in=list(window)).order_by()
    return {
        (target, region, month): HeldAgainst(actual, compared if pace is None else pace)
        for target, region, month, actual, compared, pace in rows.values_list(*_JUDGED)
    }


def _corrected(keys: Iterable[FigureKey]) -> dict[FigureKey, list[tuple[Entry, datetime]]]:
    """The figures that were official one after the other, where there was more than one."""
    wanted = set(keys)
    official = Revision.objects.handed_in(wanted).filter(official_at__isnull=False)
    ended = official.filter(ended_at__isnull=False).order_by().values("observation")
    names = [f"observation__{name}" for name in ("indicator_id", "region_id", "month")]
    found: dict[FigureKey, list[tuple[Entry, datetime]]] = defaultdict(list)
    for *row, at in official.filter(observation__in=ended).values_list(*names, *_FIGURES, "official_at"):
        entry = Entry(*row)
        if (key := FigureKey(*entry.key)) in wanted:
            found[key].append((entry, at))
    return {key: lot for key, lot in found.items() if len(lot) > 1}


def _locked(plan: Plan, month: Month) -> datetime | None:
    """When the month was last closed."""
    closings = MonthLock.objects.filter(plan=plan, month=month).order_by("-pk")
    return closings.values_list("locked_at", flat=True).first()
