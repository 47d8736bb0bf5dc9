"""Where everybody arrives, with no plan, one or several; addresses of before several plans lead on."""

import pytest
from django.test import Client

from departments.permissions import Role
from plans.tests.factories import plan_of_year
from targets.tests.factories import person, plan, region

pytestmark = pytest.mark.django_db

PAGES = (
    "",
    "text/",
    "comparison/",
    "departments/",
    "counties/",
    "screen/",
    "tasks/",
    "board/",
    "timeline/",
    "calendar/",
    "silence/",
    "months/",
    "timeliness/",
    "supervision/new/",
)


@pytest.fixture
def coordinator(client: Client) -> Client:
    client.force_login(person(Role.COORDINATOR))
    return client


def test_without_a_plan_the_first_page_says_how_to_load_one(coordinator: Client) -> None:
    assert "load_fixtures fixtures/" in coordinator.get("/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_a_plan_that_does_not_exist_is_found(page: str, coordinator: Client) -> None:
    assert coordinator.get(f"/plans/plan-2014/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_a_draft_is_found(page: str, coordinator: Client) -> None:
    plan_of_year(2014, region=region(), state="draft")
    assert coordinator.get(f"/plans/plan-2014/{page}").status_code == 404


def test_the_only_plan_is_the_first_page(coordinator: Client) -> None:
    plan()
    answer = coordinator.get("/")
    assert answer.templates[0].name == "reports/overview.html"
    assert "plan-switch" not in answer.content.decode()


def test_of_several_plans_one_is_chosen_on_the_first_page_and_in_the_header(coordinator: Client) -> None:
    plan()
    plan_of_year(2014, code="air-2014", title="大气污染防治计划", region=region())
    for address in ("/", "/plans/plan-2014/"):
        text = coordinator.get(address).content.decode()
        assert 'href="/plans/air-2014/"' in text
        assert "大气污染防治计划" in text


def test_a_new_plan_stands_in_the_header_at_once(coordinator: Client) -> None:
    plan()
    coordinator.get("/plans/plan-2014/")
    plan_of_year(2015, title="新计划", region=region())
    assert "新计划" in coordinator.get("/plans/plan-2014/").content.decode()


OLD = {
    "/plan/?month=2014-06": "/plans/plan-2014/text/?month=2014-06",
    "/plan/2014/": "/plans/plan-2014/text/",
    "/comparison/": "/plans/plan-2014/comparison/",
    "/departments/quality/": "/plans/plan-2014/departments/quality/",
    "/targets/2014/some-target/?month=2014-06": "/plans/plan-2014/targets/some-target/?month=2014-06",
    "/tasks/2014/some-task/": "/plans/plan-2014/tasks/some-task/",
    "/tasks/board/": "/plans/plan-2014/board/",
    "/timeliness/quality/2014-06/": "/plans/plan-2014/timeliness/quality/2014-06/",
    "/years/2014/": "/plans/plan-2014/next/",
}


@pytest.mark.parametrize("old", OLD)
def test_an_old_address_leads_on_while_one_plan_can_be_meant(old: str, coordinator: Client) -> None:
    plan()
    assert coordinator.get(old)["Location"] == OLD[old]
    plan_of_year(2014, code="air-2014", region=region())
    assert coordinator.get(old)["Location"] == "/"


def test_a_year_can_still_mean_one_plan_of_several(coordinator: Client) -> None:
    plan()
    plan_of_year(2015, region=region())
    assert coordinator.get("/targets/2014/x/")["Location"] == "/plans/plan-2014/targets/x/"
    assert coordinator.get("/plan/2030/")["Location"] == "/"


def test_an_old_address_asks_a_stranger_to_log_in(client: Client) -> None:
    plan()
    assert client.get("/plan/2014/")["Location"] == "/accounts/login/?next=/plan/2014/"
