"""Telling people that it is their turn, in the transaction of the step that made it so."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.urls import reverse

from departments.models import Department, User
from departments.permissions import Role
from departments.rules.reminding import NoticePart
from departments.services.notices import notify
from plans.models import Plan
from tasks.models import SupervisionNotice
from tasks.rules.supervising import Level, SupervisionVerb

UNIT = (Role.REPORTER, Role.REVIEWER, Role.COUNTY)
"""Who acts for a unit."""

TOLD_UNITS = frozenset(
    {
        SupervisionVerb.ISSUE,
        SupervisionVerb.RETURN,
        SupervisionVerb.URGE,
        SupervisionVerb.WITHDRAW,
        SupervisionVerb.CLOSE,
    }
)
"""Steps of which both leading and supporting units are told; the plan office is told of an answer."""


def people_with_roles_in(roles: Collection[Role], departments: Iterable[Department]) -> list[User]:
    """Active people who hold one of the roles in one of the departments."""
    return _holding(roles, {"memberships__department__in": list(departments)})


def people_of_plan_region(roles: Collection[Role], plan: Plan) -> list[User]:
    """Active people who hold one of the roles in the plan's own region: its plan office, its leadership."""
    return _holding(roles, {"memberships__department__region": plan.region_id})


def _holding(roles: Collection[Role], where: dict[str, object]) -> list[User]:
    held = {"memberships__role__in": [role.value for role in roles], **where}
    return list(User.objects.filter(is_active=True, **held).distinct().order_by("pk"))


def tell_supervision_step(
    notice: SupervisionNotice, verb: SupervisionVerb, *, by: User | None, text: str, now: datetime
) -> None:
    """Tells the people concerned of a step, but not the person who took it."""
    if verb is SupervisionVerb.ANSWER:
        people = people_of_plan_region([Role.COORDINATOR], notice.plan)
    elif verb in TOLD_UNITS and notice.lead is not None:
        people = people_with_roles_in(UNIT, [notice.lead, *notice.support.all()])
    else:
        people = []
    _tell(
        [person for person in people if person != by],
        notice,
        verb,
        details_of_supervision_notice(notice, by=by, text=text),
        now,
    )


def tell_escalated(notice: SupervisionNotice, level: Level, *, now: datetime) -> int:
    """Tells the unit's reviewer (a county's officer), or the leadership, of a limit that has passed; counts the people
    told."""
    if level is Level.LEADER:
        people = people_of_plan_region([Role.LEADER], notice.plan)
    else:
        people = people_with_roles_in([Role.REVIEWER, Role.COUNTY], [notice.lead] if notice.lead else [])
    _tell(
        people,
        notice,
        SupervisionVerb.ESCALATE,
        details_of_supervision_notice(notice, by=None, text="") | {"level": level.value},
        now,
    )
    return len(people)


def details_of_supervision_notice(notice: SupervisionNotice, *, by: User | None, text: str) -> dict[str, object]:
    """The values from which sentences about a notice are made."""
    return {
        "number": notice.number,
        "title": notice.title,
        "unit": notice.lead.short_name if notice.lead else "",
        "due": notice.due.isoformat() if notice.due else "",
        "person": str(by) if by else "",
        "text": text,
    }


def link_to(notice: SupervisionNotice) -> str:
    """The address of the notice."""
    return reverse("supervision_notice", kwargs={"pk": notice.pk})


def _tell(
    people: Iterable[User], notice: SupervisionNotice, verb: SupervisionVerb, details: dict[str, object], now: datetime
) -> None:
    kind = f"supervision_{verb.value}"
    subject = ":".join([notice._meta.label_lower, str(notice.pk), str(notice.round), str(details.get("level", ""))])
    for person in people:
        notify(person, kind=kind, subject=subject, part=NoticePart(kind, details, link_to(notice)), now=now)
