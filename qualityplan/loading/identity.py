"""By what an object is known to be another one than the one that is stored under its code.

Codes are given once for all cities, and a file is written by people who know their own: without this, another city's
`quality` would take this city's bureau over, with its people, or its indicator with all figures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.models import Department, Region
from plans.models import Plan
from targets.models import Indicator


@dataclass(frozen=True, slots=True)
class Identity:
    """Whether what a file gives is another object than the stored one, how either is described, and what is said."""

    # Of the model under which it stands in IDENTITIES, which a dictionary cannot say.
    is_another: Callable[[Any, Any], bool]
    described: Callable[[Any], str]
    said: str | Promise


def check_identity(stored: models.Model, given: models.Model) -> None:
    """ValidationError if a file would make another object of the one that is stored, or take a plan out of force."""
    _check_in_force(stored, given)
    identity = IDENTITIES.get(type(stored))
    if identity is None or not identity.is_another(stored, given):
        return
    told = {"stored": identity.described(stored), "given": identity.described(given)}
    raise ValidationError(str(identity.said) % {"code": stored.code, **told})  # type: ignore[attr-defined]  # each model of IDENTITIES has a code


def _check_in_force(stored: models.Model, given: models.Model) -> None:
    """What people report for and look at every day does not vanish by a word in a file."""
    if isinstance(stored, Plan) and isinstance(given, Plan) and given.is_draft and not stored.is_draft:
        told = _('%(plan)s is in force: a file does not make a draft of it. Leave out "state" in the file.')
        raise ValidationError(str(told) % {"plan": stored.code})


_OF_A_PLAN = ("number", "region_id", "first_month")
"""A draft is given its number when it is issued: one that has none yet is the same document with one."""


def _is_another_plan(stored: Plan, given: Plan) -> bool:
    known = _OF_A_PLAN if stored.number or not stored.is_draft else _OF_A_PLAN[1:]
    return any(getattr(stored, name) != getattr(given, name) for name in known)


def _is_another_department(stored: Department, given: Department) -> bool:
    return stored.region_id != given.region_id


def _is_another_indicator(stored: Indicator, given: Indicator) -> bool:
    """One of another region's unit; where either names no unit, one that is called otherwise."""
    if stored.department is None or given.department is None:
        return stored.name != given.name
    return stored.department.region_id != given.department.region_id


def _is_moved(stored: Region, given: Region) -> bool:
    return stored.parent_id not in (None, given.parent_id)


def _indicator(indicator: Indicator) -> str:
    unit = indicator.department
    return f"{indicator.name} ({unit.name if unit else '—'})"


IDENTITIES: dict[type[models.Model], Identity] = {
    Plan: Identity(
        _is_another_plan,
        lambda plan: f"{plan.title} ({plan.number or '—'}, {plan.region}, {plan.first_month})",
        _(
            'The code "%(code)s" belongs to another plan. Stored: %(stored)s. In the file: %(given)s. '
            "Give the plan in the file a code of its own."
        ),
    ),
    Department: Identity(
        _is_another_department,
        lambda unit: f"{unit.name} ({unit.region})",
        _(
            'The code "%(code)s" belongs to a unit of another region. Stored: %(stored)s. In the file: %(given)s. '
            "Give the unit in the file a code of its own."
        ),
    ),
    Indicator: Identity(
        _is_another_indicator,
        _indicator,
        _(
            'The code "%(code)s" belongs to another indicator. Stored: %(stored)s. In the file: %(given)s. '
            "Give the indicator in the file a code of its own."
        ),
    ),
    Region: Identity(
        _is_moved,
        lambda region: f"{region.name} ({region.parent or '—'})",
        _(
            "A file does not move a region to another one (%(code)s). Stored: %(stored)s. In the file: %(given)s. "
            "Where it has been moved, change it in the administration."
        ),
    ),
}
