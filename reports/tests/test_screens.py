"""The big screen: for whoever is logged in, and for walls by an address of their own."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from departments.models import AuditEvent, Screen
from departments.permissions import Role
from departments.services.screens import close_screen, open_screen
from departments.tests.cities import city
from departments.tests.markup import markup_of
from plans.models import Clause
from plans.tests.factories import plan_of_year
from targets.tests.factories import coordinator, department, entry, indicator, official, person, region, target

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged() -> None:
    """A target in red, led by nobody, and one in green."""
    rates = [indicator() for _ in range(2)]
    for rate in rates:
        target(rate, threshold=92)
    official(entry(rates[0], "2014-06", 50, 100), entry(rates[1], "2014-06", 95, 100))


def opened(name: str = "第一会议室") -> tuple[Screen, str]:
    by = coordinator()
    return open_screen(name=name, region=by.held[0].department.region, by=by)


def address(key: str) -> str:
    return reverse("screen_of_key", args=[key])


def numbers(text: str) -> dict[str, str]:
    return dict(re.findall(r'class="count-(\w+)"><svg.*?<strong>(\d+)</strong>', text))


def test_the_screen_shows_the_lights_of_the_overview(client: Client, judged: None) -> None:
    client.force_login(person(Role.LEADER))
    text = markup_of(client.get("/plans/plan-2014/screen/"))
    assert numbers(text) == {"red": "1", "yellow": "0", "green": "1", "grey": "0"}
    assert 'data-part="attention"' in text
    assert "50.00\u00a0%" in text


def test_a_wall_needs_no_log_in_and_sees_what_a_leader_sees(judged: None) -> None:
    _screen, key = opened()
    answer = Client().get(address(key))
    assert answer.status_code == 200
    leader = Client()
    leader.force_login(person(Role.LEADER))
    assert numbers(markup_of(answer)) == numbers(markup_of(leader.get("/plans/plan-2014/screen/")))
    assert "sessionid" not in answer.cookies


def test_a_wall_opens_no_other_page(judged: None) -> None:
    wall = Client()
    wall.get(address(opened()[1]))
    for page in ("/", "/plans/plan-2014/text/", "/screens/", "/plans/plan-2014/screen/", "/api/v1/plans"):
        assert wall.get(page).status_code in (302, 401), page
    assert wall.post(address(opened()[1])).status_code == 405


def test_an_unchanged_wall_is_told_so(judged: None) -> None:
    wall, key = Client(), opened()[1]
    wall.get(address(key))
    known = wall.get(address(key)).headers["ETag"]
    assert wall.get(address(key), headers={"if-none-match": known, "x-background": "1"}).status_code == 304


def test_a_closed_address_opens_nothing_from_then_on(judged: None) -> None:
    screen, key = opened()
    wall = Client()
    wall.get(address(key))
    known = wall.get(address(key)).headers["ETag"]
    close_screen(screen, by=coordinator())
    assert wall.get(address(key), headers={"if-none-match": known}).status_code == 404


def test_an_address_ends_after_a_year(judged: None) -> None:
    screen, key = opened()
    Screen.objects.filter(pk=screen.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(address(key)).status_code == 404


@pytest.mark.parametrize("key", ["x", "0" * 43, "a' OR 1=1 --", "钥匙"])
def test_a_key_that_is_none_opens_nothing(judged: None, key: str) -> None:
    opened()
    assert Client().get(address(key)).status_code == 404


def test_the_key_is_shown_once_and_never_stored(client: Client) -> None:
    client.force_login(coordinator())
    text = client.post("/screens/", {"name": "第一会议室"}).content.decode()
    key = re.findall(r"/screen/([\w-]{43})/", text)
    assert len(key) == 1
    assert key[0] not in client.get("/screens/").content.decode()
    assert Screen.objects.get().key_hash != key[0]


def test_opening_and_closing_are_on_record_without_the_key(client: Client) -> None:
    client.force_login(coordinator())
    client.post("/screens/", {"name": "第一会议室"})
    screen = Screen.objects.get()
    client.post(f"/screens/{screen.pk}/close/")
    client.post(f"/screens/{screen.pk}/close/")
    events = AuditEvent.objects.filter(action__startswith="screen.").order_by("pk")
    assert [one.action for one in events] == ["screen.opened", "screen.closed"]
    assert [one.detail for one in events] == [{"name": "第一会议室"}] * 2


@pytest.mark.parametrize("name", ["", "   "])
def test_a_screen_without_a_place_is_refused(client: Client, name: str) -> None:
    client.force_login(coordinator())
    text = client.post("/screens/", {"name": name}).content.decode()
    assert "请填写大屏位置" in text
    assert not Screen.objects.exists()


@pytest.mark.parametrize("role", [Role.LEADER, Role.REPORTER, Role.REVIEWER, Role.COUNTY])
def test_who_may_not_open_a_screen_is_refused(client: Client, role: Role) -> None:
    client.force_login(person(role))
    assert client.post("/screens/", {"name": "家里"}).status_code == 403
    assert not Screen.objects.exists()


def test_a_wall_of_the_county_still_shows_the_city(judged: None) -> None:
    """The reach of the screen is a leader's, whoever is logged in to the same browser."""
    county = Client()
    county.force_login(person(Role.COUNTY, department(region("100101", region()), "county_government")))
    text = markup_of(county.get(address(opened()[1])))
    assert numbers(text)["red"] == "1"


def test_a_screen_shows_the_plans_of_its_own_region(client: Client) -> None:
    here, there = city("温州"), city("丽水")
    for place, name in ((here.region, "温州市计划"), (here.county, "温州县计划"), (there.region, "丽水市计划")):
        made = plan_of_year(2014, code=f"plan-{place.code}", title=name, region=place)
        Clause.objects.create(plan=made, path="一", order=1, text="一、目标达到百分之九十二以上。")
    shown = {}
    offices = ((here.region, here.quality), (here.county, here.county_quality), (there.region, there.quality))
    for place, office in offices:
        by = here.person(Role.COORDINATOR, office)
        _screen, key = open_screen(name="会议室", region=place, by=by)
        shown[place.name] = client.get(f"/screen/{key}/").content.decode()
    assert "丽水" not in shown["温州市"] + shown["温州县"]
    assert "温州" not in shown["丽水市"]
    assert "温州市计划" not in shown["温州县"]


def test_nobody_opens_or_closes_a_screen_of_another_region() -> None:
    here, there = city("温州"), city("丽水")
    office = here.person(Role.COORDINATOR)
    for place in (there.region, here.county):
        with pytest.raises(PermissionDenied):
            open_screen(name="会议室", region=place, by=office)
    screen, _key = open_screen(name="会议室", region=there.region, by=there.person(Role.COORDINATOR))
    with pytest.raises(PermissionDenied):
        close_screen(screen, by=office)
    client = Client()
    client.force_login(office)
    assert client.post(f"/screens/{screen.pk}/close/").status_code == 404
    client.post("/screens/", {"name": "会议室", "region": there.region.code})
    assert Screen.objects.count() == 1
