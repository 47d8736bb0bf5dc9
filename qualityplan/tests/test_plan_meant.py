"""To which plan the header leads from pages that are of none: where the person was last, else to the one that is most
likely meant."""

import re

import pytest
from django.test import Client

from departments.models import Region
from departments.permissions import Role
from plans.models import Plan
from reports.tests.portfolios import document
from targets.tests.factories import person, region

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader() -> Client:
    """Of a city with two plans in force, a made-up one that began last and comes first by its code, and one of its
    counties that began later too."""
    city = region()
    county = Region.objects.create(code="100101", name="某县", kind=Region.Kind.COUNTY, parent=city)
    document("a-made-up", "演示计划", year=2016, demonstration=True)
    document("b-county", "某县计划", county, year=2015)
    document("c-older", "2013年计划", year=2013)
    document("d-newer", "2014年计划", year=2014)
    client = Client()
    client.force_login(person(Role.LEADER))
    return client


def meant(client: Client, page: str = "/") -> str:
    """The code of the plan whose overview the navigation leads to."""
    found = re.search(r'class="site-nav".*?/plans/([^/]+)/', client.get(page).content.decode(), re.S)
    assert found
    return found[1]


@pytest.mark.parametrize("page", ["/", "/notices/"])
def test_it_is_the_newest_of_the_highest_region_that_is_not_made_up(page: str, leader: Client) -> None:
    assert meant(leader, page) == "d-newer"


@pytest.mark.parametrize("page", ["/", "/notices/"])
def test_it_is_the_one_looked_at_last_in_this_session(page: str, leader: Client) -> None:
    for code in ("b-county", "c-older"):
        leader.get(f"/plans/{code}/text/")
        assert meant(leader, page) == code
    other = Client()
    other.force_login(person(Role.LEADER))
    assert meant(other, page) == "d-newer"


def test_what_one_may_not_see_what_is_no_page_and_what_is_gone_is_not_meant(leader: Client) -> None:
    hidden = Region.objects.create(code="200200", name="他市", kind=Region.Kind.CITY)
    document("e-elsewhere", "他市计划", hidden, year=2014)
    assert leader.get("/plans/e-elsewhere/text/").status_code == 404
    leader.get("/plans/b-county/screen/", headers={"X-Background": "1"})
    assert meant(leader) == "d-newer"
    leader.get("/plans/c-older/text/")
    document("draft", "草案", state=Plan.State.DRAFT)
    administrator = Client()
    administrator.force_login(person(Role.ADMINISTRATOR))
    administrator.get("/plans/c-older/text/")
    assert administrator.get("/plans/draft/next/").status_code == 200
    assert meant(administrator) == "c-older"
    Plan.objects.filter(code="c-older").update(state=Plan.State.DRAFT)
    assert meant(leader) == "d-newer"


def test_of_made_up_plans_alone_one_is_meant(leader: Client) -> None:
    Plan.objects.exclude(code="a-made-up").update(state=Plan.State.DRAFT)
    document("f-made-up", "演示计划二", year=2012, demonstration=True)
    assert meant(leader) == "a-made-up"
