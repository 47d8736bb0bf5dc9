"""A file is imported whole or not at all, and everything that is wrong is told at once."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from departments.models import AuditEvent, Region, User
from departments.permissions import Role
from imports.batches.messages import errors_of
from imports.files.readers import UnreadableError
from imports.models import ImportBatch
from imports.services.whole import import_observations
from imports.tests.tables import csv_bytes, uploaded, xlsx_bytes
from plans.periods import Month
from targets.models import DirtyKey, Indicator, Observation, Revision, Source
from targets.services import official as writing
from targets.tests import factories

pytestmark = pytest.mark.django_db
OTHERS = [role for role in Role if role is not Role.COORDINATOR]


@pytest.fixture
def coordinator() -> User:
    return factories.coordinator()


@pytest.fixture
def houses() -> Indicator:
    return factories.indicator("count")


def bring(by: User, *rows: Sequence[Any], data: bytes | None = None) -> ImportBatch:
    return import_observations(uploaded(data or csv_bytes(rows)), by=by)


def counts(batch: ImportBatch) -> tuple[int, int, int, int, int]:
    return batch.read, batch.new, batch.changed, batch.unchanged, batch.rejected


def told(batch: ImportBatch) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in batch.errors]


def stored() -> list[int]:
    return [model.objects.count() for model in (Observation, Revision, DirtyKey)]


def row(indicator: Indicator, month: str, value: object, place: Region | None = None) -> tuple[object, ...]:
    return indicator.code, (place or factories.region()).code, month, value


def test_figures_are_official_at_once_and_say_where_they_come_from(coordinator: User, houses: Indicator) -> None:
    batch = bring(coordinator, row(houses, "2014-01", 40), row(houses, "2014-02", "1,243"))
    assert (batch.state, counts(batch)) == ("applied", (2, 2, 0, 0, 0))
    revision = Revision.objects.get(observation__month=Month(2014, 2))
    assert (revision.value, revision.state, revision.official_by) == (Decimal(1243), "approved", "import")
    assert (revision.author, revision.approved_by, revision.source) == (coordinator, None, batch.source)
    assert len(batch.source.digest) == 64
    assert batch.source.label == batch.file_name == "数据.csv"
    assert not batch.source.demonstration


def test_names_are_understood_like_codes(coordinator: User) -> None:
    indicator = factories.indicator("ratio")
    Indicator.objects.filter(pk=indicator.pk).update(name="空气(AQI)Ⅲ类优良率")
    place = factories.region()
    batch = bring(coordinator, ("空气（AQI）Ⅲ类 优良率", f" {place.name}", "2014年1月", None, 20, 31))
    assert counts(batch) == (1, 1, 0, 0, 0)
    found = Observation.objects.get()
    assert (found.indicator, found.region, found.numerator, found.denominator) == (indicator, place, 20, 31)


def test_a_workbook_gives_the_same_as_a_text_file(coordinator: User, houses: Indicator) -> None:
    rows = [row(houses, "2014-01", 40), (houses.name, int(factories.region().code), 201402, 0.5)]
    assert counts(bring(coordinator, data=xlsx_bytes(rows))) == (2, 2, 0, 0, 0)
    assert counts(bring(coordinator, *rows)) == (2, 0, 0, 2, 0)


def test_the_same_file_again_writes_nothing_but_a_batch_that_says_so(coordinator: User, houses: Indicator) -> None:
    data = csv_bytes([row(houses, "2014-01", 40)])
    bring(coordinator, data=data)
    DirtyKey.objects.all().delete()
    before = stored()
    again = bring(coordinator, data=data)
    assert (again.state, counts(again)) == ("applied", (1, 0, 0, 1, 0))
    assert stored() == before
    assert ImportBatch.objects.count() == 2


def test_a_late_correction_supersedes_and_keeps_what_was(coordinator: User, houses: Indicator) -> None:
    bring(coordinator, row(houses, "2014-01", 40), row(houses, "2014-02", 50))
    batch = bring(coordinator, row(houses, "2014-01", 41), row(houses, "2014-02", 50), row(houses, "2014-03", 1))
    assert counts(batch) == (3, 1, 1, 1, 0)
    revisions = Revision.objects.filter(observation__month=Month(2014, 1)).order_by("id")
    assert [(one.value, one.state) for one in revisions] == [(40, "superseded"), (41, "approved")]


def test_zero_stays_zero_and_empty_is_refused(coordinator: User, houses: Indicator) -> None:
    assert bring(coordinator, row(houses, "2014-01", 0)).applied
    assert Observation.objects.get().value == 0
    assert told(bring(coordinator, row(houses, "2014-02", "—"))) == [(2, "value", "value_missing")]


def test_every_error_is_told_at_once_in_the_order_of_the_file(coordinator: User, houses: Indicator) -> None:
    ratio, place = factories.indicator("ratio"), factories.region()
    batch = bring(
        coordinator,
        row(houses, "2014-01", 40),
        ("nonsense", place.code, "2014-13", "much"),
        (ratio.code, place.code, "2014-01", 90),
        (ratio.code, place.code, "2014-02", None, 3, 0),
        row(houses, "2014-01", 41),
        ("完全不同", "某地", "2014-01", 1),
    )
    assert told(batch) == [
        (3, "month", "not_a_month"),
        (3, "value", "not_a_number"),
        (3, "indicator", "indicator_unknown"),
        (4, "value", "ratio_given_as_value"),
        (4, "numerator", "part_missing"),
        (4, "denominator", "part_missing"),
        (5, "denominator", "zero_denominator"),
        (6, "indicator", "given_twice_here"),
        (7, "indicator", "indicator_unknown"),
        (7, "region", "region_unknown"),
    ]
    assert batch.errors[7]["details"] == {"first": "2"}
    assert (batch.state, counts(batch)) == ("rejected", (6, 1, 0, 0, 5))


BAD_ROWS = {
    "unknown indicator": ("nonsense", "100100", "2014-02", 1),
    "unknown region": ("{code}", "某地", "2014-02", 1),
    "no month": ("{code}", "100100", "", 1),
    "no number": ("{code}", "100100", "2014-02", "viel"),
    "nothing": ("{code}", "100100", "2014-02", "/"),
    "twice": ("{code}", "100100", "2014-01", 1),
    "a ratio's parts": ("{code}", "100100", "2014-02", None, 1, 2),
    "too many digits": ("{code}", "100100", "2014-02", "0.1234567"),
    "a day": ("{code}", "100100", "2014-02", 1, None, None, "", "2014-02-01"),
    "an error cell": ("{code}", "100100", "2014-02", "#DIV/0!"),
    "outside the table": ("{code}", "100100", "2014-02", 1, None, None, "", "", "?"),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_one_bad_row_keeps_the_whole_file_out(kind: str, coordinator: User, houses: Indicator) -> None:
    bad = [houses.code if cell == "{code}" else cell for cell in BAD_ROWS[kind]]
    batch = bring(coordinator, row(houses, "2014-01", 40), bad, row(houses, "2014-03", 40))
    assert (batch.state, counts(batch)) == ("rejected", (3, 2, 0, 0, 1))
    assert {error["row"] for error in batch.errors} == {3}
    assert stored() == [0, 0, 0]
    assert all("%" not in error.sentence for error in errors_of(batch))


def test_a_refusal_is_recorded(coordinator: User) -> None:
    batch = bring(coordinator, ("x", "y", "z", "1"))
    event = AuditEvent.objects.get(action="observations.import_refused")
    assert (event.actor, event.subject) == (coordinator, f"imports.importbatch:{batch.pk}")
    assert event.detail == {"rows": 1, "errors": len(batch.errors)}


def test_an_import_is_recorded_once(coordinator: User, houses: Indicator) -> None:
    bring(coordinator, row(houses, "2014-01", 40))
    events = AuditEvent.objects.filter(action__startswith="observations.").order_by("pk")
    assert [(event.action, event.detail) for event in events] == [
        ("observations.import_confirmed", {"rows": 1, "left_out": 0}),
        ("observations.imported", {"new": 1, "changed": 0, "unchanged": 0}),
    ]


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_a_coordinator_imports(role: Role, houses: Indicator) -> None:
    with pytest.raises(PermissionDenied):
        bring(factories.person(role), row(houses, "2014-01", 40))
    assert stored() == [0, 0, 0]
    assert not Source.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_superuser_without_a_role_does_not_import() -> None:
    with pytest.raises(PermissionDenied):
        bring(User.objects.create_superuser("root"), data=b"")


@pytest.mark.parametrize("data", [b"", b"\0\1\2", csv_bytes([]), "指标,地区,月份,数值\n,,,\n".encode()])
def test_a_file_without_a_table_stores_nothing(data: bytes, coordinator: User) -> None:
    with pytest.raises(UnreadableError):
        import_observations(uploaded(data), by=coordinator)
    assert not Source.objects.exists()


def test_a_file_that_is_too_large_is_not_read(coordinator: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(UnreadableError) as caught:
        import_observations(uploaded(b"x" * 1001), by=coordinator)
    assert caught.value.code == "too_large"


def test_a_total_that_falls_is_refused_unless_it_is_explained(coordinator: User) -> None:
    beds = factories.indicator("count", entry_basis="to_date")
    bring(coordinator, row(beds, "2014-01", 300), row(beds, "2014-02", 650))
    refused = bring(coordinator, row(beds, "2014-03", 600))
    assert told(refused) == [(2, "value", "total_falls")]
    assert bring(coordinator, (*row(beds, "2014-03", 600), None, None, "重复登记已更正")).applied


def test_a_figure_of_a_whole_that_is_made_from_its_parts_is_refused(coordinator: User) -> None:
    city = factories.region()
    factories.region("100101", parent=city)
    summed = factories.indicator("count", region_rule="sum")
    assert told(bring(coordinator, row(summed, "2014-01", 5))) == [(2, "region", "made_from_parts")]


def test_an_unknown_name_brings_the_nearest_ones(coordinator: User, houses: Indicator) -> None:
    Region.objects.create(code="100200", name="鹿城区", kind="district")
    (error,) = errors_of(bring(coordinator, (houses.code, "鹿成区", "2014-01", 1)))
    assert "鹿城区" in error.sentence


def test_a_name_of_two_regions_is_not_guessed(coordinator: User, houses: Indicator) -> None:
    for code in ("100300", "100400"):
        Region.objects.create(code=code, name="新城区", kind="district")
    (error,) = errors_of(bring(coordinator, (houses.code, "新城区", "2014-01", 1)))
    assert "100300, 100400" in error.sentence


def test_the_same_figure_on_two_sheets_is_told_with_both_places(coordinator: User, houses: Indicator) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([row(houses, "2014-01", 1)], title="一")))
    copy = book.copy_worksheet(book["一"])
    copy.title = "二"
    target = io.BytesIO()
    book.save(target)
    batch = bring(coordinator, data=target.getvalue())
    (error,) = batch.errors
    assert (error["sheet"], error["row"], error["details"]) == ("二", 2, {"first": "2", "sheet": "一"})


@pytest.mark.postgres_only
def test_the_number_of_queries_does_not_grow_with_the_rows(coordinator: User, houses: Indicator) -> None:
    def queries(rows: int, first_year: int) -> int:
        months = [f"{first_year + number // 12}-{number % 12 + 1:02}" for number in range(rows)]
        data = csv_bytes([row(houses, month, number) for number, month in enumerate(months)])
        with CaptureQueriesContext(connection) as captured:
            assert bring(coordinator, data=data).read == rows
        return len(captured)

    bring(coordinator, row(houses, "1949-12", 1))  # reads the person's roles, once a request
    assert queries(10, 1950) == queries(1000, 2000)


def test_a_failure_while_writing_leaves_nothing(
    coordinator: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_details: object) -> None:
        raise RuntimeError("the power failed")

    monkeypatch.setattr(writing, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        bring(coordinator, row(houses, "2014-01", 40))
    assert stored() == [0, 0, 0]
    assert not Source.objects.exists()


def test_counts_that_do_not_add_up_cannot_be_stored(coordinator: User) -> None:
    with pytest.raises(IntegrityError):
        ImportBatch.objects.create(source=factories.source(coordinator), state="applied", read=3, new=1, changed=1)


def test_a_batch_is_never_applied_in_part(coordinator: User) -> None:
    with pytest.raises(IntegrityError):
        ImportBatch.objects.create(source=factories.source(coordinator), state="applied", read=3, new=1, rejected=2)
