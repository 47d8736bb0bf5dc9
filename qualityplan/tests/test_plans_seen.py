"""Who sees which plans, and for which one may act: two cities of one province, each with a county's own plan."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Region, User
from departments.permissions import Action, Role
from departments.tests.cities import City, city, province
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year
from targets.models import TargetAssignment
from targets.tests.factories import indicator
from targets.tests.factories import target as promise
from tasks.models import Assignment, Task

pytestmark = pytest.mark.django_db

HERE = "wenzhou", "wenzhou-county"
PLANS = (*HERE, "lishui", "lishui-county", "province")


@pytest.fixture
def cities() -> tuple[City, City]:
    """Wenzhou and Lishui in one province, with a plan in force for each region and a draft for each."""
    whole = province()
    here, there = city("温州", whole=whole), city("丽水", whole=whole)
    places = [here.region, here.county, there.region, there.county, whole]
    for code, place in zip(PLANS, places, strict=True):
        _plan(code, place)
        plan_of_year(2015, code=f"{code}-draft", region=place, state="draft", number="", issued_on=None)
    return here, there


def _plan(code: str, place: Region) -> None:
    made = plan_of_year(2014, code=code, region=place)
    Clause.objects.create(plan=made, path="一", order=1, text="一、目标达到百分之九十二以上。")


def seen(user: User) -> set[str]:
    return set(Plan.objects.visible_to(user).values_list("code", flat=True))


def test_whoever_governs_a_city_sees_the_plans_of_the_city_and_of_its_counties(cities: tuple[City, City]) -> None:
    here, _there = cities
    assert seen(here.person(Role.COORDINATOR)) == seen(here.person(Role.LEADER)) == set(HERE)


def test_an_administrator_sees_the_drafts_of_exactly_the_own_region(cities: tuple[City, City]) -> None:
    here, _there = cities
    assert seen(here.person(Role.ADMINISTRATOR)) == {*HERE, "wenzhou-draft"}
    assert seen(here.person(Role.ADMINISTRATOR, here.county_office)) == {"wenzhou-county", "wenzhou-county-draft"}


def test_whoever_governs_a_county_sees_its_own_plan(cities: tuple[City, City]) -> None:
    here, _there = cities
    assert seen(here.person(Role.COORDINATOR, here.county_quality)) == {"wenzhou-county"}


def test_whoever_governs_a_province_sees_the_plans_of_its_cities(cities: tuple[City, City]) -> None:
    here, _there = cities
    unit = here.unit("省质监局", place=here.region.parent)
    assert seen(here.person(Role.COORDINATOR, unit)) == set(PLANS)


@pytest.mark.parametrize("role", [Role.REPORTER, Role.REVIEWER])
def test_a_bureau_sees_the_plans_of_its_region_and_above_and_no_county_s(role: Role, cities: tuple[City, City]) -> None:
    here, _there = cities
    assert seen(here.person(role)) == {"wenzhou", "province"}


def test_a_county_sees_its_own_plan_and_those_above_and_no_other_county_s(cities: tuple[City, City]) -> None:
    here, there = cities
    assert seen(here.person(Role.COUNTY)) == {"wenzhou-county", "wenzhou", "province"}
    assert seen(there.person(Role.COUNTY)) == {"lishui-county", "lishui", "province"}


def test_an_administrator_of_a_bureau_sees_what_its_people_see(cities: tuple[City, City]) -> None:
    here, _there = cities
    assert seen(here.person(Role.ADMINISTRATOR, here.bureau)) == {"wenzhou", "province"}


def test_a_plan_that_names_a_unit_in_a_target_is_seen_by_it(cities: tuple[City, City]) -> None:
    here, _there = cities
    named = promise(indicator(), threshold=92, plan=Plan.objects.get(code="wenzhou-county"))
    _named(named.plan, here.bureau, target=named)
    assert seen(here.person(Role.REPORTER)) == {"wenzhou", "province", "wenzhou-county"}


def test_a_plan_that_names_a_unit_in_a_task_is_seen_by_it(cities: tuple[City, City]) -> None:
    here, _there = cities
    _named(Plan.objects.get(code="wenzhou-county"), here.bureau)
    assert seen(here.person(Role.REVIEWER)) == {"wenzhou", "province", "wenzhou-county"}


def test_a_draft_that_names_a_unit_is_not_seen_by_it(cities: tuple[City, City]) -> None:
    here, _there = cities
    draft = Plan.objects.get(code="wenzhou-draft")
    Clause.objects.create(plan=draft, path="一", order=1, text="")
    _named(draft, here.bureau)
    assert seen(here.person(Role.REPORTER)) == {"wenzhou", "province"}


def _named(document: Plan, unit: Department, **target: object) -> None:
    if target:
        TargetAssignment.objects.create(department=unit, role="lead", **target)
        return
    clause = document.clauses.get()
    fields = {"plan": document, "clause": clause, "quote": clause.text, "due": date(2014, 12, 31)}
    task = Task.objects.create(code="one", title="任务", **fields)
    Assignment.objects.create(department=unit, role="lead", task=task)


def test_whoever_holds_no_role_sees_no_plan(cities: tuple[City, City]) -> None:
    assert seen(User.objects.create_user("nobody")) == set()


def test_a_coordinator_acts_for_the_plans_of_exactly_the_own_region(cities: tuple[City, City]) -> None:
    here, _there = cities
    city_wide, county = here.person(Role.COORDINATOR), here.person(Role.COORDINATOR, here.county_quality)
    assert [one.code for one in Plan.objects.governed_by(city_wide, Action.LOCK_MONTHS)] == ["wenzhou"]
    assert [one.code for one in Plan.objects.governed_by(county, Action.LOCK_MONTHS)] == ["wenzhou-county"]
    assert not Plan.objects.governed_by(here.person(Role.REPORTER), Action.LOCK_MONTHS)


def test_drafts_are_administered_and_nothing_else_is_done_to_them(cities: tuple[City, City]) -> None:
    here, _there = cities
    administered = Plan.objects.governed_by(here.person(Role.ADMINISTRATOR), Action.ADMINISTER)
    assert {one.code for one in administered} == {"wenzhou", "wenzhou-draft"}


def test_which_plans_are_seen_is_asked_in_one_query_beside_that_for_the_roles(cities: tuple[City, City]) -> None:
    here, _there = cities
    user = here.person(Role.COUNTY)
    with CaptureQueriesContext(connection) as queries:
        assert [one.region.name for one in Plan.objects.visible_to(user).order_by("code")] == [
            "浙江省",
            "温州市",
            "温州县",
        ]
    assert len(queries) == 2
