"""The page of one target: how it stands, why, what it is made from, who answers for it."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from plans.page_cache.cached_pages import forget_cached_pages
from reports.tests.target_pages import counties, page, rate_of_93
from targets.judging.recompute import recompute_all
from targets.models import Target, TargetAssignment
from targets.tests.factories import attainment, department, entry, indicator, official, person, region, target
from targets.wording.explanation import explain_attainment
from targets.wording.lights import light_of_attainment

pytestmark = pytest.mark.django_db


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/plans/plan-2014/targets/x/")["Location"] == "/accounts/login/?next=/plans/plan-2014/targets/x/"


@pytest.mark.parametrize("path", ["/plans/plan-2014/targets/unknown/", "/plans/plan-1999/targets/x/"])
def test_an_unknown_target_is_not_found(leader: Client, path: str) -> None:
    answer = leader.get(path)
    assert answer.status_code == 404
    assert 'class="error-code"' in answer.content.decode()


def test_a_target_of_another_year_is_not_found(leader: Client) -> None:
    promise = rate_of_93()
    assert leader.get(f"/plans/plan-2015/targets/{promise.code}/").status_code == 404


def test_the_page_says_the_figure_the_sentence_and_the_hash(leader: Client) -> None:
    promise = rate_of_93()
    stored = attainment(promise, "2014-03")
    text = page(leader, promise)
    assert "93.00\u00a0%" in text
    assert explain_attainment(stored) in text
    assert stored.inputs_hash in text


def test_the_quote_is_marked_in_the_clause(leader: Client) -> None:
    promise = rate_of_93()
    assert f"<mark>{promise.quote}</mark>" in page(leader, promise)


def test_what_is_needed_from_now_on_is_said(leader: Client) -> None:
    houses = indicator("count")
    promise = target(houses, threshold=1200)
    official(entry(houses, "2014-06", 600))
    assert re.search(r'class="needed">\s*.*100\u00a0户', page(leader, promise))


def test_out_of_reach_is_said(leader: Client) -> None:
    rate = indicator()
    promise = target(rate, threshold=92)
    official(*(entry(rate, f"2014-{month:02}", 10, 100) for month in range(1, 10)))
    assert "out-of-reach" in page(leader, promise)


def test_nothing_is_needed_for_what_is_reached(leader: Client) -> None:
    houses = indicator("count")
    promise = target(houses, threshold=100)
    official(entry(houses, "2014-06", 100))
    assert 'class="needed' not in page(leader, promise)


def test_units_named_by_the_plan_and_allocated_ones_are_told_apart(leader: Client) -> None:
    promise = rate_of_93()
    TargetAssignment.objects.create(target=promise, department=department(), role="lead", quote="目标")
    TargetAssignment.objects.create(target=promise, department=department(), role="support")
    units = page(leader, promise).partition('class="units"')[2].partition("</ul>")[0]
    assert units.count("<q>目标</q>") == 1
    assert units.count("<li>") == 2


def test_the_chart_and_the_table_hold_the_same_figures(leader: Client) -> None:
    promise = rate_of_93()
    text = page(leader, promise)
    data = json.loads(re.findall(r'<script id="chart-data" type="application/json">(.*?)</script>', text)[0])
    assert [month["actual"] for month in data["months"][:4]] == [90.0, 92.5, 93.0, None]
    assert all(month["actualText"] in text for month in data["months"][:3])


def test_a_promise_to_do_something_has_no_chart(leader: Client) -> None:
    happening = indicator("event")
    promise = target(happening, "done_by")
    official(entry(happening, "2014-03", 0))
    assert "chart-data" not in page(leader, promise)


def test_a_leader_sees_who_entered_what_from_which_file(leader: Client) -> None:
    promise = rate_of_93()
    text = page(leader, promise)
    assert "测试.csv" in text
    assert "180\u00a0批次" in text


def test_a_unit_that_has_no_part_in_it_does_not_see_the_observations(client: Client) -> None:
    promise = rate_of_93()
    client.force_login(person(Role.REPORTER, department()))
    text = page(client, promise)
    assert "测试.csv" not in text
    assert "93.00\u00a0%" in text, "but how the plan stands"


def test_a_responsible_unit_sees_the_observations(client: Client) -> None:
    promise, unit = rate_of_93(), department()
    TargetAssignment.objects.create(target=promise, department=unit, role="lead")
    client.force_login(person(Role.REPORTER, unit))
    assert "测试.csv" in page(client, promise)


def test_the_parts_of_the_region_are_judged_too(leader: Client) -> None:
    promise, places = counties()
    text = page(leader, promise)
    assert "90.10\u00a0%" in text
    assert all(
        f'href="/plans/plan-2014/counties/{place.code}/?month=2014-01">{place.name}</a>' in text for place in places
    )


def test_a_county_sees_its_own_part_only(client: Client) -> None:
    promise, (own, other) = counties()
    client.force_login(person(Role.COUNTY, department(own)))
    text = page(client, promise)
    assert own.name in text
    assert other.name not in text


@pytest.mark.parametrize("month", ["2014-00", "2013-06", "now"])
def test_a_month_that_is_none_gives_the_default_and_a_message(leader: Client, month: str) -> None:
    text = page(leader, rate_of_93(), month=month)
    assert 'value="2014-03" selected' in text
    assert "alert-warning" in text


def test_nothing_on_the_page_breaks_the_content_security_policy(leader: Client) -> None:
    text = page(leader, rate_of_93())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text))


def queries_of(client: Client, promise: Target) -> int:
    page(client, promise)
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client, promise)
    return len(captured)


def test_more_months_and_units_take_no_further_query(leader: Client) -> None:
    promise, places = counties()
    few = queries_of(leader, promise)
    months = [f"2014-{number:02}" for number in range(2, 13)]
    official(*(entry(promise.indicator, month, 9, 10, place=place) for month in months for place in places))
    for _ in range(5):
        TargetAssignment.objects.create(target=promise, department=department(), role="shared")
    assert queries_of(leader, promise) == few <= 25


def shape(promise: Target, month: str) -> str:
    return light_of_attainment(attainment(promise, month)).shape


def test_missing_not_due_and_not_assessable_look_different() -> None:
    monthly, annual = indicator(), indicator(frequency="annual")
    compared = indicator("level")
    missing, not_due = target(monthly, threshold=92), target(annual, threshold=92)
    unknown = target(compared, "improves")
    recompute_all()
    official(entry(compared, "2014-06", 50))
    assert shape(missing, "2014-06") == "no-data"
    assert shape(not_due, "2014-06") == "not-due"
    assert shape(not_due, "2014-12") == "no-data"
    assert shape(unknown, "2014-06") == "not-assessable"


def test_each_light_has_a_word_of_its_own() -> None:
    houses = indicator("count")
    promise = target(houses, threshold=1200)
    official(entry(houses, "2014-06", 600), entry(houses, "2014-09", 200), entry(houses, "2014-11", 20))
    words = [str(light_of_attainment(attainment(promise, f"2014-{month}")).word) for month in ("06", "09", "11", "12")]
    assert len(set(words)) == 4, words


def test_a_limit_that_is_passed_is_exceeded_and_not_behind() -> None:
    cases = indicator("count", direction="lower")
    promise = target(cases, "none")
    official(entry(cases, "2014-03", 1))
    shown = light_of_attainment(attainment(promise, "2014-03"))
    assert (shown.colour, shown.shape) == ("red", "behind")
    assert "Red · limit exceeded" in repr(shown.word) or "超限" in str(shown.word)


def test_an_event_without_milestones_is_not_due_until_it_is() -> None:
    happening = indicator("event")
    promise = target(happening, "done_by")
    official(entry(happening, "2014-03", 0))
    assert shape(promise, "2014-03") == "not-due"
    assert shape(promise, "2014-12") == "behind"


def test_progress_is_never_rounded_to_the_pace_it_misses(leader: Client) -> None:
    """2 040 of 4 081 are 49.988 %: with 50.0 % beside a yellow light at half the year nobody would understand it."""
    houses = indicator("count")
    promise = target(houses, threshold=4081)
    official(entry(houses, "2014-06", 2040))
    assert "49.99\u00a0%" in page(leader, promise)


# --- Counties --------------------------------------------------------------------------------------------------------


def ranks(text: str) -> list[tuple[str, str]]:
    rows = text.partition('id="parts"')[2].partition("</table>")[0]
    return re.findall(
        r'<td class="number" data-label="[^"]*">([^<]*)</td><th scope="row"><a [^>]*>([^<]*)</a></th>', rows
    )


def test_counties_are_ranked_and_told_how_far_they_are_from_the_city(leader: Client) -> None:
    promise, (first, second) = counties()
    text = page(leader, promise)
    assert ranks(text) == [("1", second.name), ("2", first.name)]
    assert "+9.9\u00a0个百分点" in text
    assert "\u22120.1\u00a0个百分点" in text


def test_equal_figures_share_a_rank_and_lower_can_be_better(leader: Client) -> None:
    places = [region(f"10010{number}", parent=region()) for number in (1, 2, 3, 4)]
    rate = indicator(region_rule="pooled", direction="lower")
    promise = target(rate, "at_most", 50, coverage="parts")
    shares = ((9, 10), (1, 10), (1, 10))
    official(*(entry(rate, "2014-01", *share, place=place) for share, place in zip(shares, places, strict=False)))
    recompute_all()
    found = ranks(page(leader, promise))
    assert [rank for rank, _name in found] == ["1", "1", "3", "—"]
    assert [name for _rank, name in found][-2:] == [places[0].name, places[3].name]


def test_a_county_that_sees_itself_alone_is_told_no_rank(client: Client) -> None:
    promise, (own, _other) = counties()
    client.force_login(person(Role.COUNTY, department(own)))
    assert ranks(page(client, promise)) == [("—", own.name)]


def test_counties_are_told_how_far_they_are_from_the_target_and_never_nothing_for_something(leader: Client) -> None:
    places = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    promise = target(indicator(region_rule="pooled"), threshold=92, coverage="parts")
    shares = ((91996, 100000), (92, 100))
    official(
        *(entry(promise.indicator, "2014-01", *share, place=place) for share, place in zip(shares, places, strict=True))
    )
    text = page(leader, promise).partition('id="parts"')[2]
    assert "−0.004\u00a0个百分点" in text
    assert "±0\u00a0个百分点" in text


def test_the_year_of_each_county_is_drawn_to_one_scale(leader: Client) -> None:
    promise, places = counties()
    official(*(entry(promise.indicator, "2014-02", 50, 100, place=place) for place in places))
    multiples = page(leader, promise).partition('class="multiples"')[2].partition("</ul>")[0]
    aims = re.findall(r'spark-aim" points="([^"]*)"', multiples)
    assert len(aims) == 2
    assert aims[0] == aims[1], "the same target lies at the same height in every drawing"


# --- Tasks -----------------------------------------------------------------------------------------------------------


def test_tasks_of_the_same_item_show_their_lights_at_the_end_of_the_month(leader: Client, plan_2014: Any) -> None:
    recompute_all()
    promise = Target.objects.get(code="dangerous-houses")
    text = page(leader, promise, month="2014-12").partition('class="linked-tasks"')[2].partition("</ul>")[0]
    assert [one.title in text for one in promise.tasks.all()] == [True] * promise.tasks.count()
    assert "light-red" in text, "nothing was done by the end of the year"


def test_every_target_of_the_plan_has_a_page_without_any_figure(leader: Client, plan_2014: Any) -> None:
    recompute_all()
    for promise in plan_2014.targets.all():
        text = page(leader, promise)
        assert "chart-data" not in text
        assert "尚无已生效的数据" in text
