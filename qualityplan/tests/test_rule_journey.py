"""A rule changes in a real browser: the administrator names the month, and everybody reads of it, on a phone too."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.permissions import Role
from plans.periods import Month
from targets.models import Target
from targets.services.locking import close_plan_month
from targets.tests import factories as f

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]


@pytest.fixture
def promise() -> Target:
    """400 in the year; March is closed."""
    houses = f.indicator("count", name="城市危旧房改造户数")
    made = f.target(houses, "at_least", 400)
    f.step(made, "2014-06-30", 200)
    f.official(f.entry(houses, "2014-03", 90), f.entry(houses, "2014-04", 30))
    close_plan_month(made.plan, Month(2014, 3), by=f.coordinator())
    return made


@pytest.fixture
def administrator(page: Page, live_server: LiveServer) -> Page:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    return page


def test_a_rule_is_changed_from_the_first_open_month_on(
    administrator: Page, live_server: LiveServer, promise: Target, tmp_path: Path
) -> None:
    page, folder = administrator, Path(os.environ.get("RULE_PICTURES", tmp_path))
    page.goto(f"{live_server.url}/admin/targets/target/{promise.pk}/change/")
    expect(page.get_by_label("生效月份")).to_have_value("2014-04")
    page.locator("#id_threshold").fill("300")
    page.get_by_label("调整文号").fill("温政发〔2014〕9号")
    page.screenshot(path=folder / "form.png", full_page=True)
    page.locator("input[name=_save]").click()
    expect(page.locator(".errornote, .errorlist").first).to_be_visible()
    page.get_by_label("调整原因").fill("省里调整任务")
    page.locator("input[name=_save]").click()
    f.recompute()
    address = f"{live_server.url}/plans/{promise.plan.code}/targets/{promise.code}/?month="
    for month, said in (("2014-03", "按3月及以前执行的目标规则评判"), ("2014-04", "按4月起执行的目标规则评判")):
        page.goto(address + month)
        expect(page.locator(".explanation")).to_contain_text(said)
    changes = page.locator("section", has=page.get_by_role("heading", name="目标规则调整记录"))
    for told in ("2014年4月起", "400", "300", "省里调整任务", "温政发〔2014〕9号"):
        expect(changes).to_contain_text(told)
    for width in (390, 1366):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        page.screenshot(path=folder / f"target-{width}.png", full_page=True)
    assert not Axe().run(page).response["violations"]
