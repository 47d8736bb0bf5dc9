"""Quotas wherever a region is judged: each against what it owes itself, and what owes nothing outside every ranking."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Region
from departments.permissions import Role
from plans.page_cache.cached_pages import forget_cached_pages
from reports.tests import target_pages
from reports.tests.test_comparison import column, export, page, rows
from reports.tests.test_county_pages import cells
from targets.tests.divided import PAPER, Divided, divided
from targets.tests.factories import (
    attainment,
    department,
    entry,
    indicator,
    judged_anew,
    official,
    person,
    quota,
    region,
    target,
)

pytestmark = pytest.mark.django_db
COUNTIES = "/plans/plan-2014/counties/"
OVERVIEW = "/plans/plan-2014/"


def county(client: Client, place: Region, **query: str) -> str:
    return page(client, f"{COUNTIES}{place.code}/", **query)


def words(text: str) -> str:
    """What is read, without tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def of_county(client: Client, place: Region) -> Client:
    """A browser in which somebody of the county's government is logged in."""
    client.force_login(person(Role.COUNTY, department(place, kind="county_government")))
    return client


# --- A county ---------------------------------------------------------------------------------------------------------


def test_a_county_is_told_its_own_quota_with_paper_month_completion_and_rank(leader: Client) -> None:
    case = divided()
    (line,) = cells(county(leader, case.large), "judged").values()
    assert line[0] == "300\u00a0户"
    assert line[3:6] == ["2 / 3", f"≥\u00a0800\u00a0户{PAPER}，1月起", "37.5\u00a0%"]
    assert line[6] == "−500\u00a0户"


def test_the_quota_in_force_in_the_month_is_shown(leader: Client) -> None:
    case = divided()
    quota(case.promise, case.large, 400, "2014-07", source="温质〔2014〕9号")
    judged_anew(case.promise)
    before, after = (
        cells(county(leader, case.large, month=month), "judged")[case.promise.name] for month in ("2014-06", "2014-07")
    )
    assert before[4:6] == [f"≥\u00a0800\u00a0户{PAPER}，1月起", "37.5\u00a0%"]
    assert after[4:6] == ["≥\u00a0400\u00a0户温质〔2014〕9号，7月起", "75.0\u00a0%"]


def test_a_county_that_owes_nothing_is_told_so_and_is_neither_ranked_nor_counted(leader: Client) -> None:
    case = divided()
    text = county(leader, case.free)
    (line,) = cells(text, "judged").values()
    assert line[3:7] == ["—", "不承担", "—", "—"]
    assert line[8].startswith("灰灯·不承担")
    assert "单独评价的指标 0" in words(text)
    assert "mini-lights" not in text


def test_what_a_county_owes_stands_before_what_it_does_not(leader: Client) -> None:
    case = divided()
    owed = target(indicator("count", region_rule="sum"), threshold=100, coverage="quotas")
    quota(owed, case.free, 100)
    judged_anew(owed)
    assert list(cells(county(leader, case.free), "judged")) == [owed.name, case.promise.name]


def test_a_county_that_owes_nothing_has_no_place_among_those_that_are_behind(leader: Client) -> None:
    case = divided()
    text = page(leader, COUNTIES).partition('id="counties"')[2].partition("</table>")[0]
    found = re.findall(r'<tr><td class="number">([^<]*)</td><th scope="row"><a [^>]*>([^<]*)</a>', text)
    assert found == [("1", case.large.name), ("1", case.behind.name), ("3", case.ahead.name), ("—", case.free.name)]


# --- The comparison ---------------------------------------------------------------------------------------------------


def test_counties_are_ranked_by_completion_and_not_by_the_raw_figure(leader: Client) -> None:
    case = divided()
    query = {"target": case.promise.code}
    ranks = column(leader, "排名", **query)
    assert list(ranks)[:4] == [one.name for one in (case.ahead, case.large, case.behind, case.free)]
    assert list(ranks.values())[:4] == ["1", "2", "3", "—"]
    assert list(column(leader, "完成率", **query).values()) == [
        "60.0\u00a0%",
        "37.5\u00a0%",
        "30.0\u00a0%",
        "—",
        "40.0\u00a0%",
    ]
    assert column(leader, "分解指标", **query)[case.free.name] == "不承担"
    assert column(leader, "文号", **query)[case.large.name] == f"{PAPER}，1月起"
    assert column(leader, "状态", **query)[case.free.name] == "灰灯·不承担"


@pytest.mark.parametrize("order", ["light", "change", "plan", "rank"])
def test_what_owes_nothing_stands_last_in_every_order(leader: Client, order: str) -> None:
    case = divided()
    assert rows(page(leader, target=case.promise.code, sort=order))[3][0] == case.free.name


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_files_hold_quota_completion_and_rank_as_the_page_does(leader: Client, kind: str) -> None:
    case = divided()
    _note, headings, *lines = export(leader, kind, target=case.promise.code)
    assert [line[1] for line in lines] == [line[0].split()[0] for line in rows(page(leader, target=case.promise.code))]
    found = [[str(line[headings.index(name)] or "") for name in ("排名", "分解指标", "完成率")] for line in lines]
    assert [[rank, owed, share and Decimal(share)] for rank, owed, share in found] == [
        ["1", "100", 60],
        ["2", "800", Decimal("37.5")],
        ["3", "100", 30],
        ["", "不承担", ""],
        ["", "1000", 40],
    ]


def test_a_county_has_completion_and_rank_in_its_own_table(leader: Client) -> None:
    case = divided()
    query = {"region": case.large.code}
    assert column(leader, "完成率", **query) == {case.promise.name: "37.5\u00a0%"}
    assert column(leader, "排名", **query) == {case.promise.name: "2"}
    assert column(leader, "目标值", **query) == {case.promise.name: "≥\u00a0800\u00a0户"}


def test_without_quotas_there_is_no_completion(leader: Client) -> None:
    places = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    promise = target(indicator(region_rule="pooled"), threshold=92, coverage="parts")
    official(*(entry(promise.indicator, "2014-06", number, 100, place=place) for number, place in enumerate(places)))
    for query in ({}, {"target": promise.code}, {"region": places[0].code}):
        assert "完成率" not in page(leader, **query)
    assert "完成率" not in target_pages.page(leader, promise)


def test_rates_with_unequal_thresholds_are_ranked_by_completion_too(leader: Client) -> None:
    places = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    promise = target(indicator(region_rule="pooled"), threshold=80, coverage="parts")
    quota(promise, places[0], 96)
    pairs = zip(places, (90, 88), strict=True)
    official(*(entry(promise.indicator, "2014-06", number, 100, place=place) for place, number in pairs))
    judged_anew(promise)
    assert column(leader, "排名", target=promise.code) | {region().name: ""} == {
        places[1].name: "1",
        places[0].name: "2",
        region().name: "",
    } | {name: "—" for name in column(leader, "排名", target=promise.code) if name.startswith(f"{region().name} ")}


def test_an_earlier_day_knows_who_owes_nothing(leader: Client) -> None:
    case = divided()
    query = {"target": case.promise.code, "as_of": "2014-12-31", "month": "2014-06"}
    assert column(leader, "分解指标", **query)[case.free.name] == "不承担"
    assert column(leader, "分解指标", **query)[case.large.name] == "≥\u00a0800\u00a0户"


def test_a_completion_that_falls_short_is_never_shown_as_100(leader: Client) -> None:
    case = divided()
    official(entry(case.promise.indicator, "2014-07", 39, place=case.ahead))
    quota(case.promise, case.large, 300000, "2014-07")
    official(entry(case.promise.indicator, "2014-07", 299699, place=case.large))
    judged_anew(case.promise)
    found = column(leader, "完成率", target=case.promise.code, month="2014-07")
    assert found[case.large.name] == "99.9997\u00a0%"
    assert found[case.ahead.name] == "99.0\u00a0%"


# --- The target -------------------------------------------------------------------------------------------------------


def listed(text: str) -> dict[str, list[str]]:
    """County → its cells in the table of the parts: rank, figure, quota, completion, distance, light."""
    body = text.partition('id="parts"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        name = words(row.partition('<th scope="row"')[2].partition(">")[2].partition("</th>")[0])
        found[name] = [words(one) for one in re.findall(r'<td[^>]*data-label="[^"]*">(.*?)</td>', row, re.DOTALL)]
    return found


def test_the_target_ranks_counties_by_completion_with_quota_and_paper(leader: Client) -> None:
    case = divided()
    found = listed(target_pages.page(leader, case.promise, month="2014-06"))
    assert list(found) == [one.name for one in (case.ahead, case.large, case.behind, case.free)]
    assert found[case.large.name][:5] == ["2", "300 户", f"≥ 800 户 {PAPER}，1月起", "37.5 %", "−500 户"]
    assert found[case.free.name][:5] == ["—", "10 户", "不承担", "—", "—"]
    assert "灰灯·不承担" in found[case.free.name][5]


def test_bars_are_completions_with_a_stroke_at_each_one_s_own_quota(leader: Client) -> None:
    case = divided()
    official(entry(case.promise.indicator, "2014-06", 200, place=case.ahead))
    text = target_pages.page(leader, case.promise, month="2014-06").partition('id="parts"')[2].partition("</table>")[0]
    bars = re.findall(r'class="fill-\w+" width="([\d.]+)"[^>]*/> ?(?:<rect class="bar-aim" x="([\d.]+)")?', text)
    assert bars == [("100.00", "50.00"), ("18.75", "50.00"), ("15.00", "50.00"), ("0.00", "")]


def test_parts_of_a_part_are_ranked_among_themselves_below_it(leader: Client) -> None:
    case = divided()
    towns = [region(f"10011{number}", parent=case.large) for number in (1, 2)]
    for town, number in zip(towns, (500, 300), strict=True):
        quota(case.promise, town, number)
    official(*(entry(case.promise.indicator, "2014-07", 100, place=town) for town in towns))
    judged_anew(case.promise)
    found = listed(target_pages.page(leader, case.promise, month="2014-07"))
    assert [(name, cells[0]) for name, cells in found.items()] == [
        (case.ahead.name, "1"),
        (case.behind.name, "2"),
        (case.large.name, "3"),
        (towns[1].name, "1"),
        (towns[0].name, "2"),
        (case.free.name, "—"),
    ]


def test_a_county_reads_its_own_quota_without_a_rank_and_no_other_county(client: Client) -> None:
    case = divided()
    reader = of_county(client, case.large)
    text = target_pages.page(reader, case.promise, month="2014-06")
    assert listed(text)[case.large.name][0] == "—"
    assert listed(text)[case.large.name][3] == "37.5 %"
    assert case.ahead.name not in text.partition("<main")[2]


# --- The overview -----------------------------------------------------------------------------------------------------


def strip(text: str) -> list[list[str]]:
    """Region, lights, what it is behind with."""
    body = text.partition('id="parts-behind"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[words(cell) for cell in line] for line in found]


def test_the_overview_tells_the_lights_of_each_county_and_by_how_much_it_is_behind(leader: Client) -> None:
    case = divided()
    found = strip(page(leader, OVERVIEW))
    assert [line[:5] for line in found] == [
        [case.large.name, "1", "0", "0", "0"],
        [case.behind.name, "1", "0", "0", "0"],
        [case.ahead.name, "0", "0", "1", "0"],
        [case.free.name, "0", "0", "0", "0"],
    ]
    assert found[0][5].endswith(f"{case.promise.name} 300 户 / ≥ 800 户 · 完成率 37.5 % 比时序进度少 100 户")
    assert found[2][5] == ""
    assert found[3][5] == "不承担"


def test_a_rate_is_behind_its_target_and_further_targets_are_counted(leader: Client) -> None:
    place = region("100101", parent=region())
    for _ in range(3):
        promise = target(indicator(region_rule="pooled"), threshold=92, coverage="parts")
        official(entry(promise.indicator, "2014-06", 90, 100, place=place))
    (line,) = strip(page(leader, OVERVIEW))
    assert line[5].count("距目标 −2 个百分点") == 2
    assert line[5].endswith("还有 1 项")


def test_a_county_sees_its_own_line_alone(client: Client) -> None:
    case = divided()
    assert [line[0] for line in strip(page(of_county(client, case.behind), OVERVIEW))] == [case.behind.name]


def test_a_plan_judged_for_its_region_alone_has_no_lines_of_counties(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    official(entry(promise.indicator, "2014-06", 90, 100))
    assert "parts-behind" not in page(leader, OVERVIEW)


def test_an_earlier_day_shows_the_counties_as_they_were(leader: Client) -> None:
    divided()
    then = strip(page(leader, OVERVIEW, month="2014-06", as_of="2014-12-31"))
    assert [line[1] for line in then] == ["0", "0", "0", "0"], "nothing was official yet"


def test_a_choice_of_targets_leaves_the_counties_out(leader: Client) -> None:
    divided()
    assert "parts-behind" not in page(leader, OVERVIEW, light="green")


@pytest.mark.parametrize("address", [OVERVIEW, COUNTIES, "/plans/plan-2014/comparison/", "target", "county"])
def test_more_counties_and_quotas_take_no_further_query(leader: Client, address: str) -> None:
    case = divided()
    named = {"target": target_pages.address(case.promise), "county": f"{COUNTIES}{case.large.code}/"}

    def counted() -> int:
        where = named.get(address, address)
        page(leader, where, month="2014-06")
        forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
        with CaptureQueriesContext(connection) as captured:
            page(leader, where, month="2014-06")
        return len(captured)

    few = counted()
    for number in (5, 6, 7):
        place = region(f"10010{number}", parent=region())
        quota(case.promise, place, 50, source=PAPER)
        official(entry(case.promise.indicator, "2014-06", 1, place=place))
        judged_anew(case.promise)
        further: Divided = divided()
        assert attainment(further.promise, "2014-06").actual == 400
    assert counted() == few
