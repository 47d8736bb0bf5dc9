"""Confirmed rows are written whole or not at all, against what is official at that moment."""

import threading
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from departments.models import AuditEvent, User
from departments.permissions import Role
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from imports.services.correcting import correct_import
from imports.services.deciding import cancel_import, confirm_import, undo_import
from imports.tables.mappings import FileMapping
from imports.tests.people import brought, counts, row
from plans.models import Plan
from plans.periods import Month
from targets.judging.audit import differences
from targets.judging.loading import SeriesKey, official_at
from targets.models import DirtyKey, Indicator, Observation, Revision
from targets.services import official as writing
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, withdraw_revision
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator() -> User:
    return factories.coordinator()


@pytest.fixture
def houses() -> Indicator:
    return factories.indicator("count")


@pytest.fixture
def bureau() -> SimpleNamespace:
    factories.plan()
    unit = factories.department()
    return SimpleNamespace(
        own=factories.indicator("count", department=unit),
        reporter=factories.person(Role.REPORTER, unit),
        reviewer=factories.person(Role.REVIEWER, unit),
    )


def applied(batch: ImportBatch, by: User, **how: Any) -> ImportBatch:
    """Confirmed, and written as a worker does it."""
    confirm_import(batch, by=by, **how)
    write_confirmed_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def official() -> dict[str, int]:
    return {str(one.month): int(one.value or 0) for one in Observation.objects.official()}


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(ValidationError) as refused:
        work()
    return str(refused.value.code)


def test_rows_become_official_with_their_history_and_what_is_to_be_judged(coordinator: User, houses: Indicator) -> None:
    factories.official(factories.entry(houses, "2014-01", 40), factories.entry(houses, "2014-02", 50))
    file = row(houses, "2014-01", 41), row(houses, "2014-02", 50), row(houses, "2014-03", 3, note="=1+1\n二\\n")
    batch = applied(brought(coordinator, *file), coordinator)
    assert (batch.state, counts(batch)) == ("applied", (3, 1, 1, 1, 0))
    assert official() == {"2014-01": 41, "2014-02": 50, "2014-03": 3}
    states = Revision.objects.order_by("pk").values_list("observation__month", "value", "state", "official_by")
    assert [(str(month), value, state, way) for month, value, state, way in states] == [
        ("2014-01", 40, "superseded", "import"),
        ("2014-02", 50, "approved", "import"),
        ("2014-01", 41, "approved", "import"),
        ("2014-03", 3, "approved", "import"),
    ]
    assert Revision.objects.latest("pk").note == "=1+1\n二\\n"
    at_once = connection.vendor == "postgresql"
    assert [str(key.month) for key in DirtyKey.objects.all()] == ([] if at_once else ["2014-01"])
    factories.recompute()
    assert list(differences()) == []


def test_applying_twice_changes_nothing(coordinator: User, houses: Indicator) -> None:
    batch = applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator)
    assert write_confirmed_batch(batch.pk)
    assert Revision.objects.count() == 1


def test_the_accepted_file_again_changes_nothing(coordinator: User, houses: Indicator) -> None:
    for _time in range(2):
        batch = applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator)
    assert (batch.state, counts(batch)) == ("applied", (1, 0, 0, 1, 0))
    assert Revision.objects.count() == 1


def test_what_changed_since_the_check_is_checked_again(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    factories.official(factories.entry(houses, "2014-01", 40))
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)
    assert official() == {"2014-01": 40}
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.renewed, batch.confirmed_by, counts(batch)) == ("ready", True, None, (1, 0, 1, 0, 0))
    assert batch.overtaken == [[houses.pk, factories.region().pk, 201401]]
    assert applied(batch, coordinator).state == "applied"
    assert official() == {"2014-01": 41}


def test_what_others_change_beside_the_file_asks_nobody_to_confirm_again(
    coordinator: User, houses: Indicator, bureau: SimpleNamespace
) -> None:
    """Another month of the same figure, another figure, and another indicator's rules."""
    batch = brought(coordinator, row(houses, "2014-01", 41))
    factories.official(factories.entry(houses, "2014-02", 40), factories.entry(bureau.own, "2014-03", 7))
    bureau.own.usual_high = 100
    bureau.own.save()
    assert applied(batch, coordinator).state == "applied"
    assert official() == {"2014-01": 41, "2014-02": 40, "2014-03": 7}


def test_a_rule_of_the_files_own_indicator_that_was_changed_is_applied(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    houses.maximum = Decimal(40)
    houses.save()
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.overtaken) == ("rejected", [])


def test_a_region_that_has_parts_since_then_is_checked_again(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    factories.region("100109", factories.region())
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)


def test_what_waits_for_a_review_meanwhile_is_told(bureau: SimpleNamespace) -> None:
    batch = brought(bureau.reporter, row(bureau.own, "2014-01", 41))
    key = (bureau.own.pk, factories.region().pk, Month(2014, 1))
    save_draft(key, Typed(value="40"), version=0, by=bureau.reporter)
    hand_in([key], by=bureau.reporter)
    confirm_import(batch, by=bureau.reporter)
    assert not write_confirmed_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.overtaken == [[*key[:2], 201401]]


def test_a_total_that_falls_only_since_then_is_not_written(coordinator: User) -> None:
    beds = factories.indicator("count", entry_basis="to_date")
    batch = brought(coordinator, row(beds, "2014-02", 41))
    factories.official(factories.entry(beds, "2014-01", 50))
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "rejected"


def test_a_month_that_is_closed_meanwhile_is_not_written(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    close_plan_month(factories.plan(), Month(2014, 1), by=coordinator)
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)
    assert official() == {}


def test_a_month_that_a_plan_closes_meanwhile_keeps_only_what_it_asks_for_from_being_written(
    coordinator: User, bureau: SimpleNamespace
) -> None:
    other = factories.indicator("count", department=bureau.own.department)
    for measured, plan in ((bureau.own, factories.another_plan("quality")), (other, factories.another_plan("air"))):
        factories.target(measured, threshold=10, plan=plan)
    batch = brought(coordinator, row(bureau.own, "2014-01", 41))
    close_plan_month(factories.another_plan("air"), Month(2014, 1), by=coordinator)
    assert applied(batch, coordinator).state == "applied"
    batch = brought(coordinator, row(bureau.own, "2014-01", 42), row(other, "2014-02", 4))
    close_plan_month(factories.another_plan("quality"), Month(2014, 1), by=coordinator)
    confirm_import(batch, by=coordinator, reason="更正")
    assert not write_confirmed_batch(batch.pk)
    assert official() == {"2014-01": 41}


def test_a_second_coordinator_is_asked_for_by_plans_that_ask_for_the_figures(
    coordinator: User, bureau: SimpleNamespace
) -> None:
    plan, careful = factories.another_plan("quality"), factories.another_plan("air", import_needs_second=True)
    factories.target(bureau.own, threshold=10, plan=plan)
    factories.target(other := factories.indicator("count"), threshold=10, plan=careful)
    assert applied(brought(coordinator, row(bureau.own, "2014-01", 41)), coordinator).state == "applied"
    with pytest.raises(PermissionDenied):
        confirm_import(brought(coordinator, row(other, "2014-01", 4)), by=coordinator)


def test_a_rule_that_is_changed_meanwhile_is_applied(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    houses.maximum = Decimal(40)
    houses.save()
    confirm_import(batch, by=coordinator)
    assert not write_confirmed_batch(batch.pk)
    assert official() == {}


def test_rejected_rows_are_left_out_only_expressly(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41), row(houses, "2014-02", "viel"))
    assert code_of(lambda: confirm_import(batch, by=coordinator)) == "rejected"
    batch = applied(batch, coordinator, skip_rejected=True)
    assert (batch.state, batch.skip_rejected, counts(batch)) == ("applied", True, (2, 1, 0, 0, 1))
    event = AuditEvent.objects.get(action="observations.import_confirmed")
    assert event.detail == {"rows": 1, "left_out": 1}


def test_a_file_without_a_good_row_cannot_be_confirmed(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-02", "viel"))
    assert code_of(lambda: confirm_import(batch, by=coordinator, skip_rejected=True)) == "nothing"


def test_what_was_cancelled_cannot_be_confirmed(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    cancel_import(batch, by=coordinator)
    assert code_of(lambda: confirm_import(batch, by=coordinator)) == "state"


def test_a_plan_may_ask_for_a_coordinator_who_neither_uploaded_nor_corrected(
    coordinator: User, houses: Indicator
) -> None:
    factories.plan()
    Plan.objects.update(import_needs_second=True)
    batch = brought(coordinator, row(houses, "2014-01", 41))
    with pytest.raises(PermissionDenied):
        confirm_import(batch, by=coordinator)
    second, third = factories.person(Role.COORDINATOR), factories.person(Role.COORDINATOR)
    correct_import(batch, FileMapping(), by=second, remember=False)
    check_import_batch(batch.pk)
    with pytest.raises(PermissionDenied):
        confirm_import(batch, by=second)
    batch = applied(batch, third)
    assert (batch.state, batch.confirmed_by) == ("applied", third)


@pytest.mark.parametrize("role", [Role.REPORTER, Role.LEADER, Role.REVIEWER])
def test_nobody_else_decides_about_an_official_file(role: Role, coordinator: User, houses: Indicator) -> None:
    batch, other = brought(coordinator, row(houses, "2014-01", 41)), factories.person(role)
    for decide in (confirm_import, cancel_import):
        with pytest.raises(PermissionDenied):
            decide(batch, by=other)
    applied(batch, coordinator)
    with pytest.raises(PermissionDenied):
        undo_import(batch, by=other)


# --- For a review -----------------------------------------------------------------------------------------------------


def test_what_a_reporter_confirms_waits_for_a_colleague(bureau: SimpleNamespace) -> None:
    batch = applied(brought(bureau.reporter, row(bureau.own, "2014-01", 41)), bureau.reporter)
    revision = Revision.objects.get()
    assert (batch.state, revision.state, revision.author) == ("applied", "submitted", bureau.reporter)
    assert (official(), DirtyKey.objects.count()) == ({}, 0)
    approve_revision(revision, by=bureau.reviewer)
    assert official() == {"2014-01": 41}


def test_a_review_that_changes_what_is_official_wants_a_reason(bureau: SimpleNamespace) -> None:
    factories.official(factories.entry(bureau.own, "2014-01", 40))
    batch = brought(bureau.reporter, row(bureau.own, "2014-01", 41, note="更正"))
    assert code_of(lambda: confirm_import(batch, by=bureau.reporter)) == "reason"
    applied(batch, bureau.reporter, reason="录入错误")
    assert Revision.objects.latest("pk").reason == "录入错误"


def test_a_coordinator_does_not_hand_in_for_others(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = brought(bureau.reporter, row(bureau.own, "2014-01", 41))
    with pytest.raises(PermissionDenied):
        confirm_import(batch, by=coordinator)


# --- Undo -------------------------------------------------------------------------------------------------------------


def test_undoing_makes_official_again_what_was_and_keeps_the_past(coordinator: User, houses: Indicator) -> None:
    promise = factories.target(houses, "at_least", 100)
    factories.official(factories.entry(houses, "2014-01", 40, note="年报"))
    batch = applied(brought(coordinator, row(houses, "2014-01", 41), row(houses, "2014-02", 5)), coordinator)
    factories.recompute()
    undone = undo_import(batch, by=coordinator, reason="误传")
    assert (undone.state, undone.undone_by) == ("undone", coordinator)
    assert official() == {"2014-01": 40}
    found = Revision.objects.order_by("pk").values_list("value", "state", "note", "reason")
    assert [(value, state, note) for value, state, note, _reason in found] == [
        (40, "superseded", "年报"),
        (41, "superseded", ""),
        (5, "withdrawn", ""),
        (40, "approved", "年报"),
    ]
    assert "误传" in found[3][3]
    factories.recompute()
    assert factories.attainment(promise, "2014-02").actual == 40
    assert list(differences()) == []
    assert batch.applied_at is not None
    then = official_at(batch.applied_at)([SeriesKey(houses.pk, factories.region().pk, 2014)])
    assert sorted(int(row[3] or 0) for row in then) == [5, 41]
    event = AuditEvent.objects.get(action="observations.import_undone")
    assert (event.detail["restored"], event.detail["removed"]) == (1, 1)


def test_undoing_twice_is_refused(coordinator: User, houses: Indicator) -> None:
    batch = applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator)
    undo_import(batch, by=coordinator)
    assert code_of(lambda: undo_import(batch, by=coordinator)) == "state"


@pytest.mark.parametrize("later", ["corrected", "withdrawn"])
def test_what_was_decided_upon_later_is_not_undone(later: str, coordinator: User, houses: Indicator) -> None:
    batch = applied(brought(coordinator, row(houses, "2014-01", 41), row(houses, "2014-02", 5)), coordinator)
    if later == "corrected":
        factories.official(factories.entry(houses, "2014-01", 42))
    else:
        withdraw_revision(Revision.objects.get(value=41), by=coordinator, reason="错")
    before = official()
    with pytest.raises(ValidationError) as refused:
        undo_import(batch, by=coordinator)
    assert refused.value.code == "stands"
    assert houses.name in refused.value.messages[0]
    assert "2014-01" in refused.value.messages[0]
    assert "2014-02" not in refused.value.messages[0]
    assert official() == before


def test_a_closed_month_is_not_undone(coordinator: User, houses: Indicator) -> None:
    batch = applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator)
    close_plan_month(factories.plan(), Month(2014, 1), by=coordinator)
    assert code_of(lambda: undo_import(batch, by=coordinator)) == "month_locked"
    assert official() == {"2014-01": 41}


def test_a_file_that_was_undone_can_be_imported_again(coordinator: User, houses: Indicator) -> None:
    undo_import(applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator), by=coordinator)
    assert applied(brought(coordinator, row(houses, "2014-01", 41)), coordinator).new == 1
    assert official() == {"2014-01": 41}


def test_entries_that_still_wait_are_returned(bureau: SimpleNamespace) -> None:
    batch = applied(brought(bureau.reporter, row(bureau.own, "2014-01", 41)), bureau.reporter)
    undo_import(batch, by=bureau.reporter, reason="误传")
    assert Revision.objects.get().state == "returned"


def test_entries_that_were_approved_are_not_returned(bureau: SimpleNamespace) -> None:
    batch = applied(brought(bureau.reporter, row(bureau.own, "2014-01", 41)), bureau.reporter)
    approve_revision(Revision.objects.get(), by=bureau.reviewer)
    assert code_of(lambda: undo_import(batch, by=bureau.reporter)) == "stands"


# --- Two at a time ----------------------------------------------------------------------------------------------------


@pytest.mark.postgres_only
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_two_files_that_overlap_come_one_after_the_other(coordinator: User, houses: Indicator) -> None:
    months = [f"2014-{number:02}" for number in range(1, 13)]
    factories.official(*[factories.entry(houses, month, 1) for month in months])
    files = [
        brought(coordinator, *[row(houses, month, value) for month in order])
        for value, order in ((2, months), (3, months[::-1]))
    ]
    for batch in files:
        confirm_import(batch, by=coordinator)
    together(*(lambda pk=batch.pk: write_confirmed_batch(pk) for batch in files))
    states = {batch.pk: batch.state for batch in ImportBatch.objects.all()}
    assert sorted(states.values()) == ["applied", "uploaded"]
    winner = next(batch for batch, value in zip(files, (2, 3), strict=True) if states[batch.pk] == "applied")
    assert set(official().values()) == {2 if winner is files[0] else 3}


def together(*works: Callable[[], object]) -> None:
    """Runs them at the same time, on connections of their own; they start when all are there."""
    gate, errors = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_middle_leaves_nothing(
    coordinator: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 41))
    confirm_import(batch, by=coordinator)

    def fail(*_arguments: object, **_details: object) -> None:
        raise RuntimeError("the power failed")

    with monkeypatch.context() as broken:
        broken.setattr(writing, "record", fail)
        with pytest.raises(RuntimeError):
            write_confirmed_batch(batch.pk)
    assert (Observation.objects.count(), Revision.objects.count()) == (0, 0)
    assert write_confirmed_batch(batch.pk)
    assert official() == {"2014-01": 41}


def test_rows_that_are_left_out_do_not_hold_up_the_others(coordinator: User, houses: Indicator) -> None:
    """What is official of a figure that was refused has nothing to do with those that are written."""
    other = factories.indicator("count")
    factories.official(factories.entry(other, "2014-02", 7))
    other.minimum = Decimal(0)
    other.save()
    batch = brought(coordinator, row(houses, "2014-01", 41), row(other, "2014-03", -1))
    assert counts(batch) == (2, 1, 0, 0, 1)
    assert applied(batch, coordinator, skip_rejected=True).state == "applied"
    assert official() == {"2014-01": 41, "2014-02": 7}
