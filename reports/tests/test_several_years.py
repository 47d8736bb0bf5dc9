"""A plan over several years on the pages of leadership: each month has its own place, in drawings and in figures."""

import re

import pytest
from django.test import Client

from departments.models import Region
from plans.models import Plan
from reports.tests import target_pages
from reports.tests.test_comparison import page, rows
from targets.models import Target
from targets.tests.divided import PAPER, divided
from targets.tests.factories import entry, indicator, judged_anew, official, plan_over, region, target

pytestmark = pytest.mark.django_db


def over_three_years() -> tuple[Plan, Target]:
    """600 houses from 2013 to 2015: 100 in June 2013, 150 in June 2014."""
    plan = plan_over("2013-01", "2015-12")
    promise = target(indicator("count"), threshold=600, plan=plan, counting="plan")
    official(entry(promise.indicator, "2013-06", 100), entry(promise.indicator, "2014-06", 150))
    judged_anew(promise)
    return plan, promise


def places(text: str, kind: str = "spark-line") -> list[float]:
    """How far to the right the points of the first line lie."""
    drawn = re.findall(rf'class="{kind}" points="([^"]*)"', text)[0]
    return [float(point.partition(",")[0]) for point in drawn.split()]


def test_months_of_several_years_lie_beside_one_another(leader: Client) -> None:
    plan, _promise = over_three_years()
    found = places(page(leader, f"/plans/{plan.code}/"))
    assert found == sorted(set(found)), "no month lies over another"
    assert len(found) == 13, "from June 2013 to June 2014"
    assert found[0] == pytest.approx(4 + 104 * 5 / 35, abs=0.1)
    assert found[-1] == pytest.approx(4 + 104 * 17 / 35, abs=0.1)


def test_the_drawings_of_counties_lie_on_the_plan_s_months_too(leader: Client) -> None:
    plan = plan_over("2013-01", "2015-12")
    case = divided(plan=plan, counting="plan")
    official(entry(case.promise.indicator, "2013-06", 20, place=case.ahead))
    for address in (f"/plans/{plan.code}/counties/{case.ahead.code}/", target_pages.address(case.promise)):
        found = places(page(leader, address, month="2014-06"))
        assert len(found) == 13
        assert found[-1] == pytest.approx(4 + 104 * 17 / 35, abs=0.1)


def test_the_year_at_a_glance_is_that_of_the_month_shown(leader: Client) -> None:
    plan, promise = over_three_years()
    for year in (2013, 2014):
        text = page(leader, f"/plans/{plan.code}/", month=f"{year}-06").partition('class="heat"')[2]
        links = re.findall(rf"/targets/{promise.code}/\?month=(\d{{4}}-\d{{2}})", text.partition("</table>")[0])
        assert links == [f"{year}-{number:02}" for number in range(1, 13 if year == 2013 else 7)]


def test_time_progress_is_the_share_of_the_whole_plan(leader: Client) -> None:
    plan, _promise = over_three_years()
    text = page(leader, f"/plans/{plan.code}/", month="2014-06")
    assert "<strong>18<span>/36</span></strong>" in text
    assert "50.0\u00a0%" in text


def test_the_comparison_shows_the_month_that_is_chosen_and_the_total_since_the_plan_began(leader: Client) -> None:
    plan, promise = over_three_years()
    address = f"/plans/{plan.code}/comparison/"
    (line,) = rows(page(leader, address, month="2014-06"))
    assert line[:5] == [promise.name, "150\u00a0户", "—", "—", "250\u00a0户"]
    assert "累计完成" in page(leader, address)


def test_what_is_counted_by_year_is_compared_with_the_year_before(leader: Client) -> None:
    plan = plan_over("2013-01", "2015-12")
    promise = target(indicator("count"), threshold=600, plan=plan)
    official(entry(promise.indicator, "2013-06", 100), entry(promise.indicator, "2014-06", 150))
    (line,) = rows(page(leader, f"/plans/{plan.code}/comparison/", month="2014-06"))
    assert line[1:5] == ["150\u00a0户", "100\u00a0户", "+50\u00a0户", "150\u00a0户"]


def test_a_county_s_share_is_of_all_that_was_counted(leader: Client) -> None:
    plan = plan_over("2013-01", "2015-12")
    own: list[Region] = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    promise = target(indicator("count", region_rule="sum"), threshold=600, plan=plan, counting="plan")
    months = (("2013-06", 90), ("2014-06", 10))
    official(*(entry(promise.indicator, month, number, place=own[0]) for month, number in months))
    official(entry(promise.indicator, "2014-06", 100, place=own[1]))
    judged_anew(promise)
    text = page(leader, f"/plans/{plan.code}/counties/{own[0].code}/", month="2014-06")
    assert "50.0\u00a0%" in text.partition('id="shared"')[2]


def facts(text: str) -> list[str]:
    """The months of the figures below the page of a target, as they are named."""
    body = text.partition('id="facts"')[2].partition("</table>")[0]
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', body)


def test_the_figures_of_last_year_that_decide_are_listed_with_their_year(leader: Client) -> None:
    promise = target(indicator("count"), "at_most", -3, threshold_kind="last_year")
    months = ("2012-06", "2013-06", "2014-06")
    official(*(entry(promise.indicator, month, 10) for month in months))
    assert facts(target_pages.page(leader, promise)) == ["2014年6月", "2013年6月"]


def test_the_figures_of_the_baseline_s_year_are_listed(leader: Client) -> None:
    promise = target(indicator("level"), "at_most", -15, threshold_kind="baseline_share", baseline_year=2010)
    months = ("2009-12", "2010-06", "2010-12", "2013-12", "2014-06")
    official(*(entry(promise.indicator, month, 42) for month in months))
    assert facts(target_pages.page(leader, promise)) == ["2014年6月", "2010年12月", "2010年6月"]


def test_figures_of_one_year_are_listed_by_month_alone(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    official(entry(promise.indicator, "2013-06", 9, 10), entry(promise.indicator, "2014-06", 9, 10))
    assert facts(target_pages.page(leader, promise)) == ["6月"]


def test_quotas_of_several_years_say_from_which_year_on(leader: Client) -> None:
    plan = plan_over("2013-01", "2015-12")
    case = divided(plan=plan, counting="plan")
    text = page(leader, f"/plans/{plan.code}/comparison/", target=case.promise.code, month="2014-06")
    assert f"{PAPER}，2013年1月起" in text
