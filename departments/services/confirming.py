"""A second administrator decides on a role that somebody was given."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Membership, ProposedRole, User
from departments.permissions import Role
from departments.services.account_notices import tell_account_event
from departments.services.accounts import may_see_person, record_role, roles_to_grant
from departments.services.proposals import second_administrators

NAMED = 5
"""So many of those who may confirm a role are named."""


def may_confirm(proposed: ProposedRole, by: User) -> bool:
    """Whether somebody else than who gave the role and who gets it, who might have given it."""
    return by.pk not in (proposed.proposed_by_id, proposed.user_id) and may_refuse(proposed, by)


def may_refuse(proposed: ProposedRole, by: User) -> bool:
    """Also who gave it, who takes it back."""
    return Role(proposed.role) in roles_to_grant(by, proposed.department)


@dataclass(frozen=True, slots=True)
class OfferedRole:
    """A role that waits and what the reader may do about it; a reader who may not confirm it is told some people who
    may."""

    role: ProposedRole
    may_confirm: bool
    may_refuse: bool
    is_own: bool
    others: list[User]


def offer_waiting_roles(by: User, waiting: Iterable[ProposedRole]) -> list[OfferedRole]:
    """Roles that wait, as they are offered to somebody."""
    return [_offered(proposal, by) for proposal in waiting]


def _offered(row: ProposedRole, by: User) -> OfferedRole:
    may = may_confirm(row, by)
    others = second_administrators(row.user, row.department, Role(row.role), by=row.proposed_by).order_by("username")
    return OfferedRole(row, may, may_refuse(row, by), row.proposed_by_id == by.pk, [] if may else list(others[:NAMED]))


@transaction.atomic
def confirm_role(proposed: ProposedRole, *, by: User) -> None:
    """The person holds the role from now on."""
    row = _undecided(proposed, by)
    if not may_confirm(row, by):
        raise access.refusal()
    _decide(row, by, confirmed=True)
    Membership.objects.get_or_create(user=row.user, department=row.department, role=row.role)
    _record_and_tell("people.role_granted", row, by, proposed_by=row.proposed_by.username)


@transaction.atomic
def refuse_role(proposed: ProposedRole, *, by: User, reason: str) -> None:
    """The person does not get the role."""
    row = _undecided(proposed, by)
    if not may_refuse(row, by):
        raise access.refusal()
    if not reason.strip():
        raise ValidationError(_("Say why the role is refused."))
    _decide(row, by, confirmed=False, reason=reason.strip())
    _record_and_tell("people.role_refused", row, by, reason=row.reason)


def _undecided(proposed: ProposedRole, by: User) -> ProposedRole:
    """The row, which nobody else decides meanwhile."""
    rows = ProposedRole.objects.select_for_update(of=("self",)).select_related("user", "department", "proposed_by")
    row = rows.get(pk=proposed.pk)
    if not may_see_person(row.user, by):
        raise access.refusal()
    if row.decided_at is not None:
        raise ValidationError(_("Somebody has decided on this role meanwhile."))
    return row


def _decide(row: ProposedRole, by: User, *, confirmed: bool, reason: str = "") -> None:
    row.decided_at, row.decided_by, row.confirmed, row.reason = timezone.now(), by, confirmed, reason
    row.full_clean()
    row.save()


def _record_and_tell(action: str, row: ProposedRole, by: User, **detail: str) -> None:
    event = record_role(action, row.user, (row.department_id, row.role), by, **detail)
    told = {"department": row.department.short_name, "role": row.role, **detail}
    tell_account_event(event, row.user, {row.department_id}, also=User.objects.filter(pk=row.proposed_by_id), **told)
