"""The pages of quotas: who reads and who sets them, the sums, what is refused, and how versions are told."""

import re
from decimal import Decimal as D
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Region, User
from departments.permissions import Role
from plans.periods import Month
from targets.models import DirtyKey, Quota, Target
from targets.reading.divisions import quota_versions_of
from targets.services.locking import close_plan_month
from targets.services.quotas import set_quotas
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
PAPER = "温质〔2014〕3号"
ADDRESS = "/plans/plan-2014/quotas/"


@pytest.fixture
def cast() -> SimpleNamespace:
    """A city with two counties, and two counts to be divided between them."""
    city = f.region()
    counties = [f.region(f"10010{number}", city) for number in (1, 2)]
    houses = f.target(f.indicator("count", region_rule="sum"), "at_least", 4081, coverage="quotas")
    roads = f.target(f.indicator("count", region_rule="sum", unit="条"), "at_least", 100, coverage="quotas")
    return SimpleNamespace(city=city, counties=counties, houses=houses, roads=roads, office=f.person(Role.COORDINATOR))


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(cast: SimpleNamespace, *promises: tuple[Target, tuple[object, ...]], **values: object) -> dict[str, Any]:
    """What a form sends: the numbers of the counties in order, for each target; the version that was seen."""
    versions = quota_versions_of([promise for promise, _numbers in promises])
    sent: dict[str, Any] = {"from_month": "2014-01", "source": PAPER, "reason": ""}
    for promise, numbers in promises:
        sent[f"seen-{promise.pk}"] = versions[promise.pk]
        for county, number in zip(cast.counties, numbers, strict=True):
            sent[f"quota-{promise.pk}-{county.pk}"] = number
    return sent | values


def of_houses(cast: SimpleNamespace, *numbers: object, user: User | None = None, **values: object) -> Any:
    """The page of one target, posted."""
    address = f"{ADDRESS}{cast.houses.code}/"
    return by(user or cast.office).post(address, typed(cast, (cast.houses, numbers), **values))


def text(answer: Any) -> str:
    """What stands on the page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def owed(promise: Target) -> list[D | None]:
    return [one.threshold for one in Quota.objects.filter(target=promise).order_by("from_month", "region__code")]


def stored(cast: SimpleNamespace, *numbers: int, month: str = "2014-01", **values: Any) -> None:
    rows = {county.pk: D(number) for county, number in zip(cast.counties, numbers, strict=True)}
    given = {"source": PAPER, "by": cast.office, **values}
    set_quotas(target=cast.houses, rows=rows, from_month=Month.parse(month), **given)


# --- Who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.LEADER, Role.REPORTER, Role.REVIEWER])
def test_who_sees_the_plan_reads_quotas_and_sets_none(cast: SimpleNamespace, role: Role) -> None:
    stored(cast, 4000, 81)
    reader = f.person(role)
    for address in (ADDRESS, f"{ADDRESS}{cast.houses.code}/"):
        page = by(reader).get(address)
        assert "4 000" in text(page).replace("\u202f", " ")
        assert "<textarea" not in page.content.decode()
        assert by(reader).post(address, typed(cast, (cast.houses, (1, 2)), reason="—")).status_code == 403
    assert owed(cast.houses) == [4000, 81]


def test_a_county_reads_what_it_owes_and_the_sum_alone(cast: SimpleNamespace) -> None:
    stored(cast, 4000, 81)
    own, other = cast.counties
    reader = by(f.person(Role.COUNTY, f.department(own, kind="county_government")))
    for address in (ADDRESS, f"{ADDRESS}{cast.houses.code}/"):
        found = text(reader.get(address)).replace("\u202f", " ")
        assert f"{own.name} 4 000" in found
        assert "4 081" in found
        assert other.name not in found


def test_the_page_says_of_a_limit_what_goes_beyond_it_and_what_needs_a_reason(cast: SimpleNamespace) -> None:
    accidents = f.target(
        f.indicator("count", region_rule="sum", direction="lower", unit="起"), "at_most", 100, coverage="quotas"
    )
    address = f"{ADDRESS}{accidents.code}/"
    answer = by(cast.office).post(address, typed(cast, (accidents, (60, 50))))
    assert answer.status_code == 422
    assert "合计 110，超出总控制数 100 共 10。" in text(answer)
    by(cast.office).post(address, typed(cast, (accidents, (60, 30))))
    page = by(cast.office).get(address).content.decode()
    assert "data-limit" in page
    assert '<span class="sum sum-under sum-beyond">加码，比总控制数低 10 起</span>' in page.replace("\xa0", " ")


def test_a_target_of_the_plan_s_region_alone_has_no_page_of_quotas(cast: SimpleNamespace) -> None:
    whole = f.target(f.indicator(), "at_least", 92)
    assert by(cast.office).get(f"{ADDRESS}{whole.code}/").status_code == 404


def test_a_plan_without_divided_targets_says_so(cast: SimpleNamespace) -> None:
    Target.objects.all().delete()
    assert 'class="panel empty"' in by(cast.office).get(ADDRESS).content.decode()


# --- One target -------------------------------------------------------------------------------------------------------


def test_quotas_are_set_with_paper_and_month_and_judged_anew(cast: SimpleNamespace) -> None:
    DirtyKey.objects.all().delete()
    answer = of_houses(cast, "4 000", "８１")
    assert answer["Location"] == f"{ADDRESS}{cast.houses.code}/?month=2014-01"
    assert owed(cast.houses) == [4000, 81]
    assert {(one.source, str(one.from_month)) for one in Quota.objects.all()} == {(PAPER, "2014-01")}
    assert DirtyKey.objects.filter(indicator=cast.houses.indicator).exists()


def test_an_empty_cell_owes_nothing_and_zero_is_a_number(cast: SimpleNamespace) -> None:
    of_houses(cast, "4081", "—")
    of_houses(cast, "4081", "0", from_month="2014-07")
    assert list(Quota.objects.order_by("from_month", "region").values_list("threshold", flat=True)) == [4081, 4081, 0]


def test_more_than_the_whole_is_set_and_told(cast: SimpleNamespace) -> None:
    page = text(by_following(cast, of_houses(cast, 4000, 100)))
    assert "超总目标 19 户" in page.replace("\xa0", " ")


def by_following(cast: SimpleNamespace, answer: Any) -> Any:
    return answer.client.get(answer["Location"])


def test_less_than_the_whole_is_refused_without_a_reason_and_nothing_typed_is_lost(cast: SimpleNamespace) -> None:
    answer = of_houses(cast, 4000, 0)
    assert answer.status_code == 422
    assert "比总目标 4081 少 81" in text(answer)
    assert 'value="4000"' in answer.content.decode()
    assert PAPER in answer.content.decode()
    assert owed(cast.houses) == []
    assert of_houses(cast, 4000, 0, reason="余下81户由市本级承担").status_code == 302
    assert "余下81户由市本级承担" in text(by(cast.office).get(ADDRESS))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("约4000", "约4000"),
        ("#DIV/0!", "#DIV/0!"),
        ("-1", "最小值"),
        ("1.0000001", "小数部分"),
        ("1" * 31, "1" * 30),
        ("=1+1", "=1+1"),
    ],
)
def test_what_is_no_number_is_told_at_its_cell(cast: SimpleNamespace, number: str, said: str) -> None:
    answer = of_houses(cast, number, 81)
    assert answer.status_code == 422
    name = f"quota-{cast.houses.pk}-{cast.counties[0].pk}"
    problem = re.search(rf'id="problem-{name}">([^<]*)<', answer.content.decode())
    assert problem is not None
    assert said in unescape(problem[1])
    assert owed(cast.houses) == []


@pytest.mark.parametrize("month", ["", "2014-13", "2015-01", "x"])
def test_quotas_hold_from_a_month_of_the_plan_on(cast: SimpleNamespace, month: str) -> None:
    assert of_houses(cast, 4000, 81, from_month=month).status_code == 422
    assert owed(cast.houses) == []


def test_a_paper_is_not_longer_than_can_be_kept(cast: SimpleNamespace) -> None:
    assert of_houses(cast, 4000, 81, source="号" * 301).status_code == 422
    assert of_houses(cast, 4000, 0, reason="因" * 401).status_code == 422
    assert owed(cast.houses) == []


def test_a_closed_month_is_refused_and_not_offered(cast: SimpleNamespace) -> None:
    close_plan_month(cast.houses.plan, Month(2014, 3), by=cast.office)
    answer = of_houses(cast, 4000, 81, from_month="2014-02")
    assert answer.status_code == 422
    assert "2014-03" in text(answer)
    assert owed(cast.houses) == []
    page = by(cast.office).get(f"{ADDRESS}{cast.houses.code}/").content.decode()
    offered = page.partition('id="from-month"')[2].partition("</select>")[0]
    assert "2014-04" in offered
    assert "2014-03" not in offered


def test_where_every_month_is_closed_nothing_is_offered(cast: SimpleNamespace) -> None:
    close_plan_month(cast.houses.plan, Month(2014, 12), by=cast.office)
    page = by(cast.office).get(f"{ADDRESS}{cast.houses.code}/").content.decode()
    assert 'id="from-month"' not in page
    assert "<input class" not in page


def test_what_somebody_else_has_set_meanwhile_is_told_and_not_overwritten(cast: SimpleNamespace) -> None:
    mine = typed(cast, (cast.houses, (4081, 0)))
    stored(cast, 4000, 81)
    answer = by(cast.office).post(f"{ADDRESS}{cast.houses.code}/", mine)
    assert answer.status_code == 409
    assert f"{cast.counties[0].name} 4000" in text(answer)
    assert "原为 4000" in text(answer)
    assert 'value="4081"' in answer.content.decode()
    assert owed(cast.houses) == [4000, 81]
    seen = re.search(rf'name="seen-{cast.houses.pk}" value="(\d+)"', answer.content.decode())
    assert seen is not None
    again = by(cast.office).post(f"{ADDRESS}{cast.houses.code}/", mine | {f"seen-{cast.houses.pk}": seen[1]})
    assert again.status_code == 302
    assert owed(cast.houses) == [4081, 0]


def test_all_versions_stand_beside_each_other_with_who_set_them(cast: SimpleNamespace) -> None:
    stored(cast, 4000, 81)
    stored(cast, 2000, 2081, month="2014-07", source="温质〔2014〕9号")
    page = by(cast.office).get(f"{ADDRESS}{cast.houses.code}/?month=2014-03")
    found = text(page).replace("\u202f", " ")
    assert f"{cast.counties[0].name} 4 000 2 000" in found
    assert f"{PAPER} 温质〔2014〕9号" in found
    assert str(cast.office) in found
    assert 'value="4000"' in page.content.decode()
    assert 'value="2000"' in by(cast.office).get(f"{ADDRESS}{cast.houses.code}/?month=2014-08").content.decode()


def test_a_later_version_goes_on_holding_and_that_is_said(cast: SimpleNamespace) -> None:
    stored(cast, 2000, 2081, month="2014-07")
    page = text(by_following(cast, of_houses(cast, 4000, 81)))
    assert "2014年7月" in page.partition("主要内容")[0] or "2014年7月起" in page
    assert [str(one.from_month) for one in Quota.objects.order_by("from_month", "region")] == ["2014-01"] * 2 + [
        "2014-07"
    ] * 2


def test_before_anything_is_divided_the_plan_s_first_month_is_offered(cast: SimpleNamespace) -> None:
    assert chosen(by(cast.office).get(ADDRESS)) == "2014-01"
    f.official(f.entry(cast.houses.indicator, "2014-05", 10, place=cast.counties[0]))
    stored(cast, 4000, 81)
    assert chosen(by(cast.office).get(ADDRESS)) == "2014-06"


def chosen(page: Any) -> str:
    """The month from which the form would set."""
    offered = page.content.decode().partition('id="from-month"')[2]
    found = re.search(r'<option value="([\d-]+)" selected', offered)
    return found[1] if found else ""


def test_of_a_rate_an_empty_cell_keeps_the_threshold_of_the_whole(cast: SimpleNamespace) -> None:
    rate = f.target(f.indicator(), "at_least", 92, coverage="parts")
    page = by(cast.office).get(f"{ADDRESS}{rate.code}/").content.decode()
    assert 'placeholder="≥\xa092\xa0%"' in page
    sent = typed(cast, (rate, ("95%", "")))
    assert by(cast.office).post(f"{ADDRESS}{rate.code}/", sent).status_code == 302
    assert owed(rate) == [95]


# --- The grid ---------------------------------------------------------------------------------------------------------


def test_the_grid_sets_only_targets_of_which_a_number_differs(cast: SimpleNamespace) -> None:
    stored(cast, 4000, 81)
    before = quota_versions_of([cast.houses])
    grid = typed(cast, (cast.houses, (4000, 81)), (cast.roads, (60, 40)), source="温质〔2014〕4号")
    assert by(cast.office).post(ADDRESS, grid).status_code == 302
    assert owed(cast.roads) == [60, 40]
    assert quota_versions_of([cast.houses]) == before
    assert set(Quota.objects.filter(target=cast.houses).values_list("source", flat=True)) == {PAPER}


def test_a_grid_in_which_nothing_differs_says_so(cast: SimpleNamespace) -> None:
    stored(cast, 4000, 81)
    answer = by(cast.office).post(ADDRESS, typed(cast, (cast.houses, (4000, 81)), (cast.roads, ("", ""))))
    assert "未下达" in text(by_following(cast, answer))


def test_of_a_grid_nothing_is_set_by_halves(cast: SimpleNamespace) -> None:
    answer = by(cast.office).post(ADDRESS, typed(cast, (cast.houses, (4000, 81)), (cast.roads, (60, 30))))
    assert answer.status_code == 422
    assert f"{cast.roads.name}: 各地分解指标合计 90" in text(answer)
    assert not Quota.objects.exists()


def test_what_a_grid_does_not_hold_stays_as_it_is(cast: SimpleNamespace) -> None:
    stored(cast, 4000, 81)
    sent = typed(cast, (cast.houses, (4020, 81)))
    del sent[f"quota-{cast.houses.pk}-{cast.counties[1].pk}"]
    assert by(cast.office).post(ADDRESS, sent).status_code == 302
    assert owed(cast.houses) == [4020, 81]


def test_a_target_whose_version_is_not_told_is_not_set(cast: SimpleNamespace) -> None:
    sent = typed(cast, (cast.houses, (4020, 81)))
    del sent[f"seen-{cast.houses.pk}"]
    by(cast.office).post(ADDRESS, sent)
    assert owed(cast.houses) == []


def test_towns_that_have_a_quota_stand_below_their_county_and_count_once(cast: SimpleNamespace) -> None:
    town = f.region("100111", cast.counties[0])
    stored(cast, 4000, 81)
    f.quota(cast.houses, town, 500)
    page = by(cast.office).get(f"{ADDRESS}{cast.houses.code}/")
    assert re.search(rf'class="deeper">{town.name}', page.content.decode())
    assert "4 081 户" in text(page).replace("\u202f", " ").replace("\xa0", " ")
    assert page.context["column"].check.difference == 0


@pytest.mark.parametrize("address", [ADDRESS, "one"])
def test_more_regions_and_targets_take_no_further_query(cast: SimpleNamespace, address: str) -> None:
    client = by(cast.office)
    stored(cast, 4000, 81)
    address = f"{ADDRESS}{cast.houses.code}/" if address == "one" else address

    def counted() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    few = counted()
    for number in range(3, 9):
        place: Region = f.region(f"10010{number}", cast.city)
        f.quota(cast.houses, place, number)
        promise = f.target(f.indicator("count", region_rule="sum"), "at_least", 10, coverage="quotas")
        f.quota(promise, place, number)
    assert counted() == few <= 24
