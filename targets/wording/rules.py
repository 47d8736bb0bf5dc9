"""The rule by which a target gets its light, in words: what the formulas do, for people."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.periods import Month
from targets.arithmetic.formulas import PACED, UNRECOVERABLE
from targets.models import Step, Target
from targets.wording.aims import aspiration_text, threshold_text
from targets.wording.milestone_steps import step_text, steps_of_target
from targets.wording.number_texts import difference_unit, month_text, number_without_zeros, with_unit


def rules(target: Target) -> list[str]:
    """What is compared, how months and regions combine, when which light is shown; one sentence each."""
    steps, indicator = steps_of_target(target), target.indicator
    return [
        _("Holds when: %(name)s %(threshold)s. Full values are compared, never rounded ones.")
        % {"name": indicator.name, "threshold": threshold_text(target)},
        *_besides(target, steps),
        _counting(target),
        _("From parts to whole: %(rule)s.") % {"rule": indicator.get_region_rule_display()},
        _before_due(target, steps),
        _("From the due month (%(month)s) on: green if it holds, red if not.")
        % {"month": month_text(Month.of(target.due), with_year=True)},
    ]


def _besides(target: Target, steps: list[Step]) -> Iterator[str]:
    """The further numbers of a promise: a second one, those on the way, those of its parts."""
    if target.aspiration is not None:
        yield _("Aspired to: %(aspiration)s; told beside the light, which it never changes.") % {
            "aspiration": aspiration_text(target)
        }
    if steps:
        told = pgettext("between the parts of a list", "; ").join(step_text(target, step) for step in steps)
        yield _("Steps: %(steps)s.") % {"steps": told}
    if target.coverage == Target.Coverage.QUOTAS:
        yield _("Parts: each by its own quota; a part without one owes nothing.")


def _counting(target: Target) -> str:
    told = {
        "rule": target.indicator.get_time_rule_display(),
        "basis": target.indicator.get_entry_basis_display(),
        "month": month_text(target.plan.first_month, with_year=True),
    }
    if target.counting == Target.Counting.PLAN:
        return _("Counted over the whole plan, from %(month)s on: %(rule)s (entered: %(basis)s).") % told
    return _("Year to date: %(rule)s (entered: %(basis)s).") % told


def _before_due(target: Target, steps: list[Step]) -> str:
    if target.comparator == Target.Comparator.DONE_BY:
        return _("Until then: green once it is done or while no milestone is late, red when one is late.")
    if target.indicator.rule.accumulates and target.comparator in UNRECOVERABLE:
        return _("Until then: green while the limit is kept; red at once when it is passed, for it cannot recover.")
    if target.indicator.rule.accumulates and target.comparator in PACED:
        return _paced(target, steps)
    return _by_margin(target, bool(steps))


def _paced(target: Target, steps: list[Step]) -> str:
    share = with_unit(number_without_zeros(target.plan.pace_tolerance * 100), "%")
    return _("Until then: green from the pace on (%(way)s), yellow from %(share)s of that on, red below.") % {
        "way": _way(target, steps),
        "share": share,
    }


def _way(target: Target, steps: list[Step]) -> str:
    """How the pace runs: evenly from month to month, bent at steps, anew each year where counting begins anew."""
    first, due = target.first_month or target.plan.first_month, Month.of(target.due)
    if steps:
        return _("evenly from step to step")
    if not target.by_plan and first.year != due.year:
        return _("evenly through each calendar year")
    ends = {"first": month_text(first, with_year=True), "last": month_text(due, with_year=True)}
    return _("evenly from %(first)s to %(last)s") % ends


def _by_margin(target: Target, has_steps: bool) -> str:
    if target.warning_margin is None:
        return _stepped_without_margin() if has_steps else _without_margin()
    margin = with_unit(number_without_zeros(target.warning_margin), difference_unit(target.indicator.unit))
    return (_stepped_with_margin() if has_steps else _with_margin()) % {"margin": margin}


def _without_margin() -> str:
    return _("Until then: green if it holds, red if not; no yellow is defined.")


def _with_margin() -> str:
    return _("Until then: green if it holds, yellow within %(margin)s of the target, red beyond.")


def _stepped_without_margin() -> str:
    return _(
        "Until then: green if the latest step that is due holds, red if not; before the first one is due, never red."
    )


def _stepped_with_margin() -> str:
    return _(
        "Until then: green if the latest step that is due holds, yellow within %(margin)s of it, red beyond; before "
        "the first one is due, never red."
    )
