"""计划总览: every plan that a person sees in one line, with the numbers of its own overview."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from departments.models import AuditEvent, Region
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from reports.tests.portfolios import document, exported, lead, page, pressed, rate, rows, titles
from targets.judging.recompute import recompute_all
from targets.models import TargetAssignment
from targets.tests.factories import department, person, region

pytestmark = pytest.mark.django_db


def test_each_plan_tells_its_lights_its_time_and_its_data(leader: Client, quality: Plan, air: Plan) -> None:
    for shares in ((95, 95, 50), (95, 95, 90), (95, 95, 95)):
        rate(quality, *shares)
    rate(air, 50)
    assert rows(page(leader)) == [
        ["空气计划 地区100100 · 2014 · 1", "1", "0", "0", "0", "—", "1/12 8.3 %", "2014年1月", "无", "0"],
        ["质量计划 地区100100 · 2014 · 1", "1", "1", "1", "0", "▼ 转差 2", "3/12 25.0 %", "2014年3月", "无", "0"],
    ]


def test_a_plan_without_figures_and_one_without_targets_say_so(leader: Client, quality: Plan, air: Plan) -> None:
    rate(quality)
    recompute_all()
    no_data, no_targets = rows(page(leader, sort="-plan"))
    assert no_data[1:] == ["0", "0", "0", "1", "—", "—", "暂无数据", "无", "0"]
    assert no_targets[1:] == ["指标尚未评价", "—", "—", "暂无数据", "—", "0"]


def test_every_light_leads_to_as_many_targets_of_the_plan(leader: Client, quality: Plan, air: Plan) -> None:
    for share in (50, 50, 95, 90):
        rate(quality, share)
    rate(air, 95)
    found = re.findall(r'href="(/plans/[\w-]+/\?light=\w+)"\s+aria-label="[^"]* (\d+)"', page(leader))
    assert len(found) == 4
    for address, number in found:
        text = leader.get(address).content.decode()
        assert text.count('scope="row" class="cell-name"') == int(number), address


def test_what_turned_is_told_in_both_directions_and_grey_is_neither(leader: Client, quality: Plan, air: Plan) -> None:
    rate(quality, 95, 50)
    rate(quality, 50, 95)
    rate(quality, 90, 95)
    rate(quality)
    rate(air, 95, 95)
    turned = {row[0].split()[0]: row[5] for row in rows(page(leader))}
    assert turned == {"质量计划": "▼ 转差 1 ▲ 好转 2", "空气计划": "持平"}


def test_a_plan_of_five_years_tells_its_share_of_sixty_months(leader: Client, quality: Plan) -> None:
    long = document("five", "五年计划", year=2011, first_month=Month(2011, 1), last_month=Month(2015, 12))
    rate(long, 95, 95, 95, year=2012)
    (row,) = (row for row in rows(page(leader)) if row[0].startswith("五年计划"))
    assert row[0] == "五年计划 地区100100 · 2011–2015 · 1"
    assert row[6:8] == ["15/60 25.0 %", "2012年3月"]


def test_furthest_behind_is_who_leads_most_red_then_most_yellow(leader: Client, quality: Plan, air: Plan) -> None:
    first, second, third = department(), department(), department()
    for share, units in ((50, [first]), (50, [second]), (90, [second]), (90, [third]), (90, [third]), (95, [third])):
        lead(rate(quality, share), *units)
    lead(rate(air, 95), first)
    text = page(leader)
    told = {row[0].split()[0]: row[-2] for row in rows(text)}
    assert told == {"质量计划": f"{second.short_name} 红灯 1 黄灯 1", "空气计划": "无"}
    assert f'href="/plans/quality-2014/departments/{second.code}/"' in text


def test_units_that_are_as_far_behind_are_counted(leader: Client, quality: Plan, air: Plan) -> None:
    first, second, third = department(), department(), department()
    lead(rate(quality, 50), third, second, first)
    assert rows(page(leader, sort="-plan"))[0][-2] == f"{first.short_name} 红灯 1 另有 2 家并列"


def test_what_is_shared_without_a_lead_counts_for_nobody(leader: Client, quality: Plan, air: Plan) -> None:
    TargetAssignment.objects.create(target=rate(quality, 50), department=department(), role="shared")
    assert {row[-2] for row in rows(page(leader))} == {"无", "—"}


def test_the_unit_is_the_first_of_the_plans_own_page(leader: Client, quality: Plan, air: Plan) -> None:
    units = [department() for _ in range(3)]
    for share, number in ((50, 0), (50, 1), (90, 1), (50, 2), (90, 2), (90, 2)):
        lead(rate(quality, share), units[number])
    text = leader.get("/plans/quality-2014/").content.decode().split('id="by-department"')[1]
    first = re.search(r'<tr><th scope="row">(.*?)</th>', text)
    assert first is not None
    assert rows(page(leader, sort="-plan"))[0][-2].split()[0] == first[1] == units[2].short_name


# --- Supervision ----------------------------------------------------------------------------------------------------


def test_open_supervision_is_counted_and_what_is_overdue_marked(leader: Client, quality: Plan, air: Plan) -> None:
    promise = rate(quality, 95)
    for overdue in (True, False):
        pressed(promise, overdue=overdue)
    pressed(promise, issued=False)
    assert {row[0].split()[0]: row[-1] for row in rows(page(leader))} == {"质量计划": "2 逾期 1", "空气计划": "0"}


def test_the_numbers_of_supervision_lead_to_as_many_notices(leader: Client, quality: Plan, air: Plan) -> None:
    promises = rate(quality, 95), rate(air, 95)
    for promise in (*promises, promises[0]):
        pressed(promise, overdue=promise == promises[1])
    found = re.findall(r'href="(/supervision/[^"]*)">(?:逾期 )?(\d)<', page(leader))
    assert [number for _address, number in found] == ["1", "1", "2"]
    for address, number in found:
        assert f'id="notices">督办事项 <small>{number}</small>' in leader.get(html.unescape(address)).content.decode()


def test_a_proposal_is_not_open_for_the_quality_office_either(client: Client, quality: Plan, air: Plan) -> None:
    client.force_login(person(Role.COORDINATOR))
    pressed(rate(quality, 95), issued=False)
    assert {row[-1] for row in rows(page(client))} == {"0"}


def test_a_unit_is_told_of_its_own_supervision_alone(client: Client, quality: Plan, air: Plan) -> None:
    target = rate(quality, 95)
    notice = pressed(target)
    pressed(target)
    client.force_login(person(Role.REPORTER, notice.lead))
    assert {row[-1] for row in rows(page(client))} == {"0", "1"}


def test_who_may_not_see_supervision_has_no_such_column(client: Client, quality: Plan, air: Plan) -> None:
    client.force_login(person(Role.ADMINISTRATOR))
    text = page(client)
    assert "在办督办" not in text
    assert "督办" not in exported(client, "csv")[1][-1]


# --- Order and choice -----------------------------------------------------------------------------------------------


@pytest.fixture
def three(quality: Plan, air: Plan) -> dict[str, Plan]:
    """Three plans that differ in everything by which they can be ordered."""
    food = document("food-2013", "食品计划", region("100200"), year=2013)
    for share in (50, 50):
        lead(rate(quality, 95, share), department())
    rate(air, 90, 95)
    rate(air, 95, 90)
    pressed(rate(air, 95, 95, 95), overdue=True)
    rate(food, 95, 90, 90, 90, year=2013)
    return {"quality": quality, "air": air, "food": food}


@pytest.fixture
def above(client: Client, three: dict[str, Plan]) -> Client:
    """A browser of somebody above all regions."""
    whole = Region.objects.create(code="100000", name="某省", kind=Region.Kind.PROVINCE)
    Region.objects.filter(code__in=("100100", "100200")).update(parent=whole)
    client.force_login(person(Role.LEADER, department(whole)))
    return client


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "空质食"),
        ("plan", "空质食"),
        ("red", "质空食"),
        ("-red", "空食质"),
        ("green", "空质食"),
        ("turn", "质空食"),
        ("time", "食空质"),
        ("data", "食质空"),
        ("-data", "空质食"),
        ("behind", "质空食"),
        ("-behind", "质空食"),
        ("supervision", "空质食"),
        ("nonsense", "空质食"),
        ("-", "空质食"),
    ],
)
def test_plans_are_ordered_by_each_column(above: Client, sort: str, order: str) -> None:
    found = "".join(title[0] for title in titles(page(above, **({"sort": sort} if sort else {}))))
    assert found == order


def test_the_head_of_a_column_orders_by_it_and_then_turns_round(above: Client) -> None:
    def head(text: str) -> tuple[str, str]:
        found = re.search(r'class="of-red of-light"\s*(aria-sort="\w+")?>\s*<a href="([^"]*)"', text)
        assert found is not None
        return found[1] or "", html.unescape(found[2])

    assert head(page(above)) == ("", "?sort=red")
    assert head(page(above, sort="red", year="2014")) == ('aria-sort="descending"', "?sort=-red&year=2014")
    assert head(page(above, sort="-red")) == ('aria-sort="ascending"', "?sort=red")


def test_plans_are_chosen_by_region_and_by_any_year_of_theirs(above: Client) -> None:
    document("five", "五年计划", region("100200"), year=2011, last_month=Month(2015, 12))
    assert titles(page(above, region="100200")) == ["食品计划", "五年计划"]
    assert titles(page(above, year="2014")) == ["空气计划", "质量计划", "五年计划"]
    assert titles(page(above, year="2013", region="100200")) == ["食品计划", "五年计划"]
    years = re.findall(r"<option(?: selected)?>(\d+)</option>", page(above))
    assert years == ["2015", "2014", "2013", "2012", "2011"]


def test_a_choice_that_fits_no_plan_says_so_and_leads_back(above: Client) -> None:
    text = page(above, region="100100", year="2013", sort="red")
    assert rows(text) == []
    assert "没有符合条件的计划" in text
    assert 'href="?sort=red"' in text
    assert "导出 Excel" not in text


@pytest.mark.parametrize("query", [{"region": "999999"}, {"year": "1999"}, {"year": "x"}, {"region": ""}])
def test_a_choice_that_is_none_shows_all(above: Client, query: dict[str, str]) -> None:
    assert len(rows(page(above, **query))) == 3


def test_region_and_year_are_offered_where_there_are_several(leader: Client, quality: Plan, air: Plan) -> None:
    text = page(leader)
    assert 'name="region"' not in text
    assert 'name="year"' not in text


# --- Files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_files_hold_the_plans_of_the_page_in_its_order(above: Client, kind: str) -> None:
    note, headings, *lines = exported(above, kind, sort="red", year="2014")
    assert "2014" in note[0]
    assert [line[1] for line in lines] == titles(page(above, sort="red", year="2014")) == ["质量计划", "空气计划"]
    quality, air = (dict(zip(headings, map(str, line), strict=True)) for line in lines)
    assert (quality["红灯"], quality["转差"], quality["好转"]) == ("2", "2", "0")
    assert (quality["已过月数"], quality["总月数"], quality["数据截至"]) == ("2", "12", "2014-02")
    assert float(quality["时序进度（%）"]) == 16.7
    assert (quality["该单位红灯"], quality["并列单位数"]) == ("1", "1")
    assert (air["在办督办"], air["督办逾期"]) == ("1", "1")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_exported_cell_runs_as_a_formula(leader: Client, quality: Plan, air: Plan, kind: str, start: str) -> None:
    Plan.objects.filter(pk=quality.pk).update(title=f"{start}HYPERLINK(1)\x07", number=f"{start}1")
    (line,) = (line for line in exported(leader, kind) if line[0] == "quality-2014")
    assert line[1].startswith(f"'{start}HYPERLINK(1)")
    assert line[4] == ("-1" if start == "-" else f"'{start}1")  # a negative number is no formula


def test_taking_the_portfolio_away_is_recorded(leader: Client, quality: Plan, air: Plan) -> None:
    exported(leader, "xlsx", sort="-red")
    event = AuditEvent.objects.get(action="portfolio.exported")
    assert event.detail == {"format": "xlsx", "rows": 2, "sort": "-red"}


def test_an_export_is_never_taken_by_a_link(leader: Client) -> None:
    assert leader.get("/portfolio/export/").status_code == 405


def test_without_a_role_nothing_is_shown_or_taken(client: Client, django_user_model: Any, quality: Plan) -> None:
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert client.get("/").status_code == 403
    assert client.post("/portfolio/export/").status_code == 403
    assert not AuditEvent.objects.filter(action="portfolio.exported").exists()
