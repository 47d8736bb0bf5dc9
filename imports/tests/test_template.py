"""The prefilled workbook: what is due, to be filled in and imported as it is."""

import io
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import missing
from departments.models import AuditEvent, Department, User
from departments.permissions import Role
from imports.models import ImportBatch, StagedRow
from imports.showing.template_file import COLUMNS, PLACES
from imports.tests.people import brought, counts
from imports.tests.tables import saved
from imports.tests.test_office import converted
from targets.models import Indicator
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def reporter() -> User:
    return factories.person(Role.REPORTER)


def unit(person: User) -> Department:
    return person.held[0].department


@pytest.fixture
def ratio(reporter: User) -> Indicator:
    made = factories.indicator(
        "ratio",
        department=unit(reporter),
        numerator_name="合格批次",
        denominator_name="抽检批次",
        numerator_unit="批次",
    )
    factories.target(made, "at_least", 92)
    return made


@pytest.fixture
def houses(reporter: User) -> Indicator:
    made = factories.indicator("count", department=unit(reporter), minimum=0)
    factories.target(made, "at_least", 100)
    return made


@pytest.fixture
def inspection(reporter: User) -> Indicator:
    made = factories.indicator("event", department=unit(reporter))
    factories.target(made, "done_by", None)
    return made


def downloaded(client: Client, by: User, month: str = "2014-06") -> Any:
    client.force_login(by)
    answer = client.post(reverse("imports_template"), {"unit": unit(by).code, "month": month})
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue()))


def line_of(book: Any, indicator: Indicator) -> int:
    return next(row for row in range(3, 100) if book.worksheets[0].cell(row, PLACES["code"]).value == indicator.code)


def fill(book: Any, indicator: Indicator, **values: object) -> None:
    for name, value in values.items():
        book.worksheets[0].cell(line_of(book, indicator), PLACES[name]).value = value


def test_untouched_it_changes_nothing(client: Client, reporter: User, ratio: Indicator, houses: Indicator) -> None:
    factories.official(factories.entry(houses, "2014-06", 40))
    batch = brought(reporter, data=saved(downloaded(client, reporter)), name="模板.xlsx")
    assert (counts(batch), batch.failure) == ((0, 0, 0, 0, 0), "not_filled_in")
    assert not StagedRow.objects.exists()


def test_filled_in_it_is_imported_as_it_is(
    client: Client, reporter: User, ratio: Indicator, houses: Indicator, inspection: Indicator
) -> None:
    book = downloaded(client, reporter)
    fill(book, ratio, numerator=190, denominator=200)
    fill(book, houses, value=0)
    fill(book, inspection, value=1, occurred_on="2014-06-20", note="已通过")
    batch = brought(reporter, data=saved(book), name="模板.xlsx")
    assert (batch.state, counts(batch), batch.errors) == ("ready", (3, 3, 0, 0, 0), [])
    rows = {one.indicator_id: one for one in StagedRow.objects.filter(batch=batch)}
    assert (rows[ratio.pk].numerator, rows[ratio.pk].denominator) == (190, 200)
    assert rows[houses.pk].value == 0
    assert (str(rows[inspection.pk].occurred_on), rows[inspection.pk].note) == ("2014-06-20", "已通过")


def test_rows_that_are_left_empty_are_not_reported(
    client: Client, reporter: User, ratio: Indicator, houses: Indicator
) -> None:
    book = downloaded(client, reporter)
    fill(book, houses, value=7)
    batch = brought(reporter, data=saved(book), name="模板.xlsx")
    assert (batch.state, counts(batch)) == ("ready", (1, 1, 0, 0, 0))
    assert [one["reason"] for one in batch.recognition["recognition"]["sheets"][0]["left_out"]][-1] == "no_figures"


def test_a_note_without_its_figure_is_told(client: Client, reporter: User, houses: Indicator) -> None:
    book = downloaded(client, reporter)
    fill(book, houses, note="还没有")
    batch = brought(reporter, data=saved(book), name="模板.xlsx")
    assert [error["code"] for error in batch.errors] == ["value_missing"]


def test_it_shows_what_is_known_and_locks_everything_but_the_inputs(
    client: Client, reporter: User, ratio: Indicator, houses: Indicator
) -> None:
    factories.official(factories.entry(ratio, "2014-05", 180, 200))
    factories.official(factories.entry(houses, "2013-06", 12))
    book = downloaded(client, reporter)
    sheet = book.worksheets[0]
    row, other = line_of(book, ratio), line_of(book, houses)
    assert sheet.cell(row, PLACES["before"]).value == "180/200"
    assert sheet.cell(other, PLACES["last_year"]).value == "12"
    assert "合格批次" in sheet.cell(row, PLACES["rule"]).value
    assert sheet.protection.sheet
    free = {name for name in COLUMNS if not sheet.cell(row, PLACES[name]).protection.locked}
    assert free == {"numerator", "denominator", "note"}
    assert sheet.cell(2, 1).protection.locked
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"decimal", "textLength"}


def test_no_name_runs_as_a_formula(client: Client, reporter: User, houses: Indicator) -> None:
    houses.name = '=HYPERLINK("x")'
    houses.save()
    Department.objects.filter(pk=unit(reporter).pk).update(name="@SUM(1)")
    book = downloaded(client, reporter)
    cells = [cell for sheet in book for line in sheet for cell in line if cell.value is not None]
    assert all(cell.data_type != "f" and not str(cell.value).startswith(("=", "@", "+")) for cell in cells)
    fill(book, houses, value=7)
    assert brought(reporter, data=saved(book), name="模板.xlsx").state == "ready"


def test_taking_it_away_is_recorded(client: Client, reporter: User, houses: Indicator) -> None:
    downloaded(client, reporter)
    event = AuditEvent.objects.get(action="template.exported")
    assert (event.actor, event.detail["month"]) == (reporter, "2014-06")


def test_others_units_and_nonsense_are_refused(client: Client, reporter: User, houses: Indicator) -> None:
    stranger = Department.objects.create(code="stranger", name="别的局", short_name="别的局", region=factories.region())
    client.force_login(reporter)
    own = unit(reporter).code
    for code, month, status in (
        (stranger.code, "2014-06", 403),
        ("nobody", "2014-06", 404),
        (own, "2014-13", 404),
        (own, "2099-01", 404),
        (own, "", 404),
        ("", "2014-06", 404),
    ):
        assert client.post(reverse("imports_template"), {"unit": code, "month": month}).status_code == status
    assert client.get(reverse("imports_template")).status_code == 405


def test_pages_offer_it(client: Client, reporter: User, houses: Indicator) -> None:
    client.force_login(reporter)
    code = unit(reporter).code
    for address in (reverse("imports_upload"), reverse("worksheet", args=[code, "2014-06"])):
        page = client.get(address).content.decode()
        assert reverse("imports_template") in page
        assert f'value="{code}"' in page


def test_an_office_program_saves_it_so_that_it_is_read(
    client: Client, reporter: User, ratio: Indicator, houses: Indicator, inspection: Indicator, tmp_path: Path
) -> None:
    if shutil.which("soffice") is None:
        missing("LibreOffice not found: apt-get install libreoffice-calc-nogui / 未找到 LibreOffice")
    book = downloaded(client, reporter)
    fill(book, ratio, numerator=190, denominator=200)
    fill(book, inspection, value=0)
    (tmp_path / "book.xlsx").write_bytes(saved(book))
    for kind in ("xlsx", "ods", "xls"):
        batch = brought(reporter, data=converted(tmp_path, kind), name=f"模板.{kind}")
        assert (kind, counts(batch), batch.errors) == (kind, (2, 2, 0, 0, 0), [])
    assert ImportBatch.objects.count() == 3


def test_many_indicators_take_as_many_queries_as_one(client: Client, reporter: User, houses: Indicator) -> None:
    downloaded(client, reporter)  # logs in
    asked = []
    for number in (0, 12):
        for _one in range(number):
            factories.target(factories.indicator("count", department=unit(reporter)), "at_least", 100)
        with CaptureQueriesContext(connection) as queries:
            downloaded(client, reporter)
        asked.append(len(queries))
    assert asked[0] == asked[1]
