"""What makes a promise one that can be judged: the rules of `Target` that reach beyond one field.

Each check raises ValidationError, saying at which field and what to do.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from plans.periods import Month
from targets.models.indicator import Indicator

if TYPE_CHECKING:
    from targets.models.target import Target

STEPPED = frozenset({"at_least", "more_than", "at_most", "less_than"})
"""Comparators that lead to a number from one side: those that can have steps, a second number, quotas."""
UPWARD = frozenset({"at_least", "more_than"})
WHOLE = ("plan_id", "clause_id", "indicator_id", "due")
"""What must be known of a target before anything of it can be checked."""


def is_filled(instance: Model, *names: str) -> bool:
    """Whether the fields are given: those that are not are refused by themselves."""
    return all(getattr(instance, name) is not None for name in names)


def check_target(target: "Target") -> None:
    """All rules that a target keeps."""
    for rule in CHECKS:
        rule(target)


def _check_measure(target: "Target") -> None:
    is_event = target.indicator.measure == Indicator.Measure.EVENT
    if is_event != (target.comparator == "done_by"):
        raise ValidationError({"comparator": _("An event is promised with done by, and only an event.")})


def _check_coverage(target: "Target") -> None:
    is_count = target.indicator.measure == Indicator.Measure.COUNT
    if target.coverage == "parts" and is_count and target.threshold_kind != "nothing":
        raise ValidationError({"coverage": _("A count promised for the whole is not promised for each of its parts.")})
    if target.coverage == "quotas" and not (is_count and takes_quotas(target)):
        raise ValidationError(
            {"coverage": _("Quotas are of a count with a number as threshold: at least, at most and the like.")}
        )
    if target.coverage == "whole" and target.pk and target.quotas.exists():
        raise ValidationError({"coverage": _("There are quotas of this target. Remove them first.")})


def takes_quotas(target: "Target") -> bool:
    """Whether a part's own number can stand in the place of the whole's."""
    return target.threshold_kind == "constant" and target.comparator in STEPPED | {"exactly", "about"}


def _check_second_number(target: "Target") -> None:
    """力争: beyond the number that binds."""
    if target.aspiration is None:
        return
    if target.threshold_kind != "constant" or target.comparator not in STEPPED or target.threshold is None:
        raise ValidationError({"aspiration": _("Only a number that is to be reached or kept has a second one.")})
    gap = target.aspiration - target.threshold
    if (gap if target.comparator in UPWARD else -gap) <= 0:
        raise ValidationError({"aspiration": _("The aspiration lies beyond the threshold.")})


def _check_counting(target: "Target") -> None:
    plan = target.plan
    if target.counting == "plan":
        if target.comparator == "improves" or target.threshold_kind == "last_year":
            raise ValidationError({"counting": _("What is compared with last year is counted by calendar year.")})
        counted = [indicator for indicator in (target.indicator, target.operand) if indicator is not None]
        if plan.first_month.number != 1 and any(indicator.entry_basis == "to_date" for indicator in counted):
            raise ValidationError(
                {
                    "counting": _(
                        "What is entered from January on is counted over a plan only if that begins in January."
                    )
                }
            )
    if target.first_month is not None and not plan.first_month <= target.first_month <= plan.last_month:
        raise ValidationError({"first_month": _("The pace begins in a month of the plan.")})
    if target.first_month is not None and target.first_month > Month.of(target.due):
        raise ValidationError({"first_month": _("The pace begins before the target is due.")})


def _check_elsewhere(target: "Target") -> None:
    if target.threshold_kind != "elsewhere":
        return
    if target.indicator.region_rule != Indicator.RegionRule.OWN:
        raise ValidationError(
            {
                "threshold_kind": _(
                    "This indicator is made from parts. Make one of its own for the other region's figure."
                )
            }
        )
    if target.operand_region_id is None and target.plan.region.parent_id is None:
        raise ValidationError({"operand_region": _("Name the region to compare with: the plan's is part of none.")})
    if target.operand_region_id is not None and target.operand_region_id in _judged(target):
        raise ValidationError({"operand_region": _("A region is not compared with itself.")})


def _judged(target: "Target") -> set[int]:
    """The plan's region, and its parts where these are judged too."""
    region = target.plan.region
    parts = region.parts.values_list("pk", flat=True) if target.coverage != "whole" else ()
    return {region.pk, *parts}


def _check_loop(target: "Target") -> None:
    """A loop: the plan's comparisons lead from the operand back to this target's own indicator."""
    if target.operand_id is None:
        return
    edges: dict[int, set[int]] = {}
    others = type(target).objects.filter(plan_id=target.plan_id, operand__isnull=False).exclude(pk=target.pk)
    for indicator_id, operand_id in others.values_list("indicator_id", "operand_id"):
        edges.setdefault(indicator_id, set()).add(operand_id)
    seen, waiting = set(), [target.operand_id]
    while waiting:
        current = waiting.pop()
        if current == target.indicator_id:
            raise ValidationError(
                {"operand": _("The comparison runs in a loop: it leads back to this target's own indicator.")}
            )
        if current not in seen:
            seen.add(current)
            waiting.extend(edges.get(current, ()))


CHECKS: tuple[Callable[["Target"], None], ...] = (
    _check_measure,
    _check_coverage,
    _check_second_number,
    _check_counting,
    _check_elsewhere,
    _check_loop,
)
