"""数据质量: what was found in a plan's month, with the questions that hang on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from departments.models import Department, Region
from plans.models import Plan
from plans.periods import Month
from targets.data_quality.signals import LISTS, TOGETHER, MonthTested, SignalKind, SignalResult
from targets.entry_rules.figures import Entry
from targets.models import DataQuestion, Indicator
from targets.questioning.tested_data import TestedData
from targets.questioning.wording import KINDS, KindWords, chance_text, signal_heading, signal_sentence
from targets.services.questioning import SignalOfMonth
from targets.wording.number_texts import number_without_zeros, with_unit

Stored = Mapping[str, str]
"""A figure as a question keeps it: month, indicator and region by name, the numbers as text, their units."""


@dataclass(frozen=True, slots=True)
class SeenFigure:
    """A figure of a finding: of what, where several things were seen; of which month; how much."""

    of: str
    month: Month
    text: str


@dataclass(frozen=True, slots=True)
class ToldSignal:
    """A signal in words, found now or kept with a question."""

    heading: str
    subject: str
    sentence: str
    chance: str
    stands_out: bool
    figures: Sequence[SeenFigure]


@dataclass(frozen=True, slots=True)
class SignalShown:
    """A signal of the month: whom it concerns, the question that hangs on it, and the last one that was asked about the
    same in an earlier month. `is_gone`: the present figures do not show it any more."""

    kind: str
    subject: str
    told: ToldSignal
    unit: Department | None
    question: DataQuestion | None = None
    earlier: DataQuestion | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class KindFindings:
    """All that was tested in one way."""

    kind: SignalKind
    heading: str
    about: KindWords
    tests: int
    scant: int
    findings: Sequence[SignalShown]

    @property
    def is_listed(self) -> bool:
        """Whether it is only listed, without statistics."""
        return self.kind in LISTS


@dataclass(frozen=True)
class DataQuality:
    """A plan's month as it is tested now."""

    plan: Plan
    month: Month

    @cached_property
    def data(self) -> TestedData:
        """The official figures."""
        return TestedData.of(self.plan, self.month)

    @property
    def summary(self) -> MonthTested:
        """What came of the tests."""
        return self.data.summary

    @property
    def scant(self) -> int:
        """How many tests lacked data."""
        return sum(1 for result in self.summary.results if result.is_scant)

    @cached_property
    def found(self) -> list[SignalOfMonth]:
        """What there is to ask; two queries for the names."""
        results = [result for result in self.summary.results if result.is_found]
        places = Region.objects.in_bulk({entry.region_id for result in results for entry in result.figures})
        units = Department.objects.select_related("region").in_bulk(filter(None, map(self.data.unit_of, results)))
        return [self._found(result, places, units) for result in results]

    def _found(
        self, result: SignalResult, places: Mapping[int, Region], units: Mapping[int, Department]
    ) -> SignalOfMonth:
        indicators = self.data.expected.indicators
        figures = [_stored(entry, indicators[entry.indicator_id], places[entry.region_id]) for entry in result.figures]
        unit = units.get(self.data.unit_of(result) or 0)
        return SignalOfMonth(self.plan, self.month, result, self.summary.tests, unit, figures)

    def named(self, kind: str, subject: str) -> SignalOfMonth | None:
        """What is found now under this name."""
        return next(
            (finding for finding in self.found if (finding.result.kind, finding.result.about.name) == (kind, subject)),
            None,
        )

    @cached_property
    def kinds(self) -> list[KindFindings]:
        """Everything by kind, with its questions; one query more."""
        asked = list(DataQuestion.objects.filter(plan=self.plan, month__lte=self.month).named().order_by("month"))
        return [self._of_kind(kind, [question for question in asked if question.kind == kind]) for kind in SignalKind]

    def _of_kind(self, kind: SignalKind, asked: Sequence[DataQuestion]) -> KindFindings:
        results = self.summary.of_kind(kind)
        tests = sum(1 for result in results if result.chance is not None)
        scant = sum(1 for result in results if result.is_scant)
        now = [self._finding(finding, asked) for finding in self.found if finding.result.kind == kind]
        there = {finding.subject for finding in now}
        kept = [question for question in asked if question.month == self.month and question.subject not in there]
        gone = [
            SignalShown(kind, question.subject, signal_told_of(question), question.unit, question, is_gone=True)
            for question in kept
        ]
        return KindFindings(kind, signal_heading(kind), KINDS[kind], tests, scant, [*now, *gone])

    def _finding(self, found: SignalOfMonth, asked: Iterable[DataQuestion]) -> SignalShown:
        """What was asked about stays as it was found then."""
        subject = found.result.about.name
        about = {question.month: question for question in asked if question.subject == subject}
        question = about.pop(self.month, None)
        told = signal_told_of(question) if question is not None else _told(found)
        earlier = about[max(about)] if about else None
        return SignalShown(found.result.kind, subject, told, found.unit, question, earlier)


def signal_told_of(question: DataQuestion) -> ToldSignal:
    """A signal as it was found when the question was asked."""
    return _worded(
        question.kind, question.facts, question.chance, question.together, question.figures, question.unit.short_name
    )


def _told(found: SignalOfMonth) -> ToldSignal:
    result, unit = found.result, found.unit.short_name if found.unit is not None else ""
    return _worded(result.kind, result.facts, result.chance, result.together, found.figures, unit)


def _worded(
    kind: str,
    facts: Mapping[str, str | int | float],
    chance: float | Decimal | None,
    together: float | Decimal | None,
    figures: Sequence[Stored],
    unit: str,
) -> ToldSignal:
    indicators, regions = ({figure[name] for figure in figures} for name in ("indicator", "region"))
    of_one = " · ".join(name for lot in (indicators, regions) for name in lot if len(lot) == 1)
    several = [name for name, lot in (("indicator", indicators), ("region", regions)) if len(lot) > 1]
    return ToldSignal(
        signal_heading(kind),
        of_one if len(indicators) == 1 else unit,
        signal_sentence(SignalKind(kind), facts),
        chance_text(float(chance)) if chance is not None else "",
        together is not None and together < TOGETHER,
        [_seen(figure, several) for figure in figures],
    )


def _seen(figure: Stored, several: Iterable[str]) -> SeenFigure:
    return SeenFigure(" · ".join(figure[name] for name in several), Month.parse(figure["month"]), _text(figure))


def _text(figure: Stored) -> str:
    if figure["value"]:
        return with_unit(number_without_zeros(Decimal(figure["value"])), figure["unit"])
    above = with_unit(number_without_zeros(Decimal(figure["numerator"])), figure["numerator_unit"])
    return f"{above} / {with_unit(number_without_zeros(Decimal(figure['denominator'])), figure['denominator_unit'])}"


def _stored(entry: Entry, indicator: Indicator, place: Region) -> Stored:
    numbers = {name: getattr(entry, name) for name in ("value", "numerator", "denominator")}
    return {
        "month": str(entry.month),
        "indicator": indicator.name,
        "region": place.name,
        "unit": indicator.unit,
        "numerator_unit": indicator.numerator_unit,
        "denominator_unit": indicator.denominator_unit,
        **{name: "" if number is None else format(number, "f") for name, number in numbers.items()},
    }
