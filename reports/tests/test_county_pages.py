"""Each part of the region against the whole: figures, ranks, distances, lights, and how its government reports."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Region
from departments.permissions import Role
from departments.tests.markup import markup_of
from plans.models import Plan
from reports.tests.test_comparison import counties, summed
from targets.judging.recompute import recompute_all
from targets.models import Target
from targets.tests.factories import attainment, department, official, person, region
from targets.tests.factories import entry as figure

pytestmark = pytest.mark.django_db


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return markup_of(answer)


def cells(text: str, table: str) -> dict[str, list[str]]:
    """Indicator → the cells beside it."""
    body = text.partition(f'id="{table}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    found = re.findall(r'<tr><th scope="row"><a [^>]*>([^<]*)</a></th>(.*?)</tr>', body, re.DOTALL)
    return {
        name: [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<td[^>]*>(.*?)</td>", rest, re.DOTALL)]
        for name, rest in found
    }


@pytest.mark.parametrize("address", ["/plans/plan-2014/counties/", "/plans/plan-2014/counties/100101/"])
def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("code", ["999999", "nowhere", "100100"])
def test_a_region_that_is_no_part_of_the_plan_is_not_found(leader: Client, code: str) -> None:
    counties((90, 100), (1, 1))
    assert leader.get(f"/plans/plan-2014/counties/{code}/").status_code == 404


def test_a_county_is_told_against_the_whole_the_others_and_the_target(leader: Client) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    found = cells(page(leader, f"/plans/plan-2014/counties/{first.code}/"), "judged")[promise.name]
    assert found[:6] == [
        "90.00\u00a0%",
        "90.10\u00a0%",
        "−0.1\u00a0个百分点",
        "2 / 2",
        "≥\u00a092\u00a0%",
        "−2\u00a0个百分点",
    ]
    assert found[7].startswith("红灯")


def test_what_only_adds_to_the_whole_has_a_share_and_no_light(leader: Client) -> None:
    promise, (first, second) = summed(30, 10)
    text = page(leader, f"/plans/plan-2014/counties/{second.code}/")
    assert cells(text, "shared")[promise.name][:4] == ["10\u00a0户", "40\u00a0户", "25.0\u00a0%", "2 / 2"]
    assert 'id="judged"' not in text
    assert first.name not in text.partition("<main")[2]


def test_the_small_trend_ends_with_the_figure_of_the_month(leader: Client) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    official(figure(promise.indicator, "2014-05", 50, 100, place=first))
    text = page(leader, f"/plans/plan-2014/counties/{first.code}/", month="2014-06")
    assert 'class="spark-line"' in text
    assert 'class="spark-line"' not in page(leader, f"/plans/plan-2014/counties/{first.code}/", month="2014-05")


def test_counties_are_ranked_by_red_then_yellow_lights(leader: Client) -> None:
    _promise, (red, green, missing) = counties((50, 100), (95, 100), None)
    text = page(leader, "/plans/plan-2014/counties/").partition('id="counties"')[2].partition("</table>")[0]
    found = re.findall(r'<tr><td class="number">([^<]*)</td><th scope="row"><a [^>]*>([^<]*)</a>', text)
    assert found == [("1", red.name), ("2", green.name), ("2", missing.name)]


def test_a_county_sees_its_own_page_alone(client: Client) -> None:
    _promise, (own, other) = counties((90, 100), (1, 1))
    client.force_login(person(Role.COUNTY, department(own, kind="county_government")))
    assert "reporting-months" in page(client, f"/plans/plan-2014/counties/{own.code}/")
    assert client.get(f"/plans/plan-2014/counties/{other.code}/").status_code == 404
    listed = page(client, "/plans/plan-2014/counties/")
    assert own.name in listed
    assert other.name not in listed


def test_a_bureau_sees_how_counties_are_judged_and_not_how_they_report(client: Client) -> None:
    _promise, (first, _second) = counties((90, 100), (1, 1))
    department(first, kind="county_government")
    client.force_login(person(Role.REPORTER, department()))
    text = page(client, f"/plans/plan-2014/counties/{first.code}/")
    assert "90.00\u00a0%" in text
    assert "reporting-months" not in text


def test_an_earlier_day_is_shown_said_and_kept_in_the_links(leader: Client) -> None:
    promise, (first, _second) = counties((90, 100), (1, 1))
    for address in ("/plans/plan-2014/counties/", f"/plans/plan-2014/counties/{first.code}/"):
        text = page(leader, address, as_of="2014-07-01", month="2014-06")
        assert "as-of-band" in text
        assert "90.00" not in text
        content = text.partition("<header")[2].partition("</main>")[0]
        leading = re.findall(
            r'href="(/plans/plan-2014/(?:text|comparison|targets|departments|counties)/[^"]*)"', content
        )
        assert all("month=2014-06&amp;as_of=2014-07-01" in one for one in leading), leading
    assert promise.name


def test_without_figures_in_counties_the_list_says_so(leader: Client, plan_2014: Plan) -> None:
    assert "/plans/wenzhou-2014-quality/counties/" in page(leader, "/plans/wenzhou-2014-quality/departments/")
    assert 'class="panel empty"' in page(leader, "/plans/wenzhou-2014-quality/counties/")


def test_every_figure_is_the_stored_one(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    county = Region.objects.get(code="330327")
    promise = Target.objects.get(code="air-quality")
    official(figure(promise.indicator, "2014-01", 20, 31, place=county))
    text = page(leader, f"/plans/wenzhou-2014-quality/counties/{county.code}/", month="2014-01")
    stored = attainment(promise, "2014-01", county)
    assert f"light-{stored.signal}" in text.partition('id="judged"')[2]
    assert cells(text, "judged")[promise.name][0] == "64.5\u00a0%"


@pytest.mark.parametrize("address", ["/plans/plan-2014/counties/", "/plans/plan-2014/counties/100101/"])
def test_more_counties_and_targets_take_no_further_query(leader: Client, address: str) -> None:
    counties((90, 100), (1, 1))
    department(region("100101"), kind="county_government")

    def counted() -> int:
        page(leader, address)
        with CaptureQueriesContext(connection) as captured:
            page(leader, address)
        return len(captured)

    few = counted()
    for _ in range(3):
        counties((1, 2), (1, 2), (1, 3), (1, 4), (1, 5))
        summed(1, 2, 3, 4, 5)
    assert counted() == few <= 26
