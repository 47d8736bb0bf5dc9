"""Regions above and below, whose departments and regions a person is shown, and words that follow from a region."""

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from departments import access
from departments.login.backends import Backend
from departments.models import Department, Region, User
from departments.notices import digest
from departments.people.seeing import departments_seen_by, is_alone, is_top, regions_seen_by
from departments.people.wording import word_for_region_parts, word_for_whole_region
from departments.permissions import Action, Role
from departments.services.accounts import record
from departments.tests.cities import City, city, province

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture
def cities() -> tuple[City, City]:
    whole = province()
    return city("温州", whole=whole), city("丽水", whole=whole)


def names(regions: frozenset[int]) -> set[str]:
    return set(Region.objects.filter(pk__in=regions).values_list("name", flat=True))


def test_whoever_looks_after_a_city_reaches_it_and_its_parts_and_acts_for_it_alone(cities: tuple[City, City]) -> None:
    reached = access.reach(cities[0].person(Role.COORDINATOR), Action.VIEW_OBSERVATIONS)
    assert names(reached.seats) == {"温州市"}
    assert names(reached.realm) == {"温州市", "温州县"}
    assert names(reached.above) == {"温州市", "浙江省"}
    acting = access.reach(cities[0].person(Role.COORDINATOR), Action.LOCK_MONTHS)
    assert names(acting.realm) == names(acting.seats) == {"温州市"}


def test_whoever_works_for_a_unit_has_its_city_around(cities: tuple[City, City]) -> None:
    reached = access.reach(cities[0].person(Role.REPORTER), Action.VIEW_OBSERVATIONS)
    assert not reached.governs
    assert (names(reached.parts), names(reached.wholes)) == ({"温州市", "温州县"}, {"温州市", "浙江省"})
    county = access.reach(cities[0].person(Role.COUNTY), Action.VIEW_OBSERVATIONS)
    assert (names(county.regions), names(county.upward)) == ({"温州县"}, {"温州县", "温州市", "浙江省"})


@pytest.mark.parametrize("action", list(Action))
def test_nobody_reaches_another_city_by_any_action(action: Action, cities: tuple[City, City]) -> None:
    here, there = cities
    for role in Role:
        reached = access.reach(here.person(role), action)
        assert not (reached.lineage | reached.upward | reached.regions) & {there.region.pk, there.county.pk}, role
        covered = {"department_id": there.bureau.pk, "region_id": there.region.pk, "seat_id": there.region.pk}
        assert not reached.covers(**covered), role


def test_a_figure_of_a_whole_is_covered_where_an_own_department_reports_it(cities: tuple[City, City]) -> None:
    here, there = cities
    reached = access.reach(here.person(Role.COORDINATOR), Action.ENTER_OBSERVATIONS)
    whole = province()
    assert reached.covers(department_id=here.bureau.pk, region_id=whole.pk, seat_id=here.region.pk)
    assert not reached.covers(department_id=there.bureau.pk, region_id=whole.pk, seat_id=there.region.pk)


def test_every_way_of_reading_a_person_knows_the_regions(
    cities: tuple[City, City], django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    user = cities[0].person(Role.COORDINATOR)
    found = access.reaches_by_action(user)
    with django_assert_num_queries(1):
        of_session = Backend().get_user(user.pk)
        assert of_session is not None
        assert access.reaches_by_action(of_session) == found
    (of_digest,) = [one for one in digest.active_people() if one == user]
    assert access.reaches_by_action(of_digest) == found


def test_regions_in_a_ring_are_read_all_the_same(cities: tuple[City, City]) -> None:
    here, _there = cities
    Region.objects.filter(pk=province().pk).update(parent=here.county)
    reached = access.reach(here.person(Role.LEADER), Action.VIEW_PLAN)
    assert {"温州市", "温州县", "浙江省"} <= names(reached.realm)


def test_departments_and_regions_of_another_city_are_not_shown(cities: tuple[City, City]) -> None:
    here, there = cities
    assert there.bureau.region == there.region
    for user in (here.person(Role.REPORTER), here.person(Role.LEADER), here.person(Role.COUNTY)):
        assert names(frozenset(regions_seen_by(user).values_list("pk", flat=True))) == {"浙江省", "温州市", "温州县"}
        regions = departments_seen_by(user).values_list("region__name", flat=True)
        assert set(regions) <= {"浙江省", "温州市", "温州县"}
        assert "温州市" in regions


def test_who_is_alone_and_who_has_nobody_above(cities: tuple[City, City]) -> None:
    here, there = cities
    reached = access.reach(here.person(Role.ADMINISTRATOR), Action.ADMINISTER)
    county = access.reach(here.person(Role.ADMINISTRATOR, here.county_office), Action.ADMINISTER)
    assert is_alone(reached)
    assert is_top(reached)
    assert not is_alone(county)
    assert not is_top(county)
    assert there.bureau.region == there.region
    assert not is_alone(reached)
    assert is_top(reached)
    Department.objects.create(code="above", name="省局", short_name="省局", kind="bureau", region=province())
    assert not is_top(reached)
    assert not is_alone(access.Reach())
    assert not is_top(access.Reach())


def test_each_city_has_its_own_public_security_bureau(cities: tuple[City, City]) -> None:
    here, there = cities
    assert here.bureau.short_name == there.bureau.short_name
    for name, short in ((here.bureau.name, "另一个"), ("另一个", here.bureau.short_name)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Department.objects.create(code="twice", name=name, short_name=short, kind="bureau", region=here.region)


@pytest.mark.parametrize(
    ("kind", "whole", "parts"),
    [
        (Region.Kind.PROVINCE, "全省", "各市"),
        (Region.Kind.CITY, "全市", "各县（市、区）"),
        (Region.Kind.DISTRICT, "全区", "各乡镇（街道）"),
        (Region.Kind.COUNTY, "全县", "各乡镇（街道）"),
        (Region.Kind.COUNTY_LEVEL_CITY, "全市", "各乡镇（街道）"),
    ],
)
def test_a_plan_of_any_region_reads_right(kind: str, whole: str, parts: str) -> None:
    region = Region(kind=kind)
    assert (word_for_whole_region(region), word_for_region_parts(region)) == (whole, parts)
    with override("en"):
        assert word_for_whole_region(region) == f"the whole {'city' if 'city' in kind else kind}"


def test_an_event_is_of_the_region_for_which_somebody_acts(cities: tuple[City, City]) -> None:
    here, there = cities
    acting = here.person(Role.COORDINATOR)
    assert record("month.locked", by=acting, subject=there.bureau).region == here.region
    assert record("account.locked", by=None, subject=acting).region == here.region
    assert record("account.log_in_refused", by=None).region is None
    nobody = User.objects.create_user("nobody")
    assert record("account.log_in", by=nobody, subject=nobody).region is None
