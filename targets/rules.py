"""The rule by which a target gets its light, in words: what the formulas do, for people."""

from django.utils.translation import gettext as _

from targets.explanation import plain, threshold_text, with_unit
from targets.formulas import PACED, UNRECOVERABLE
from targets.models import Target


def rules(target: Target) -> list[str]:
    """What is compared, how months and regions combine, when which light is shown; one sentence each."""
    indicator = target.indicator
    return [
        _("Holds when: %(name)s %(threshold)s. Full values are compared, never rounded ones.")
        % {"name": indicator.name, "threshold": threshold_text(target)},
        _("Year to date: %(rule)s (entered: %(basis)s).")
        % {"rule": indicator.get_time_rule_display(), "basis": indicator.get_entry_basis_display()},
        _("From parts to whole: %(rule)s.") % {"rule": indicator.get_region_rule_display()},
        _before_due(target),
        _("From the due month on: green if it holds, red if not."),
    ]


def _before_due(target: Target) -> str:
    if target.comparator == Target.Comparator.DONE_BY:
        return _("Until then: green once it is done or while no milestone is late, red when one is late.")
    if target.indicator.rule.accumulates and target.comparator in UNRECOVERABLE:
        return _("Until then: green while the limit is kept; red at once when it is passed, for it cannot recover.")
    if target.indicator.rule.accumulates and target.comparator in PACED:
        share = with_unit(plain(target.plan.pace_tolerance * 100), "%")
        return _("Until then: green from target × month / 12 on, yellow from %(share)s of that on, red below.") % {
            "share": share
        }
    if target.warning_margin is not None:
        unit = _("percentage points") if target.indicator.unit == "%" else target.indicator.unit
        margin = with_unit(plain(target.warning_margin), unit)
        return _("Until then: green if it holds, yellow within %(margin)s of the target, red beyond.") % {
            "margin": margin
        }
    return _("Until then: green if it holds, red if not; no yellow is defined.")
