"""Pages are kept for as long as nothing they show has changed, and never shown to the wrong person."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Membership, Notice, Region, User
from departments.permissions import Role
from departments.tests.cities import city
from plans.models import Clause
from plans.page_cache.cached_pages import forget_cached_pages
from plans.tests.factories import plan_of_year
from targets.models import Source, Target, TargetAssignment
from targets.tests.factories import department, entry, indicator, official, person, region, target

pytestmark = pytest.mark.django_db

PAGES = ["/", "/plans/plan-2014/text/", "/plans/plan-2014/comparison/", "/plans/plan-2014/targets/{code}/"]


@pytest.fixture
def promise() -> Target:
    rate = indicator()
    made = target(rate, threshold=92)
    official(entry(rate, "2014-06", 95, 100))
    return made


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/plans/plan-2014/departments/")  # gives the cookie by which forms are signed
    return client


@pytest.fixture
def leader(promise: Target) -> Client:
    return inside(person(Role.LEADER))


def tag(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.headers["ETag"])


def status(client: Client, known: str, address: str = "/") -> int:
    return client.get(address, headers={"if-none-match": known}).status_code


def unsigned(answer: Any) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*', "", answer.content.decode())


@pytest.mark.parametrize("page", [*PAGES, "/plans/plan-2014/departments/", "/plans/plan-2014/counties/"])
def test_what_has_not_changed_is_not_sent_again(leader: Client, promise: Target, page: str) -> None:
    address = page.format(code=promise.code)
    answer = leader.get(address, headers={"if-none-match": tag(leader, address)})
    assert answer.status_code == 304
    assert not answer.content
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert {"Cookie", "HX-Request"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize("page", PAGES)
def test_a_kept_page_is_the_page(leader: Client, promise: Target, page: str) -> None:
    address = page.format(code=promise.code)
    made, kept = leader.get(address), leader.get(address)
    forget_cached_pages()
    assert unsigned(made) == unsigned(kept) == unsigned(leader.get(address))


def test_a_kept_page_takes_four_queries_and_one_that_is_known_no_more(leader: Client) -> None:
    known = tag(leader)
    for headers in ({}, {"if-none-match": known}):
        with CaptureQueriesContext(connection) as captured:
            leader.get("/", headers=headers)
        assert len(captured) <= 4


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    forget_cached_pages()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("page", [*PAGES, "/plans/plan-2014/departments/", "/plans/plan-2014/screen/"])
def test_ten_times_the_figures_take_no_further_query(leader: Client, promise: Target, page: str) -> None:
    """Of other indicators and other years, as they gather in a city; the plan's own stay as they are."""
    address = page.format(code=promise.code)
    others = [indicator("count") for _ in range(3)]
    official(*(entry(one, f"2012-{month:02}", month) for one in others for month in (1, 2)))
    few = queries_of(leader, address)
    years = ("2010", "2011", "2012", "2013", "2014")
    official(*(entry(one, f"{year}-{month:02}", month) for one in others for year in years for month in range(3, 7)))
    assert queries_of(leader, address) == few


def test_a_new_figure_is_on_every_page_at_once(leader: Client, promise: Target) -> None:
    known = {page: tag(leader, page.format(code=promise.code)) for page in PAGES}
    official(entry(promise.indicator, "2014-07", 50, 100))
    for page in PAGES:
        address = page.format(code=promise.code)
        assert status(leader, known[page], address) == 200, page
        assert "72.50\u00a0%" in leader.get(address).content.decode(), page


def test_a_figure_of_another_indicator_leaves_a_targets_page_alone(leader: Client, promise: Target) -> None:
    other = indicator()
    target(other, threshold=92)
    known = {page: tag(leader, page.format(code=promise.code)) for page in PAGES}
    official(entry(other, "2014-06", 93, 100))
    again = {page: status(leader, known[page], page.format(code=promise.code)) for page in PAGES}
    assert again == dict.fromkeys(PAGES, 200) | {"/plans/plan-2014/targets/{code}/": 304}


def test_a_figure_that_a_target_is_held_against_is_on_its_page_at_once(leader: Client) -> None:
    other = indicator("level")
    promise = target(indicator("level"), "more_than", threshold_kind="indicator", operand=other)
    address = f"/plans/plan-2014/targets/{promise.code}/"
    known = tag(leader, address)
    official(entry(other, "2014-06", 81))
    assert status(leader, known, address) == 200


def test_a_page_that_is_made_each_time_is_sent_when_it_is_different(leader: Client, promise: Target) -> None:
    known = tag(leader, "/plans/plan-2014/departments/")
    assert status(leader, known, "/plans/plan-2014/departments/") == 304
    TargetAssignment.objects.create(target=promise, department=department(), role="lead")
    assert status(leader, known, "/plans/plan-2014/departments/") == 200


def test_a_change_to_another_plan_leaves_the_page_alone(leader: Client, promise: Target) -> None:
    plan_of_year(2010, region=region())
    known = tag(leader, f"/plans/plan-2014/targets/{promise.code}/")
    official(entry(promise.indicator, "2010-07", 50, 100))
    assert status(leader, known, f"/plans/plan-2014/targets/{promise.code}/") == 304


def test_an_unread_notice_and_a_new_name_show_at_once(leader: Client) -> None:
    user = User.objects.get(memberships__role="leader")
    known = tag(leader)
    Notice.objects.create(user=user, kind="returned", day="2014-06-01")
    assert status(leader, known) == 200
    assert "bell-number" in leader.get("/").content.decode()
    known = tag(leader)
    user.display_name = "赵六"
    user.save()
    assert status(leader, known) == 200
    assert "赵六" in leader.get("/").content.decode()


def test_made_up_figures_are_said_to_be_so_at_once(leader: Client) -> None:
    known = tag(leader)
    Source.objects.update(demonstration=True)
    assert status(leader, known) == 200
    assert 'class="demonstration"' in leader.get("/").content.decode()


def test_a_role_that_is_taken_away_acts_at_once(leader: Client) -> None:
    known = tag(leader)
    Membership.objects.filter(role="leader").delete()
    assert status(leader, known) == 403


def test_a_closed_account_is_out_at_once(leader: Client) -> None:
    known = tag(leader)
    User.objects.filter(memberships__role="leader").update(is_active=False)
    assert status(leader, known) == 302


def test_nobody_gets_the_page_of_somebody_else(promise: Target) -> None:
    unit = department()
    first, second = person(Role.LEADER, unit), person(Role.LEADER, unit)
    User.objects.filter(pk=first.pk).update(display_name="第一位领导")
    one, other = inside(first), inside(second)
    assert tag(one) != tag(other)
    assert "第一位领导" in one.get("/").content.decode()
    assert "第一位领导" not in other.get("/").content.decode()
    assert second.username in other.get("/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_what_people_share_says_nothing_of_who_they_are(promise: Target, page: str) -> None:
    """The same reach: the same page but for the header."""
    unit, address = department(), page.format(code=promise.code)
    parts = []
    for _number in range(2):
        forget_cached_pages()
        whole = unsigned(inside(person(Role.LEADER, unit)).get(address))
        parts.append(re.sub(r"<header.*?</header>", "", whole, flags=re.DOTALL))
    assert parts[0] == parts[1]


def test_who_sees_less_does_not_get_what_others_see(promise: Target) -> None:
    promise.coverage = "parts"
    promise.indicator.region_rule = "pooled"
    here, there = (region(code, region()) for code in ("100101", "100102"))
    promise.indicator.save()
    promise.save()
    official(*(entry(promise.indicator, "2014-06", 95, 100, place=one) for one in (here, there)))
    address = f"/plans/plan-2014/targets/{promise.code}/"
    assert there.name in inside(person(Role.LEADER)).get(address).content.decode()
    county = inside(person(Role.COUNTY, department(here, "county_government"))).get(address).content.decode()
    assert here.name in county
    assert there.name not in county


def test_people_of_two_cities_never_share_a_page() -> None:
    here, there = city("温州"), city("丽水")
    for place in (here, there):
        made = plan_of_year(2014, code=f"plan-{place.region.code}", title=f"{place.name}计划", region=place.region)
        Clause.objects.create(plan=made, path="一", order=1, text="一、目标达到百分之九十二以上。")
        target(indicator(), threshold=92, plan=made)
    for role in (Role.LEADER, Role.COORDINATOR, Role.REPORTER):
        mine, theirs = inside(here.person(role)), inside(there.person(role))
        for address in ("/", "/plans/plan-330300/", "/plans/plan-330300/text/", "/plans/plan-330300/comparison/"):
            shown = mine.get(address)
            assert here.name in shown.content.decode()
            answer = theirs.get(address, headers={"if-none-match": shown.headers["ETag"]})
            assert answer.status_code == (200 if address == "/" else 404), (role, address)
            assert here.name not in answer.content.decode(), (role, address)


def test_a_page_is_no_more_shared_once_a_region_belongs_elsewhere() -> None:
    here, there = city("温州"), city("丽水")
    plan_of_year(2014, code="plan-county", title="县计划", region=here.county)
    leader = inside(here.person(Role.LEADER))
    assert leader.get("/plans/plan-county/").status_code == 200
    Region.objects.filter(pk=here.county.pk).update(parent=there.region)
    assert leader.get("/plans/plan-county/").status_code == 404
    assert inside(there.person(Role.LEADER)).get("/plans/plan-county/").status_code == 200


def test_each_language_has_its_own_page(leader: Client) -> None:
    known = tag(leader)
    leader.cookies["django_language"] = "en"
    assert status(leader, known) == 200
    assert "Time progress" in leader.get("/").content.decode()


def test_forms_are_signed_for_the_session_that_asks(leader: Client) -> None:
    tag(leader)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = leader.cookies
    text = strict.get("/").content.decode()
    tokens = set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', text))
    assert len(tokens) == 1
    answer = strict.post("/i18n/setlang/", {"language": "en", "csrfmiddlewaretoken": tokens.pop()})
    assert answer.status_code == 302


def test_what_is_said_once_is_neither_kept_nor_lost(leader: Client, promise: Target) -> None:
    assert "alert-warning" in leader.get("/?month=2014-13").content.decode()
    assert "ETag" not in leader.get("/?month=2014-13").headers
    known = tag(leader, f"/plans/plan-2014/targets/{promise.code}/")
    leader.post(f"/plans/plan-2014/targets/{promise.code}/verify/", {"month": "2014-06"})
    assert status(leader, known, f"/plans/plan-2014/targets/{promise.code}/") == 200


@pytest.mark.parametrize("query", ["junk=1", "month=2014-06&month=2014-05", f"chapter={'9' * 50}"])
def test_an_address_in_other_words_is_answered_and_not_kept(leader: Client, query: str) -> None:
    answer = leader.get(f"/?{query}")
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_switch_in_the_page_gets_what_stands_below_the_header(leader: Client) -> None:
    part = leader.get("/?month=2014-07", headers={"hx-request": "true"})
    text = part.content.decode()
    assert "<header" not in text
    assert "<title>" in text
    assert 'class="counts"' in text
    assert part.headers["ETag"] != tag(leader, "/?month=2014-07")
    restored = leader.get("/", headers={"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<header" in restored.content.decode()


@pytest.mark.parametrize(
    "page",
    [
        *PAGES,
        "/plans/plan-2014/departments/",
        "/plans/plan-2014/departments/{unit}/",
        "/plans/plan-2014/counties/",
        "/plans/plan-2014/counties/{place}/",
    ],
)
def test_every_page_can_be_switched_in_and_no_browser_takes_a_part_for_the_page(
    leader: Client, promise: Target, page: str
) -> None:
    office = promise.indicator.department or department()
    promise.coverage, promise.indicator.region_rule = "parts", "pooled"
    promise.indicator.save()
    promise.save()
    place = region("100101", region())
    official(entry(promise.indicator, "2014-05", 95, 100, place=place))
    address = page.format(code=promise.code, unit=office.code, place=place.code)
    whole, part = leader.get(address), leader.get(address, headers={"hx-request": "true"})
    assert (whole.status_code, part.status_code) == (200, 200)
    assert ("<header" in whole.content.decode(), "<header" in part.content.decode()) == (True, False)
    assert part.content.decode().count("<h1>") == 1
    for answer in (whole, part):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "HX-Request" in answer.headers["Vary"]


def test_a_switch_after_the_log_in_has_ended_loads_the_page_anew(promise: Target) -> None:
    answer = Client().get("/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")


def test_on_a_full_disk_the_pages_are_made(leader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise OSError("No space left on device")

    for name in ("get_many", "set_many"):
        monkeypatch.setattr(caches["shared"], name, down)
    assert leader.get("/").status_code == 200


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the cache that all processes share is asked for."""
    asked: list[str] = []
    get_many = caches["shared"].get_many

    def noted(keys: Iterable[str]) -> dict[str, Any]:
        asked.extend(keys)
        return get_many(keys)

    monkeypatch.setattr(caches["shared"], "get_many", noted)
    return asked


@pytest.mark.parametrize("page", PAGES)
def test_a_process_remembers_the_page_it_was_asked_for_last(
    leader: Client, promise: Target, asked: list[str], page: str
) -> None:
    address = page.format(code=promise.code)
    for _look in range(2):  # it is made, then taken from what all share
        leader.get(address)
    assert asked
    asked.clear()
    assert leader.get(address).status_code == 200
    assert asked == []


def test_what_a_process_remembers_is_as_new_as_what_all_share(leader: Client, promise: Target) -> None:
    before = [unsigned(leader.get("/")) for _look in range(3)]
    official(entry(promise.indicator, "2014-06", 50, 100))
    after = [unsigned(leader.get("/")) for _look in range(3)]
    forget_cached_pages()
    assert set(after) == {unsigned(leader.get("/"))}
    assert not set(before) & set(after)


def test_what_is_forgotten_is_made_anew(leader: Client, asked: list[str]) -> None:
    for _look in range(2):
        leader.get("/")
    forget_cached_pages()
    asked.clear()
    leader.get("/")
    assert asked
