"""The words of a verdict: 达标 and 未达标 are said of what is due, and of nothing else.

Before the due month a count is told against its pace, a limit as kept or passed, an event by its milestones, and rates
and readings as they are at present. No green light is explained by 未达标.
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from plans.periods import Month
from targets.arithmetic.formulas import UNRECOVERABLE, Signal, UnassessableReason, Verdict
from targets.arithmetic.quantities import shown_apart
from targets.models import Attainment, Target
from targets.wording.milestone_steps import StepAim
from targets.wording.number_texts import number_without_zeros

SETTLED = frozenset({"at_least", "more_than"})
"""Comparators that hold for good once a count has reached its number."""


def verdict_text(attainment: Attainment, step: StepAim | None) -> str:
    """What the light says, in words."""
    if attainment.verdict == Verdict.NOT_ASSESSABLE:
        if attainment.reason == UnassessableReason.NOT_OWED:
            return _("the region owes nothing of this target")
        return _("not assessable: %(reason)s") % {"reason": attainment.get_reason_display()}
    if is_due(attainment):
        return _("holds") if _is_met(attainment) else _("does not hold")
    if attainment.target.comparator == Target.Comparator.DONE_BY:
        return _event(attainment)
    if attainment.target.indicator.rule.accumulates:
        return _count(attainment)
    return _present(attainment) if step is None else _stepped(attainment, step)


def is_due(attainment: Attainment) -> bool:
    """Whether the target is due in the month, or was before."""
    return attainment.month >= Month.of(attainment.target.due)


def is_settled(attainment: Attainment) -> bool:
    """Whether what holds will go on holding: it is due, was done, or is a number that was to be reached once."""
    target = attainment.target
    if is_due(attainment) or target.comparator == Target.Comparator.DONE_BY:
        return True
    return target.comparator in SETTLED and target.indicator.rule.accumulates


def _is_met(attainment: Attainment) -> bool:
    return attainment.verdict == Verdict.MET


def _event(attainment: Attainment) -> str:
    if _is_met(attainment):
        return _("done in time")
    if not attainment.milestones_due:
        return _("not due yet")
    return _("a milestone is late") if attainment.signal == Signal.RED else _("no milestone is late")


def _count(attainment: Attainment) -> str:
    comparator, is_met = attainment.target.comparator, _is_met(attainment)
    if comparator in UNRECOVERABLE:
        return _("within the limit so far") if is_met else _("beyond the limit")
    upper, actual = attainment.target.threshold_upper, attainment.actual
    if upper is not None and actual is not None and actual > upper:
        return _("beyond the limit")
    if is_met and comparator in SETTLED:
        return _("reached ahead of time")
    return _present(attainment) if is_met or attainment.pace is None else _paced(attainment, attainment.pace)


def _paced(attainment: Attainment, pace: Decimal) -> str:
    """达到时序进度（应达 3 060.75，已达 3 198）."""
    actual, due = shown_apart(attainment.actual or Decimal(0), pace, attainment.target.indicator.decimals)
    told = {"due": number_without_zeros(due or Decimal(0)), "reached": number_without_zeros(actual)}
    if attainment.signal == Signal.GREEN:
        return _("keeps pace (due by now %(due)s, reached %(reached)s)") % told
    return _("behind its pace (due by now %(due)s, reached %(reached)s)") % told


def _stepped(attainment: Attainment, step: StepAim) -> str:
    if attainment.signal == Signal.GREEN:
        return _("has reached this step")
    return _("falls short of this step") if step.is_due else _("has not reached this step yet")


def _present(attainment: Attainment) -> str:
    """How a figure that may still go up and down stands at present."""
    if _is_met(attainment):
        return _("meets the target at present")
    actual, compared = attainment.actual, attainment.compared
    if actual is None or compared is None or actual == compared:
        return _("does not meet the target at present")
    return _("below the target at present") if actual < compared else _("above the target at present")
