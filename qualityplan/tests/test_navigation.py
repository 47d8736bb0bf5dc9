"""Every entry of the navigation can be seen, whoever looks at it in which language and how wide the window is."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from departments.permissions import Role
from targets.tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HIDDEN = """() => [...document.querySelectorAll('.site-nav a')].filter((one) => {
  const box = one.getBoundingClientRect(), nav = one.parentElement.getBoundingClientRect();
  return box.left < 0 || box.right > Math.min(innerWidth, nav.right + 1) || box.bottom > nav.bottom + 1;
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("role", "last"), [(Role.REVIEWER, "departments/"), (Role.COORDINATOR, "months/")])
def test_no_entry_is_cut_off(role: Role, last: str, language: str, browser: Browser, live_server: LiveServer) -> None:
    f.target(f.indicator(), "at_least", 92)
    f.another_plan("air-2014", series="air", title="2014年大气污染防治行动计划实施方案")
    client = Client()
    client.force_login(f.person(role))
    cookies = {one: value.value for one, value in client.cookies.items()} | {settings.LANGUAGE_COOKIE_NAME: language}
    with browser.new_context() as context:
        context.add_cookies([{"name": one, "value": value, "url": live_server.url} for one, value in cookies.items()])
        page = context.new_page()
        page.goto(f"{live_server.url}/plans/air-2014/")
        expect(page.locator(f'.site-nav a[href$="{last}"]')).to_have_count(1)
        for width in (1280, 1366, 1000, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(HIDDEN) == [], width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
