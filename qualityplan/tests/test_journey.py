"""What a mayor does in a real browser: log in, see where the plan stands, ask why."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Membership, Region, User
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from targets.entry_rules.figures import Entry
from targets.judging.recompute import recompute_all
from targets.models import Indicator
from targets.tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-base-url, of pytest-playwright, has not caught up with pytest yet.
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

PAGES = [
    "/",
    "/plans/wenzhou-2014-quality/text/",
    "/plans/wenzhou-2014-quality/comparison/",
    "/plans/wenzhou-2014-quality/comparison/?target=dangerous-houses",
    "/plans/wenzhou-2014-quality/comparison/?region=330302",
    "/plans/wenzhou-2014-quality/targets/dangerous-houses/",
    "/plans/wenzhou-2014-quality/tasks/",
    "/plans/wenzhou-2014-quality/tasks/brands/",
    "/plans/wenzhou-2014-quality/departments/",
    "/plans/wenzhou-2014-quality/departments/quality/",
    "/plans/wenzhou-2014-quality/counties/",
    "/plans/wenzhou-2014-quality/counties/330302/",
]


@pytest.fixture
def city(plan_2014: Plan) -> Plan:
    """The plan of 2014 with a few figures up to June, and a leader `mayor` with the password `pass`."""
    office = Department.objects.get(code="quality")
    for name, role in (("mayor", Role.LEADER), ("office", Role.COORDINATOR)):
        user = User.objects.create_user(name, password="pass")
        Membership.objects.create(user=user, department=office, role=role.value)
    factories.official(*(entry for month in range(1, 7) for entry in figures(Month(2014, month))))
    recompute_all()
    return plan_2014


def figures(month: Month) -> Iterator[Entry]:
    """Houses on pace, vehicles behind, no incident."""
    for code, value in (("dangerous-houses", 35), ("yellow-label-vehicles", 500), ("serious-quality-incidents", 0)):
        indicator = Indicator.objects.get(code=code)
        for region in places(indicator):
            yield Entry(indicator.pk, region, month, value=Decimal(value))


def places(indicator: Indicator) -> list[int]:
    """Where an indicator is entered: at the city, or in each of its counties."""
    city = Region.objects.get(code="330300")
    return [city.pk] if indicator.region_rule == "own" else list(city.parts.values_list("pk", flat=True))


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about: scripts that fail, things the content security policy forbids."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def log_in(page: Page, live_server: LiveServer, name: str = "mayor") -> None:
    page.goto(live_server.url)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill("pass")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{live_server.url}/")
    page.wait_for_load_state()


def test_a_mayor_sees_where_the_plan_stands_and_why(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str]
) -> None:
    log_in(page, live_server)
    expect(page.get_by_role("heading", level=1)).to_have_text(city.title)
    expect(page.get_by_label("月份", exact=True)).to_have_value("2014-06")
    expect(page.get_by_text("时序进度", exact=True)).to_be_visible()

    page.get_by_role("link", name="上月").click()
    expect(page.get_by_label("月份", exact=True)).to_have_value("2014-05")
    page.get_by_label("月份", exact=True).select_option("2014-06")
    page.get_by_role("button", name="查看").click()

    page.locator("a.count-red").click()
    page.get_by_role("link", name="淘汰黄标车", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("淘汰黄标车")
    expect(page.locator(".verdict .light-red")).to_contain_text("红灯")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator("mark")).to_have_text("淘汰1.5万辆黄标车")

    page.get_by_role("region", name="逐月情况").get_by_role("link", name="3月").click()
    expect(page.get_by_label("月份", exact=True)).to_have_value("2014-03")
    assert not complaints


def test_the_language_is_switched_and_one_logs_out(page: Page, live_server: LiveServer, city: Plan) -> None:
    log_in(page, live_server)
    page.locator("summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("navigation").get_by_role("link", name="Overview")).to_be_visible()
    page.locator("summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/tasks/")
    expect(page).to_have_url(f"{live_server.url}/accounts/login/?next=/plans/wenzhou-2014-quality/tasks/")


def test_the_overview_works_without_scripts(browser: Browser, live_server: LiveServer, city: Plan) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server)
    page.get_by_label("月份", exact=True).select_option("2014-02")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_label("月份", exact=True)).to_have_value("2014-02")
    context.close()


def test_the_first_tab_leads_past_the_navigation(page: Page, live_server: LiveServer, city: Plan) -> None:
    log_in(page, live_server)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/#content")


def test_no_page_is_wider_than_the_screen(page: Page, live_server: LiveServer, city: Plan) -> None:
    log_in(page, live_server)
    for address in PAGES:
        page.goto(live_server.url + address)
        for width in (390, 768, 1366, 1920):
            page.set_viewport_size({"width": width, "height": 844})
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, (address, width)


def test_every_page_is_accessible_in_light_and_dark(
    page: Page, live_server: LiveServer, city: Plan, complaints: list[str]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(live_server.url)
    problems = violations(page, "/accounts/login/")
    log_in(page, live_server)
    for address in PAGES:
        page.goto(live_server.url + address)
        problems += violations(page, address)
    assert not problems
    assert not complaints


def violations(page: Page, address: str) -> list[str]:
    """What axe finds in both colour schemes, one line each."""
    lines = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        lines += [f"{address} {scheme}: {one['id']} {node['html'][:160]}" for one in found for node in one["nodes"][:3]]
    return lines
