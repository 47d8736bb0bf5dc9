"""阶段目标 of a judgement: the step that explains its light, as the region that is judged has to reach it."""

from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.periods import Month
from targets.arithmetic.quantities import Quantity, decimal_of_quantity
from targets.models import Attainment, Step, Target
from targets.models.promising import STEPPED
from targets.wording.aims import SYMBOLS
from targets.wording.number_texts import number_without_zeros, with_unit


class StepAim(NamedTuple):
    """A step with its number for the region that is judged; `is_due`: whether it must have been reached by now."""

    step: Step
    number: Decimal
    is_due: bool


def step_of(attainment: Attainment) -> StepAim | None:
    """Of what does not hold yet and is not due: the next step of a count that is paced; of anything else the latest
    step that is due, or the first one. The light follows the same."""
    target, month = attainment.target, attainment.month
    if attainment.verdict != Attainment.VerdictChoices.NOT_MET or month >= Month.of(target.due):
        return None
    found = steps_of_target(target)
    due = [step for step in found if Month.of(step.due) <= month]
    if attainment.pace is not None:
        found = [step for step in found if Month.of(step.due) >= month]
    elif due:
        found = due[-1:]
    return _aim(attainment, found[0]) if found else None


def steps_of_target(target: Target) -> list[Step]:
    """A target's steps in order of time; no question is asked where there can be none."""
    if target.pk is None or target.comparator not in STEPPED:
        return []
    return target.all_steps


def _aim(attainment: Attainment, step: Step) -> StepAim:
    return StepAim(step, _number(attainment, step), Month.of(step.due) <= attainment.month)


def _number(attainment: Attainment, step: Step) -> Decimal:
    """The step's number; for a region with a quota in the proportion of that to the whole's threshold."""
    whole, own = attainment.target.threshold, attainment.compared
    if attainment.quota_id is None or not whole or own is None:
        return step.threshold
    return decimal_of_quantity(Quantity(step.threshold * own, whole))


def step_text(target: Target, step: Step, number: Decimal | None = None) -> str:
    """阶段目标: ≥ 60 % by 30 June 2016."""
    told = with_unit(number_without_zeros(step.threshold if number is None else number), target.indicator.unit)
    return _("%(number)s by %(day)s") % {
        "number": f"{SYMBOLS[target.comparator]}\u00a0{told}",
        "day": date_format(step.due),
    }
