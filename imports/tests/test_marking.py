"""The person's own file back, its errors marked; corrected and uploaded again it is accepted."""

import io
import os
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from departments.models import User
from imports import jobs
from imports.batches import keeping, uploads
from imports.batches.marking import mark_errors_of_batch, marked_workbook
from imports.batches.uploads import ERRORS_SHEET
from imports.models import ImportBatch, StagedRow
from imports.tests.people import brought, row
from imports.tests.tables import csv_bytes, saved, xlsx_bytes
from targets.models import Indicator
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator() -> User:
    return factories.coordinator()


@pytest.fixture
def houses() -> Indicator:
    return factories.indicator("count")


def marked(batch: ImportBatch) -> Any:
    mark_errors_of_batch(batch.pk)
    path = marked_workbook(batch)
    assert path is not None
    return openpyxl.load_workbook(path)


@pytest.mark.parametrize("make", [csv_bytes, xlsx_bytes])
def test_the_bad_cell_is_coloured_and_says_why(make: Any, coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, data=make([row(houses, "2014-01", 4), row(houses, "2014-02", "viel")]))
    book = marked(batch)
    assert book.sheetnames[0] == ERRORS_SHEET
    cell = book.worksheets[1].cell(3, 4)
    assert (cell.value, cell.fill.fgColor.rgb) == ("viel", "FFF4CCCC")
    assert "viel" in cell.comment.text
    assert book.worksheets[1].cell(2, 4).comment is None
    assert [one.value for one in book.worksheets[0][2]][1] == 3


@pytest.mark.parametrize("make", [csv_bytes, xlsx_bytes])
def test_corrected_and_uploaded_again_it_is_accepted(make: Any, coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, data=make([row(houses, "2014-01", "-4"), row(houses, "2014-02", "viel")]))
    book = marked(batch)
    book.worksheets[1].cell(3, 4).value = 5
    again = brought(coordinator, data=saved(book))
    assert (again.state, again.new) == ("ready", 2)
    assert [int(one.value or 0) for one in StagedRow.objects.filter(batch=again).order_by("number")] == [-4, 5]


@pytest.mark.parametrize("make", [csv_bytes, xlsx_bytes])
def test_no_cell_runs_as_a_formula(make: Any, coordinator: User, houses: Indicator) -> None:
    evil = '=HYPERLINK("x")'
    batch = brought(coordinator, data=make([row(houses, "2014-13", 4, note="@SUM(1)"), (evil, "x", "2014-01", 1)]))
    book = marked(batch)
    cells = [cell for sheet in book for line in sheet for cell in line if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert all(not str(cell.value).startswith(("=", "@")) for cell in cells)


def test_a_very_long_workbook_keeps_its_cells(
    coordinator: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.batches.marking.MOST_ROWS", 1)
    batch = brought(coordinator, data=xlsx_bytes([row(houses, "2014-01", "viel")], title="一月"))
    book = marked(batch)
    assert book.sheetnames == [ERRORS_SHEET, "一月"]
    assert book["一月"].cell(2, 4).comment is not None


def test_the_uploader_downloads_it_once_a_worker_has_made_it(
    client: Client, coordinator: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = brought(coordinator, row(houses, "2014-01", "viel"))
    client.force_login(coordinator)
    address, sent = reverse("imports_marked", args=[batch.pk]), []
    monkeypatch.setattr("imports.views.batches.send_import_message", lambda task, pk: sent.append((task, pk)))
    assert client.get(address).status_code == 302
    assert sent == [(jobs.mark, batch.pk)]
    jobs.mark(batch.pk)
    answer = client.get(address)
    content = answer.getvalue()
    assert ERRORS_SHEET in openpyxl.load_workbook(io.BytesIO(content)).sheetnames
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("make", [csv_bytes, xlsx_bytes])
def test_the_list_of_errors_leads_to_the_cell(make: Any, coordinator: User, houses: Indicator) -> None:
    book = marked(brought(coordinator, data=make([row(houses, "2014-01", 4), row(houses, "2014-02", "viel")])))
    cell = book.worksheets[0].cell(2, 3)
    assert cell.value == "D3"
    assert cell.hyperlink.location == f"'{book.sheetnames[1]}'!D3"


def test_a_file_without_errors_has_none(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 4))
    client.force_login(coordinator)
    jobs.mark(batch.pk)
    assert client.get(reverse("imports_marked", args=[batch.pk])).status_code == 404


def test_old_uploads_go_and_what_was_made_of_them_stays(coordinator: User, houses: Indicator, settings: Any) -> None:
    old, young = (brought(coordinator, row(houses, "2014-01", "viel"), row(houses, "2014-02", 4)) for _one in range(2))
    for batch in (old, young):
        mark_errors_of_batch(batch.pk)
    old.source.at = old.source.at.replace(year=2010)
    old.source.save()
    assert keeping.tidy_old_imports() == 1
    old.refresh_from_db()
    assert (old.file, old.read, old.errors_total, old.recognition) == ("", 2, 1, {})
    assert {one.batch_id for one in StagedRow.objects.all()} == {young.pk}


def test_files_that_belong_to_no_import_go_after_a_day(coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, row(houses, "2014-01", 4))
    for name in ("stranger", "guest"):
        uploads.path_of(name).write_bytes(b"x")
    for name in ("stranger", batch.file):
        os.utime(uploads.path_of(name), (0, 0))
    keeping.tidy_old_imports()
    assert {path.name for path in uploads.folder().iterdir()} == {"guest", batch.file}
