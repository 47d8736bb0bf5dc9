"""A page that is kept for somebody of one city is answered to nobody of another, though both ask for the same address.

Both have the same browser here: its secret is part of every ETag, and would tell two people apart by itself.
"""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from departments.models import User
from departments.permissions import Role
from departments.tests.cities import province
from plans.models import Plan
from qualityplan.tests.cities import Whole, whole_city
from targets.services.official import make_official
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

SECRET = "a" * 32
GOOD = 96, 87, 77
"""Of a hundred: in the province, in Wenzhou, in Lishui."""
PROVINCES = ("", "text/", "comparison/", "targets/{code}/", "counties/", "screen/")
"""The pages of the province's plan that show each the own figures; the list of units is the same for everybody."""


@pytest.fixture
def cities() -> tuple[Whole, Whole]:
    """Two cities with all that they have, and their province's plan, by which both are judged."""
    above = province()
    both = whole_city("温州", above), whole_city("丽水", above)
    rate = f.indicator(region_rule="own")
    f.target(rate, threshold=92, coverage="parts", plan=f.another_plan("province", place=above))
    places, office = (above, *(whole.city.region for whole in both)), f.person(Role.COORDINATOR, f.department(above))
    figures = [f.entry(rate, "2014-05", good, 100, place=place) for place, good in zip(places, GOOD, strict=True)]
    make_official(figures, source=f.source(office), by=office)
    f.recompute()
    return both


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies[settings.CSRF_COOKIE_NAME] = SECRET
    return client


def same_addresses() -> list[str]:
    """What is called alike in both cities, of the pages that a browser is told to have already."""
    code = Plan.objects.get(code="province").targets.get().code
    return ["/", *(f"/plans/province/{page.format(code=code)}" for page in PROVINCES)]


def page(client: Client, address: str, **headers: str) -> Any:
    return client.get(address, headers=headers)


@pytest.mark.parametrize("role", [Role.REPORTER, Role.COUNTY, Role.LEADER])
@pytest.mark.parametrize("part", [{}, {"hx-request": "true"}], ids=["page", "part"])
def test_a_kept_page_is_answered_to_nobody_of_another_city(
    cities: tuple[Whole, Whole], role: Role, part: dict[str, str]
) -> None:
    here, there = cities
    mine, theirs = browser(here.people[role]), browser(there.people[role])
    tagged = set()
    for address in same_addresses():
        for _made_then_kept in range(2):
            shown = page(mine, address, **part)
            answer = page(theirs, address, **part | {"if-none-match": shown.headers.get("ETag", "")})
            assert answer.status_code == shown.status_code, address
            for whole, told in ((there, shown), (here, answer)):
                assert not [mark for mark in whole.marks if mark in told.content.decode()], (address, role)
        if "ETag" in shown.headers:
            tagged.add(address)
            assert shown.headers["ETag"] != answer.headers["ETag"], address
            assert page(mine, address, **part | {"if-none-match": shown.headers["ETag"]}).status_code == 304, address
    assert "/" in tagged
