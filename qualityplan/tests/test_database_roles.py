"""Under the lesser role the service does its day's work, and what only grows is beyond its reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from departments.auditing import chain
from departments.database import roles
from departments.database.append_only import list_append_only_tables, rewriting
from departments.models import AuditEvent, Link
from imports.batches.applying import write_confirmed_batch
from imports.services.deciding import confirm_import
from imports.tests.people import brought, row
from plans.periods import Month
from qualityplan.jobs import link_chain, look_through_chain
from targets.models import Attainment, Decision, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.reviewing import approve_revisions, return_revision, withdraw_revision
from targets.tests import factories as f
from tasks.services.deciding import return_report
from tasks.tests.cast import MAY, approved, cast, handed_in, said

pytestmark = [pytest.mark.django_db, pytest.mark.postgres_only]
SERVICE = "plan_service"


@pytest.fixture
def city(settings: Any) -> SimpleNamespace:
    """A unit with its people, and a role of PostgreSQL for the service, which the test's transaction takes back."""
    settings.SERVICE_ROLE = SERVICE
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {SERVICE} LOGIN")
    call_command("database_roles", apply=True)
    made = cast()
    made.houses = f.indicator("count", department=made.lead)
    made.promise = f.target(made.houses, "at_least", 4081)
    made.office = f.coordinator()
    return made


@contextmanager
def as_service() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {SERVICE}")
        yield
        cursor.execute("RESET ROLE")


def entered(city: SimpleNamespace, month: str, value: str) -> Revision:
    key = (city.houses.pk, f.region().pk, Month.parse(month))
    save_draft(key, Typed(value=value), version=0, by=city.reporter)
    return hand_in([key], by=city.reporter)[0]


def test_the_service_does_its_days_work(city: SimpleNamespace) -> None:
    with as_service():
        page = Client().post(reverse("login"), {"login": city.reporter.username, "password": "pass"})
        assert page.status_code == 302
        return_revision(entered(city, "2014-01", "300"), by=city.reviewer, reason="请核对")
        first, second = entered(city, "2014-01", "310"), entered(city, "2014-02", "320")
        approve_revisions([first, second], by=city.reviewer)
        withdraw_revision(Revision.objects.get(pk=second.pk), by=city.reviewer, reason="重复")
        batch = brought(city.office, row(city.houses, "2014-03", 330), row(city.houses, "2014-01", 311))
        confirm_import(batch, by=city.office)
        write_confirmed_batch(batch.pk)
        f.recompute()
        approved(city.place, city.reporter, city.reviewer)
        approved(city.place, city.reporter, city.reviewer, said("更正"), reason="漏写")
        return_report(handed_in(city.theirs, city.sharer), by=city.checker, reason="请补充")
        reopen_plan_month(close_plan_month(f.plan(), MAY, by=city.office).plan, MAY, by=city.office, reason="补报")
        link_chain()
        look_through_chain()
    assert Attainment.objects.get(target=city.promise, month=Month(2014, 3)).actual == 641
    assert not list(chain.find_chain_faults())


REFUSED = [
    "TRUNCATE {0} CASCADE",
    "DELETE FROM {0}",
    "ALTER TABLE {0} DISABLE TRIGGER ALL",
    "DROP TABLE {0}",
    "UPDATE {0} SET {1} = {1}",
]


def test_what_only_grows_is_beyond_its_reach(city: SimpleNamespace) -> None:
    approve_revisions([entered(city, "2014-01", "310")], by=city.reviewer)
    chain.link_sealed_rows()
    refused = [line.format(one.table, one.frozen[-1]) for one in list_append_only_tables() for line in REFUSED]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'kept_%'")
        refused += [f"DROP TRIGGER {name} ON {table}" for name, table in cursor.fetchall()]
    refused += [
        "CREATE TABLE mine (id int)",
        "UPDATE departments_link SET let_go = 'x'",
        "DELETE FROM django_migrations",
    ]
    for line in refused:
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            as_service(),
            rewriting(),
            connection.cursor() as cursor,
        ):
            cursor.execute(line)


NEW: dict[Any, dict[str, Any]] = {
    AuditEvent: {"id": 999_999},
    Decision: {"id": 999_999},
    Link: {"number": 999_999, "row": 999_999},
    Revision: {"id": 999_999, "state": "draft", "official_at": None, "official_by": "", "approved_by_id": None},
}


def test_nothing_is_put_into_the_past(city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    approve_revisions([entered(city, "2014-01", "310")], by=city.reviewer)
    chain.link_sealed_rows()
    past = timezone.now() - timedelta(days=200)
    for model, new in NEW.items():
        moment = {Link: "linked_at", Revision: "created_at"}.get(model, "at")
        values = model.objects.values().order_by("pk").first() | new
        with monkeypatch.context() as clock, as_service(), transaction.atomic():
            clock.setattr("django.utils.timezone.now", lambda: past)
            with pytest.raises(DatabaseError, match=f"Now is not {moment}"), transaction.atomic():
                model.objects.bulk_create([model(**values | {moment: past})])
        with as_service():
            model.objects.bulk_create([model(**values | {moment: timezone.now()})])


def test_whoever_runs_the_service_as_owner_is_warned(settings: Any, city: SimpleNamespace) -> None:
    assert not roles.check_role(databases=["default"])
    settings.SERVICE_ROLE = connection.settings_dict["USER"]
    assert [one.id for one in roles.check_role(databases=["default"])] == ["departments.W001"]
