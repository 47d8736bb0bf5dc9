"""What a reviewer does in a real browser: look, return one with a reason, approve the rest."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Membership, Region, User
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from qualityplan.tests.test_journey import violations
from targets.entry_rules.figures import Entry
from targets.judging.recompute import recompute_all, recompute_dirty
from targets.models import Indicator, Observation, Revision
from targets.tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-base-url, of pytest-playwright, has not caught up with pytest yet.
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

JUNE = Month(2014, 6)


@pytest.fixture
def bureau(plan_2014: Plan) -> Department:
    """The quality bureau with its people and three entries that wait; one of them corrects an official rate."""
    office = Department.objects.get(code="quality")
    roles = {"shen": Role.REVIEWER, "tian": Role.REPORTER, "office": Role.COORDINATOR, "root": Role.ADMINISTRATOR}
    for name, role in roles.items():
        user = User.objects.create_user(name, password="pass")
        unit = Department.objects.get(code="government-office") if role is Role.ADMINISTRATOR else office
        Membership.objects.create(user=user, department=unit, role=role.value)
    factories.official(rate(80))
    recompute_all()
    for entry in waiting():
        hand_in(entry)
    return office


def rate(passed: int) -> Entry:
    return figure("manufacturing-quality", numerator=passed, denominator=100)


def waiting() -> Iterator[Entry]:
    yield rate(95)
    yield figure("standards-drafted", value=3)
    yield figure("serious-quality-incidents", value=0)


def figure(code: str, **numbers: int) -> Entry:
    indicator, city = Indicator.objects.get(code=code), Region.objects.get(code="330300")
    exact: Any = {name: Decimal(value) for name, value in numbers.items()}
    return Entry(indicator.pk, city.pk, JUNE, **exact)


def hand_in(entry: Entry) -> Revision:
    author = User.objects.get(username="tian")
    return factories.handed_in(entry, by=author)


def log_in(page: Page, live_server: LiveServer, name: str) -> None:
    page.goto(live_server.url)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill("pass")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{live_server.url}/")
    page.wait_for_load_state()


def entry_of(page: Page, name: str) -> Locator:
    return page.locator(".review-row").filter(has=page.get_by_role("heading", name=name))


def test_a_reviewer_returns_one_and_approves_the_rest(page: Page, live_server: LiveServer, bureau: Department) -> None:
    log_in(page, live_server, "shen")
    page.get_by_role("navigation").get_by_role("link", name="待审核").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("待审核")
    row = entry_of(page, "制造业产品质量合格率")
    for text in ("80.00\u00a0%", "95.00\u00a0%", "+15.00\u00a0个百分点", "红灯", "绿灯"):
        expect(row).to_contain_text(text)

    row = entry_of(page, "制修订国际标准")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("退回原因").fill("请附国家标准批准文号")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已退回")

    page.get_by_role("button", name="全部审核通过（2 条）").click()
    expect(page.get_by_role("status")).to_contain_text("已审核通过 2 条")
    expect(page.get_by_role("heading", name="没有待审核的数据")).to_be_visible()
    handed_in = Revision.objects.filter(author__username="tian")
    assert {one.return_reason: one.state for one in handed_in} == {"请附国家标准批准文号": "returned", "": "approved"}

    while recompute_dirty()[0]:
        pass
    page.goto(f"{live_server.url}/plans/wenzhou-2014-quality/targets/manufacturing-quality/")
    page.get_by_role("link", name="6月").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("制造业产品质量合格率")
    expect(page.locator(".revisions > li")).to_have_count(2)
    expect(page.locator(".revisions")).to_contain_text("已被更正")


def test_the_queue_is_worked_off_by_keyboard(page: Page, live_server: LiveServer, bureau: Department) -> None:
    log_in(page, live_server, "shen")
    page.goto(f"{live_server.url}/reviews/")
    rows = page.locator(".review-row")
    names = rows.get_by_role("heading").all_inner_texts()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("r")
    expect(rows.nth(1).get_by_label("退回原因")).to_be_focused()
    page.keyboard.type("arrange")
    page.keyboard.press("Escape")
    expect(rows.nth(1)).to_be_focused()
    expect(rows.nth(1).get_by_label("退回原因")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text(f"已审核通过：{names[1]}")
    assert Revision.objects.filter(author__username="tian", state="approved").count() == 1
    assert not Revision.objects.filter(state="returned").exists()


def test_a_figure_is_withdrawn_and_the_month_closed_without_scripts(
    browser: Browser, live_server: LiveServer, bureau: Department
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server, "office")
    page.goto(f"{live_server.url}/figures/manufacturing-quality/330300/2014-06/")
    page.locator("summary", has_text="撤回").click()
    page.get_by_label("撤回原因").fill("抽样口径有误")
    page.get_by_role("button", name="确认撤回").click()
    expect(page.get_by_role("status")).to_contain_text("已撤回")
    page.get_by_role("link", name="月度封账").click()
    june = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="2014年6月"))
    june.locator("summary").click()
    expect(june).to_contain_text("尚有 3 项待审核")
    june.get_by_role("button", name="仍然封账").click()
    expect(page.get_by_role("status")).to_contain_text("2014年6月已封账")
    assert Observation.objects.official().count() == 0
    context.close()


PAGES = {
    "shen": ["/reviews/", "/figures/manufacturing-quality/330300/2014-06/"],
    "office": ["/plans/wenzhou-2014-quality/months/"],
    "root": ["/audit/"],
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_the_screen_and_is_accessible(
    name: str, page: Page, live_server: LiveServer, bureau: Department
) -> None:
    page.emulate_media(reduced_motion="reduce")
    log_in(page, live_server, name)
    for address in PAGES[name]:
        for width in (390, 1366):
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(live_server.url + address)
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            assert not violations(page, address)
