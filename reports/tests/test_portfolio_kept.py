"""The portfolio of many plans asks no more than that of two; it is kept, and shown to nobody of another reach."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.models import User
from departments.permissions import Role
from departments.tests.cities import City, city, province
from plans.models import Plan
from plans.page_cache.cached_pages import forget_cached_pages
from reports.tests.many import ManyPlans
from reports.tests.portfolios import document, exported, inside, lead, page, pressed, rate, rows, titles
from targets.tests.factories import department, entry, official, person

pytestmark = pytest.mark.django_db

# --- Many plans -----------------------------------------------------------------------------------------------------


def queries_of(client: Client, address: str) -> int:
    assert client.get(address).status_code == 200
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def test_twelve_plans_take_as_many_queries_as_two(leader: Client) -> None:
    city = ManyPlans.of_city(2014, parts=2)
    city.add(2, targets=3, months=2)
    few = queries_of(leader, "/")
    city.add(10, targets=3, months=2)
    assert queries_of(leader, "/") == few <= 10
    assert len(rows(page(leader))) == 12


@pytest.mark.postgres_only  # SQLite takes more than a minute to note a hundred thousand new lights, one by one
def test_a_hundred_plans_of_forty_targets_in_twelve_regions_take_as_many_queries_as_two(
    leader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Making so many plans may take a minute, after which a session writes down once more that it was used.
    monkeypatch.setattr("departments.login.sittings.PRECISION", 3600)
    city = ManyPlans.of_city(timezone.localdate().year, parts=11)
    city.add(2, targets=40, months=2)
    reporter = inside(person(Role.REPORTER, city.units[0]))
    asked = [(leader, "/"), (leader, "/plans/plan-0/"), (reporter, "/desk/")]
    few = [queries_of(*one) for one in asked]
    city.add(98, targets=40, months=2)
    assert [queries_of(*one) for one in asked] == few
    assert len(rows(page(leader))) == 100


# --- Kept -----------------------------------------------------------------------------------------------------------


def status(client: Client, known: str, address: str = "/") -> int:
    return client.get(address, headers={"if-none-match": known}).status_code


def test_the_portfolio_is_kept_until_something_of_any_plan_changes(leader: Client, quality: Plan, air: Plan) -> None:
    promise, other = rate(quality, 95), rate(air, 95)
    page(leader)
    known = leader.get("/").headers["ETag"]
    assert status(leader, known) == 304
    for change in (
        lambda: official(entry(other.indicator, "2014-02", 1, 100)),
        lambda: lead(promise, department()),
        lambda: pressed(promise),
        lambda: Plan.objects.filter(pk=air.pk).update(title="新名称"),
        lambda: document("food-2014", "食品计划"),
    ):
        change()
        assert status(leader, known) == 200
        known = leader.get("/").headers["ETag"]


def test_the_day_is_part_of_what_is_kept_for_limits_pass(
    leader: Client, quality: Plan, air: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = pressed(rate(quality, 95))
    page(leader)
    known = leader.get("/").headers["ETag"]
    assert "逾期" not in page(leader)
    later = timezone.now() + timedelta(days=60)
    monkeypatch.setattr(timezone, "now", lambda: later)
    leader.force_login(User.objects.get(memberships__role="leader"))
    assert notice.due is not None
    assert notice.due < timezone.localdate()
    assert status(leader, known) == 200
    assert "逾期 1" in page(leader)


def test_a_kept_portfolio_asks_three_queries(leader: Client, quality: Plan, air: Plan) -> None:
    page(leader)
    with CaptureQueriesContext(connection) as captured:
        page(leader)
    assert len(captured) == 3


@pytest.fixture
def cities() -> tuple[City, City]:
    """Two cities of one province with two plans each, and a county's own plan in the first."""
    whole = province()
    here, there = city("温州", whole=whole), city("丽水", whole=whole)
    for place, name in ((here.region, "温州"), (there.region, "丽水"), (here.county, "县里")):
        for subject in ("质量", "空气"):
            document(f"{place.code}-{'air' if subject == '空气' else 'quality'}", f"{name}{subject}计划", place)
    return here, there


def seen(user: User) -> set[str]:
    return set(titles(page(inside(user))))


def test_each_sees_the_own_plans_and_nobody_gets_another_citys_portfolio(cities: tuple[City, City]) -> None:
    here, there = cities
    wenzhou, county = {"温州质量计划", "温州空气计划"}, {"县里质量计划", "县里空气计划"}
    for _twice in range(2):
        assert seen(here.person(Role.LEADER)) == wenzhou | county
        assert seen(there.person(Role.LEADER)) == {"丽水质量计划", "丽水空气计划"}
        assert seen(here.person(Role.REPORTER)) == wenzhou
        assert seen(here.person(Role.LEADER, here.county_office)) == county


def test_what_people_of_equal_reach_share_says_nothing_of_who_they_are(cities: tuple[City, City]) -> None:
    here, _there = cities
    first, second = here.person(Role.LEADER), here.person(Role.LEADER)
    User.objects.filter(pk=first.pk).update(display_name="第一位领导")
    parts = []
    for user in (User.objects.get(pk=first.pk), second):
        forget_cached_pages()
        whole = re.sub(r'csrfmiddlewaretoken" value="[^"]*', "", page(inside(user)))
        parts.append(re.sub(r"<header.*?</header>", "", whole, flags=re.DOTALL))
    assert parts[0] == parts[1]
    assert "第一位领导" not in parts[0]


def test_an_export_holds_the_plans_that_one_sees(cities: tuple[City, City]) -> None:
    _here, there = cities
    lines = exported(inside(there.person(Role.LEADER)), "csv", region="330300")[2:]
    assert {line[1] for line in lines} == {"丽水质量计划", "丽水空气计划"}


def test_drafts_are_no_part_of_the_portfolio(leader: Client, quality: Plan, air: Plan) -> None:
    document("draft-2014", "草案计划", state="draft", number="", issued_on=None)
    assert set(titles(page(leader))) == {"质量计划", "空气计划"}
