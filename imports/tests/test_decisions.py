"""An import leaves the same trail as the worksheet: who ended, handed in, returned or withdrew what, and why."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from departments.database.append_only import rewriting
from departments.models import AuditEvent, User
from departments.permissions import Role
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from imports.services.deciding import confirm_import, undo_import
from imports.tests.people import brought, row
from plans.periods import Month
from reviews.tests import papers
from targets.models import Decision, Indicator, Observation, Revision
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import approve_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture
def coordinator() -> User:
    return f.coordinator()


@pytest.fixture
def houses() -> Indicator:
    return f.indicator("count")


@pytest.fixture
def bureau() -> SimpleNamespace:
    f.plan()
    unit = f.department()
    own = f.indicator("count", department=unit)
    return SimpleNamespace(
        own=own,
        total=f.indicator("count", department=unit, entry_basis="to_date", time_rule="last"),
        reporter=f.person(Role.REPORTER, unit),
        colleague=f.person(Role.REPORTER, unit),
        reviewer=f.person(Role.REVIEWER, unit),
        key=(own.pk, f.region().pk, JUNE),
    )


def applied(batch: ImportBatch, by: User, **how: Any) -> ImportBatch:
    confirm_import(batch, by=by, **how)
    write_confirmed_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def trail() -> list[tuple[int, str, str, str]]:
    """(figure, step, who, why), as they were taken."""
    rows = Decision.objects.order_by("pk").values_list("revision__value", "verb", "by__username", "reason")
    return [(int(value or 0), verb, who, why) for value, verb, who, why in rows]


def test_what_an_import_ends_is_told_and_its_own_figures_tell_it_themselves(
    coordinator: User, houses: Indicator
) -> None:
    f.official(f.entry(houses, "2014-01", 40), f.entry(houses, "2014-02", 50))
    other = f.person(Role.COORDINATOR)
    file = row(houses, "2014-01", 41), row(houses, "2014-02", 50), row(houses, "2014-03", 3)
    applied(brought(other, *file), other)
    assert trail() == [(40, "supersede", other.username, "")]


def test_an_undo_tells_what_it_withdrew_and_why(coordinator: User, houses: Indicator) -> None:
    f.official(f.entry(houses, "2014-01", 40))
    batch = applied(brought(coordinator, row(houses, "2014-01", 41), row(houses, "2014-02", 5)), coordinator)
    with rewriting():
        Decision.objects.all().delete()
    undo_import(batch, by=coordinator, reason="误传")
    (ended, withdrawn) = trail()
    assert ended == (41, "supersede", coordinator.username, "")
    assert withdrawn[:3] == (5, "withdraw", coordinator.username)
    assert "误传" in withdrawn[3]
    assert Revision.objects.get(value=5).reason == ""


def test_what_is_handed_in_by_a_file_has_its_step(bureau: SimpleNamespace) -> None:
    applied(brought(bureau.reporter, row(bureau.own, "2014-06", 41)), bureau.reporter)
    assert trail() == [(41, "submit", bureau.reporter.username, "")]


def test_a_file_replaces_what_waits_and_its_attachments_go_on(
    bureau: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    save_draft(bureau.key, Typed(value="40"), version=0, by=bureau.colleague)
    attach(bureau.key, SimpleUploadedFile("批复.pdf", papers.PDF), by=bureau.colleague)
    hand_in([bureau.key], by=bureau.colleague)
    batch = brought(bureau.reporter, row(bureau.own, "2014-06", 41))
    assert batch.changed + batch.new == 1
    applied(batch, bureau.reporter, reason="更正")
    states = dict(Revision.objects.values_list("value", "state"))
    assert states == {40: "superseded", 41: "submitted"}
    assert trail()[1:] == [
        (40, "supersede", bureau.reporter.username, ""),
        (41, "submit", bureau.reporter.username, ""),
    ]
    assert Revision.objects.get(value=41).attachments.get().file.read() == papers.PDF
    approve_revision(Revision.objects.get(value=41), by=bureau.reviewer)
    assert Observation.objects.get().value == 41


def test_undoing_returns_what_waits_and_lets_what_it_replaced_wait_again(
    bureau: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    save_draft(bureau.key, Typed(value="40", note="盖章件"), version=0, by=bureau.colleague)
    attach(bureau.key, SimpleUploadedFile("批复.pdf", papers.PDF), by=bureau.colleague)
    hand_in([bureau.key], by=bureau.colleague)
    rows = row(bureau.own, "2014-06", 41), row(bureau.own, "2014-05", 9)
    batch = applied(brought(bureau.reporter, *rows), bureau.reporter, reason="更正")
    undo_import(batch, by=bureau.reporter, reason="误传")
    returned = Revision.objects.get(value=41)
    assert (returned.state, returned.reason) == ("returned", "更正")
    assert "误传" in returned.return_reason
    waiting = Revision.objects.get(state="submitted")
    assert (waiting.value, waiting.note, waiting.author) == (40, "盖章件", bureau.colleague)
    assert waiting.attachments.get().file.read() == papers.PDF
    assert AuditEvent.objects.filter(action="observations.import_undone").get().detail["restored"] == 1
    approve_revision(waiting, by=bureau.reviewer)
    assert Observation.objects.official().get().value == 40


def test_a_total_that_would_fall_is_not_undone(bureau: SimpleNamespace, coordinator: User) -> None:
    f.official(f.entry(bureau.total, "2014-01", 50))
    batch = applied(brought(coordinator, row(bureau.total, "2014-01", 30)), coordinator)
    f.official(f.entry(bureau.total, "2014-02", 40))
    with pytest.raises(ValidationError) as refused:
        undo_import(batch, by=coordinator)
    assert refused.value.code == "stands"
    assert f"{bureau.total.name} · 2014-01" in refused.value.messages[0]
    assert [row.value for row in Observation.objects.official().order_by("month")] == [30, 40]


def test_later_months_of_the_same_file_do_not_keep_it_from_being_undone(
    bureau: SimpleNamespace, coordinator: User
) -> None:
    f.official(f.entry(bureau.total, "2014-01", 50))
    file = row(bureau.total, "2014-01", 30), row(bureau.total, "2014-02", 40)
    undo_import(applied(brought(coordinator, *file), coordinator), by=coordinator)
    assert [row.value for row in Observation.objects.official()] == [50]


def test_handing_in_costs_the_same_for_many_rows(bureau: SimpleNamespace) -> None:
    costs = []
    for value, last in enumerate((12, 2, 12), 40):
        batch = brought(bureau.reporter, *[row(bureau.own, f"2014-{one:02}", value) for one in range(1, last + 1)])
        confirm_import(batch, by=bureau.reporter, reason="更正")
        with CaptureQueriesContext(connection) as queries:
            write_confirmed_batch(batch.pk)
        costs.append(len(queries))
    assert Revision.objects.filter(state="submitted").count() == 12
    assert Revision.objects.filter(state="superseded").count() == 14
    assert costs[1] == costs[2]


@pytest.mark.postgres_only
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_an_approval_and_an_import_at_once_let_no_total_fall(
    bureau: SimpleNamespace, coordinator: User, eventually: Callable[..., None]
) -> None:
    offered = f.entry(bureau.total, "2014-01", 700)
    january = f.handed_in(offered, by=bureau.reporter)
    batch = brought(coordinator, row(bureau.total, "2014-02", 650))
    confirm_import(batch, by=coordinator)
    outcome: list[bool] = []

    def importing() -> None:
        outcome.append(write_confirmed_batch(batch.pk))
        connections.close_all()

    thread = Thread(target=importing)
    with transaction.atomic():
        approve_revision(january, by=bureau.reviewer)
        thread.start()
        eventually(somebody_waits)
    thread.join(timeout=20)
    assert outcome == [False]
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "rejected"
    assert [row.value for row in Observation.objects.official()] == [700]


@pytest.mark.postgres_only
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("official", [True, False], ids=["an office's file", "a colleague's file"])
def test_a_file_and_somebody_who_hands_in_the_same_figures_do_not_block_each_other(
    official: bool, bureau: SimpleNamespace, coordinator: User, eventually: Callable[..., None]
) -> None:
    """Some observations are there, some are made: the one side has made a new one and waits for an old one. A file that
    is reviewed itself takes the place of what waits, and is checked again; what an office's file replaces, which is
    official, has not changed."""
    f.official(f.entry(bureau.own, "2014-05", 5))
    by = coordinator if official else bureau.colleague
    batch = brought(by, *[row(bureau.own, month, 7) for month in ("2014-05", "2014-06")])
    confirm_import(batch, by=by, reason="更正")
    keys = [(bureau.own.pk, f.region().pk, month) for month in (Month(2014, 5), JUNE)]
    for key in keys:
        save_draft(key, Typed(value="8"), version=0, by=bureau.reporter)
    outcome: list[bool] = []

    def importing() -> None:
        outcome.append(write_confirmed_batch(batch.pk))
        connections.close_all()

    thread = Thread(target=importing)
    with transaction.atomic():
        hand_in(keys[1:], by=bureau.reporter)
        thread.start()
        eventually(somebody_waits)
        hand_in(keys[:1], by=bureau.reporter, reason="更正")
    thread.join(timeout=20)
    assert outcome == [official]
    assert Revision.objects.filter(value=8, state="submitted").count() == 2


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))")
        found = cursor.fetchone()
    return bool(found and found[0])
