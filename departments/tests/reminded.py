"""People with something to do, for tests of reminders: what is due belongs to apps above."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from departments.models import Department, Membership, Notice, Region, User
from departments.notices import matters
from departments.permissions import Role
from departments.rules.reminding import Matter, NoticePart, ReminderRule

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2014, 7, 2, 8, 30, tzinfo=SHANGHAI)
TODAY = NOW.date()
DEADLINE = date(2014, 7, 5)
DAILY = ReminderRule(before=(3,), after=(1,), every=7)


def person(name: str, *, email: str | None = None, role: Role = Role.REPORTER) -> User:
    """Somebody with a role; with an address unless it is given as empty."""
    place = Region.objects.get_or_create(code="100100", defaults={"name": "某市", "kind": Region.Kind.CITY})[0]
    unit = Department.objects.get_or_create(
        code="unit", defaults={"name": "某市某局", "short_name": "市某局", "kind": "bureau", "region": place}
    )[0]
    made = User.objects.create_user(name, email=f"{name}@example.org" if email is None else email)
    Membership.objects.create(user=made, department=unit, role=role.value)
    return made


def matter(thing: str = "figures", deadline: date = DEADLINE, link: str = "/desk/") -> Matter:
    """Something to do by the deadline."""
    return Matter(thing, deadline, DAILY, NoticePart("test", {"thing": thing}, link))


@contextmanager
def everybody_has(*found: Matter) -> Iterator[None]:
    """Whatever other apps provide, everybody has just this to do."""

    def offer(people: Sequence[User], today: date) -> Mapping[int, Sequence[Matter]]:
        return {one.pk: found for one in people}

    before, words, headings = list(matters._providers), dict(matters._wordings), dict(matters._headings)
    matters._providers[:] = [offer]
    matters.register_wordings({"test": _sentence}, {"test": "试验通知"})
    try:
        yield
    finally:
        matters._providers[:] = before
        matters._wordings, matters._headings = words, headings


def _sentence(details: Mapping[str, Any]) -> str:
    return f"请办理{details['thing']}"


def notice(user: User, subject: str = "1", now: datetime = NOW, **values: Any) -> Notice:
    """Something that was told and is to be mailed."""
    part = {"kind": "test", "details": {"thing": subject}, "link": f"/desk/{subject}/"}
    fields = {"kind": "test", "day": now.date(), "parts": [part], "created_at": now, "mail_at": now, **values}
    return Notice.objects.create(user=user, subject=subject, **fields)
