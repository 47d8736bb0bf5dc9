"""Who answers for something, where it is measured, who did what, who is told what."""

from departments.models.answers import IdempotentAnswer
from departments.models.audit import AuditEvent, Link
from departments.models.counters import Counter
from departments.models.failures import Failures
from departments.models.notices import LastReminder, Notice
from departments.models.organisation import Department, Region
from departments.models.people import ApiToken, FormerPassword, Membership, PersonQuerySet, ProposedRole, User
from departments.models.reform import Reform, successors_on
from departments.models.screens import Screen

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Counter",
    "Department",
    "Failures",
    "FormerPassword",
    "IdempotentAnswer",
    "LastReminder",
    "Link",
    "Membership",
    "Notice",
    "PersonQuerySet",
    "ProposedRole",
    "Reform",
    "Region",
    "Screen",
    "User",
    "successors_on",
]
