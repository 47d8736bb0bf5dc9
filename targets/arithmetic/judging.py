"""How a target is judged, month by month: the arithmetic of "Attainment" in the domain (pure: no Django, no clock).

`formulas` says what is promised and when that holds, `pace` where a month stands on the way, `needed` what the rest
must bring. Here verdict, light and the numbers beside them are made from it.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, localcontext
from functools import partial
from typing import NamedTuple

from targets.arithmetic.accumulation import EXACT, ONE, ZERO, Accumulated
from targets.arithmetic.formulas import (
    FORESEEN,
    HOLDS,
    REACHING,
    UNRECOVERABLE,
    Signal,
    TargetFacts,
    TargetRule,
    UnassessableReason,
    Verdict,
    above_upper,
    bounds,
    comparator_test,
    fixed_threshold,
    lies_within_margin,
    moving_threshold,
    out_of_bounds,
)
from targets.arithmetic.needed import Needed, needed_count, needed_exactly, needed_rate
from targets.arithmetic.pace import Stage
from targets.arithmetic.quantities import Quantity, decimal_of_quantity, written_apart

WHOLE = Quantity(ONE)


class Judgement(NamedTuple):
    """The result of judging: the fields of the model Attainment that the formulas decide."""

    verdict: Verdict
    reason: UnassessableReason = UnassessableReason.NOTHING
    signal: Signal = Signal.GREY
    actual: Decimal | None = None
    compared: Decimal | None = None
    done_on: date | None = None
    progress: Decimal | None = None
    needed: Decimal | None = None
    needed_reachable: bool | None = None
    milestones_due: int | None = None
    milestones_done: int | None = None
    pace: Decimal | None = None


# For what is judged by the hundred thousand: to look up a member of an enumeration takes longer than to compare two
# numbers, and a decimal times an integer three times as long as a decimal times a decimal.
_MET, _NOT_MET, _NOTHING = Verdict.MET, Verdict.NOT_MET, UnassessableReason.NOTHING
_GREEN, _YELLOW, _RED = Signal.GREEN, Signal.YELLOW, Signal.RED
_judgement = partial(tuple.__new__, Judgement)
_quantity = partial(tuple.__new__, Quantity)
_NOT_NEEDED = _NO_MILESTONES = (None, None)


def judge(rule: TargetRule, facts: TargetFacts) -> Judgement:
    """Judges one target for one region as of one month. The same rule and facts always give the same result."""
    return judge_months(rule, (facts,))[0]


def judge_months(rule: TargetRule, months: Iterable[TargetFacts]) -> list[Judgement]:
    """The same for several months, each by itself: what does not depend on the month is found once."""
    if rule.comparator == "done_by":
        return [_judge_event(rule, facts) for facts in months]
    with localcontext(EXACT):
        same = _same(rule)
        return [_judge_figure(rule, facts, same) for facts in months]


def not_owed(rule: TargetRule, months: Iterable[TargetFacts]) -> list[Judgement]:
    """不承担: a region that owes nothing is not judged; what it has reached is told all the same."""
    with localcontext(EXACT):
        reached = [_reached(rule, facts.own) for facts in months]
    return [
        Judgement(
            Verdict.NOT_ASSESSABLE, UnassessableReason.NOT_OWED, actual=quantity and decimal_of_quantity(quantity)
        )
        for quantity in reached
    ]


def _reached(rule: TargetRule, own: Accumulated | None) -> Quantity | None:
    return Quantity(own.numerator * rule.indicator.scale, own.denominator) if own and own.denominator else None


def _judge_event(rule: TargetRule, facts: TargetFacts) -> Judgement:
    end = facts.stage.end
    due_now = [milestone for milestone in facts.milestones if milestone.due <= end]
    done_now = [milestone for milestone in due_now if milestone.done_on is not None and milestone.done_on <= end]
    due, done = len(due_now), len(done_now)
    if facts.own is None:
        return Judgement(Verdict.NO_DATA, milestones_due=due, milestones_done=done)
    done_on = facts.own.done_on
    held = done_on is not None and done_on <= rule.due
    return Judgement(
        Verdict.MET if held else Verdict.NOT_MET,
        signal=_event_signal(facts, held, all_done=due == done),
        actual=ONE if done_on else ZERO,
        done_on=done_on,
        milestones_due=due,
        milestones_done=done,
    )


def _event_signal(facts: TargetFacts, held: bool, *, all_done: bool) -> Signal:
    if held:
        return Signal.GREEN
    if facts.stage.is_due:
        return Signal.RED
    if not facts.milestones:
        return Signal.GREY
    return Signal.GREEN if all_done else Signal.RED


class _Same(NamedTuple):
    """What is the same for all months of a figure: its scale, the number compared with, whether it holds for a sign,
    what the rest of the time must bring, whether the figure follows a pace, is on its way to a number, and has
    bounds."""

    scale: Decimal
    compared: Quantity | None
    holds: Callable[[int], bool]
    needed: "_Needing | None"
    paced: bool
    reaches: bool
    bounded: bool


def _same(rule: TargetRule) -> _Same:
    reaches = rule.indicator.measure == "count" and rule.comparator in REACHING | {"about"}
    bounded = rule.threshold_upper is not None or rule.tolerance is not None
    return _Same(
        rule.indicator.scale,
        fixed_threshold(rule),
        comparator_test(rule),
        _needing(rule),
        rule.is_paced,
        reaches,
        bounded,
    )


def _judge_figure(rule: TargetRule, facts: TargetFacts, same: _Same) -> Judgement:
    own = facts.own
    if own is None:
        return Judgement(Verdict.NO_DATA)
    if not own.denominator:
        return Judgement(Verdict.NOT_ASSESSABLE, UnassessableReason.DENOMINATOR_ZERO)
    actual = _quantity((own.numerator * same.scale, own.denominator))
    compared = same.compared or moving_threshold(rule, facts.against)
    if isinstance(compared, UnassessableReason):
        return Judgement(Verdict.NOT_ASSESSABLE, compared, actual=decimal_of_quantity(actual))
    return _compare(rule, facts.stage, actual, compared, same)


def _compare(rule: TargetRule, stage: Stage, actual: Quantity, compared: Quantity, same: _Same) -> Judgement:
    sign = actual.compare(compared)
    held = same.holds(sign) and not (same.bounded and out_of_bounds(rule, actual, compared))
    pace = _times(compared, stage.pace) if same.paced and not stage.is_due else None
    judged: Judgement = _judgement(
        (
            _MET if held else _NOT_MET,
            _NOTHING,
            _GREEN if held else _signal(rule, stage, actual, compared, pace),
            *(_written_apart(rule, actual, compared, sign) if same.bounded else written_apart(actual, compared, sign)),
            None,
            _progress(actual, compared) if same.reaches else None,
            *(same.needed(actual, compared, stage) if same.needed and stage.left else _NOT_NEEDED),
            *_NO_MILESTONES,
            decimal_of_quantity(pace) if pace is not None else None,
        )
    )
    return judged


def _times(first: Quantity, other: Quantity) -> Quantity:
    return Quantity(first.numerator * other.numerator, first.denominator * other.denominator)


# --- The light of what does not hold yet ------------------------------------------------------------------------------


def _signal(rule: TargetRule, stage: Stage, actual: Quantity, compared: Quantity, pace: Quantity | None) -> Signal:
    if stage.is_due:
        return _RED
    if rule.indicator.accumulates and (rule.comparator in UNRECOVERABLE or above_upper(rule, actual)):
        return _RED
    if pace is not None:
        return _pace_signal(rule, actual, pace)
    if stage.step is not None:
        return _step_signal(rule, stage, actual, _step(rule, stage.step))
    upper = rule.threshold_upper
    return _margin_signal(
        rule, actual, Quantity(upper) if upper is not None and above_upper(rule, actual) else compared
    )


def _pace_signal(rule: TargetRule, actual: Quantity, pace: Quantity) -> Signal:
    """Green at or above the pace, yellow down to the plan's tolerance of it, red below."""
    reached, wanted = actual.numerator * pace.denominator, pace.numerator * actual.denominator
    if reached >= wanted:
        return _GREEN
    return _YELLOW if reached >= wanted * rule.pace_tolerance else _RED


def _step_signal(rule: TargetRule, stage: Stage, actual: Quantity, step: Quantity) -> Signal:
    """Green where the latest step that is due holds; before the first one is due, green where that one does already."""
    if HOLDS[rule.comparator](actual.compare(step)):
        return _GREEN
    return _margin_signal(rule, actual, step) if stage.step_is_due else _YELLOW


def _step(rule: TargetRule, step: Decimal) -> Quantity:
    """A step's number; for a part in the proportion in which its own threshold stands to the whole's."""
    if not rule.whole or rule.threshold is None:
        return Quantity(step)
    return Quantity(step * rule.threshold * rule.whole, rule.whole * rule.whole)


def _margin_signal(rule: TargetRule, actual: Quantity, nearest: Quantity) -> Signal:
    """Yellow within the target's warning margin, beyond the tolerance where there is one; else red."""
    if rule.warning_margin is None:
        return _RED
    return _YELLOW if lies_within_margin(rule.warning_margin + (rule.tolerance or ZERO), actual, nearest) else _RED


# --- Numbers beside the verdict ---------------------------------------------------------------------------------------


def _progress(actual: Quantity, compared: Quantity) -> Decimal | None:
    """Actual / threshold for counts that are to reach something; may exceed 1."""
    if compared.numerator <= 0:
        return None
    share = Quantity(actual.numerator * compared.denominator, actual.denominator * compared.numerator)
    return written_apart(share, WHOLE, share.compare(WHOLE))[0]


_Needing = Callable[[Quantity, Quantity, Stage], Needed]


def _needing(rule: TargetRule) -> _Needing | None:
    """How to find what each month left must bring, and whether it can; None where that is idle."""
    indicator = rule.indicator
    if rule.threshold_kind not in FORESEEN or rule.comparator == "about":
        return None
    if indicator.measure != "count":
        return partial(needed_rate, rule.comparator, indicator.scale) if indicator.is_pooled else None
    if not indicator.accumulates or rule.comparator not in REACHING:
        return None
    return needed_exactly if rule.comparator == "exactly" else partial(needed_count, rule.threshold_upper)


def _written_apart(rule: TargetRule, actual: Quantity, compared: Quantity, sign: int) -> tuple[Decimal, Decimal]:
    """Both as decimal numbers, the actual with digits enough to tell it from the bounds too."""
    first, second = written_apart(actual, compared, sign)
    for bound in bounds(rule, compared):
        further, _bound = written_apart(actual, bound, actual.compare(bound))
        first = max(first, further, key=lambda number: len(number.as_tuple().digits))
    return first, second
