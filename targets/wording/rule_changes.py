"""How the rule of a target was changed from a month on: what pages tell of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import pgettext

from departments.models import User
from departments.models.columns import column
from plans.periods import Month
from targets.arithmetic.formulas import BY_SHARE
from targets.models import Target, TargetVersion
from targets.models.version import RULE
from targets.wording.milestone_steps import step_text
from targets.wording.number_texts import difference_unit, number_without_zeros, with_unit

IN_POINTS = frozenset({"tolerance", "warning_margin"})
"""Distances: of percentages they are percentage points."""


@dataclass(frozen=True, slots=True)
class ToldRuleChange:
    """A change of a rule: the fields that differ, each with its name, before and after. `replaced`: a later change
    holds from the same month or an earlier one, so that no month is judged by what this one brought."""

    from_month: Month
    differences: Sequence[tuple[str, str, str]]
    reason: str
    source: str
    by: User
    at: datetime
    replaced: bool


def rule_changes(target: Target) -> list[ToldRuleChange]:
    """The changes of a target's rule from a month on, the latest first; two queries, none where there are none."""
    versions = target.all_versions
    if not versions:
        return []
    people = User.objects.in_bulk({version.changed_by_id for version in versions})
    rules = [*(version.restored(target) for version in versions), target]
    turns = [
        ToldRuleChange(
            version.from_month,
            list(_differences(before, after)),
            version.reason,
            version.source,
            people[version.changed_by_id],
            version.changed_at,
            any(later.from_month <= version.from_month for later in versions[index + 1 :]),
        )
        for index, (version, (before, after)) in enumerate(zip(versions, pairwise(rules), strict=True))
    ]
    return turns[::-1]


def _differences(before: Target, after: Target) -> Iterator[tuple[str, str, str]]:
    for name in (*RULE, "steps"):
        texts = _text(before, name), _text(after, name)
        if texts[0] != texts[1]:
            yield capfirst(str(column(TargetVersion, name).verbose_name)), *texts


def _text(target: Target, name: str) -> str:
    """A field of a rule in words."""
    if name == "steps":
        return pgettext("between the parts of a list", "; ").join(step_text(target, step) for step in target.all_steps)
    value = getattr(target, name)
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        return with_unit(number_without_zeros(value), _unit(target, name))
    if isinstance(value, date):
        return date_format(value)
    return str(_chosen(target, name, value))


def _unit(target: Target, name: str) -> str:
    unit = target.indicator.unit
    if name == "threshold" and target.threshold_kind in BY_SHARE:
        return "%"
    return difference_unit(unit) if name in IN_POINTS else unit


def _chosen(target: Target, name: str, value: object) -> object:
    """What a choice is called; anything else is its own name."""
    return dict(column(TargetVersion, name).flatchoices).get(value, value)
