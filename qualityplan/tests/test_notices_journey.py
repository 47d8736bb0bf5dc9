"""A figure is returned: the reporter sees it in the header, reads why, and is led to where it is corrected."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import User
from departments.permissions import Role
from plans.periods import Month
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import return_revision
from targets.tests import factories as f

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]


@pytest.fixture
def reporter() -> User:
    """Somebody whose figure has come back."""
    office = f.department()
    f.plan()
    measured = f.indicator("count", department=office)
    made, reviewer = f.person(Role.REPORTER, office), f.person(Role.REVIEWER, office)
    key = (measured.pk, f.region().pk, Month(2014, 6))
    save_draft(key, Typed(value="3"), version=0, by=made)
    return_revision(hand_in([key], by=made)[0], by=reviewer, reason="漏报三月")
    return made


def log_in(page: Page, live_server: LiveServer, user: User) -> None:
    page.goto(f"{live_server.url}/accounts/login/?next=/desk/")
    page.get_by_label("用户名").fill(user.username)
    page.get_by_label("密码").fill("pass")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{live_server.url}/desk/")
    page.wait_for_load_state()


def test_the_bell_leads_to_what_was_returned_and_that_to_the_worksheet(
    page: Page, live_server: LiveServer, reporter: User
) -> None:
    log_in(page, live_server, reporter)
    page.get_by_role("link", name="通知 1 条未读").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("数据被退回")
    faults = []
    for scheme in ("light", "dark"):
        for width in (390, 1366):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            faults += [f"{scheme} {width} {one['id']}" for one in Axe().run(page).response["violations"]]
    assert not faults, json.dumps(faults, indent=1)
    page.get_by_role("link", name="漏报三月").click()
    expect(page).to_have_url(re.compile(r"/worksheet/.*/2014-06/#row-\d+$"))
    page.go_back()
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_role("link", name="通知", exact=True)).to_be_visible()
    expect(page.get_by_text("未读")).to_have_count(0)
