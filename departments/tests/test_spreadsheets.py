"""No cell of any file that leaves runs as a formula, and there is no other writer of such files."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from departments.models import Department
from departments.permissions import Role
from departments.tests.callers import member
from pages.spreadsheets import (
    make_text_harmless,
    new_workbook,
    put,
    restore_typed_text,
    save_workbook,
    write_rows_as_csv,
    write_rows_as_xlsx,
)
from pages.tests.house import APPS

pytestmark = pytest.mark.django_db  # a workbook bears the head of the audit chain

EVIL = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    " =1+1",
    "　＝1+1",
]
PLAIN = ["-5", "-0.42", "-1,243.50", "-3.1%", "-3.1\u00a0%", "-", "－", "温州市", "92", "", "5=5", "a\n=b"]


@pytest.mark.parametrize("text", EVIL)
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_in_every_kind_of_file(text: str) -> None:
    ((cell, number),) = csv.reader(
        io.StringIO(write_rows_as_csv([[text, Decimal("-5.20")]]).decode("utf-8-sig"), newline="")
    )
    assert (cell, number) == (f"'{text}", "-5.20")
    page = load_workbook(io.BytesIO(write_rows_as_xlsx("1", [[text, Decimal("-5.20"), -3]]))).active
    assert page is not None
    assert [one.data_type for one in page[1]] == ["s", "n", "n"]
    assert str(page["A1"].value).startswith("'")
    book = new_workbook()
    put(book.active, 1, 1, text)
    put(book.active, 1, 2, date(2014, 6, 1))
    again = load_workbook(io.BytesIO(save_workbook(book))).active
    assert again is not None
    assert [one.data_type for one in again[1]] == ["s", "d"]


@pytest.mark.parametrize("text", PLAIN)
def test_a_number_that_is_negative_and_any_other_text_stay_as_they_are(text: str) -> None:
    assert make_text_harmless(text) == text


@given(st.text())
def test_a_text_that_comes_back_is_the_one_that_left(text: str) -> None:
    if not text.startswith("'"):
        assert restore_typed_text(make_text_harmless(text)) == text


def test_signs_that_no_workbook_holds_are_left_out() -> None:
    page = load_workbook(io.BytesIO(write_rows_as_xlsx("1", [["a\x0bb\0"]]))).active
    assert page is not None
    assert page["A1"].value == "ab"


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "＝1+1", "-2+3"])
def test_what_the_administration_takes_away_runs_nothing_and_comes_back_as_it_was(text: str) -> None:
    by = member(Role.ADMINISTRATOR)
    unit = by.memberships.get().department
    Department.objects.filter(pk=unit.pk).update(name=text)
    client = Client()
    client.force_login(by)
    page = client.get("/admin/departments/department/export/")
    fields = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', page.content.decode()), "on")
    sent = fields | {"resource": "0"}
    table = client.post("/admin/departments/department/export/", sent | {"format": "0"})
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    assert [row["name"] for row in rows if row["code"] == unit.code] == [f"'{text}"]
    book = client.post("/admin/departments/department/export/", sent | {"format": "1"})
    cells = [cell for row in load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows() for cell in row]
    assert f"'{text}" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]
    file = io.BytesIO(table.content)
    file.name = "departments.csv"
    checked = client.post(
        "/admin/departments/department/import/", {"import_file": file, "format": "0", "resource": "0"}
    )
    assert checked.status_code == 200
    assert not checked.context["result"].has_errors()
    assert checked.context["result"].totals["skip"] == len(rows)


OTHER_WRITERS = re.compile(r"csv\.(writer|DictWriter)|\bWorkbook\(|WriteOnlyCell|\btablib\b|xlsxwriter|xlwt|\.export\(")


def test_there_is_no_other_writer_of_tables() -> None:
    own = Path("pages/spreadsheets.py")
    found = []
    for folder in APPS:
        for file in (settings.BASE_DIR / folder).rglob("*.py"):
            place = file.relative_to(settings.BASE_DIR)
            if "tests" not in place.parts and place != own:
                found += [(str(place), line) for line in file.read_text().splitlines() if OTHER_WRITERS.search(line)]
    assert found == []
