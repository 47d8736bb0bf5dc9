"""Who answers for something, where it is measured, who did what."""

from departments.models.answers import IdempotentAnswer
from departments.models.audit import AuditEvent
from departments.models.organisation import Department, Region
from departments.models.people import ApiToken, Membership, User

__all__ = ["ApiToken", "AuditEvent", "Department", "IdempotentAnswer", "Membership", "Region", "User"]
