"""The chain of audit events and decisions tells of every row that somebody has removed, changed or put in."""

import io
import re
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from departments.auditing import chain
from departments.database.append_only import rewriting
from departments.models import AuditEvent, Link, Notice, Region
from departments.models.sealing import seal_of, seals_of_many
from departments.notices import matters
from departments.permissions import Role
from departments.services.accounts import record
from pages.spreadsheets import write_rows_as_xlsx
from qualityplan.jobs import link_chain, look_through_chain, tell_head_of_chain
from targets.models import Decision
from targets.services.reviewing import approve_revision
from targets.tests import factories as f
from tasks.models import ReportDecision, Task
from tasks.services.removing import remove_plan
from tasks.tests.cast import approved, cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> SimpleNamespace:
    """An approved figure and an approved report, all of whose steps are linked."""
    made = cast()
    approved(made.place, made.reporter, made.reviewer)
    reporter = f.person(Role.REPORTER, made.lead)
    offered = f.entry(f.indicator(department=made.lead), "2014-01", 180, 200)
    approve_revision(f.handed_in(offered, by=reporter), by=made.reviewer)
    chain.link_sealed_rows()
    return made


def run(statement: str, *parameters: Any) -> None:
    """As somebody with rights on the database alone."""
    with rewriting(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def audit(capsys: pytest.CaptureFixture[str], **options: Any) -> list[str]:
    """What the command says is wrong."""
    capsys.readouterr()
    try:
        call_command("audit_chain", **options)
    except CommandError:
        return capsys.readouterr().err.splitlines()
    assert not capsys.readouterr().err
    return []


@pytest.mark.usefixtures("city")
def test_nothing_is_wrong_with_what_the_service_has_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert not audit(capsys)
    assert Link.objects.count() == sum(one.objects.count() for one in (AuditEvent, Decision, ReportDecision))
    record("month.locked", by=None)
    assert not audit(capsys)
    call_command("audit_chain", head=True)
    number, _dash, beginning = capsys.readouterr().out.strip().partition("-")
    assert Link.objects.get(number=number).hash.startswith(beginning)


def test_many_seals_at_once_are_those_of_each() -> None:
    same = {"verb": "return", "by_id": 3, "reason": '100 % "核对"\n', "at": timezone.now()}
    found = list(seals_of_many("targets.decision", "revision_id", [7, 8], same))
    assert found == [seal_of("targets.decision", {"revision_id": pk, **same}) for pk in (7, 8)]


TAMPERED = {
    "removed": "DELETE FROM {table} WHERE id = %s",
    "changed": "UPDATE {table} SET at = '2013-05-01 00:00:00+00:00' WHERE id = %s",
    "unsealed": "UPDATE {table} SET seal = 'made up' WHERE id = %s",
    "copied": "INSERT INTO {table} ({columns}, seal) SELECT {columns}, seal FROM {table} WHERE id = %s",
    "put in": "INSERT INTO {table} ({columns}, seal) SELECT {columns}, 'made up' FROM {table} WHERE id = %s",
}


@pytest.mark.parametrize("model", [AuditEvent, Decision, ReportDecision], ids=lambda one: one.__name__)
@pytest.mark.usefixtures("city")
def test_a_row_that_was_tampered_with_is_named(model: Any, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = model.objects.order_by("pk")[1].pk
    columns = [field.column for field in model._meta.concrete_fields if field.column not in ("id", "seal")]
    for how, statement in TAMPERED.items():
        with transaction.atomic():
            run(statement.format(table=model._meta.db_table, columns=", ".join(columns)), chosen)
            named = chosen if "INSERT" not in statement else model.objects.latest("pk").pk
            for _linked in range(2):
                told = audit(capsys)
                assert (how, len(told)) == (how, 1), told
                assert re.search(rf"\b{named}\b", told[0])
                chain.link_sealed_rows()
            transaction.set_rollback(True)


@pytest.mark.usefixtures("city")
def test_a_link_that_was_taken_out_put_in_or_changed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    number, last = Link.objects.count() // 2, Link.objects.count()
    told = str(chain.read_chain_head())
    changes: list[Callable[[], None]] = [
        lambda: run("UPDATE departments_link SET linked_at = '2013-05-01 00:00:00+00:00' WHERE number = %s", number),
        lambda: run("DELETE FROM departments_link WHERE number = %s", number),
    ]
    for change in changes:
        with transaction.atomic():
            change()
            assert any(f" {number} " in f"{one} " for one in audit(capsys))
            transaction.set_rollback(True)
    # The end alone, with its row, leaves a chain that is whole: a head from before tells.
    gone = Link.objects.get(number=last)
    run("DELETE FROM tasks_reportdecision WHERE id = %s", gone.row)
    run("DELETE FROM departments_link WHERE number = %s", last)
    assert not audit(capsys)
    assert len(audit(capsys, holds=told)) == 1


@pytest.mark.usefixtures("city")
def test_nobody_without_the_key_makes_a_chain(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.AUDIT_KEY = "somebody else's"
    assert len(audit(capsys)) >= Link.objects.count()


@pytest.mark.usefixtures("city")
def test_administrators_are_told_of_what_is_wrong_and_each_week_of_the_head() -> None:
    office = f.person(Role.ADMINISTRATOR)
    look_through_chain()
    assert not Notice.objects.exists()
    run("DELETE FROM targets_decision WHERE id = %s", gone := Decision.objects.latest("pk").pk)
    look_through_chain()
    tell_head_of_chain()
    tell_head_of_chain()
    told = [(one.user, matters.lines_of_notice(one)[0].text) for one in Notice.objects.order_by("pk")]
    assert [person for person, _text in told] == [office, office]
    assert str(gone) in told[0][1]
    assert str(chain.read_chain_head()) in told[1][1]


@pytest.mark.usefixtures("city")
def test_the_head_goes_with_every_file(client: Client) -> None:
    client.force_login(f.person(Role.ADMINISTRATOR))
    chain.link_sealed_rows()
    assert client.post(reverse("audit_export"))["X-Audit-Chain"] == str(chain.read_chain_head())
    book = load_workbook(io.BytesIO(write_rows_as_xlsx("1", [["a"]])))
    assert book.properties.description == book.active.oddFooter.right.text == str(chain.read_chain_head())


@pytest.mark.usefixtures("city")
def test_pages_print_the_head_of_a_moment_ago_and_ask_no_database_for_it(client: Client) -> None:
    client.force_login(f.person(Role.LEADER))
    pages = ("/", f"/plans/plan-2014/tasks/{Task.objects.get().code}/", "/notices/")
    for page in pages:
        client.get(page)
    before = [asked(client, page) for page in pages]
    assert not any("审计链链首" in content for content, _number in before)
    caches["pages"].clear()
    link_chain()
    Region.objects.update(name="1")  # another version, so that what is kept is made anew
    for page in pages:
        client.get(page)
    after = [asked(client, page) for page in pages]
    assert all(f"审计链链首 {chain.read_chain_head()}" in content for content, _number in after)
    assert [number for _content, number in before] == [number for _content, number in after]


def asked(client: Client, page: str) -> tuple[str, int]:
    """What is shown, and how many questions to the database that took."""
    with CaptureQueriesContext(connection) as queries:
        return client.get(page).content.decode(), len(queries)


def test_what_is_deleted_by_rule_is_no_fault(city: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    remove_plan(city.task.plan, by=None)
    assert not ReportDecision.objects.exists()
    assert not audit(capsys)
    call_command("purge_audit_log", older_than_days=183)
    assert not audit(capsys)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_writers_and_linkers_at_the_same_instant_make_one_chain(capsys: pytest.CaptureFixture[str]) -> None:
    gate = threading.Barrier(6)

    def work(job: Callable[[], Any]) -> None:
        gate.wait(20)
        try:
            for _turn in range(20):
                job()
        finally:
            connection.close()

    jobs = [lambda: record("month.locked", by=None)] * 3 + [chain.link_sealed_rows] * 3
    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    chain.link_sealed_rows()
    assert (Link.objects.count(), chain.read_chain_head().number) == (60, 60)
    assert not audit(capsys)
