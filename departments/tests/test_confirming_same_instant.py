"""Two administrators who change people at the same instant, each on a connection of their own: one decides, and the
other reads that somebody has."""

from collections.abc import Sequence
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from departments.models import AuditEvent, ProposedRole, User
from departments.permissions import Role
from departments.tests.callers import member
from departments.tests.test_people import add, cast, roles

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]

__all__ = ["cast"]
CONFIRM, REFUSE = {"do": "confirm"}, {"do": "refuse", "reason": "未报备"}
GRANTED, REFUSED = "people.role_granted", "people.role_refused"


@pytest.fixture
def chiefs(cast: SimpleNamespace) -> list[User]:
    """Two who may confirm what a third has given."""
    return [cast.office_chief, member(Role.ADMINISTRATOR, unit=cast.office)]


Form = tuple[str, dict[str, Any]]
"""An address and what is sent there."""


def at_once(chiefs: Sequence[User], forms: Sequence[Form]) -> list[tuple[int, str]]:
    """What each is answered who sends a form at the same instant as the others."""
    gate, answers = Barrier(len(chiefs)), [(0, "")] * len(chiefs)

    def send(place: int) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(chiefs[place])
        gate.wait(timeout=30)
        try:
            answer = client.post(*forms[place])
            answers[place] = answer.status_code, answer.content.decode()
        finally:
            connections.close_all()

    threads = [Thread(target=send, args=[place]) for place in range(len(chiefs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.mark.parametrize("second", [CONFIRM, REFUSE])
def test_of_two_decisions_on_a_role_one_holds_and_the_other_is_told(
    second: dict[str, str], cast: SimpleNamespace, chiefs: list[User]
) -> None:
    add(cast, cast.bureau_chief, roles=[Role.REVIEWER])
    row = ProposedRole.objects.get()
    address = f"/people/{row.user_id}/roles/{row.pk}/"
    answers = at_once(chiefs, [(address, CONFIRM), (address, second)])
    statuses = [status for status, _content in answers]
    assert sorted(statuses) == [302, 422]
    assert "已有人" in answers[statuses.index(422)][1]
    row.refresh_from_db()
    assert row.decided_by == chiefs[statuses.index(302)]
    assert roles(row.user) == ({("bureau", "reviewer")} if row.confirmed else set())
    decided = AuditEvent.objects.filter(action__in=(GRANTED, REFUSED)).values_list("action", flat=True)
    assert list(decided) == [GRANTED if row.confirmed else REFUSED]


def test_of_two_who_give_one_role_the_first_proposes_it_and_nothing_is_doubled(
    cast: SimpleNamespace, chiefs: list[User]
) -> None:
    given = {"department": "bureau", "roles": ["reporter", "reviewer"]}
    answers = at_once(chiefs, [(f"/people/{cast.reporter.pk}/roles/", given)] * 2)
    assert [status for status, _content in answers] == [302, 302]
    assert ProposedRole.objects.get().role == "reviewer"
    assert AuditEvent.objects.filter(action="people.role_proposed").count() == 1


def test_of_two_people_who_are_given_one_staff_number_one_has_it(cast: SimpleNamespace, chiefs: list[User]) -> None:
    people = [cast.reporter, cast.bureau_chief]
    forms: list[Form] = [(f"/people/{one.pk}/staff-number/", {"staff_number": "Z-9"}) for one in people]
    answers = at_once(chiefs, forms)
    statuses = [status for status, _content in answers]
    assert sorted(statuses) == [302, 422]
    assert "工号已属于其他人员" in answers[statuses.index(422)][1]
    assert User.objects.get(staff_number="Z-9") == people[statuses.index(302)]
