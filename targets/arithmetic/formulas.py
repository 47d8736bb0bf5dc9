"""What a target promises and when that holds: the arithmetic of "Target" in the domain (pure: no Django, no clock).

Everything is exact. A figure is kept as a `Quantity`, numerator over denominator, and compared by cross-multiplication,
so no comparison ever sees a rounded number (GB/T 8170, comparison of full values). The context traps `Inexact`: a
product or sum that would be rounded is an error, never a silent loss. Only `quantities` divides, to write a figure out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import NamedTuple

from targets.arithmetic.accumulation import EXACT, ONE, ZERO, Accumulated, IndicatorRule
from targets.arithmetic.pace import Stage
from targets.arithmetic.quantities import Quantity

FORMULA_VERSION = 3
"""Raised whenever the same figures are judged otherwise than before: then everything is judged anew."""
HUNDRED = Decimal(100)


class Verdict(StrEnum):
    """Whether a promise holds."""

    MET = "met"
    NOT_MET = "not_met"
    NO_DATA = "no_data"
    NOT_ASSESSABLE = "not_assessable"


class Signal(StrEnum):
    """What leadership sees: 红黄绿灯."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


class UnassessableReason(StrEnum):
    """Why a promise is not assessable."""

    NOTHING = ""
    OPERAND_MISSING = "operand_missing"
    BASELINE_MISSING = "baseline_missing"
    DENOMINATOR_ZERO = "denominator_zero"
    NO_LAST_YEAR = "no_last_year"
    NOT_OWED = "not_owed"


@dataclass(frozen=True, slots=True)
class DatedMilestone:
    """A step towards a promise of the kind "done by"."""

    due: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class TargetRule:
    """What of a target decides its judgement, but for the time: that is `pace.Stage`.

    `pace_tolerance` is the plan's own setting: 0.8 means yellow down to 80 % of the pace. `tolerance` belongs to the
    comparator `about`. `against_scale` is the scale of the figure that the threshold is made from, where it is made
    from one. `whole` is the plan's own threshold where that of a part stands in its place.
    """

    comparator: str
    threshold_kind: str
    threshold: Decimal | None
    threshold_upper: Decimal | None
    tolerance: Decimal | None
    baseline: Decimal | None
    due: date
    warning_margin: Decimal | None
    pace_tolerance: Decimal
    indicator: IndicatorRule
    against_scale: Decimal = ONE
    whole: Decimal | None = None

    @property
    def is_paced(self) -> bool:
        """Whether the light follows the pace until the promise is due."""
        return self.comparator in PACED and self.indicator.accumulates

    def for_part(self, quota: Decimal) -> "TargetRule":
        """The same with a part's own threshold."""
        return replace(self, threshold=quota, whole=self.threshold)


class TargetFacts(NamedTuple):
    """All that is known of a target in a region as of a month; None where nothing is. `against` is the figure that the
    threshold is made from, where it is made from one."""

    stage: Stage
    own: Accumulated | None
    against: Accumulated | None = None
    milestones: tuple[DatedMilestone, ...] = ()


HOLDS: dict[str, Callable[[int], bool]] = {
    "at_least": lambda sign: sign >= 0,
    "between": lambda sign: sign >= 0,
    "more_than": lambda sign: sign > 0,
    "at_most": lambda sign: sign <= 0,
    "less_than": lambda sign: sign < 0,
    "exactly": lambda sign: sign == 0,
    "none": lambda sign: sign == 0,
    "about": lambda sign: True,
}
"""Comparator → whether it holds for the sign of actual − threshold, for `between` the lower one. `between` and `about`
have bounds besides (`out_of_bounds`); `done_by` and `improves` need more."""

IMPROVES = {"higher": lambda sign: sign > 0, "lower": lambda sign: sign < 0}
PACED = frozenset({"at_least", "more_than", "between"})
REACHING = PACED | {"exactly"}
UNRECOVERABLE = frozenset({"at_most", "less_than", "none"})

BY_SHARE = frozenset({"baseline_share", "last_year"})
"""Kinds of threshold that are a change in per cent: −15 means × 0.85."""
FORESEEN = frozenset({"constant", "baseline", "baseline_share"})
"""Kinds of threshold that do not move from month to month."""
MISSING = {
    "indicator": UnassessableReason.OPERAND_MISSING,
    "elsewhere": UnassessableReason.OPERAND_MISSING,
    "baseline": UnassessableReason.BASELINE_MISSING,
    "baseline_share": UnassessableReason.BASELINE_MISSING,
    "last_year": UnassessableReason.NO_LAST_YEAR,
    "nothing": UnassessableReason.NO_LAST_YEAR,
}
"""Kind of threshold → why there is no number to compare with, where it is made from a figure that is missing. With the
kind `nothing` that is last year's, for `improves`."""

# --- The number compared with -----------------------------------------------------------------------------------------


def fixed_threshold(rule: TargetRule) -> Quantity | None:
    """The number with which the actual figure is compared; None if the number is made from another figure."""
    if rule.threshold_kind in ("baseline", "baseline_share"):
        return None if rule.baseline is None else apply_threshold_change(rule, Quantity(rule.baseline))
    if rule.threshold_kind == "constant" and rule.threshold is not None:
        return Quantity(rule.threshold)
    return Quantity(ZERO) if rule.comparator == "none" else None


def moving_threshold(rule: TargetRule, against: Accumulated | None) -> Quantity | UnassessableReason:
    """The number to compare with that is made from a figure of last year, another indicator, region or year."""
    if against is None:
        return MISSING[rule.threshold_kind]
    if not against.denominator:
        return UnassessableReason.DENOMINATOR_ZERO
    return apply_threshold_change(rule, Quantity(against.numerator * rule.against_scale, against.denominator))


def apply_threshold_change(rule: TargetRule, known: Quantity) -> Quantity:
    """The figure changed by the threshold: by so much, or by so many per cent."""
    numerator, denominator = known
    if rule.threshold is None:
        return known
    if rule.threshold_kind in BY_SHARE:
        return Quantity(numerator * (HUNDRED + rule.threshold), denominator * HUNDRED)
    return Quantity(numerator + rule.threshold * denominator, denominator)


# --- Whether it holds -------------------------------------------------------------------------------------------------


def rule_holds(rule: TargetRule, actual: Quantity, compared: Quantity) -> bool:
    """Whether the comparator holds on the full values."""
    return comparator_test(rule)(actual.compare(compared)) and not out_of_bounds(rule, actual, compared)


def reaches_aspiration(rule: TargetRule, aspiration: Decimal, numerator: Decimal, denominator: Decimal) -> bool:
    """Whether a figure, before its scale, reaches the second number (力争) too. No light depends on the answer."""
    with localcontext(EXACT):
        actual = Quantity(numerator * rule.indicator.scale, denominator)
        return HOLDS[rule.comparator](actual.compare(Quantity(aspiration)))


def comparator_test(rule: TargetRule) -> Callable[[int], bool]:
    """The test that takes the sign of actual − threshold and says whether the comparator holds, bounds left aside."""
    return IMPROVES[rule.indicator.direction] if rule.comparator == "improves" else HOLDS[rule.comparator]


def out_of_bounds(rule: TargetRule, actual: Quantity, compared: Quantity) -> bool:
    """Whether the actual lies above the upper threshold of `between`, or farther away than `about` tolerates."""
    if rule.tolerance is not None:
        return not lies_within_margin(rule.tolerance, actual, compared)
    return above_upper(rule, actual)


def above_upper(rule: TargetRule, actual: Quantity) -> bool:
    """Whether the actual lies above the upper threshold of `between`."""
    return rule.threshold_upper is not None and actual.compare(Quantity(rule.threshold_upper)) > 0


def lies_within_margin(margin: Decimal, actual: Quantity, nearest: Quantity) -> bool:
    """Whether the actual is no farther away than a margin."""
    gap = abs(actual.numerator * nearest.denominator - nearest.numerator * actual.denominator)
    return gap <= margin * actual.denominator * nearest.denominator


def bounds(rule: TargetRule, compared: Quantity) -> list[Quantity]:
    """The further numbers at which the comparator begins or ceases to hold."""
    if rule.tolerance is None:
        return [] if rule.threshold_upper is None else [Quantity(rule.threshold_upper)]
    numerator, denominator = compared
    return [Quantity(numerator + margin * denominator, denominator) for margin in (-rule.tolerance, rule.tolerance)]
