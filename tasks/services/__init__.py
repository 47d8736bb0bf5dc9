"""What is done to promised work; each verb is one function, atomic, its audit event within."""

from tasks.services.milestones import milestones_changed, milestones_of_targets
from tasks.services.next_year import discard_draft_plan, keep, leave_out, plan_of, propose_next_year, publish

__all__ = [
    "discard_draft_plan",
    "keep",
    "leave_out",
    "milestones_changed",
    "milestones_of_targets",
    "plan_of",
    "propose_next_year",
    "publish",
]
