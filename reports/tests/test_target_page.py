"""The page of one target: how it stands, why, what it is made from, who answers for it."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.permissions import Role
from plans.periods import Month
from reports.standing import end_of
from targets import audit
from targets.explanation import explain
from targets.kept import forget
from targets.lights import light
from targets.models import Attainment, Revision, Target, TargetAssignment
from targets.recompute import recompute_all
from targets.rules import rules
from targets.selectors import official_then
from targets.tests.factories import (
    attainment,
    department,
    entry,
    indicator,
    official,
    person,
    region,
    target,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client: Client) -> Client:
    client.force_login(person(Role.LEADER))
    return client


def address(promise: Target) -> str:
    return f"/targets/2014/{promise.code}/"


def page(client: Client, promise: Target, **query: str) -> str:
    answer = client.get(address(promise), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def rate_of_93() -> Target:
    rate = indicator(numerator_name="合格", denominator_name="抽检", numerator_unit="批次", denominator_unit="批次")
    promise = target(rate, threshold=92)
    official(entry(rate, "2014-01", 180, 200), entry(rate, "2014-02", 190, 200), entry(rate, "2014-03", 95, 100))
    return promise


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/targets/2014/x/")["Location"] == "/accounts/login/?next=/targets/2014/x/"


@pytest.mark.parametrize("path", ["/targets/2014/unknown/", "/targets/1999/x/"])
def test_an_unknown_target_is_not_found(leader: Client, path: str) -> None:
    answer = leader.get(path)
    assert answer.status_code == 404
    assert 'class="error-code"' in answer.content.decode()


def test_a_target_of_another_year_is_not_found(leader: Client) -> None:
    promise = rate_of_93()
    assert leader.get(f"/targets/2015/{promise.code}/").status_code == 404


def test_the_page_says_the_figure_the_sentence_and_the_hash(leader: Client) -> None:
    promise = rate_of_93()
    stored = attainment(promise, "2014-03")
    text = page(leader, promise)
    assert "93.00\u00a0%" in text
    assert explain(stored) in text
    assert stored.inputs_hash in text


def test_the_quote_is_marked_in_the_clause(leader: Client) -> None:
    promise = rate_of_93()
    assert f"<mark>{promise.quote}</mark>" in page(leader, promise)


def test_what_is_needed_from_now_on_is_said(leader: Client) -> None:
    houses = indicator("count")
    promise = target(houses, threshold=1200)
    official(entry(houses, "2014-06", 600))
    assert re.search(r'class="needed">\s+.*100.00\u00a0户', page(leader, promise))


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


def counties() -> tuple[Target, list[Any]]:
    places = [region(f"10010{number}", parent=region()) for number in (1, 2)]
    rate = indicator(region_rule="pooled")
    promise = target(rate, threshold=92, coverage="parts")
    shares = ((90, 100), (1, 1))
    official(*(entry(rate, "2014-01", *share, place=place) for share, place in zip(shares, places, strict=True)))
    return promise, places


def test_the_parts_of_the_region_are_judged_too(leader: Client) -> None:
    promise, places = counties()
    text = page(leader, promise)
    assert "90.10\u00a0%" in text
    assert all(f'href="/counties/{place.code}/?month=2014-01">{place.name}</a>' in text for place in places)


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
    forget()  # made anew: a kept page would ask the same however much it shows
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
    assert queries_of(leader, promise) == few <= 20


def shape(promise: Target, month: str) -> str:
    return light(attainment(promise, month)).shape


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
    words = [str(light(attainment(promise, f"2014-{month}")).word) for month in ("06", "09", "11", "12")]
    assert len(set(words)) == 4, words


def test_a_limit_that_is_passed_is_exceeded_and_not_behind() -> None:
    cases = indicator("count", direction="lower")
    promise = target(cases, "none")
    official(entry(cases, "2014-03", 1))
    shown = light(attainment(promise, "2014-03"))
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


# --- Why this light --------------------------------------------------------------------------------------------------


def verify(client: Client, promise: Target, **data: str) -> str:
    answer = client.post(f"{address(promise)}verify/", data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_anybody_who_reads_the_plan_can_have_a_result_computed_anew(leader: Client) -> None:
    promise = rate_of_93()
    text = verify(leader, promise, month="2014-03")
    assert "alert-success" in text
    assert attainment(promise, "2014-03").inputs_hash[:16] in text.partition("alert-success")[2].partition("</div>")[0]


def test_the_entries_named_by_the_result_decide_and_not_what_is_official_now(leader: Client) -> None:
    promise = rate_of_93()
    before = attainment(promise, "2014-03")
    official(entry(promise.indicator, "2014-01", 100, 200))
    Attainment.objects.filter(pk=before.pk).update(
        revisions=before.revisions, inputs_hash=before.inputs_hash, actual=before.actual, numerator=before.numerator
    )
    stored = Attainment.objects.get(pk=before.pk)
    assert audit.verify(stored).inputs_hash == before.inputs_hash


@pytest.mark.parametrize("changed", [{"inputs_hash": "0" * 64}, {"signal": "red"}, {"revisions": []}])
def test_a_result_that_was_tampered_with_does_not_agree_and_stays_as_it_is(
    leader: Client, changed: dict[str, Any]
) -> None:
    promise = rate_of_93()
    Attainment.objects.filter(target=promise).update(**changed)
    before = list(Attainment.objects.filter(target=promise).order_by("month").values())
    assert "alert-danger" in verify(leader, promise, month="2014-03")
    assert list(Attainment.objects.filter(target=promise).order_by("month").values()) == before


def test_every_kind_of_target_can_be_verified(plan_2014: Any) -> None:
    recompute_all()
    rows = Attainment.objects.filter(target__plan=plan_2014, region=plan_2014.region, month=Month(2014, 6))
    assert all(audit.verify(row).agrees for row in rows)


@pytest.mark.parametrize("month", ["", "2013-01", "junk"])
def test_a_month_that_is_none_verifies_january(leader: Client, month: str) -> None:
    assert 'value="2014-01" selected' in verify(leader, rate_of_93(), month=month)


def test_a_result_is_not_computed_anew_by_a_link(leader: Client) -> None:
    assert leader.get(f"{address(rate_of_93())}verify/").status_code == 405


def test_a_target_that_is_not_judged_cannot_be_verified(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    assert leader.post(f"{address(promise)}verify/", {"month": "2014-01"}).status_code == 404


def test_the_rule_is_told_in_words(leader: Client) -> None:
    text = page(leader, rate_of_93()).partition('class="rules"')[2].partition("</ul>")[0]
    assert "≥\u00a092\u00a0%" in text
    assert text.count("<li>") == 5


@pytest.mark.parametrize(
    ("measure", "comparator", "threshold", "values"),
    [
        ("count", "at_least", 12, {}),
        ("count", "at_most", 3, {}),
        ("ratio", "at_least", 92, {"warning_margin": 2}),
        ("ratio", "at_least", 92, {}),
        ("event", "done_by", None, {}),
    ],
)
def test_each_kind_of_light_has_words_of_its_own(
    measure: str, comparator: str, threshold: int | None, values: dict[str, Any]
) -> None:
    promise = target(indicator(measure), comparator, threshold, **values)
    told = rules(promise)
    assert len(set(told)) == 5
    assert ("{" in "".join(told)) is ("%(" in "".join(told)) is False


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


# --- What the year will come to --------------------------------------------------------------------------------------


def houses(*months: int, threshold: int = 100, comparator: str = "at_least") -> Target:
    measured = indicator("count")
    promise = target(measured, comparator, threshold if comparator != "none" else None)
    official(*(entry(measured, f"2014-{number:02}", value) for number, value in enumerate(months, 1)))
    return promise


def chart_of(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(
        re.findall(r'<script id="chart-data" type="application/json">(.*?)</script>', text)[0]
    )
    return data


def test_the_outlook_says_figure_range_and_whether_the_target_would_be_met(leader: Client) -> None:
    text = page(leader, houses(30, 10, 20, 40)).partition('class="outlook"')[2].partition("</p>")[0]
    assert all(words in text for words in ("按目前进度推算", "300\u00a0户", "220–380\u00a0户", "预计可以达标", "12月"))


@pytest.mark.parametrize(("threshold", "words"), [(300, "能否达标尚不确定"), (400, "预计难以达标")])
def test_the_outlook_may_be_open_or_poor(leader: Client, threshold: int, words: str) -> None:
    assert words in page(leader, houses(30, 10, 20, 40, threshold=threshold))


def test_no_outlook_for_fewer_than_three_months_or_what_must_not_occur(leader: Client) -> None:
    for promise in (houses(30, 10), houses(0, 0, 0, 0, comparator="none")):
        text = page(leader, promise)
        assert 'class="outlook"' not in text
        assert all(month["outlook"] is None for month in chart_of(text)["months"])


def test_chart_and_table_hold_pace_last_year_and_outlook_alike(leader: Client) -> None:
    promise = houses(30, 10, 20, 40, threshold=1200)
    official(entry(promise.indicator, "2013-01", 7), entry(promise.indicator, "2013-04", 8))
    text = page(leader, promise)
    months = chart_of(text)["months"]
    assert [month["pace"] for month in months[:3]] == [100.0, 200.0, 300.0]
    assert [month["lastYear"] for month in months[:5]] == [7.0, 7.0, 7.0, 15.0, 15.0]
    assert months[3]["outlook"] is None
    assert months[11]["outlook"] == [220.0, 300.0, 380.0]
    table = text.partition("year-table")[2].partition("</table>")[0]
    for month in months:
        told = [month["paceText"], month["lastYearText"], *(month["outlookText"] or [])]
        assert all(one in table for one in told)
    assert len(re.findall(r"<tr(?: class=\"now\"[^>]*)?><th scope=\"row\"", table)) == 12


# --- An earlier day --------------------------------------------------------------------------------------------------


def corrected() -> Target:
    """90 of 100 in January, official on 5 March 2014; corrected to 99 of 100 on 20 March."""
    promise = target(indicator(), threshold=92)
    official(entry(promise.indicator, "2014-01", 90, 100))
    official(entry(promise.indicator, "2014-01", 99, 100))
    first, second = Revision.objects.order_by("pk")
    early, late = (datetime(2014, 3, day, 4, tzinfo=UTC) for day in (5, 20))
    Revision.objects.filter(pk=first.pk).update(official_at=early, ended_at=late)
    Revision.objects.filter(pk=second.pk).update(official_at=late)
    return promise


def test_an_earlier_day_is_shown_and_said_and_gives_what_a_fresh_computation_gives(leader: Client) -> None:
    promise = corrected()
    now, then = page(leader, promise), page(leader, promise, as_of="2014-03-10", month="2014-01")
    assert "99.00\u00a0%" in now
    assert "as-of-band" not in now
    assert "99.00\u00a0%" not in then
    assert "2014年3月10日" in then.split("as-of-band")[1].split("</aside>")[0]
    fresh = official_then(Target.objects.filter(pk=promise.pk), promise.plan.region, end_of(date(2014, 3, 10)))
    (january,) = [one for one in fresh if one.month == Month(2014, 1)]
    assert january.inputs_hash in then
    assert explain(january) in then
    assert "verify/" not in then, "what is not stored cannot be compared with what is stored"


def test_the_day_stays_in_every_link_that_leads_on(leader: Client) -> None:
    promise = corrected()
    TargetAssignment.objects.create(target=promise, department=department(), role="lead")
    text = page(leader, promise, as_of="2014-03-10", month="2014-01").partition("<main")[2].partition("</main>")[0]
    leading = re.findall(r'href="(/(?:targets|departments|plan|comparison|counties)?[^"#]*)"', text)
    kept = [one for one in leading if "/figures/" not in one and "/tasks/" not in one]
    assert kept
    assert all("as_of=2014-03-10" in one and "month=2014-01" in one for one in kept), kept


def test_a_county_sees_its_own_part_only_on_an_earlier_day_too(client: Client) -> None:
    promise, (own, other) = counties()
    client.force_login(person(Role.COUNTY, department(own)))
    text = page(client, promise, as_of=(timezone.localdate() - timedelta(days=1)).isoformat())
    assert own.name in text
    assert other.name not in text


@pytest.mark.parametrize("day", ["soon", "2014-02-30", "9999-12-31"])
def test_a_day_that_is_none_shows_what_is_official_now_and_says_so(leader: Client, day: str) -> None:
    text = page(leader, corrected(), as_of=day)
    assert "99.00\u00a0%" in text
    assert "alert-warning" in text


def test_the_light_is_followed_back_to_what_changed_it(leader: Client) -> None:
    text = page(leader, corrected()).partition('id="history"')[2].partition("</section>")[0]
    assert re.findall(r'href="\?as_of=([\d-]+)&amp;month=2014-01"', text) == ["2014-03-20", "2014-03-05"]
    assert text.count("/figures/") == 2


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
