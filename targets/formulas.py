"""How a target is judged: the arithmetic of "Target" and "Attainment" in the domain (pure: no Django, no clock).

Everything is exact. A figure is kept as a `Quantity`, numerator over denominator, and compared by cross-multiplication,
so no comparison ever sees a rounded number (GB/T 8170, comparison of full values). The context traps `Inexact`: a
product or sum that would be rounded is an error, never a silent loss. Only `quantities` divides, to write a figure out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from targets.accumulation import EXACT, ONE, ZERO, Accumulated, IndicatorRule
from targets.quantities import Quantity, written, written_apart

FORMULA_VERSION = 1


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


class Reason(StrEnum):
    """Why a promise is not assessable."""

    NOTHING = ""
    OPERAND_MISSING = "operand_missing"
    BASELINE_MISSING = "baseline_missing"
    DENOMINATOR_ZERO = "denominator_zero"
    NO_LAST_YEAR = "no_last_year"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step towards a promise of the kind "done by"."""

    due: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class TargetRule:
    """What of a target decides its judgement.

    `due_month` is the number of the month of the plan year from which the promise is due: 1 if it was due before the
    year, 13 if it falls due after it. `pace_tolerance` is the plan's own setting: 0.8 means yellow down to 80 % of it.
    """

    comparator: str
    threshold_kind: str
    threshold: Decimal | None
    threshold_upper: Decimal | None
    baseline: Decimal | None
    due: date
    due_month: int
    warning_margin: Decimal | None
    pace_tolerance: Decimal
    indicator: IndicatorRule


class Facts(NamedTuple):
    """All that is known of a target in a region as of a month (1 to 12); `None` where nothing is."""

    month: int
    month_end: date
    own: Accumulated | None
    operand: Accumulated | None = None
    operand_scale: Decimal = ONE
    last_year: Accumulated | None = None
    milestones: tuple[Milestone, ...] = ()


class Judgement(NamedTuple):
    """The result of judging: the fields of the model Attainment that the formulas decide."""

    verdict: Verdict
    reason: Reason = Reason.NOTHING
    signal: Signal = Signal.GREY
    actual: Decimal | None = None
    compared: Decimal | None = None
    done_on: date | None = None
    progress: Decimal | None = None
    needed: Decimal | None = None
    needed_reachable: bool | None = None
    milestones_due: int | None = None
    milestones_done: int | None = None


HOLDS = {
    "at_least": lambda sign: sign >= 0,
    "between": lambda sign: sign >= 0,
    "more_than": lambda sign: sign > 0,
    "at_most": lambda sign: sign <= 0,
    "less_than": lambda sign: sign < 0,
    "exactly": lambda sign: sign == 0,
    "none": lambda sign: sign == 0,
}
"""Comparator → whether it holds for the sign of actual − threshold, for `between` the lower one. `done_by` and
`improves` need more."""

IMPROVES = {"higher": lambda sign: sign > 0, "lower": lambda sign: sign < 0}
PACED = frozenset({"at_least", "more_than", "between"})
REACHING = PACED | {"exactly"}
UNRECOVERABLE = frozenset({"at_most", "less_than", "none"})
WHOLE = Quantity(ONE)

# For what is judged by the hundred thousand: to look up a member of an enumeration takes longer than to compare two
# numbers, and a decimal times an integer three times as long as a decimal times a decimal.
_MET, _NOT_MET, _NOTHING = Verdict.MET, Verdict.NOT_MET, Reason.NOTHING
_GREEN, _YELLOW, _RED = Signal.GREEN, Signal.YELLOW, Signal.RED
_NUMBERS = tuple(Decimal(number) for number in range(13))
_judgement = partial(tuple.__new__, Judgement)
_quantity = partial(tuple.__new__, Quantity)
_NOT_NEEDED = _NO_MILESTONES = (None, None)


def judge(rule: TargetRule, facts: Facts) -> Judgement:
    """Judges one target for one region as of one month. The same rule and facts always give the same result."""
    return judge_months(rule, (facts,))[0]


def judge_months(rule: TargetRule, months: Iterable[Facts]) -> list[Judgement]:
    """The same for several months, each by itself: what does not depend on the month is found once."""
    if rule.comparator == "done_by":
        return [_judge_event(rule, facts) for facts in months]
    with localcontext(EXACT):
        same = _same(rule)
        return [_judge_figure(rule, facts, same) for facts in months]


def _judge_event(rule: TargetRule, facts: Facts) -> Judgement:
    due_now = [step for step in facts.milestones if step.due <= facts.month_end]
    done_now = [step for step in due_now if step.done_on is not None and step.done_on <= facts.month_end]
    due, done = len(due_now), len(done_now)
    if facts.own is None:
        return Judgement(Verdict.NO_DATA, milestones_due=due, milestones_done=done)
    done_on = facts.own.done_on
    held = done_on is not None and done_on <= rule.due
    return Judgement(
        Verdict.MET if held else Verdict.NOT_MET,
        signal=_event_signal(rule, facts, held, all_done=due == done),
        actual=ONE if done_on else ZERO,
        done_on=done_on,
        milestones_due=due,
        milestones_done=done,
    )


def _event_signal(rule: TargetRule, facts: Facts, held: bool, *, all_done: bool) -> Signal:
    if held:
        return Signal.GREEN
    if facts.month >= rule.due_month:
        return Signal.RED
    if not facts.milestones:
        return Signal.GREY
    return Signal.GREEN if all_done else Signal.RED


class _Same(NamedTuple):
    """What is the same for all months of a figure: the number compared with, what the rest of the year must bring until
    which month, whether the figure is on its way to a number, and whether there is one above it too."""

    compared: Quantity | Reason | None
    holds: Callable[[int], bool]
    needed: "_Needed | None"
    last: int
    reaches: bool
    bounded: bool


def _same(rule: TargetRule) -> _Same:
    reaches = rule.indicator.measure == "count" and rule.comparator in REACHING
    bounded = rule.threshold_upper is not None
    return _Same(_fixed(rule), _holding(rule), _needing(rule), min(rule.due_month, 12), reaches, bounded)


def _judge_figure(rule: TargetRule, facts: Facts, same: _Same) -> Judgement:
    own = facts.own
    if own is None:
        return Judgement(Verdict.NO_DATA)
    if not own.denominator:
        return Judgement(Verdict.NOT_ASSESSABLE, Reason.DENOMINATOR_ZERO)
    actual = _quantity((own.numerator * rule.indicator.scale, own.denominator))
    compared = same.compared or _moving(rule, facts)
    if isinstance(compared, Reason):
        return Judgement(Verdict.NOT_ASSESSABLE, compared, actual=written(actual))
    return _compare(rule, facts, actual, compared, same)


def _compare(rule: TargetRule, facts: Facts, actual: Quantity, compared: Quantity, same: _Same) -> Judgement:
    sign = actual.compare(compared)
    held = same.holds(sign) and not (same.bounded and _passes_between(rule, actual))
    left = same.last - facts.month
    judged: Judgement = _judgement(
        (
            _MET if held else _NOT_MET,
            _NOTHING,
            _GREEN if held else _signal(rule, facts.month, actual, compared),
            *(_written_apart(rule, actual, compared, sign) if same.bounded else written_apart(actual, compared, sign)),
            None,
            _progress(actual, compared) if same.reaches else None,
            *(same.needed(rule, facts, actual, compared, left) if left > 0 and same.needed else _NOT_NEEDED),
            *_NO_MILESTONES,
        )
    )
    return judged


def _fixed(rule: TargetRule) -> Quantity | Reason | None:
    """The number that the actual is compared with, or why there is none; None if it moves from month to month."""
    if rule.comparator == "improves" or rule.threshold_kind == "indicator":
        return None
    if rule.threshold_kind == "baseline":
        if rule.baseline is None or rule.threshold is None:
            return Reason.BASELINE_MISSING
        return Quantity(rule.baseline + rule.threshold)
    return Quantity(rule.threshold if rule.threshold is not None else ZERO)


def _moving(rule: TargetRule, facts: Facts) -> Quantity | Reason:
    """The same where it is a figure of the month: last year's, or another indicator's."""
    if rule.comparator == "improves":
        return _known(facts.last_year, rule.indicator.scale, Reason.NO_LAST_YEAR)
    return _known(facts.operand, facts.operand_scale, Reason.OPERAND_MISSING)


def _known(known: Accumulated | None, scale: Decimal, otherwise: Reason) -> Quantity | Reason:
    if known is None:
        return otherwise
    if not known.denominator:
        return Reason.DENOMINATOR_ZERO
    return Quantity(known.numerator * scale, known.denominator)


def holds(rule: TargetRule, actual: Quantity, compared: Quantity) -> bool:
    """Whether the comparator holds on the full values."""
    return _holding(rule)(actual.compare(compared)) and not _passes_between(rule, actual)


def _holding(rule: TargetRule) -> Callable[[int], bool]:
    """Whether the comparator holds for the sign of actual − threshold; `between` has an upper threshold besides."""
    return IMPROVES[rule.indicator.direction] if rule.comparator == "improves" else HOLDS[rule.comparator]


def _passes_between(rule: TargetRule, actual: Quantity) -> bool:
    return rule.comparator == "between" and _above_upper(rule, actual)


def _above_upper(rule: TargetRule, actual: Quantity) -> bool:
    return rule.threshold_upper is not None and actual.compare(Quantity(rule.threshold_upper)) > 0


def _signal(rule: TargetRule, month: int, actual: Quantity, compared: Quantity) -> Signal:
    """The light of what does not hold yet."""
    if month >= rule.due_month:
        return _RED
    if rule.indicator.accumulates:
        if rule.comparator in UNRECOVERABLE or _above_upper(rule, actual):
            return _RED
        if rule.comparator in PACED:
            return _pace_signal(rule, month, actual, compared)
    return _YELLOW if _within_margin(rule, actual, compared) else _RED


def _pace_signal(rule: TargetRule, month: int, actual: Quantity, compared: Quantity) -> Signal:
    """Green at or above threshold × month / 12, yellow down to the plan's tolerance of that, red below."""
    ahead = actual.numerator * compared.denominator * _NUMBERS[12]
    pace = compared.numerator * actual.denominator * _NUMBERS[month]
    if ahead >= pace:
        return _GREEN
    return _YELLOW if ahead >= pace * rule.pace_tolerance else _RED


def _within_margin(rule: TargetRule, actual: Quantity, compared: Quantity) -> bool:
    if rule.warning_margin is None:
        return False
    nearest = (
        Quantity(rule.threshold_upper) if _above_upper(rule, actual) and rule.threshold_upper is not None else compared
    )
    gap = abs(actual.numerator * nearest.denominator - nearest.numerator * actual.denominator)
    return gap <= rule.warning_margin * actual.denominator * nearest.denominator


def _progress(actual: Quantity, compared: Quantity) -> Decimal | None:
    """Actual / threshold for counts that are to reach something; may exceed 1."""
    if compared.numerator <= 0:
        return None
    share = Quantity(actual.numerator * compared.denominator, actual.denominator * compared.numerator)
    return written_apart(share, WHOLE, share.compare(WHOLE))[0]


_Needed = Callable[[TargetRule, Facts, Quantity, Quantity, int], tuple[Decimal | None, bool | None]]


def _needing(rule: TargetRule) -> _Needed | None:
    """How to find what each month left until the due date must bring, and whether it can; None where that is idle."""
    if rule.threshold_kind not in ("constant", "baseline"):
        return None
    if rule.indicator.measure == "count":
        return _needed_count if rule.indicator.accumulates and rule.comparator in REACHING else None
    return _needed_rate if rule.indicator.is_pooled else None


def _needed_count(
    rule: TargetRule, facts: Facts, actual: Quantity, compared: Quantity, months_left: int
) -> tuple[Decimal | None, bool | None]:
    upper = (
        rule.threshold_upper
        if rule.comparator == "between"
        else rule.threshold
        if rule.comparator == "exactly"
        else None
    )
    if upper is not None and actual.compare(Quantity(upper)) > 0:
        return ZERO, False
    rest = compared.numerator * actual.denominator - actual.numerator * compared.denominator
    gap = Quantity(max(rest, ZERO), compared.denominator * actual.denominator * _NUMBERS[months_left])
    return written(gap), True


def _needed_rate(
    rule: TargetRule, facts: Facts, actual: Quantity, compared: Quantity, months_left: int
) -> tuple[Decimal | None, bool | None]:
    """The rate that the remaining samples need if their number stays at the monthly mean so far (D / month).

    (N·s + r·R) / (D + R) = T with R = D·left/month gives r = T·(month + left)/left − (N·s/D)·month/left.
    """
    month, left, whole = _NUMBERS[facts.month], _NUMBERS[months_left], _NUMBERS[facts.month + months_left]
    scale, samples, per = rule.indicator.scale, actual.denominator, compared.denominator
    top = compared.numerator * samples * whole - actual.numerator * month * per
    rate = _quantity((top, per * samples * left))
    below, above = top < ZERO, top > scale * rate.denominator
    if rule.comparator in ("at_least", "more_than"):
        return (ZERO, True) if below else (written(rate), not above)
    if rule.comparator in ("at_most", "less_than"):
        return (scale, True) if above else (written(rate), not below)
    return written(rate), not (below or above)


def _written_apart(rule: TargetRule, actual: Quantity, compared: Quantity, sign: int) -> tuple[Decimal, Decimal]:
    first, second = written_apart(actual, compared, sign)
    if rule.threshold_upper is not None:
        upper = Quantity(rule.threshold_upper)
        further, _upper = written_apart(actual, upper, actual.compare(upper))
        first = max(first, further, key=lambda number: len(number.as_tuple().digits))
    return first, second
