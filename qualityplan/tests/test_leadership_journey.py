"""What leadership does in a real browser: read the plan with its lights, look for what is behind, and see why."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department
from plans.models import Plan
from qualityplan.tests.test_journey import city, complaints, log_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

__all__ = ["city", "complaints"]

VEHICLES = "淘汰1.5万辆黄标车"


def test_the_card_of_a_promise_opens_by_pointing_and_by_keyboard(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str]
) -> None:
    log_in(page, live_server)
    page.get_by_role("link", name="计划原文").click()
    card = page.locator(".floating-card")
    page.locator(".promise", has_text=VEHICLES).hover()
    expect(card).to_contain_text("3\u202f000")
    expect(card).to_contain_text("红灯")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()

    sign = page.get_by_role("link", name="淘汰黄标车")
    sign.focus()
    expect(card).to_contain_text("淘汰黄标车")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("淘汰黄标车")
    assert not complaints


def test_a_tap_shows_the_card_and_its_link_leads_to_the_target(
    browser: Browser, live_server: LiveServer, city: Plan
) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    log_in(page, live_server)
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/text/")
    sign = page.locator('.pin[data-cards="target-yellow-label-vehicles"]')
    sign.tap()
    card = page.locator(".floating-card")
    expect(card).to_contain_text("淘汰黄标车")
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    card.get_by_role("link", name="淘汰黄标车").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("淘汰黄标车")
    context.close()


def test_the_plan_is_read_searched_and_left_without_scripts(
    browser: Browser, live_server: LiveServer, city: Plan
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server)
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/text/")
    page.get_by_label("要查找的文字").fill("黄标车")
    page.get_by_role("button", name="查询").click()
    expect(page.locator("mark.hit")).to_have_text(["黄标车"])
    page.locator('.pin[data-cards="target-yellow-label-vehicles"]').click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("淘汰黄标车")
    context.close()


def next_month(page: Page, shown: str) -> None:
    """Goes to the month after; the page is neither loaded anew nor moved."""
    page.evaluate("window.notLoadedAnew = true")
    page.get_by_role("link", name="下月").click()
    expect(page.locator("#month option:checked")).to_have_text(shown)
    assert page.evaluate("[window.notLoadedAnew, scrollY]") == [True, 0]


def test_another_month_of_a_target_is_drawn_in_the_same_page(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str]
) -> None:
    log_in(page, live_server)
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/targets/yellow-label-vehicles/?month=2014-05")
    drawn = page.locator("#chart canvas")
    expect(drawn).to_have_count(1)
    next_month(page, "2014年6月")
    expect(drawn).to_have_count(1)
    expect(page).to_have_url(
        f"{live_server.url}/plans/wenzhou-2014-quality/targets/yellow-label-vehicles/?month=2014-06"
    )
    page.go_back()
    expect(page.locator("#month option:checked")).to_have_text("2014年5月")
    expect(page.locator("header")).to_have_count(1)
    expect(drawn).to_have_count(1)
    assert not complaints


def test_the_cards_of_another_month_open_in_the_same_page(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str]
) -> None:
    log_in(page, live_server)
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/text/?month=2014-05")
    next_month(page, "2014年6月")
    card = page.locator(".floating-card")
    page.locator(".promise", has_text=VEHICLES).hover()
    expect(card).to_contain_text("3\u202f000")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert not complaints


@pytest.mark.parametrize(
    "address",
    [
        "/plans/wenzhou-2014-quality/departments/",
        "/plans/wenzhou-2014-quality/departments/{unit}/",
        "/plans/wenzhou-2014-quality/counties/",
        "/plans/wenzhou-2014-quality/counties/{county}/",
    ],
)
def test_who_answers_is_shown_for_another_month_in_the_same_page(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str], address: str
) -> None:
    unit, county = Department.objects.get(code="quality"), city.region.parts.first()
    assert county is not None
    log_in(page, live_server)
    page.goto(live_server.url + address.format(unit=unit.code, county=county.code) + "?month=2014-05")
    next_month(page, "2014年6月")
    expect(page.locator("header")).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)
    assert not complaints
