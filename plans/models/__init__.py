"""What was promised, in its own words."""

from plans.models.assignment import AbstractAssignment
from plans.models.plan import Clause, Plan

__all__ = ["AbstractAssignment", "Clause", "Plan"]
