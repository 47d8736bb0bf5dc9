"""Telling people what an administrator did to an account, in the transaction in which it was done.

The person is told, the other administrators of the person's units, and the plan office of their regions: whoever opens
somebody's account or makes a reviewer does not do so unseen.
"""

from collections.abc import Callable, Collection

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments.models import AuditEvent, Department, Membership, User
from departments.permissions import Role
from departments.rules.reminding import Details, NoticePart
from departments.services.notices import notify

KIND, ADDRESS_CHANGED = "account", "people.address_changed"


def tell_account_event(
    event: AuditEvent,
    person: User,
    units: Collection[int],
    *,
    also: "QuerySet[User] | None" = None,
    former_address: str = "",
    **details: str,
) -> None:
    """Tells people of an event in the account of a person with roles in these units. Nobody is told of an own deed.

    The person is always told at a former address: whoever changed it may have acted in the person's name.
    """
    told = {"person": str(person), "by": str(event.actor or ""), **details}
    further = [] if also is None else list(also)
    people = {*people_concerned_by_account(person, units), *further} - {event.actor} | (
        {person} if former_address else set()
    )
    for reader in sorted(people, key=lambda user: user.pk):
        part = NoticePart(ADDRESS_CHANGED if former_address else event.action, told, _link(reader, person))
        mail_also = former_address if reader == person else ""
        subject = f"{event._meta.label_lower}:{event.pk}"
        notify(reader, kind=KIND, subject=subject, part=part, now=timezone.now(), mail_also=mail_also)


def people_concerned_by_account(person: User, units: Collection[int]) -> "QuerySet[User]":
    """The person, the administrators of the units, and the plan office of the units' regions."""
    regions = Department.objects.filter(pk__in=units).values("region")
    chiefs = Q(role=Role.ADMINISTRATOR.value, department__in=units)
    office = Q(role=Role.COORDINATOR.value, department__region__in=regions)
    told = Membership.objects.filter(chiefs | office).values("user")
    return User.objects.filter(Q(pk=person.pk) | Q(pk__in=told), is_active=True)


def _link(reader: User, person: User) -> str:
    """Administrators are led to the person; the others have no page of people."""
    if reader == person:
        return reverse("mfa_index")
    chief = reader.memberships.filter(role=Role.ADMINISTRATOR.value).exists()
    return reverse("person", args=[person.pk]) if chief else reverse("notices")


def _worded(sentence: str | Promise) -> Callable[[Details], str]:
    def word(details: Details) -> str:
        role = dict(Membership.RoleChoices.choices).get(details.get("role", ""), "")
        return str(sentence) % {**details, "by": details["by"] or _("The system"), "role": role}

    return word


WORDINGS = {
    "people.password_reset": _worded(
        gettext_lazy("%(by)s has reset the password of %(person)s. If nobody asked for it, tell the plan office.")
    ),
    "people.second_factor_reset": _worded(
        gettext_lazy(
            "%(by)s has removed the second factor of %(person)s. If nobody asked for it, tell the plan office."
        )
    ),
    "people.changed": _worded(gettext_lazy("%(by)s has changed the user name, name or e-mail address of %(person)s.")),
    ADDRESS_CHANGED: _worded(
        gettext_lazy(
            "%(by)s has changed the e-mail address of %(person)s. Mails go to the new one from now on. If nobody asked "
            "for it, tell the plan office."
        )
    ),
    "people.deactivated": _worded(gettext_lazy("%(by)s has closed the account of %(person)s.")),
    "people.reactivated": _worded(gettext_lazy("%(by)s has opened the account of %(person)s again.")),
    "people.role_proposed": _worded(
        gettext_lazy(
            "%(by)s wants to give %(person)s in %(department)s: %(role)s. A second administrator must confirm it."
        )
    ),
    "people.role_refused": _worded(
        gettext_lazy("%(by)s has refused %(person)s in %(department)s: %(role)s. Reason: %(reason)s")
    ),
    "people.role_granted": _worded(gettext_lazy("%(by)s has given %(person)s in %(department)s: %(role)s.")),
}
"""What is told of an event, by its action."""
HEADINGS: dict[str, str | Promise] = {KIND: gettext_lazy("An account was changed")}
