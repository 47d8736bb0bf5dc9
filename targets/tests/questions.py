"""A question about figures, as the plan office asks it."""

from departments.models import Department, User
from plans.models import Plan
from plans.periods import Month
from targets.data_quality.signals import SignalKind, SignalResult, SignalSubject
from targets.models import DataQuestion
from targets.services.questioning import SignalOfMonth, ask_about_data

FACTS = {"statistic": 0.42, "limit": 1.83, "degrees": 11, "share": 0.2}


def found_of(plan: Plan, unit: Department | None, kind: SignalKind = SignalKind.TOO_EVEN) -> SignalOfMonth:
    """A signal about figures of the unit in June of the plan's year."""
    about = SignalSubject(unit_id=unit.pk if unit is not None else None)
    result = SignalResult(kind, about, 0.0003, facts=FACTS, together=0.02)
    return SignalOfMonth(plan, Month(plan.year, 6), result, 10, unit, [])


def asked_about(plan: Plan, unit: Department, by: User, note: str = "") -> DataQuestion:
    """The question that hangs on it."""
    return ask_about_data(found_of(plan, unit), by=by, note=note)
