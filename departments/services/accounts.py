"""What departments' people do: the audit record, and who may come in with which roles.

Whoever manages people reaches from the government office everybody in its region and the parts, and from any other
department those people alone of whom every role is one that may be given there. So nobody gets at a person of another
city or department, or at more than the own roles open, by way of a password that was reset.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.credentials import endings, lockout
from departments.credentials.passwords import first_password, remember_former_password
from departments.models import ApiToken, AuditEvent, Department, Membership, PersonQuerySet, ProposedRole, User
from departments.permissions import Action, Role, grantable
from departments.services import proposals
from departments.services.account_notices import tell_account_event

ACCOUNT = ("username", "display_name", "email", "staff_number", "is_active", "must_change_password")
"""What is told of an account before and after a change."""
Held = tuple[int, str]
"""A role as (department's id, role)."""


def record(action: str, *, by: User | None, subject: models.Model | None = None, **detail: object) -> AuditEvent:
    """Adds an audit event; to be called inside the transaction of what it records. `detail` holds JSON values."""
    return _recorded(_where(by, subject), action, by, subject, detail)


def _recorded(
    region_id: int | None, action: str, by: User | None, subject: models.Model | None, detail: Mapping[str, object]
) -> AuditEvent:
    """Adds an audit event that the administrators of a region can read."""
    name = f"{subject._meta.label_lower}:{subject.pk}" if subject is not None else ""
    told = {"actor": by, "action": action, "subject": name, "detail": dict(detail)}
    return AuditEvent.objects.create(**told, region_id=region_id)


def _where(by: User | None, subject: models.Model | None) -> int | None:
    """The region whose administrators can read an event: the region for which somebody acts, else the region of what
    the event is about."""
    found = {role.department.region_id for role in by.held} if by is not None else set()
    return found.pop() if len(found) == 1 else _region_of(subject)


def _region_of(subject: object) -> int | None:
    """The region of a row, of its plan, or of the person whom it is about; None where there is none."""
    if isinstance(subject, User):
        return _where(subject, None)
    for name in ("plan", "target", "task", "observation", "user", "by", "department"):
        if getattr(subject, "region_id", None) is None and getattr(subject, name, None) is not None:
            return _region_of(getattr(subject, name))
    return getattr(subject, "region_id", None)


# --- Who manages whom -------------------------------------------------------------------------------------------------


def roles_to_grant(by: User | None, department: Department) -> frozenset[Role]:
    """The roles that somebody may give and take in a department; `by` None is the system, which may give any."""
    county = department.kind == Department.Kind.COUNTY_GOVERNMENT
    if by is None:
        return grantable(everywhere=True, county=county)
    reached = access.reach(by, Action.MANAGE_PEOPLE)
    everywhere = reached.sees(department.region_id)
    if not everywhere and department.pk not in reached.departments:
        return frozenset()
    return grantable(everywhere=everywhere, county=county)


def why_not_managed(person: User, by: User | None) -> str:
    """Why somebody may not close the person's account or reset anything of it; empty if it is allowed."""
    if by is None:
        return ""
    if person == by:
        return _("This is your own account. Change your password and your second factor under Account security.")
    reached = access.demand(by, Action.MANAGE_PEOPLE)
    held: list[Membership | ProposedRole] = [
        *person.memberships.select_related("department"),
        *proposals.waiting_roles_of(person),
    ]
    if all(reached.sees(membership.department.region_id) or _may_grant(membership, by) for membership in held):
        return ""
    return _("This person also holds a role that you do not manage. Ask the administrator of the government office.")


def _may_grant(membership: Membership | ProposedRole, by: User) -> bool:
    return Role(membership.role) in roles_to_grant(by, membership.department)


def managed_by(reached: access.Reach) -> PersonQuerySet:
    """The people on the list of whoever manages people and reaches so far."""
    return User.objects.within(realm=reached.realm, departments=reached.departments)


def may_see_person(person: User, by: User) -> bool:
    """Whether the person is on the list of whoever manages people."""
    return managed_by(access.reach(by, Action.MANAGE_PEOPLE)).filter(pk=person.pk).exists()


def _demand_managed(person: User, by: User | None) -> None:
    if by is not None and not may_see_person(person, by):
        raise access.refusal()
    if reason := why_not_managed(person, by):
        raise PermissionDenied(reason)


# --- Roles ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_person(
    *,
    username: str,
    name: str,
    email: str,
    department: Department,
    roles: Collection[Role],
    by: User | None,
    staff_number: str = "",
) -> tuple[User, str]:
    """A new person with roles in a department, and the password for the first log-in, which is shown once."""
    _demand_grantable(department, roles, by)
    if not roles:
        raise ValidationError({"roles": _("Choose at least one role.")})
    person = User(
        username=username.strip(),
        display_name=name.strip(),
        email=email.strip(),
        staff_number=staff_number.strip(),
        must_change_password=True,
    )
    if User.objects.filter(username__iexact=person.username).exists():
        raise ValidationError({"username": _("This log-in name is taken. Choose another one.")})
    password = first_password(person)
    person.set_password(password)
    person.full_clean()
    person.save()
    made = {"username": person.username, "after": state_of_account(person)}
    _recorded(department.region_id, "people.added", by, person, made)
    _give(person, department, roles, by)
    return person, password


@transaction.atomic
def set_roles(person: User, *, department: Department, roles: Collection[Role], by: User | None) -> None:
    """Gives and takes roles in a department until the person holds exactly `roles`, among the roles that `by` may give
    there; roles that `by` may not give stay as they are."""
    may = _demand_grantable(department, roles, by)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if by is not None and not may_see_person(person, by):
        raise access.refusal()
    held = {Role(membership.role) for membership in person.memberships.filter(department=department)}
    _keep_the_way_in(person, department, held & may - set(roles), by)
    _take(person, department, held & may - set(roles), by)
    _give(person, department, set(roles) - held, by)
    if not person.memberships.exists() and not proposals.waiting_roles_of(person).exists():
        raise ValidationError(_("Choose at least one role. To keep the person out, close the account."))


def _demand_grantable(department: Department, roles: Iterable[Role], by: User | None) -> frozenset[Role]:
    may = roles_to_grant(by, department)
    if not may or not set(roles) <= may:
        raise access.refusal()
    return may


def _keep_the_way_in(person: User, department: Department, lost: Collection[Role], by: User | None) -> None:
    others = person.memberships.filter(role=Role.ADMINISTRATOR.value).exclude(department=department)
    if person == by and Role.ADMINISTRATOR in lost and not others.exists():
        raise ValidationError(_("You cannot take away your own last role of administrator. Ask another administrator."))


def _give(person: User, department: Department, roles: Iterable[Role], by: User | None) -> None:
    """Each role takes effect, or waits for a second administrator."""
    for role in sorted(roles):
        wanted = person.proposed_roles.waiting().filter(department=department, role=role.value)
        if by is None or not proposals.is_first_approving_role(person, role):
            _take_effect(person, department, role, by)
        elif others := proposals.second_administrators(person, department, role, by=by):
            if not wanted.exists():
                _propose(person, department, role, by, others)
        else:
            # What waited for an administrator who has left is settled by this.
            wanted.delete()
            _take_effect(person, department, role, by, alone=True)


def _take_effect(person: User, department: Department, role: Role, by: User | None, **detail: object) -> None:
    Membership.objects.create(user=person, department=department, role=role.value)
    event = record_role("people.role_granted", person, (department.pk, role.value), by, **detail)
    tell_account_event(event, person, {department.pk}, department=department.short_name, role=role.value)


def _propose(person: User, department: Department, role: Role, by: User, others: "models.QuerySet[User]") -> None:
    ProposedRole.objects.create(user=person, department=department, role=role.value, proposed_by=by)
    event = record_role("people.role_proposed", person, (department.pk, role.value), by)
    tell_account_event(event, person, {department.pk}, also=others, department=department.short_name, role=role.value)


def _take(person: User, department: Department, roles: Iterable[Role], by: User | None) -> None:
    for role in sorted(roles):
        person.memberships.filter(department=department, role=role.value).delete()
        record_role("people.role_revoked", person, (department.pk, role.value), by)


def record_role(action: str, person: User, held: Held, by: User | None, **detail: object) -> AuditEvent:
    """Records what was done about a role, for the administrators of the department's region."""
    department = Department.objects.get(pk=held[0])
    told = {"username": person.username, "department": department.short_name, "role": held[1], **detail}
    return _recorded(department.region_id, action, by, person, told)


@transaction.atomic
def exchange_roles(
    person: User, *, taken: Iterable[Membership], given: Iterable[tuple[Department, Role]], by: User
) -> None:
    """The person loses roles and gets others, for the administration, where any of the region may be chosen."""
    for membership in taken:
        _take(person, membership.department, [Role(membership.role)], by)
    for department, role in given:
        _give(person, department, [role], by)


# --- Accounts ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def deactivate(person: User, *, by: User | None) -> None:
    """The person does not come in any more, by no session and no token; what was done keeps the name."""
    _demand_managed(person, by)
    _set_active(person, False)
    was_closed_or_opened(person, by=by)


@transaction.atomic
def reactivate(person: User, *, by: User | None) -> None:
    """The person comes in again, with the roles held before, by a new log-in."""
    _demand_managed(person, by)
    _set_active(person, True)
    was_closed_or_opened(person, by=by)


def _set_active(person: User, active: bool) -> None:
    person.is_active = active
    person.save(update_fields=["is_active"])


@transaction.atomic
def was_closed_or_opened(person: User, *, by: User | None) -> None:
    """Records what was done to the account. What opened it before it was closed never does again."""
    if not person.is_active:
        _end_everything(person, by)
    action = "people.reactivated" if person.is_active else "people.deactivated"
    _record_and_tell(action, person, by, {"is_active": not person.is_active})


def state_of_account(person: User) -> dict[str, object]:
    """What the audit log tells of an account: all by which a person comes in or is reached, but for the password."""
    return {name: getattr(person, name) for name in ACCOUNT}


def record_change(person: User, *, before: Mapping[str, object], by: User | None) -> None:
    """Records what differs from the account's state before, for a door that edits it."""
    if difference := _difference(before, person):
        event = record("people.changed", by=by, subject=person, username=person.username, **difference)
        tell_account_event(event, person, _units_of(person), former_address=str(difference["before"].get("email", "")))


def _difference(before: Mapping[str, object], person: User) -> dict[str, dict[str, object]]:
    after = state_of_account(person)
    changed = [name for name in before if before[name] != after[name]]
    states = {"before": before, "after": after}
    return {when: {name: state[name] for name in changed} for when, state in states.items() if changed}


@transaction.atomic
def set_staff_number(person: User, number: str, *, by: User | None) -> None:
    """The number by which the city's log-in knows the person; whoever came in by another one comes in no more."""
    _demand_managed(person, by)
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    known, former = state_of_account(person), person.staff_number
    person.staff_number = number.strip()
    _demand_free_number(person)
    if former not in ("", person.staff_number):
        person.sittings_ended += 1
    try:
        with transaction.atomic():
            person.save(update_fields=["staff_number", "sittings_ended"])
    except IntegrityError:
        # Somebody else got it at the same instant; by now that can be seen and is told in words.
        _demand_free_number(person)
        raise
    record_change(person, before=known, by=by)


def _demand_free_number(person: User) -> None:
    """The number alone is looked at: an account may have no password, and keeps what it has."""
    person.full_clean(exclude={field.name for field in User._meta.fields} - {"staff_number"})


def _end_everything(person: User, by: User | None) -> None:
    """No session and no token of the person opens anything any more."""
    person.sittings_ended += 1
    person.save(update_fields=["sittings_ended"])
    revoke_api_tokens(person.api_tokens.all(), by=by)
    endings.end_all(person)


def revoke_api_tokens(tokens: "models.QuerySet[ApiToken]", *, by: User | None) -> int:
    """Revokes the tokens, which open nothing from now on, and returns how many were valid until now."""
    valid = list(tokens.filter(revoked_at__isnull=True).select_related("user"))
    for token in valid:
        record("api_token.revoked", by=by, subject=token, owner=token.user.username, name=token.name)
    ApiToken.objects.filter(pk__in=[token.pk for token in valid]).update(revoked_at=timezone.now())
    return len(valid)


def _record_and_tell(action: str, person: User, by: User | None, before: Mapping[str, object] | None = None) -> None:
    event = record(action, by=by, subject=person, username=person.username, **_difference(before or {}, person))
    tell_account_event(event, person, _units_of(person))


def _units_of(person: User) -> set[int]:
    return set(person.memberships.values_list("department_id", flat=True))


@transaction.atomic
def reset_password(person: User, *, by: User | None) -> str:
    """A random password, to be shown once and changed at the next log-in. It ends every session, every token and any
    lock."""
    _demand_managed(person, by)
    password, before = first_password(person), person.password
    person.set_password(password)
    lockout.open_again(person)
    password_was_set(person, before=before, by=by)
    return password


@transaction.atomic
def password_was_set(person: User, *, before: str, by: User | None) -> None:
    """Somebody else has set the person's password, stored as `before` until now: the person must change it, and what
    the old one opened is closed."""
    known = state_of_account(person)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    remember_former_password(person, before)
    _end_everything(person, by)
    _record_and_tell("people.password_reset", person, by, known)


@transaction.atomic
def change_own_password(person: User, password: str) -> None:
    """The person has chosen a password, which has been checked."""
    known = state_of_account(person)
    remember_former_password(person, person.password)
    person.set_password(password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    record("account.password_changed", by=person, subject=person, **_difference(known, person))


@transaction.atomic
def unlock(person: User, *, by: User | None) -> None:
    """Ends a lock after repeated failures before its time."""
    _demand_managed(person, by)
    lockout.open_again(person)
    record("people.unlocked", by=by, subject=person, username=person.username)


@transaction.atomic
def reset_second_factor(person: User, *, by: User | None) -> None:
    """Removes the app and the recovery codes of somebody who has lost them."""
    _demand_managed(person, by)
    Authenticator.objects.filter(user=person).delete()
    _record_and_tell("people.second_factor_reset", person, by)


Deed = Callable[..., str | None]
DEEDS: dict[str, Deed] = {
    "deactivate": deactivate,
    "reactivate": reactivate,
    "reset-password": reset_password,
    "unlock": unlock,
    "reset-second-factor": reset_second_factor,
}
"""What can be done to an account, by the last part of its address; a password is answered to be shown once."""
