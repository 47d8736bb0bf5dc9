"""The signals, by what they are called, what they need, and how often honest data raise them (pure).

The rates were simulated with a fixed seed over honest data (Poisson counts, binomial shares); the tests beside this
package repeat that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import floor

from targets.data_quality.chances import adjusted
from targets.entry_rules.figures import Entry

ALPHA = 0.001
"""The chance below which a signal is told, of each series and kind."""
TOGETHER = 0.05
"""A signal whose chance stays below it when all tests of the month are taken together stands out by itself (Holm)."""
MONTHS_A_YEAR = 12


class SignalKind(StrEnum):
    """What may be odd about figures."""

    COPIED = "copied"
    EQUAL_COUNTIES = "equal_counties"
    TOO_EVEN = "too_even"
    ROUND_DIGITS = "round_digits"
    OVER_THE_LINE = "over_the_line"
    RIDING_PACE = "riding_pace"
    YEAR_END_RUSH = "year_end_rush"
    OUTLIER = "outlier"
    FAVOURABLE_CORRECTIONS = "favourable_corrections"
    REVERSAL = "reversal"
    LATE_CORRECTIONS = "late_corrections"


@dataclass(frozen=True, slots=True)
class KindRule:
    """When a kind is told: below which chance; and how often a year honest data raise it where one thing is tested
    month after month, mostly by the same figures (None: each month as often as its own chance)."""

    limit: float = ALPHA
    alarms_a_year: float | None = None


RULES: Mapping[SignalKind, KindRule] = {
    SignalKind.COPIED: KindRule(),
    SignalKind.EQUAL_COUNTIES: KindRule(),
    SignalKind.TOO_EVEN: KindRule(alarms_a_year=0.004),
    SignalKind.ROUND_DIGITS: KindRule(alarms_a_year=0.004),
    SignalKind.OVER_THE_LINE: KindRule(limit=0.0001, alarms_a_year=0.005),
    SignalKind.RIDING_PACE: KindRule(alarms_a_year=0.0005),
    SignalKind.YEAR_END_RUSH: KindRule(alarms_a_year=0.014),
    SignalKind.OUTLIER: KindRule(alarms_a_year=0.002),
    SignalKind.FAVOURABLE_CORRECTIONS: KindRule(limit=0.01, alarms_a_year=0.025),
}
"""Kinds that are tested. The rates are the worst that was simulated: no test is said to raise fewer alarms than it
does."""
LISTS = frozenset(SignalKind) - frozenset(RULES)
"""Kinds that are only listed, without statistics."""


@dataclass(frozen=True, slots=True)
class SignalSubject:
    """What a test is about: an indicator in a region, an indicator alone, or all that a unit reports."""

    indicator_id: int | None = None
    region_id: int | None = None
    unit_id: int | None = None

    @property
    def name(self) -> str:
        """By which it is found again."""
        return "-".join(str(pk or 0) for pk in (self.indicator_id, self.region_id, self.unit_id))


Fact = str | int | float
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class SignalResult:
    """What came of a test. `chance`: how often honest data look so or odder; None: there is not enough data, or it is
    only listed. `alarms`: how often a year honest data raise it. `facts` are what its sentence tells."""

    kind: SignalKind
    about: SignalSubject
    chance: float | None = None
    alarms: float = 0.0
    figures: Sequence[Entry] = ()
    facts: Facts = field(default_factory=dict)
    together: float = 1.0

    @property
    def is_scant(self) -> bool:
        """Whether there was not enough data (样本不足): nothing is said then, not that all is well."""
        return self.chance is None and self.kind not in LISTS

    @property
    def is_found(self) -> bool:
        """Whether there is something to ask."""
        return self.kind in LISTS or (self.chance is not None and self.chance < RULES[self.kind].limit)

    @property
    def stands_out(self) -> bool:
        """Whether it is rare even among all that is tested in the month."""
        return self.together < TOGETHER


def scant_result(kind: SignalKind, about: SignalSubject) -> SignalResult:
    """A test for which there is not enough data."""
    return SignalResult(kind, about)


def weigh_result(
    kind: SignalKind,
    about: SignalSubject,
    chance: float,
    figures: Sequence[Entry] = (),
    *,
    own: float = 0.0,
    **facts: Fact,
) -> SignalResult:
    """A test that was made; only what is found keeps its figures. `own`: the chance of a kind that has no rate."""
    yearly = RULES[kind].alarms_a_year
    made = SignalResult(kind, about, chance, own * MONTHS_A_YEAR if yearly is None else yearly, figures, facts)
    return made if made.is_found else replace(made, figures=(), facts={})


def list_without_statistics(
    kind: SignalKind, about: SignalSubject, figures: Sequence[Entry], **facts: Fact
) -> SignalResult:
    """Something that is told without statistics."""
    return SignalResult(kind, about, None, 0.0, figures, facts)


@dataclass(frozen=True, slots=True)
class MonthTested:
    """All that was tested in a month: the results in the order of kinds, each adjusted for all of them together."""

    results: Sequence[SignalResult]

    @classmethod
    def of(cls, results: Iterable[SignalResult]) -> "MonthTested":
        """Every chance counts among all that were found in the month."""
        lot = list(results)
        made = [result for result in lot if result.chance is not None]
        together = adjusted([result.chance or 0.0 for result in made])
        known = {id(result): number for result, number in zip(made, together, strict=True)}
        return cls([replace(result, together=known.get(id(result), 1.0)) for result in lot])

    @property
    def tests(self) -> int:
        """How many tests were made; what lacks data and what is only listed is none."""
        return sum(1 for result in self.results if result.chance is not None)

    @property
    def alarms_a_year(self) -> float:
        """How many signals honest data raise a year, at most, if every month is tested as this one is."""
        return sum(result.alarms for result in self.results if result.chance is not None)

    @property
    def fewer_than(self) -> int:
        """The whole number below which that stays."""
        return floor(self.alarms_a_year) + 1

    def of_kind(self, kind: SignalKind) -> list[SignalResult]:
        """The results of a kind."""
        return [result for result in self.results if result.kind == kind]
