"""What is done to promised work; each verb is one function, atomic, its audit event within."""

from tasks.services.milestones import milestones_changed, milestones_of_targets

__all__ = ["milestones_changed", "milestones_of_targets"]
