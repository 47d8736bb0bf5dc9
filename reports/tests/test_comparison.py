"""The table that staff know, as a page and as files; and the same numbers wherever they are shown."""

import csv
import html
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from departments.models import AuditEvent, Region
from departments.permissions import Role
from departments.tests.markup import markup_of
from plans.page_cache.cached_pages import forget_cached_pages
from targets.models import Target, TargetAssignment
from targets.tests.factories import department, entry, indicator, official, person, region, target

pytestmark = pytest.mark.django_db


def page(client: Client, address: str = "/plans/plan-2014/comparison/", **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return markup_of(answer)


def rows(text: str) -> list[list[str]]:
    """Name, this month, last year, change, year to date, target, light."""
    body = text.partition("table figures-table comparison")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    lines = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in line] for line in lines]


def export(client: Client, kind: str, plan_code: str = "plan-2014", **data: str) -> list[list[Any]]:
    """The rows of the file below its note and its headings."""
    answer = client.post(f"/plans/{plan_code}/comparison/export/", {"format": kind, **data})
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
    assert (
        client.get("/plans/plan-2014/comparison/")["Location"] == "/accounts/login/?next=/plans/plan-2014/comparison/"
    )


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
    sheet = load_workbook(
        io.BytesIO(leader.post("/plans/plan-2014/comparison/export/", {"format": "xlsx"}).content)
    ).active
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
    assert leader.get("/plans/plan-2014/comparison/export/").status_code == 405


def test_without_a_role_nothing_is_shown_or_taken(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert client.get("/plans/plan-2014/comparison/").status_code == 403
    assert client.post("/plans/plan-2014/comparison/export/").status_code == 403
    assert not AuditEvent.objects.filter(action="comparison.exported").exists()


def queries_of(client: Client) -> int:
    page(client)
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)


def test_ten_times_the_targets_take_no_further_query(leader: Client) -> None:
    rate()
    few = queries_of(leader)
    for _ in range(9):
        rate()
    assert queries_of(leader) == few <= 12


# --- Regions ---------------------------------------------------------------------------------------------------------


def counties(*shares: tuple[int, int] | None, **values: Any) -> tuple[Target, list[Region]]:
    """A rate judged in each county, in June; a county without a pair reports nothing."""
    places = [region(f"10010{number}", parent=region()) for number in range(1, len(shares) + 1)]
    promise = target(indicator(region_rule="pooled", **values), threshold=92, coverage="parts")
    pairs = [(pair, place) for pair, place in zip(shares, places, strict=True) if pair is not None]
    official(*(entry(promise.indicator, "2014-06", *pair, place=place) for pair, place in pairs))
    return promise, places


def summed(*numbers: int) -> tuple[Target, list[Region]]:
    """Houses, of which the whole is the sum of the counties; nobody promised them for a county."""
    places = [region(f"10010{number}", parent=region()) for number in range(1, len(numbers) + 1)]
    promise = target(indicator("count", region_rule="sum"), threshold=12)
    pairs = zip(numbers, places, strict=True)
    official(*(entry(promise.indicator, "2014-06", number, place=place) for number, place in pairs))
    return promise, places


def column(client: Client, name: str, **query: str) -> dict[str, str]:
    """First cell → the cell of one column."""
    text = page(client, **query)
    head = text.partition("table figures-table comparison")[2].partition("</thead>")[0]
    headings = [html.unescape(one) for one in re.findall(r"<th[^>]*>([^<]*)</th>", head)]
    return {line[0]: line[headings.index(name)] for line in rows(text)}


def test_one_indicator_is_compared_across_counties_with_the_pooled_whole_below(leader: Client) -> None:
    promise, (first, second, third) = counties((90, 100), (1, 1), None)
    found = rows(page(leader, target=promise.code))
    assert [line[0] for line in found][:3] == [second.name, first.name, third.name]
    assert found[-1][0].startswith(region().name)
    assert found[-1][4] == "90.10\u00a0%", "91 of 101, never the mean of 90 and 100"
    assert column(leader, "排名", target=promise.code) == {
        second.name: "1",
        first.name: "2",
        third.name: "—",
        found[-1][0]: "—",
    }


def test_equal_figures_share_a_rank_and_the_next_is_skipped(leader: Client) -> None:
    promise, _places = counties((9, 10), (8, 10), (80, 100), (7, 10))
    assert list(column(leader, "排名", target=promise.code).values())[:4] == ["1", "2", "2", "4"]


def test_a_county_has_a_table_of_its_own_with_rank_whole_and_distance(leader: Client) -> None:
    promise, (first, second) = counties((90, 100), (1, 1))
    houses, _places = summed(30, 10)
    query = {"region": first.code}
    assert column(leader, "排名", **query) == {promise.name: "2", houses.name: "1"}
    assert column(leader, "全市", **query) == {promise.name: "90.10\u00a0%", houses.name: "40\u00a0户"}
    assert column(leader, "与全市相比", **query) == {promise.name: "−0.1\u00a0个百分点", houses.name: "75.0\u00a0%"}
    assert column(leader, "与目标差距", **query) == {promise.name: "−2\u00a0个百分点", houses.name: "—"}
    assert column(leader, "状态", **query)[houses.name] == "不单独评价"
    assert second.name not in "".join(column(leader, "状态", **query))


def test_the_light_of_the_county_chooses_its_lines(leader: Client) -> None:
    promise, (first, second) = counties((90, 100), (1, 1))
    assert column(leader, "排名", region=first.code, light="red") == {promise.name: "2"}
    assert column(leader, "排名", region=second.code, light="red") == {}


@pytest.mark.parametrize("query", [{"region": "999999"}, {"target": "nothing"}, {"columns": "x,y"}, {"columns": ""}])
def test_a_choice_that_is_none_shows_the_whole_table(leader: Client, query: dict[str, str]) -> None:
    rate()
    (line,) = rows(page(leader, **query))
    assert len(line) == 8


def test_columns_are_chosen_on_the_page_and_in_the_files_alike(leader: Client) -> None:
    promise, (first, second) = counties((90, 100), (1, 1))
    chosen = leader.get(
        "/plans/plan-2014/comparison/", {"target": promise.code, "columns": ["rank", "actual"], "sort": "plan"}
    )
    text = markup_of(chosen)
    found = rows(text)
    assert [line[1:] for line in found][:2] == [["90.00\u00a0%", "2"], ["100.00\u00a0%", "1"]]
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text.split("export/")[1]))
    for kind in ("csv", "xlsx"):
        note, headings, *lines = export(leader, kind, **kept)
        assert promise.name in note[0]
        assert headings == ["行政区划代码", "地区", "单位", "本年累计", "排名"]
        assert [line[1] for line in lines] == [first.name, second.name, region().name]
        assert [str(line[4] or "") for line in lines] == ["2", "1", ""]


def test_the_files_of_a_county_hold_what_its_page_shows(leader: Client) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    summed(30, 10)
    shown = rows(page(leader, region=first.code))
    _note, headings, *lines = export(leader, "xlsx", region=first.code)
    assert first.name in _note[0]
    assert [line[1] for line in lines] == [line[0] for line in shown]
    assert [line[headings.index("排名")] for line in lines] == [2, 1]
    assert lines[0][headings.index("与目标差距")] == -2
    assert promise.name == lines[0][1]


def test_a_county_sees_itself_and_the_whole_and_no_rank(client: Client) -> None:
    promise, (own, other) = counties((90, 100), (1, 1))
    client.force_login(person(Role.COUNTY, department(own)))
    found = rows(page(client, target=promise.code))
    assert [line[0].split()[0] for line in found] == [own.name, region().name]
    assert column(client, "排名", target=promise.code)[own.name] == "—"
    assert other.name not in page(client, region=other.code)
    assert other.name not in "".join(str(cell) for line in export(client, "csv", target=promise.code) for cell in line)


def test_a_bureau_sees_how_counties_are_judged_but_not_what_is_only_added_up(client: Client) -> None:
    judged, (first, _second) = counties((90, 100), (1, 1))
    added, _places = summed(30, 10)
    unit = department()
    client.force_login(person(Role.REPORTER, unit))
    assert list(column(client, "排名", region=first.code)) == [judged.name]
    TargetAssignment.objects.create(target=added, department=unit, role="shared")
    assert list(column(client, "排名", region=first.code)) == [judged.name, added.name]


def test_an_earlier_day_shows_the_counties_as_they_were(leader: Client) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    then = page(leader, target=promise.code, as_of="2014-03-10", month="2014-06")
    assert "as-of-band" in then
    assert column(leader, "本年累计", target=promise.code, as_of="2014-03-10", month="2014-06")[first.name] == "—"


@pytest.mark.parametrize("mode", ["region", "target"])
def test_more_counties_and_targets_take_no_further_query(leader: Client, mode: str) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    query = {"region": first.code} if mode == "region" else {"target": promise.code}

    def counted() -> int:
        page(leader, **query)
        with CaptureQueriesContext(connection) as captured:
            page(leader, **query)
        return len(captured)

    few = counted()
    for _ in range(3):
        counties((1, 2), (1, 2), (1, 3), (1, 4), (1, 5))
        summed(1, 2, 3, 4, 5)
    assert counted() == few <= 20
