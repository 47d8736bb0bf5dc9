"""Leadership opens the overview and knows where the plan stands."""

import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.defaults import server_error

from departments.permissions import PERMISSIONS, Action, Role
from departments.tests.markup import markup_of
from plans.models import Plan
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Source, Target
from targets.tests.factories import department, entry, indicator, official, person, plan, region, target

pytestmark = pytest.mark.django_db


def page(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return markup_of(answer)


def four_lights() -> list[Target]:
    """One target of each light in June."""
    rates = [indicator() for _ in range(4)]
    promises = [target(rate, threshold=92, warning_margin=5) for rate in rates]
    shares = [(95, 100), (90, 100), (50, 100)]
    official(*(entry(rate, "2014-06", *share) for rate, share in zip(rates, shares, strict=False)))
    recompute_all()
    return promises


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/"


def test_without_a_role_the_plan_is_refused(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("nobody"))
    answer = client.get("/")
    assert answer.status_code == 403
    assert 'class="error-code"' in answer.content.decode()


def test_without_a_plan_the_page_says_how_to_load_one(leader: Client) -> None:
    assert "load_fixtures fixtures/" in page(leader)


def test_a_plan_that_is_not_judged_yet_says_what_to_do(leader: Client) -> None:
    plan()
    assert "recompute_attainment" in page(leader)


def test_without_data_the_page_says_how_to_import(leader: Client) -> None:
    target(indicator(), threshold=92)
    recompute_all()
    text = page(leader)
    assert "import_observations" in text
    assert "light-not-due" in text or "light-no-data" in text


def test_a_coordinator_is_led_to_the_upload_page(client: Client) -> None:
    client.force_login(person(Role.COORDINATOR))
    target(indicator(), threshold=92)
    recompute_all()
    assert "import_observations" not in page(client)


def test_every_light_is_counted_and_leads_to_its_targets(leader: Client) -> None:
    four_lights()
    text = page(leader)
    for colour in ("red", "yellow", "green", "grey"):
        card = re.search(rf'count-{colour}" href="([^"]*)".*?<strong>(\d+)</strong>', text, re.DOTALL)
        assert card is not None
        assert card[2] == "1"
        assert page(leader, f"/{card[1].replace('&amp;', '&')}").count("cell-name") == 2


def test_all_targets_of_the_plan_stand_in_its_order(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    listed = re.findall(r'cell-name"><a href="/plans/[\w-]+/targets/([a-z0-9-]+)/', page(leader))
    assert listed == list(plan_2014.targets.order_by("order").values_list("code", flat=True))


def test_chapters_and_clauses_head_their_targets(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader).partition('id="chapter-1"')[2]
    places = [text.index(words) for words in ("主要目标", "五水共治", "工程质量惠民", "保障措施", "投入力度")]
    assert places == sorted(places)


def test_aspirational_targets_are_marked(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    marked = re.findall(r'targets/([a-z0-9-]+)/[^<]*</a>\s+<span class="tag">', page(leader))
    aspirational = plan_2014.targets.filter(firmness="aspirational").order_by("order")
    assert marked == [one.code for one in aspirational]
    assert marked


def test_the_default_month_is_the_last_with_data(leader: Client) -> None:
    rate = indicator()
    target(rate, threshold=92)
    official(entry(rate, "2014-04", 95, 100))
    assert 'value="2014-04" selected' in page(leader)


def test_another_month_shows_what_was_reached_then(leader: Client) -> None:
    rate = indicator()
    target(rate, threshold=92)
    official(entry(rate, "2014-01", 80, 100), entry(rate, "2014-02", 100, 100))
    assert "80.00\u00a0%" in page(leader, "/?month=2014-01")
    assert "90.00\u00a0%" in page(leader, "/?month=2014-02")


@pytest.mark.parametrize("month", ["2014-13", "2015-01", "junk", "2014-06'--", "20140６"])
def test_a_month_that_is_none_gives_the_default_and_a_message(leader: Client, month: str) -> None:
    rate = indicator()
    target(rate, threshold=92)
    official(entry(rate, "2014-04", 95, 100))
    answer = leader.get("/", {"month": month})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'value="2014-04" selected' in text
    assert "alert-warning" in text


def test_a_light_that_is_none_shows_all(leader: Client) -> None:
    four_lights()
    assert page(leader, "/?light=purple").count("cell-name") == page(leader).count("cell-name")


def test_freshness_stands_beside_the_light(leader: Client) -> None:
    rate = indicator()
    target(rate, threshold=92)
    official(entry(rate, "2014-02", 95, 100))
    text = page(leader, "/?month=2014-06")
    assert 'class="stale"' in text
    assert re.search(r'class="gap">[^<]*5', text), "January and March to June"


def test_made_up_figures_are_said_to_be_so(leader: Client) -> None:
    four_lights()
    assert 'class="demonstration"' not in page(leader)
    Source.objects.update(demonstration=True)
    assert 'class="demonstration"' in page(leader)


def test_a_county_sees_the_plan(client: Client) -> None:
    four_lights()
    county = region("100101", parent=region())
    client.force_login(person(Role.COUNTY, department(county)))
    assert page(client).count('scope="row" class="cell-name"') == 4


def test_nothing_on_the_page_breaks_the_content_security_policy(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_the_lights_of_the_page_are_those_stored(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    stored = Counter(
        Attainment.objects.filter(region=plan_2014.region, month=Month(2014, 1)).values_list("signal", flat=True)
    )
    shown = Counter(re.findall(r'cell-light"><span class="light light-(\w+)', page(leader, "/?month=2014-01")))
    assert shown == stored


def queries_of(client: Client, address: str) -> int:
    page(client, address)
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return len(captured)


@pytest.mark.parametrize(("address", "most"), [("/", 11), ("/plans/plan-2014/departments/", 18)])
def test_ten_times_the_targets_take_no_further_query(leader: Client, address: str, most: int) -> None:
    four_lights()
    few = queries_of(leader, address)
    for _ in range(9):
        four_lights_more()
    assert queries_of(leader, address) == few <= most


def four_lights_more() -> None:
    rates = [indicator() for _ in range(4)]
    for rate in rates:
        target(rate, threshold=92)
    official(*(entry(rate, "2014-06", 95, 100) for rate in rates))


def test_the_page_for_a_failure_asks_the_database_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert b'class="error-code"' in answer.content
    assert not len(captured)


def test_the_log_in_page_names_the_demonstration_accounts_but_no_password(client: Client, settings: Any) -> None:
    settings.DEMO, settings.DEMO_PASSWORD = True, "not-to-be-shown"
    text = page(client, "/accounts/login/")
    assert "<code>leader</code>" in text
    assert "not-to-be-shown" not in text


def test_without_demonstration_the_log_in_page_names_no_account(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert "<code>leader</code>" not in page(client, "/accounts/login/")


@pytest.mark.parametrize("role", Role)
def test_only_who_may_import_is_offered_to(client: Client, role: Role) -> None:
    client.force_login(person(role))
    assert (reverse("imports_upload") in page(client)) == (role in PERMISSIONS[Action.IMPORT_OBSERVATIONS])


@pytest.mark.parametrize("role", Role)
def test_only_an_administrator_is_offered_the_administration(client: Client, role: Role) -> None:
    client.force_login(person(role))
    assert ('href="/admin/"' in page(client)) == (role is Role.ADMINISTRATOR)
