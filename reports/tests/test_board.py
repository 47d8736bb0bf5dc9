"""The overview beyond its list: what has changed, what needs attention and why, who leads, the year, earlier days."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from departments.database.append_only import rewriting
from departments.tests.markup import markup_of
from plans.models import Plan
from plans.periods import Month
from reports.board.standing import end_of_local_day
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Revision, Target, TargetAssignment
from targets.reading.selectors import attainments_official_then
from targets.tests.factories import attainment, department, entry, indicator, official, region, target
from targets.wording.explanation import attainment_texts_of, explain_attainment

pytestmark = pytest.mark.django_db


def page(client: Client, **query: str) -> str:
    answer = client.get("/", query)
    assert answer.status_code == 200
    return markup_of(answer)


def rate(*months: int, headline: bool = False) -> Target:
    """A target of 92 % whose share of good ones to date is as given, in per cent, month by month."""
    measured = indicator()
    promise = target(measured, threshold=92, headline=headline, warning_margin=5)
    shares, before = [], 0
    for number, share in enumerate(months, 1):
        shares.append(entry(measured, f"2014-{number:02}", share * number - before, 100))
        before = share * number
    official(*shares)
    return promise


def counted(text: str) -> dict[str, tuple[str, str]]:
    """Light → number and the words about its change."""
    cards = re.findall(r'count-(\w+)" href.*?<strong>(\d+)</strong>(.*?)<small>', text, re.DOTALL)
    return {light: (number, re.sub(r"<[^>]+>|\s", "", words)) for light, number, words in cards}


def test_each_light_tells_how_many_more_or_fewer_than_last_month(leader: Client) -> None:
    rate(95, 50)
    rate(95, 95)
    text = counted(page(leader, month="2014-02"))
    assert text["red"] == ("1", "红灯比上月增加+1")
    assert text["green"] == ("1", "绿灯比上月减少−1")
    assert text["yellow"] == ("0", "黄灯持平")


def test_january_is_compared_with_nothing(leader: Client) -> None:
    rate(95)
    assert 'class="change"' not in page(leader, month="2014-01")


def pressing(text: str) -> list[str]:
    listed = text.partition('id="pressing"')[2]
    return re.findall(r'class="pressing-head">.*?/plans/[\w-]+/targets/([\w-]+)/', listed)


def test_five_targets_need_attention_most_red_before_yellow(leader: Client) -> None:
    yellow = [rate(90) for _ in range(3)]
    red = [rate(50) for _ in range(4)]
    listed = pressing(page(leader))
    assert listed == [one.code for one in (*red, yellow[0])]


def test_what_became_worse_and_headline_targets_stand_before_others(leader: Client) -> None:
    plain, headline, worse = rate(80, 80), rate(80, 80, headline=True), rate(95, 80)
    text = page(leader)
    assert pressing(text) == [worse.code, headline.code, plain.code]
    assert text.count("较上月转差") == 1


def test_what_is_out_of_reach_stands_first(leader: Client) -> None:
    worse, lost = rate(95, 80), rate(30, 30)
    assert pressing(page(leader)) == [lost.code, worse.code]


def test_each_says_why_what_is_needed_and_who_leads(leader: Client) -> None:
    promise, unit, other = rate(90, 90), department(), department()
    TargetAssignment.objects.create(target=promise, department=other, role="shared")
    TargetAssignment.objects.create(target=promise, department=unit, role="lead")
    stored = attainment(promise, "2014-02")
    text = page(leader).partition('id="pressing"')[2].partition("</section>")[0]
    assert explain_attainment(stored) in text
    assert attainment_texts_of(stored).needed in text
    assert unit.short_name in text
    assert other.short_name not in text


def test_nothing_needs_attention_when_all_is_green(leader: Client) -> None:
    rate(95)
    assert 'id="pressing"' not in page(leader)


def tally(text: str, name: str) -> dict[str, list[str]]:
    rows = re.findall(
        r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", text.split(f'id="by-{name}"')[1].split("</table>")[0]
    )
    return {label: re.findall(r">(\d+)<", cells) for label, cells in rows}


def test_the_lights_are_counted_by_who_leads(leader: Client) -> None:
    unit, other = department(), department()
    for share, lead in ((50, unit), (95, unit), (95, other), (50, None)):
        promise = rate(share)
        TargetAssignment.objects.create(target=promise, department=department(), role="shared")
        if lead is not None:
            TargetAssignment.objects.create(target=promise, department=lead, role="lead")
    found = tally(page(leader), "department")
    assert found[unit.short_name] == ["1", "0", "1", "0", "2"]
    assert found[other.short_name] == ["0", "0", "1", "0", "1"]
    assert list(found) == [unit.short_name, other.short_name, "按职责分工负责"]


def test_every_number_leads_to_as_many_targets(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader)
    links = re.findall(r'<a class="number-\w+" href="([^"]*)"[^>]*>(\d+)</a>', text)
    assert len(links) > 8
    for address, number in links:
        listed = leader.get("/" + address.replace("&amp;", "&")).content.decode()
        assert listed.count('scope="row" class="cell-name"') == int(number)
    assert sum(int(row[-1]) for row in tally(text, "chapter").values()) == plan_2014.targets.count()


def test_a_choice_is_said_and_can_be_taken_back(leader: Client) -> None:
    promise, unit = rate(50), department()
    rate(50)
    TargetAssignment.objects.create(target=promise, department=unit, role="lead")
    text = page(leader, department=unit.code, light="red", month="2014-01")
    assert text.count('scope="row" class="cell-name"') == 1
    chosen = text.split('id="chosen"')[1].split("</section>")[0]
    assert unit.short_name in chosen
    assert 'href="?department=' in chosen
    assert 'href="?light=red&amp;month=2014-01"' in chosen
    months = text.split('class="months"')[1].split("</form>")[0]
    assert f'<input type="hidden" name="department" value="{unit.code}">' in months


@pytest.mark.parametrize("query", [{"department": "nowhere"}, {"chapter": "x"}, {"chapter": "99"}, {"light": ""}])
def test_a_choice_that_is_none_shows_all(leader: Client, query: dict[str, str]) -> None:
    rate(50)
    text = page(leader, **query)
    assert text.count('scope="row" class="cell-name"') == 1
    assert 'id="chosen"' not in text


def test_the_year_shows_a_light_for_each_month_with_data(leader: Client) -> None:
    promise = rate(95, 90, 50)
    text = page(leader, month="2014-02").split('id="heat"')[1].split("</section>")[0]
    cells = re.findall(r'<td(?: class="now")?>(?:<a class="heat-(\w+)" href="([^"]*)")?', text)
    assert [light for light, _address in cells] == ["green", "yellow", "red", *[""] * 9]
    assert cells[2][1] == f"/plans/plan-2014/targets/{promise.code}/?month=2014-03"
    assert text.count('class="now"') == 2


# --- What was official on an earlier day -----------------------------------------------------------------------------

DAY = date(2014, 3, 10)


def corrected() -> Target:
    """90 of 100 in January, official on 5 March 2014; corrected to 99 of 100 on 20 March."""
    measured = indicator()
    promise = target(measured, threshold=92)
    official(entry(measured, "2014-01", 90, 100))
    official(entry(measured, "2014-01", 99, 100))
    first, second = Revision.objects.order_by("pk")
    early, late = (datetime(2014, 3, day, 4, tzinfo=UTC) for day in (5, 20))
    with rewriting():
        Revision.objects.filter(pk=first.pk).update(official_at=early, ended_at=late)
        Revision.objects.filter(pk=second.pk).update(official_at=late)
    return promise


def test_an_earlier_day_shows_what_was_official_then_and_says_so(leader: Client) -> None:
    corrected()
    now, then = page(leader), page(leader, as_of=DAY.isoformat())
    assert "99.00\u00a0%" in now
    assert "as-of-band" not in now
    assert "90.00\u00a0%" in then
    assert "99.00\u00a0%" not in then
    assert "2014年3月10日" in then.split("as-of-band")[1].split("</aside>")[0]


def test_before_anything_was_official_all_is_grey(leader: Client) -> None:
    corrected()
    assert counted(page(leader, as_of="2014-03-04"))["grey"][0] == "1"


def test_a_day_counts_to_its_end(leader: Client) -> None:
    corrected()
    assert "90.00\u00a0%" in page(leader, as_of="2014-03-05")
    assert "90.00\u00a0%" in page(leader, as_of="2014-03-19")
    assert "99.00\u00a0%" in page(leader, as_of="2014-03-20")


def test_the_page_of_an_earlier_day_gives_what_a_fresh_computation_gives(leader: Client) -> None:
    corrected()
    rate(95, 50)
    where = region()
    fresh = attainments_official_then(Target.objects.all(), where, end_of_local_day(DAY))
    text = page(leader, as_of=DAY.isoformat(), month="2014-01")
    for one in fresh:
        if one.month == Month(2014, 1):
            address = f"/plans/{one.target.plan.code}/targets/{one.target.code}/?month=2014-01"
            row = text.split(address)[-1].split("</tr>")[0]
            assert f'"light light-{one.signal}"' in row
            assert (attainment_texts_of(one).actual or "—") in row
    assert not Attainment.objects.filter(target__in=[one.target_id for one in fresh], signal="yellow").exists()


def test_looking_at_an_earlier_day_stores_nothing(leader: Client) -> None:
    corrected()
    before = list(Attainment.objects.order_by("target_id", "region_id", "month").values())
    page(leader, as_of=DAY.isoformat())
    assert list(Attainment.objects.order_by("target_id", "region_id", "month").values()) == before


@pytest.mark.parametrize("day", ["soon", "2014-02-30", "2014-3-1", "0001-01-01", "9999-12-31", "2014-03-01' --"])
def test_a_day_that_is_none_shows_what_is_official_now_and_says_so(leader: Client, day: str) -> None:
    corrected()
    text = page(leader, as_of=day)
    assert "99.00\u00a0%" in text
    assert "alert-warning" in text
    assert "as-of-band" not in text


def test_tomorrow_is_refused_and_today_is_now(leader: Client) -> None:
    corrected()
    today = timezone.localdate()
    assert "as-of-band" not in page(leader, as_of=today.isoformat())
    assert "alert-warning" in page(leader, as_of=(today + timedelta(days=1)).isoformat())
    assert "as-of-band" in page(leader, as_of=(today - timedelta(days=1)).isoformat())


def test_the_day_stays_when_the_month_is_changed(leader: Client) -> None:
    corrected()
    months = page(leader, as_of=DAY.isoformat()).split('class="months"')[1].split("</form>")[0]
    assert f'<input type="hidden" name="as_of" value="{DAY.isoformat()}">' in months
    assert f"as_of={DAY.isoformat()}" in months


def test_the_text_of_the_plan_shows_an_earlier_day_too(leader: Client) -> None:
    corrected()
    then = leader.get("/plans/plan-2014/text/", {"as_of": DAY.isoformat()}).content.decode()
    assert "as-of-band" in then
    assert 'class="promise promise-red"' in then
