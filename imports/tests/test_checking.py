"""A stored upload is checked whole: whose rows they are, what they change, what is odd; and it can be repeated."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from departments.models import User
from departments.permissions import Role
from imports.batches import checking, uploads
from imports.batches.checking import check_import_batch
from imports.batches.loading import entries_of
from imports.files.readers import UnreadableError
from imports.models import ImportBatch, StagedRow
from imports.services.deciding import cancel_import
from imports.services.receiving import receive_import_file
from imports.tests.people import brought, counts, row, told
from imports.tests.tables import csv_bytes, uploaded
from plans.periods import Month
from targets.models import Observation, Revision
from targets.services.locking import close_plan_month
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator() -> User:
    return factories.coordinator()


@pytest.fixture
def bureau() -> SimpleNamespace:
    """A bureau that reports one indicator, its reporter, a county, and an indicator made from the counties."""
    factories.plan()
    unit = factories.department()
    west = factories.region("100101", factories.region())
    government = factories.department(west)
    government.kind = "county_government"
    government.save()
    return SimpleNamespace(
        own=factories.indicator("count", department=unit),
        others=factories.indicator("count", department=factories.department()),
        quarterly=factories.indicator("count", department=unit, frequency="quarterly"),
        pooled=factories.indicator("ratio", region_rule="pooled"),
        reporter=factories.person(Role.REPORTER, unit),
        county=factories.person(Role.COUNTY, government),
        west=west,
    )


def test_what_a_reporter_uploads_is_compared_and_waits(bureau: SimpleNamespace) -> None:
    batch = brought(bureau.reporter, row(bureau.own, "2014-01", 40))
    assert (batch.state, batch.official, counts(batch)) == ("ready", False, (1, 1, 0, 0, 0))
    assert not Observation.objects.exists()


def test_a_reporter_hands_in_only_what_is_asked_of_the_own_unit(bureau: SimpleNamespace) -> None:
    batch = brought(
        bureau.reporter,
        row(bureau.own, "2014-01", 40),
        row(bureau.others, "2014-01", 40),
        row(bureau.quarterly, "2014-01", 40),
        row(bureau.quarterly, "2014-03", 40),
        row(bureau.own, "2013-01", 40),
        row(bureau.pooled, "2014-01", 4, 5, place=bureau.west),
    )
    assert told(batch) == [(number, "indicator", "not_asked") for number in (3, 4, 6, 7)]
    assert counts(batch) == (6, 2, 0, 0, 4)


def test_a_county_hands_in_its_own_region(bureau: SimpleNamespace) -> None:
    east = factories.region("100102", factories.region())
    batch = brought(
        bureau.county,
        row(bureau.pooled, "2014-01", 4, 5, place=bureau.west),
        row(bureau.pooled, "2014-01", 4, 5, place=east),
        row(bureau.own, "2014-01", 4),
    )
    assert told(batch) == [(3, "indicator", "not_asked"), (4, "indicator", "not_asked")]


@pytest.mark.parametrize("role", [Role.LEADER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_nobody_else_hands_a_file_over(role: Role, own_uploads: object) -> None:
    with pytest.raises(PermissionDenied):
        receive_import_file(uploaded(b"x"), by=factories.person(role))
    assert not ImportBatch.objects.exists()
    assert list(uploads.folder().iterdir()) == []


def test_an_odd_figure_is_shown_and_never_refuses_a_file(bureau: SimpleNamespace) -> None:
    bureau.own.usual_high = 100
    bureau.own.save()
    odd, explained = row(bureau.own, "2014-01", 400), row(bureau.own, "2014-02", 500, note="普查补报")
    batch = brought(bureau.reporter, odd, explained)
    assert (batch.state, told(batch)) == ("ready", [])
    assert (counts(batch), batch.odd) == ((2, 2, 0, 0, 0), 2)


def test_a_coordinator_is_warned_and_not_refused(bureau: SimpleNamespace, coordinator: User) -> None:
    bureau.own.usual_high = 100
    bureau.own.save()
    batch = brought(coordinator, row(bureau.own, "2014-01", 400))
    assert (batch.state, batch.odd) == ("ready", 1)
    assert StagedRow.objects.get().odd_codes == ["unusually_high"]


def test_a_closed_month_is_told(bureau: SimpleNamespace, coordinator: User) -> None:
    close_plan_month(factories.plan(), Month(2014, 1), by=coordinator)
    assert told(brought(coordinator, row(bureau.own, "2014-01", 4))) == [(2, "month", "month_locked")]


def test_new_changed_and_unchanged_are_told_apart(bureau: SimpleNamespace, coordinator: User) -> None:
    for month, figure in (("2014-01", 40), ("2014-02", 0)):
        factories.official(factories.entry(bureau.own, month, figure))
    rows = row(bureau.own, "2014-01", "40.000"), row(bureau.own, "2014-02", 1), row(bureau.own, "2014-03", 0)
    assert counts(brought(coordinator, *rows)) == (3, 1, 1, 1, 0)


def test_what_waits_for_a_review_is_not_handed_in_twice(bureau: SimpleNamespace) -> None:
    factories.official(factories.entry(bureau.own, "2014-01", 40))
    where = Observation.objects.get()
    Revision.objects.create(
        observation=where,
        value=Decimal(41),
        state="submitted",
        author=bureau.reporter,
        source=factories.source(bureau.reporter),
        created_at=timezone.now(),
    )
    assert counts(brought(bureau.reporter, row(bureau.own, "2014-01", 41))) == (1, 0, 0, 1, 0)
    assert counts(brought(bureau.reporter, row(bureau.own, "2014-01", 42))) == (1, 0, 1, 0, 0)
    assert counts(brought(bureau.reporter, row(bureau.own, "2014-01", 40))) == (1, 0, 1, 0, 0)


def test_wrong_headings_leave_no_row_to_be_trusted(bureau: SimpleNamespace, coordinator: User) -> None:
    data = csv_bytes([row(bureau.own, "2014-01", 4)], headings=("指标", "地区", "月份", "数值", "颜色"))
    batch = brought(coordinator, data=data)
    assert (batch.state, counts(batch)) == ("rejected", (1, 0, 0, 0, 1))


def test_checking_again_gives_the_same(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = brought(coordinator, row(bureau.own, "2014-01", 4), row(bureau.own, "2014-02", "viel"))
    ImportBatch.objects.update(state="checking", attempts=1)
    check_import_batch(batch.pk)
    again = ImportBatch.objects.get()
    assert (again.state, counts(again), told(again)) == (batch.state, counts(batch), told(batch))
    assert StagedRow.objects.count() == 1


def test_a_check_that_never_ends_is_given_up(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = receive_import_file(uploaded(csv_bytes([row(bureau.own, "2014-01", 4)])), by=coordinator)
    ImportBatch.objects.update(state="checking", attempts=checking.ATTEMPTS)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == ("failed", "crashed")


def test_another_process_that_holds_the_upload_is_not_disturbed(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = receive_import_file(uploaded(csv_bytes([row(bureau.own, "2014-01", 4)])), by=coordinator)
    with uploads.hold_upload(batch.file):
        check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "uploaded"


def test_a_cancelled_check_stops(bureau: SimpleNamespace, coordinator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = receive_import_file(uploaded(csv_bytes([row(bureau.own, "2014-01", 4)])), by=coordinator)
    meanwhile = entries_of

    def cancelled_meanwhile(*arguments: Any) -> object:
        cancel_import(batch, by=coordinator)
        return meanwhile(*arguments)

    monkeypatch.setattr(checking, "entries_of", cancelled_meanwhile)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == ("failed", "cancelled")
    assert not StagedRow.objects.exists()


def test_an_upload_that_is_gone_is_told(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = receive_import_file(uploaded(csv_bytes([row(bureau.own, "2014-01", 4)])), by=coordinator)
    uploads.remove_upload(batch.file)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == ("failed", "file_gone")


def test_many_errors_are_counted_and_a_bounded_number_is_kept(
    bureau: SimpleNamespace, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ERRORS_KEPT", 10)
    batch = brought(coordinator, *[row(bureau.own, "2014-13", 4) for _number in range(25)])
    assert (batch.errors_total, len(batch.errors), batch.rejected) == (25, 10, 25)


def test_too_many_rows_are_told(bureau: SimpleNamespace, coordinator: User, settings: Settings) -> None:
    settings.IMPORT_MAX_ROWS = 5
    batch = brought(coordinator, *[row(bureau.own, "2014-01", 4) for _number in range(6)])
    assert (batch.state, batch.failure) == ("rejected", "too_many_rows")


@pytest.mark.parametrize(("size", "code"), [(0, "empty"), (1001, "too_large")])
def test_an_upload_that_is_refused_leaves_nothing(size: int, code: str, coordinator: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(UnreadableError) as caught:
        receive_import_file(uploaded(b"x" * size), by=coordinator)
    assert caught.value.code == code
    assert list(uploads.folder().iterdir()) == []


def test_an_upload_lies_under_a_name_that_says_nothing(bureau: SimpleNamespace, coordinator: User) -> None:
    batch = receive_import_file(uploaded(b"x", "../秘密.csv"), by=coordinator)
    path = uploads.path_of(batch.file)
    assert (batch.file_name, len(path.name), path.read_bytes()) == ("秘密.csv", 40, b"x")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.postgres_only
def test_the_queries_of_a_check_do_not_grow_with_the_rows(bureau: SimpleNamespace) -> None:
    def queries(number: int, first: int) -> int:
        indicators = [factories.indicator("count", department=bureau.own.department) for _one in range(number)]
        batch = receive_import_file(
            uploaded(csv_bytes([row(one, f"2014-{first:02}", 4) for one in indicators])), by=bureau.reporter
        )
        with CaptureQueriesContext(connection) as captured:
            check_import_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.new == number
        return len(captured)

    assert queries(3, 1) == queries(60, 2)


def test_a_heading_that_is_told_too_little_rejects_its_own_figures_alone(coordinator: User) -> None:
    houses = factories.indicator("count")
    place = factories.region().code
    headings = ("指标", "地区", "2014年1月", "2月")
    batch = brought(coordinator, data=csv_bytes([(houses.code, place, 4, 5)], headings=headings))
    assert [error["code"] for error in batch.errors] == ["year_missing"]
    assert (batch.read, batch.new, batch.rejected) == (2, 1, 1)


def test_a_heading_that_is_not_understood_rejects_its_sheet(coordinator: User) -> None:
    houses = factories.indicator("count")
    place = factories.region().code
    headings = ("指标", "地区", "2014年1月", "其中农村")
    batch = brought(coordinator, data=csv_bytes([(houses.code, place, 4, 5)], headings=headings))
    assert (batch.read, batch.new, batch.rejected) == (1, 0, 1)


def test_a_name_that_is_wrong_for_several_figures_of_a_row_is_told_once(coordinator: User) -> None:
    houses = factories.indicator("count")
    headings = ("指标", "地区", "2014年1月", "2014年2月")
    batch = brought(coordinator, data=csv_bytes([(houses.code, "火星", 4, 5)], headings=headings))
    assert told(batch) == [(2, "region", "region_unknown")]
    assert (batch.read, batch.rejected) == (2, 2)
