"""The sheet of quotas: taken away prefilled, brought back filled in; all of it is set, or nothing and why."""

import io
import re
from collections.abc import Callable
from decimal import Decimal as D
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pytest_django.fixtures import Settings

from departments.models import AuditEvent, User
from departments.permissions import Role
from plans.periods import Month
from targets.models import Quota, Target
from targets.services.locking import close_plan_month
from targets.services.quotas import set_quotas
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
ADDRESS = "/imports/plans/plan-2014/quotas/"
PAPER = "温质〔2014〕3号"
CODES, NAMES, FIRST = 4, 5, 6
"""Rows of the sheet: the targets' codes, their names, the first region."""


@pytest.fixture
def cast() -> SimpleNamespace:
    """A city with two counties and three targets that are divided: two counts and a rate."""
    city = f.region()
    counties = [f.region(f"10010{number}", city) for number in (1, 2)]
    houses = f.target(f.indicator("count", region_rule="sum"), "at_least", 4081, coverage="quotas")
    roads = f.target(f.indicator("count", region_rule="sum", unit="条"), "at_least", 100, coverage="quotas")
    rate = f.target(f.indicator(), "at_least", 92, coverage="parts")
    office = f.person(Role.COORDINATOR)
    return SimpleNamespace(city=city, counties=counties, houses=houses, roads=roads, rate=rate, office=office)


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def downloaded(cast: SimpleNamespace, month: str = "2014-01") -> Worksheet:
    answer: Any = by(cast.office).post(f"{ADDRESS}template/", {"month": month})
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]


def sent(cast: SimpleNamespace, page: Worksheet | bytes, user: User | None = None, **values: object) -> Any:
    data = page if isinstance(page, bytes) else saved(page)
    fields = {"from_month": "2014-01", "source": PAPER, "reason": ""} | values
    file = SimpleUploadedFile("分解指标.xlsx", data)
    return by(user or cast.office).post(ADDRESS, fields | {"file": file})


def saved(page: Worksheet) -> bytes:
    file = io.BytesIO()
    assert page.parent is not None
    page.parent.save(file)
    return file.getvalue()


def mistakes(answer: Any) -> dict[str, str]:
    """Address → what is wrong."""
    assert answer.status_code == 422
    body = answer.content.decode().partition("quota-mistakes")[2].partition("</table>")[0]
    rows = re.findall(r"<td>[^<]*</td>\s*<td><strong>([^<]*)</strong></td>\s*<td>([^<]*)</td>", body)
    return {cell: unescape(said) for cell, said in rows}


def owed(promise: Target) -> list[D | None]:
    return list(promise.quotas.order_by("from_month", "region__code").values_list("threshold", flat=True))


def filled(cast: SimpleNamespace, *numbers: object, column: str = "C") -> Worksheet:
    """The prefilled sheet with numbers of the counties in a column: C the houses, D the roads, E the rate."""
    page = downloaded(cast)
    for row, number in enumerate(numbers, FIRST):
        page[f"{column}{row}"] = number
    return page


# --- There and back ---------------------------------------------------------------------------------------------------


def test_the_sheet_holds_regions_and_targets_with_the_numbers_in_force(cast: SimpleNamespace) -> None:
    rows = {cast.counties[0].pk: D("4000.5"), cast.counties[1].pk: D("80.5")}
    set_quotas(target=cast.houses, rows=rows, from_month=Month(2014, 1), source=PAPER, by=cast.office)
    page = downloaded(cast)
    first, second = cast.counties
    assert [page.cell(CODES, column).value for column in (3, 4, 5)] == [
        cast.houses.code, cast.roads.code, cast.rate.code,
    ]  # fmt: skip
    assert page.cell(NAMES, 3).value == f"{cast.houses.name}（户）"
    assert [[cell.value for cell in row[:3]] for row in page.iter_rows(min_row=FIRST, max_row=7)] == [
        [first.code, first.name, 4000.5],
        [second.code, second.name, 80.5],
    ]
    assert page["C9"].value == "=SUM(C6:C7)"
    assert all(page.row_dimensions[row].hidden for row in (2, 3, 4))
    assert AuditEvent.objects.filter(action="quotas.exported", actor=cast.office).exists()


def test_the_untouched_sheet_sets_nothing(cast: SimpleNamespace) -> None:
    answer = sent(cast, downloaded(cast))
    assert answer["Location"] == "/plans/plan-2014/quotas/?month=2014-01"
    assert not Quota.objects.exists()


def test_a_filled_in_sheet_sets_all_its_targets(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, "８１")
    page["D6"], page["D7"], page["E6"] = 100, 0, "95%"
    assert sent(cast, page, from_month="2014-02").status_code == 302
    assert (owed(cast.houses), owed(cast.roads), owed(cast.rate)) == ([4000, 81], [100, 0], [95])
    assert set(Quota.objects.values_list("source", "from_month")) == {(PAPER, Month(2014, 2))}
    assert AuditEvent.objects.filter(action="quotas.set").count() == 3


def test_more_than_the_whole_is_told(cast: SimpleNamespace) -> None:
    answer = sent(cast, filled(cast, 4000, 100))
    assert "加码" in answer.client.get(answer["Location"]).content.decode()


def test_a_table_of_one_s_own_is_understood_by_its_names(cast: SimpleNamespace) -> None:
    book = Workbook()
    first, second = cast.counties
    book.active.append(["各县（市、区）任务分解表"])
    book.active.append(["地区", f"{cast.houses.name}(户)", f"{cast.roads.indicator.name}"])
    book.active.append([first.name, 4000, 60])
    book.active.append([second.name, 81, 40])
    book.active.append(["合计", "=SUM(B3:B4)", "=SUM(C3:C4)"])
    assert sent(cast, saved(book.active)).status_code == 302
    assert (owed(cast.houses), owed(cast.roads)) == ([4000, 81], [60, 40])


def test_a_target_that_the_sheet_leaves_out_stays_as_it_is(cast: SimpleNamespace) -> None:
    sent(cast, filled(cast, 4000, 81))
    page = downloaded(cast)
    page.delete_cols(3)
    page["C6"], page["C7"] = 60, 40
    assert sent(cast, page).status_code == 302
    assert (owed(cast.houses), owed(cast.roads)) == ([4000, 81], [60, 40])


def test_towns_may_stand_in_the_sheet_of_a_count(cast: SimpleNamespace) -> None:
    town = f.region("100111", cast.counties[0])
    page = filled(cast, 4000, 81)
    page.insert_rows(FIRST + 1)
    page[f"A{FIRST + 1}"], page[f"C{FIRST + 1}"] = town.code, 500
    assert sent(cast, page).status_code == 302
    assert cast.houses.quotas.get(region=town).threshold == 500


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("约400", "约400"),
        ("四百", "四百"),
        ("#DIV/0!", "#DIV/0!"),
        ("'=1+1", "=1+1"),
        (True, "True"),
        (-1, "最小值"),
        ("1.23456789", "小数部分"),
        (10**9, "整数部分"),
    ],
)
def test_a_cell_that_is_no_quota_is_told_with_its_address(cast: SimpleNamespace, number: object, said: str) -> None:
    page = filled(cast, 4000, 81)
    page["D7"] = number if not isinstance(number, str) else number.removeprefix("'")
    if isinstance(number, str):
        page["D7"].data_type = "s"
    assert said in mistakes(sent(cast, page))["D7"]
    assert not Quota.objects.exists()


def test_all_mistakes_are_told_at_once(cast: SimpleNamespace) -> None:
    page = filled(cast, "x", "y")
    page["A10"], page["E6"] = "999999", "z"
    assert set(mistakes(sent(cast, page))) == {"C6", "C7", "E6", "A10"}


def test_an_unknown_region_is_named(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["A7"], page["B7"] = "", "某某县"
    found = mistakes(sent(cast, page))
    assert "某某县" in found["B7"]


def test_a_region_of_another_city_is_unknown(cast: SimpleNamespace) -> None:
    other = f.region("200101", f.region("200100"))
    page = filled(cast, 4000, 81)
    page["A7"], page["B7"] = other.code, other.name
    assert other.code in mistakes(sent(cast, page))["A7"]


def test_code_and_name_are_of_one_region(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["B6"] = cast.counties[1].name
    assert cast.counties[0].name in mistakes(sent(cast, page))["B6"]


def test_a_region_stands_in_one_row(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["A7"], page["B7"] = cast.counties[0].code, cast.counties[0].name
    assert "6" in mistakes(sent(cast, page))["A7"]


def test_a_number_stands_beside_a_region(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["A7"], page["B7"] = None, None
    assert set(mistakes(sent(cast, page))) == {"A7"}


def test_an_unknown_indicator_is_named(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["F5"], page["F6"] = "某项指标", 5
    assert "某项指标" in mistakes(sent(cast, page))["F5"]


def test_a_number_stands_below_an_indicator(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["F6"] = 5
    assert set(mistakes(sent(cast, page))) == {"F5"}


def test_code_and_name_are_of_one_indicator(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["C5"] = cast.roads.name
    assert set(mistakes(sent(cast, page))) == {"C5"}


def test_an_indicator_stands_in_one_column(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["D4"], page["D5"] = cast.houses.code, cast.houses.name
    assert cast.houses.name in mistakes(sent(cast, page))["D5"]


def test_merged_cells_are_nobody_s(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000)
    page.merge_cells("C6:C7")
    assert set(mistakes(sent(cast, page))) == {"C7"}


def test_a_rate_s_quota_is_of_a_part_and_not_of_a_part_of_a_part(cast: SimpleNamespace) -> None:
    town = f.region("100111", cast.counties[0])
    page = downloaded(cast)
    page["A8"], page["B8"], page["C8"], page["D8"], page["E8"] = town.code, town.name, None, None, 95
    assert town.name in mistakes(sent(cast, page))["E8"]


def test_a_region_that_owes_something_is_not_left_out(cast: SimpleNamespace) -> None:
    sent(cast, filled(cast, 4000, 81))
    page = downloaded(cast)
    page.delete_rows(7)
    assert cast.counties[1].name in mistakes(sent(cast, page))["—"]
    assert owed(cast.houses) == [4000, 81]


def test_the_sheet_of_another_plan_is_refused(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["B2"] = "plan-2013"
    assert "plan-2013" in mistakes(sent(cast, page))["B2"]


def test_a_file_without_an_indicator_is_refused(cast: SimpleNamespace) -> None:
    book = Workbook()
    book.active.append(["地区", "别的指标"])
    assert set(mistakes(sent(cast, saved(book.active)))) == {"—"}


def test_quotas_stand_on_one_sheet(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    assert page.parent is not None
    page.parent.copy_worksheet(page)
    assert set(mistakes(sent(cast, page))) == {"—"}


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"PK\x03\x04 no workbook"])
def test_what_is_no_table_is_refused_beside_the_field(cast: SimpleNamespace, data: bytes) -> None:
    answer = sent(cast, data)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()


def test_a_sheet_that_is_too_large_is_refused(cast: SimpleNamespace, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert sent(cast, filled(cast, 4000, 81)).status_code == 422
    assert not Quota.objects.exists()


def test_nothing_is_set_by_halves(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    page["D6"] = 99
    answer = sent(cast, page)
    assert answer.status_code == 422
    assert f"{cast.roads.name}: 各地分解指标合计 99" in unescape(answer.content.decode())
    assert not Quota.objects.exists()
    assert sent(cast, page, reason="余1条由市本级承担").status_code == 302


def test_a_closed_month_is_refused(cast: SimpleNamespace) -> None:
    page = filled(cast, 4000, 81)
    close_plan_month(cast.houses.plan, Month(2014, 3), by=cast.office)
    assert sent(cast, page, from_month="2014-02").status_code == 422
    assert sent(cast, page, from_month="2014-04").status_code == 302
    close_plan_month(cast.houses.plan, Month(2014, 12), by=cast.office)
    assert 'class="panel empty"' in by(cast.office).get(ADDRESS).content.decode()


def test_a_sheet_made_from_older_numbers_is_refused_with_what_was_set_since(cast: SimpleNamespace) -> None:
    page = filled(cast, 4081, 0)
    sent(cast, filled(cast, 4000, 81))
    answer = sent(cast, page)
    assert answer.status_code == 409
    assert f"{cast.counties[0].name} 4000" in unescape(answer.content.decode())
    assert owed(cast.houses) == [4000, 81]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_who_may_not_set_quotas_gets_no_sheet(cast: SimpleNamespace, role: Role) -> None:
    user, page = f.person(role), filled(cast, 4000, 81)
    doors: list[Callable[[], Any]] = [
        lambda: by(user).get(ADDRESS),
        lambda: sent(cast, page, user),
        lambda: by(user).post(f"{ADDRESS}template/", {"month": "2014-01"}),
    ]
    assert [door().status_code for door in doors] == [403, 403, 403]
    assert not Quota.objects.exists()


def test_names_in_the_sheet_never_run_as_formulas(cast: SimpleNamespace) -> None:
    cast.counties[0].name = "=HYPERLINK(1)"
    cast.counties[0].save()
    page = downloaded(cast)
    assert page["B6"].data_type == "s"
    assert page["B6"].value != "=HYPERLINK(1)"
