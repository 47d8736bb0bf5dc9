"""What was promised, in its own words."""

from plans.models.assignment import AbstractAssignment
from plans.models.calendar import CalendarDay, exceptions_of
from plans.models.change import Change
from plans.models.plan import Clause, Plan

__all__ = ["AbstractAssignment", "CalendarDay", "Change", "Clause", "Plan", "exceptions_of"]
