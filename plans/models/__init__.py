"""What was promised, in its own words."""

from plans.models.assignment import AbstractAssignment, AbstractLeader
from plans.models.calendar import CalendarDay, exceptions_of
from plans.models.change import Change
from plans.models.plan import Clause, Plan

__all__ = ["AbstractAssignment", "AbstractLeader", "CalendarDay", "Change", "Clause", "Plan", "exceptions_of"]
