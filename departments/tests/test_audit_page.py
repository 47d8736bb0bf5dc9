"""The audit log: what log-ins leave behind, and who reads it how."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.auditing import log
from departments.models import AuditEvent, Department, Membership, Region, User
from departments.permissions import Role
from departments.services.accounts import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> User:
    user = person("admin", Role.ADMINISTRATOR)
    client.force_login(user)
    return user


def person(name: str, role: Role, **values: Any) -> User:
    region, _new = Region.objects.get_or_create(code="100100", defaults={"name": "某市", "kind": "city"})
    unit, _new = Department.objects.get_or_create(
        code="unit", defaults={"name": "市政府办", "short_name": "办", "kind": "government_office", "region": region}
    )
    user = User.objects.create_user(name, password="right", **values)
    Membership.objects.create(user=user, department=unit, role=role.value)
    return user


def seen(client: Client, **query: str) -> str:
    answer = client.get("/audit/", query)
    assert answer.status_code == 200
    return str(answer.content.decode()).split('id="events"')[1]


def exported(client: Client, **data: object) -> str:
    answer = client.post("/audit/export/", data)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return answer.getvalue().decode()


# --- Log-ins ---------------------------------------------------------------------------------------------------------


def test_a_log_in_and_a_log_out_are_recorded(client: Client) -> None:
    user = person("li", Role.REPORTER)
    client.post("/accounts/login/", {"login": "li", "password": "right"})
    client.post("/accounts/logout/")
    assert [(one.action, one.actor) for one in AuditEvent.objects.order_by("pk")] == [
        ("account.log_in", user),
        ("account.log_out", user),
    ]


def test_a_refused_log_in_is_recorded_without_the_password(client: Client) -> None:
    user = person("li", Role.REPORTER)
    client.post("/accounts/login/", {"login": "li", "password": "geheim-123"})
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("account.log_in_refused", None)
    assert (event.subject, event.detail) == (f"departments.user:{user.pk}", {"username": "li"})


@pytest.mark.parametrize("typed", ["my-password-in-the-wrong-field", ""])
def test_a_name_that_is_nobodys_is_not_kept(typed: str) -> None:
    authenticate(username=typed, password="geheim-123")
    event = AuditEvent.objects.get()
    assert (event.subject, event.detail) == ("", {})


def test_logging_out_without_having_logged_in_leaves_nothing(client: Client) -> None:
    client.post("/accounts/logout/")
    assert not AuditEvent.objects.exists()


# --- The page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_read_and_export(role: Role, client: Client) -> None:
    client.force_login(person("x", role))
    assert client.get("/audit/").status_code == 403
    assert client.post("/audit/export/").status_code == 403
    assert not AuditEvent.objects.filter(action="audit.exported").exists()


def test_nobody_without_a_log_in_reads(client: Client) -> None:
    assert client.get("/audit/")["Location"] == "/accounts/login/?next=/audit/"
    assert client.post("/audit/export/").status_code == 302


def test_the_newest_stands_first_with_person_subject_and_reason(client: Client, admin: User) -> None:
    record("observation.return", by=admin, subject=admin, reason="口径不符")
    record("month.locked", by=None, month="2014-06")
    page = seen(client)
    assert page.index("2014-06") < page.index("口径不符")
    assert str(admin) in page


def test_it_is_searched_by_action_person_and_day(client: Client, admin: User) -> None:
    other = person("wang", Role.REPORTER, display_name="王五")
    record("month.locked", by=admin, month="2014-01")
    record("month.reopened", by=other, month="2014-02")
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr("django.utils.timezone.now", lambda: datetime(2026, 1, 31, 15, 59, 59, tzinfo=UTC))
        record("month.locked", by=other, month="2014-03")

    def months(**query: str) -> set[str]:
        page = seen(client, **query)
        return {month for month in ("2014-01", "2014-02", "2014-03") if month in page}

    assert months(action="month.locked") == {"2014-01", "2014-03"}
    assert months(person="王") == {"2014-02", "2014-03"}
    assert months(person="WANG") == {"2014-02", "2014-03"}
    assert months(since="2026-01-31", until="2026-01-31") == {"2014-03"}
    assert months(since="2026-02-01") == {"2014-01", "2014-02"}
    assert months(until="2026-01-30") == set()


@pytest.mark.parametrize("query", [{"since": "soon"}, {"before": "x"}, {"before": "9" * 40}, {"action": "none"}])
def test_what_cannot_be_understood_breaks_nothing(query: dict[str, str], client: Client, admin: User) -> None:
    assert client.get("/audit/", query).status_code == 200
    assert client.post("/audit/export/", query).status_code == 200


def test_every_event_is_on_exactly_one_page(client: Client, admin: User) -> None:
    made = [record("month.locked", by=None, number=number) for number in range(log.PAGE * 2 + 3)]
    events, before, found = log.choose_events({}, admin), None, []
    while True:
        rows, before = log.page_of_events(events, before)
        found += [row.pk for row in rows]
        if before is None:
            break
    assert found == [*(one.pk for one in reversed(made)), AuditEvent.objects.get(action="account.log_in").pk]
    assert "before=" in seen(client)


def test_a_long_log_takes_as_many_queries_as_a_short_one_and_counts_nothing(client: Client, admin: User) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as caught:
            seen(client)
        return [one["sql"] for one in caught]

    record("month.locked", by=admin)
    client.get("/audit/")
    few = queries()
    for number in range(120):
        record("month.locked", by=admin, subject=admin, number=number)
    many = queries()
    assert len(few) == len(many)
    assert not [sql for sql in many if "COUNT(" in sql.upper() and "auditevent" in sql]


# --- The export ------------------------------------------------------------------------------------------------------


def test_the_export_is_itself_an_event(client: Client, admin: User) -> None:
    record("month.locked", by=None, month="2014-06")
    text = exported(client, action="month.locked")
    assert text.startswith("\ufeff")
    assert "2014-06" in text
    event = AuditEvent.objects.get(action="audit.exported")
    assert (event.actor, event.detail) == (admin, {"wanted_action": "month.locked"})


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_exported_cell_runs_as_a_formula(start: str, client: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(display_name=f"{start}HYPERLINK(1)")
    record("month.locked", by=admin)
    assert f"'{start}HYPERLINK(1)" in exported(client)


def test_an_export_is_never_taken_by_a_link(client: Client, admin: User) -> None:
    assert client.get("/audit/export/").status_code == 405
