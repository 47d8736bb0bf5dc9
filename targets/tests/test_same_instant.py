"""Two people at the same instant, each on a connection of their own: one after the other, and the second is told."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client

from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from reviews.tests import papers
from targets.models import Attachment, DataQuestion, DirtyKey, Observation, Quota, Revision, Target
from targets.reading.divisions import quota_versions_of
from targets.services.attachments import attach, detach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.official import make_official
from targets.services.questioning import answer_data_question
from targets.services.quotas import QuotasChangedError, set_quotas
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f
from targets.tests.questions import asked_about
from targets.tests.test_admin import form_of

JANUARY = Month(2014, 1)
pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    houses = f.indicator("count", department=office)
    return SimpleNamespace(
        houses=houses,
        total=f.indicator("count", department=office, entry_basis="to_date", time_rule="last"),
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        second=f.person(Role.REVIEWER, office),
        key=(houses.pk, f.region().pk, Month(2014, 6)),
    )


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))")
        row = cursor.fetchone()
    return bool(row and row[0])


@pytest.fixture
def meanwhile(eventually: Callable[..., None]) -> Callable[..., Any]:
    """`meanwhile(first, second)`: the second begins before the first has committed; gives what became of the second."""

    def run(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
        outcome: list[Any] = []

        def other() -> None:
            try:
                outcome.append(second())
            except Exception as error:
                outcome.append(error)
            finally:
                connections.close_all()

        thread = Thread(target=other)
        with transaction.atomic():
            first()
            thread.start()
            eventually(somebody_waits)
        thread.join(timeout=20)
        return outcome[0]

    return run


def entered(cast: SimpleNamespace, month: str = "2014-06", value: int = 300, measured: Any = None) -> Revision:
    offered = f.entry(measured or cast.houses, month, value)
    return f.handed_in(offered, by=cast.reporter)


@pytest.mark.usefixtures("deaf_worker")
def test_of_two_approvals_of_one_entry_one_approves_and_the_other_is_told(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    revision = entered(cast)
    told = meanwhile(
        lambda: approve_revision(revision, by=cast.reviewer), lambda: approve_revision(revision, by=cast.second)
    )
    assert isinstance(told, ValidationError)
    assert told.code == "transition"
    revision.refresh_from_db()
    assert revision.approved_by == cast.reviewer
    assert AuditEvent.objects.filter(action="observation.approve").count() == 1
    assert revision.decisions.filter(verb="approve").count() == DirtyKey.objects.count() == 1


@pytest.mark.parametrize("first", ["approve", "return"])
def test_of_an_approval_and_a_return_the_first_decides(
    first: str, cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    revision = entered(cast)

    def approving() -> Revision:
        return approve_revision(revision, by=cast.reviewer)

    def returning() -> Revision:
        return return_revision(revision, by=cast.second, reason="口径不符")

    told = meanwhile(*((approving, returning) if first == "approve" else (returning, approving)))
    assert isinstance(told, ValidationError)
    revision.refresh_from_db()
    assert revision.state == ("approved" if first == "approve" else "returned")
    assert Observation.objects.official().count() == (1 if first == "approve" else 0)


def test_two_entries_of_one_figure_at_once_leave_one_that_waits(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    def handing_in(person: Any, value: int) -> Callable[[], Revision]:
        return lambda: f.handed_in(f.entry(cast.houses, "2014-06", value), by=person)

    meanwhile(handing_in(cast.reporter, 300), handing_in(cast.colleague, 310))
    states = dict(Revision.objects.values_list("author__username", "state"))
    assert states == {cast.reporter.username: "superseded", cast.colleague.username: "submitted"}


def test_one_draft_handed_in_by_two_at_once_is_handed_in_once(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    second = meanwhile(lambda: hand_in([cast.key], by=cast.reporter), lambda: hand_in([cast.key], by=cast.colleague))
    assert second == []
    assert Revision.objects.get().author == cast.reporter


def test_an_entry_that_is_replaced_while_it_is_approved_is_not_approved(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    older = entered(cast)
    save_draft(cast.key, Typed(value="310"), version=0, by=cast.colleague)
    told = meanwhile(lambda: hand_in([cast.key], by=cast.colleague), lambda: approve_revision(older, by=cast.reviewer))
    assert isinstance(told, ValidationError)
    assert not Observation.objects.official().exists()
    assert Revision.objects.get(state="submitted").value == 310


def test_a_file_that_is_being_handed_in_is_not_removed(
    cast: SimpleNamespace, meanwhile: Callable[..., Any], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    one = attach(cast.key, SimpleUploadedFile("批复.pdf", papers.PDF), by=cast.reporter)
    save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)
    told = meanwhile(lambda: hand_in([cast.key], by=cast.reporter), lambda: detach(one, by=cast.colleague))
    assert isinstance(told, ValidationError)
    assert told.code == "handed_in"
    assert Revision.objects.get().attachments.get().file.read() == papers.PDF


def test_the_same_file_sent_twice_at_once_is_kept_once(
    cast: SimpleNamespace, meanwhile: Callable[..., Any], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path

    def sent() -> Attachment:
        return attach(cast.key, SimpleUploadedFile("批复.pdf", papers.PDF), by=cast.reporter)

    assert meanwhile(sent, sent) == Attachment.objects.get()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("first", ["person", "import"])
@pytest.mark.parametrize("beside", ["attachment", "entry"])
def test_a_figure_that_is_begun_while_it_is_imported_is_one_figure(
    first: str, beside: str, cast: SimpleNamespace, meanwhile: Callable[..., Any], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    office = f.coordinator()

    def importing() -> Any:
        return make_official([f.entry(cast.houses, "2014-06", 300)], source=f.source(office), by=office)

    def beginning() -> Any:
        if beside == "entry":
            return entered(cast, value=310)
        return attach(cast.key, SimpleUploadedFile("批复.pdf", papers.PDF), by=cast.reporter)

    told = meanwhile(*((beginning, importing) if first == "person" else (importing, beginning)))
    assert not isinstance(told, Exception)
    assert [row.value for row in Observation.objects.all()] == [300]
    assert Attachment.objects.count() + Revision.objects.filter(state="submitted").count() == 1


def test_two_months_of_a_total_approved_at_once_let_no_fall_through(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    january = entered(cast, "2014-01", 700, cast.total)
    february = entered(cast, "2014-02", 650, cast.total)
    told = meanwhile(
        lambda: approve_revision(january, by=cast.reviewer), lambda: approve_revision(february, by=cast.second)
    )
    assert isinstance(told, ValidationError)
    assert told.code == "total_falls"
    assert [row.value for row in Observation.objects.official()] == [700]


@pytest.mark.parametrize("first", ["write", "delete"])
def test_an_indicator_that_goes_while_its_figure_is_written_leaves_no_orphan(
    first: str, cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    def writing() -> None:
        Observation.objects.create(indicator=cast.houses, region_id=cast.key[1], month=cast.key[2])

    def deleting() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM targets_indicator WHERE id = %s", [cast.houses.pk])

    told = meanwhile(*((writing, deleting) if first == "write" else (deleting, writing)))
    assert isinstance(told, IntegrityError)
    assert Observation.objects.filter(indicator=cast.houses.pk).exists() is (first == "write")


def test_of_two_who_change_a_rule_at_once_the_first_does_and_the_second_is_told(meanwhile: Callable[..., Any]) -> None:
    promise = f.target(f.indicator("count"), "at_least", 400)
    address, clients = f"/admin/targets/target/{promise.pk}/change/", [Client(), Client()]
    for client in clients:
        client.force_login(f.person(Role.ADMINISTRATOR))
    forms = [form_of(client, address) for client in clients]
    change = {"holds_from": "2014-04", "change_reason": "调整任务"}

    def changing(number: int, threshold: str) -> Any:
        return lambda: clients[number].post(address, forms[number] | change | {"threshold": threshold})

    told = meanwhile(changing(0, "300"), changing(1, "310"))
    assert "已被他人修改" in told.content.decode()
    promise.refresh_from_db()
    assert (promise.threshold, [version.threshold for version in promise.all_versions]) == (300, [400])


def test_two_changes_of_a_rule_at_once_keep_every_rule_that_there_was(meanwhile: Callable[..., Any]) -> None:
    promise = f.target(f.indicator("count"), "at_least", 400)
    f.coordinator()

    def changing(month: int, threshold: int) -> Any:
        return lambda: f.change_rule(Target.objects.get(), Month(2014, month), threshold=threshold)

    assert meanwhile(changing(4, 300), changing(7, 250)) is None
    promise.refresh_from_db()
    kept = [(version.threshold, version.from_month.number) for version in promise.all_versions]
    assert (promise.threshold, kept) == (250, [(400, 4), (300, 7)])


def test_of_two_who_set_quotas_at_once_the_first_does_and_the_second_is_told_what(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    county = f.region("100101", f.region())
    houses = f.target(f.indicator("count", region_rule="sum"), "at_least", 100, coverage="quotas")
    first, second = f.person(Role.COORDINATOR), f.person(Role.COORDINATOR)

    def setting(number: int, by: Any) -> Any:
        rows, seen = {county.pk: Decimal(number)}, quota_versions_of([houses])[houses.pk]
        return lambda: set_quotas(target=houses, rows=rows, from_month=JANUARY, source="", by=by, seen=seen)

    told = meanwhile(setting(100, first), setting(120, second))
    assert isinstance(told, QuotasChangedError)
    assert str(first) in told.messages[0]
    assert f"{county.name} 100" in told.messages[0]
    assert [quota.threshold for quota in Quota.objects.all()] == [100]


def test_two_who_ask_about_the_same_figures_make_one_question(
    cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    plan, office = f.plan(), f.coordinator()
    second = f.person(Role.COORDINATOR, office.held[0].department)
    unit = cast.houses.department
    refused = meanwhile(lambda: asked_about(plan, unit, office), lambda: asked_about(plan, unit, second))
    assert isinstance(refused, ValidationError)
    assert refused.code == "asked_already"
    assert DataQuestion.objects.get().asked_by == office


def test_two_who_answer_a_question_leave_the_first_answer(cast: SimpleNamespace, meanwhile: Callable[..., Any]) -> None:
    question = asked_about(f.plan(), cast.houses.department, f.coordinator())
    refused = meanwhile(
        lambda: answer_data_question(question, by=cast.reporter, answer="台账属实"),
        lambda: answer_data_question(question, by=cast.reviewer, answer="另有说明"),
    )
    assert isinstance(refused, ValidationError)
    assert DataQuestion.objects.get().answer == "台账属实"
