"""The table that staff know, as a page and as files; and the same numbers wherever they are shown."""

import csv
import html
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from departments.models import AuditEvent
from departments.permissions import Role
from plans.models import Plan
from targets.models import Target, TargetAssignment
from targets.recompute import recompute_all
from targets.tests.factories import department, entry, indicator, official, person, target

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client: Client) -> Client:
    client.force_login(person(Role.LEADER))
    return client


def page(client: Client, address: str = "/comparison/", **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def rows(text: str) -> list[list[str]]:
    """Name, this month, last year, change, year to date, target, light."""
    body = text.partition("figures-table comparison")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    lines = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in line] for line in lines]


def export(client: Client, kind: str, **data: str) -> list[list[Any]]:
    """The rows of the file below its note and its headings."""
    answer = client.post("/comparison/export/", {"format": kind, **data})
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    if kind == "csv":
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def rate() -> Target:
    """90 of 100 in May, 99 of 100 in June; 80 % in the same months of last year."""
    measured = indicator()
    promise = target(measured, threshold=92)
    official(
        entry(measured, "2013-06", 160, 200), entry(measured, "2014-05", 90, 100), entry(measured, "2014-06", 99, 100)
    )
    return promise


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/comparison/")["Location"] == "/accounts/login/?next=/comparison/"


def test_without_a_plan_the_page_says_how_to_load_one_and_there_is_no_file(leader: Client) -> None:
    assert "loaddata fixtures/" in page(leader)
    assert leader.post("/comparison/export/").status_code == 404


def test_month_last_year_change_year_to_date_and_target_stand_side_by_side(leader: Client) -> None:
    promise = rate()
    (line,) = rows(page(leader))
    assert line[:6] == [
        promise.name,
        "99.00\u00a0%",
        "80.00\u00a0%",
        "+14.5\u00a0个百分点",
        "94.50\u00a0%",
        "≥\u00a092\u00a0%",
    ]


def test_what_was_not_reported_is_a_dash_and_a_zero_is_a_zero(leader: Client) -> None:
    houses = indicator("count")
    target(houses, threshold=12)
    official(entry(houses, "2014-05", 0))
    assert rows(page(leader))[0][1:5] == ["0\u00a0户", "—", "—", "0\u00a0户"]
    assert rows(page(leader, month="2014-06"))[0][1:5] == ["—", "—", "—", "0\u00a0户"]


def test_it_is_filtered_by_unit_chapter_and_light_and_sorted(leader: Client) -> None:
    good, unit, bad = rate(), department(), indicator()
    poor = target(bad, threshold=92)
    official(entry(bad, "2014-06", 10, 100))
    TargetAssignment.objects.create(target=poor, department=unit, role="lead")

    def names(**query: str) -> list[str]:
        return [line[0] for line in rows(page(leader, **query))]

    assert names() == [good.name, poor.name]
    assert names(sort="light") == [poor.name, good.name]
    assert names(sort="change") == [good.name, poor.name]
    assert names(sort="nonsense") == [good.name, poor.name]
    assert names(department=unit.code) == [poor.name]
    assert names(light="green") == [good.name]
    assert names(chapter="1", light="yellow") == []
    assert export(leader, "csv", light="green")[2][1] == good.name


def test_the_files_hold_real_numbers_and_say_month_and_day(leader: Client) -> None:
    rate()
    for kind in ("csv", "xlsx"):
        note, _headings, line = export(leader, kind)
        assert "2014年6月" in note[0]
        assert [Decimal(str(cell)) for cell in line[3:7]] == [Decimal(one) for one in ("99", "80", "14.5", "94.5")]
        then = export(leader, kind, as_of="2014-03-10")
        assert "2014年3月10日" in then[0][0]
        assert then[2][6] in ("", None), "nothing was official yet"
    sheet = load_workbook(io.BytesIO(leader.post("/comparison/export/", {"format": "xlsx"}).content)).active
    assert isinstance(sheet["G3"].value, (int, float))
    assert sheet["G3"].number_format == "#,##0.00"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_exported_cell_runs_as_a_formula(leader: Client, kind: str, start: str) -> None:
    promise = rate()
    Target.objects.filter(pk=promise.pk).update(name=f"{start}HYPERLINK(1)\x07")
    assert export(leader, kind)[2][1].startswith(f"'{start}HYPERLINK(1)")


def test_taking_the_table_away_is_recorded(leader: Client) -> None:
    rate()
    export(leader, "xlsx", month="2014-05")
    event = AuditEvent.objects.get(action="comparison.exported")
    assert event.detail == {"format": "xlsx", "rows": 1, "month": "2014-05"}


def test_an_export_is_never_taken_by_a_link(leader: Client) -> None:
    assert leader.get("/comparison/export/").status_code == 405


def test_without_a_role_nothing_is_shown_or_taken(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert client.get("/comparison/").status_code == 403
    assert client.post("/comparison/export/").status_code == 403
    assert not AuditEvent.objects.filter(action="comparison.exported").exists()


def queries_of(client: Client) -> int:
    page(client)
    cache.clear()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)


def test_ten_times_the_targets_take_no_further_query(leader: Client) -> None:
    rate()
    few = queries_of(leader)
    for _ in range(9):
        rate()
    assert queries_of(leader) == few <= 12


def test_every_page_file_and_the_api_agree_on_the_demonstration(leader: Client, plan_2014: Plan, tmp_path: Any) -> None:
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        call_command("demo", verbosity=0)
    recompute_all()
    month = "2014-09"
    table = {line[0]: line for line in rows(page(leader, month=month))}
    sheet = {line[1]: line for line in export(leader, "xlsx", month=month)[2:]}
    answer = leader.get("/api/v1/plans/2014/attainment", {"month": month, "limit": "1000"}).json()["items"]
    overview, text = page(leader, "/", month=month), page(leader, "/plan/", month=month)
    assert len(table) == len(sheet) == len(answer) == plan_2014.targets.count()
    codes = {one.code: one for one in plan_2014.targets.select_related("indicator")}
    for item in answer:
        one = codes[item["target"]]
        shown = item["shown"] or "—"
        assert table[one.name][4] == shown
        assert table[one.name][5] == sheet[one.name][7]
        places = {
            "overview": overview.split(f'cell-name"><a href="/targets/2014/{one.code}/')[1].split("</tr>")[0],
            "plan": text.split(f'id="card-target-{one.code}"')[1].split("</dl>")[0],
            "target": page(leader, f"/targets/2014/{one.code}/", month=month)
            .split("panel verdict")[1]
            .split("</dl>")[0],
        }
        for name, part in places.items():
            assert shown in html.unescape(part), (name, one.code)
            assert f"light-{item['signal']}" in part, (name, one.code)
        cell = sheet[one.name][6]
        assert ("" if cell is None else f"{cell}")[:1] == shown.replace("—", "")[:1]
