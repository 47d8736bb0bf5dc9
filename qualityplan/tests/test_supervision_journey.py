"""A matter under supervision in a real browser: proposed by rule, sent back once, escalated once, closed."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Notice, User
from departments.permissions import Role
from plans.models import Plan
from reviews.tests import papers
from targets.tests import factories as f
from tasks import clock, jobs
from tasks.models import Milestone, SupervisionNotice

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

As = Callable[[User], Page]
Clock = Callable[[int, int], None]
PHOTO: FilePayload = {"name": "现场.png", "mimeType": "image/png", "buffer": papers.PNG}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Moves the clock of supervision to nine o'clock of a day of 2014."""

    def move(month: int, day: int) -> None:
        moment = datetime(2014, month, day, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
        monkeypatch.setattr(clock, "now", lambda: moment)

    return move


@pytest.fixture
def enter(context: BrowserContext, page: Page, live_server: LiveServer) -> As:
    """The page, seen by somebody."""

    def inside(user: User) -> Page:
        client = Client()
        client.force_login(user)
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.clear_cookies()
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        page.goto(live_server.url + "/supervision/")
        return page

    return inside


def test_from_a_late_milestone_to_the_closed_matter(plan_2014: Plan, enter: As, set_clock: Clock) -> None:
    office = Department.objects.get(code="quality")
    coordinator, leader = f.person(Role.COORDINATOR, office), f.person(Role.LEADER, office)
    reporter, reviewer = f.person(Role.REPORTER, office), f.person(Role.REVIEWER, office)
    make_one_late()

    set_clock(2, 10)  # a Monday: the milestone is late, and no figures of two months are due yet
    jobs.supervise()
    page = enter(coordinator)
    page.get_by_role("link", name="关于限期完成“开展百日攻坚活动”的通知").click()
    expect(page.get_by_text("应于2014年1月31日前完成，至今未完成")).to_be_visible()
    page.get_by_role("link", name="修改", exact=True).click()
    page.get_by_label("紧急程度").select_option("urgent")
    page.get_by_label("办理期限").fill("")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="交办").click()
    expect(page.get_by_text("督〔2014〕1号").first).to_be_visible()

    page = enter(reporter)
    page.goto(page.url.replace("/supervision/", "/desk/"))
    page.get_by_role("link", name="关于限期完成").click()
    page.get_by_role("button", name="签收").click()
    expect(page.locator(".way-receive")).to_be_visible()

    set_clock(2, 14)  # the limit was Thursday the 13th
    jobs.supervise()
    jobs.supervise()
    assert [one.user for one in Notice.objects.filter(kind="supervision_escalate")] == [reviewer]
    page = enter(leader)
    expect(page.get_by_text("逾期 1 天")).to_be_visible()

    answer(enter(reviewer), "活动方案已印发。")
    page = open_matter(enter(coordinator))
    page.locator("summary", has_text="退回重办").click()
    page.get_by_label("退回理由").fill("未说明完成时间。")
    page.get_by_label("重新办理期限").fill("2")
    page.get_by_role("button", name="退回重办").click()
    expect(page.get_by_text("退回重办").first).to_be_visible()

    set_clock(2, 17)
    answer(enter(reporter), "3月10日前完成全部攻坚活动。")
    page = open_matter(enter(coordinator))
    page.get_by_label("复核情况").fill("已核查。")
    page.get_by_role("button", name="复核通过").click()
    page.get_by_role("button", name="办结销号").click()
    expect(page.locator(".way-close")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Word").click()
    assert download.value.suggested_filename == "督〔2014〕1号.docx"
    notice = SupervisionNotice.objects.get()
    steps = list(notice.steps.order_by("pk").values_list("verb", flat=True))
    assert steps == [
        *("propose", "edit", "issue", "receive", "escalate", "answer", "return", "answer", "verify", "close")
    ]
    assert (notice.state, notice.round) == ("closed", 2)


def make_one_late() -> None:
    """All that is not counted is done but one milestone, which was due in January."""
    steps = Milestone.objects.filter(counted_by__isnull=True)
    steps.exclude(code="hundred-days", task__code="demonstration-city").update(done_on=date(2014, 1, 2))
    steps.filter(done_on__isnull=True).update(due=date(2014, 1, 31))


def open_matter(page: Page) -> Page:
    page.get_by_role("link", name="关于限期完成").first.click()
    return page


def answer(page: Page, words: str) -> None:
    open_matter(page)
    page.get_by_label("办理情况").fill(words)
    page.get_by_label("附件（选填）").set_input_files(
        {"name": "现场.png", "mimeType": "image/png", "buffer": papers.PNG}
    )
    page.get_by_role("button", name="反馈").click()
    expect(page.locator(".way-answer").last).to_contain_text(words)
    expect(page.locator(".way-answer").last.get_by_role("link", name="现场.png")).to_be_visible()


def test_the_pages_are_accessible_and_fit_a_phone(
    plan_2014: Plan, enter: As, set_clock: Clock, live_server: LiveServer
) -> None:
    office = Department.objects.get(code="quality")
    coordinator = f.person(Role.COORDINATOR, office)
    f.person(Role.REPORTER, office)
    make_one_late()
    set_clock(2, 10)
    jobs.supervise()
    page = enter(coordinator)
    page.emulate_media(reduced_motion="reduce")
    pk, problems = SupervisionNotice.objects.get().pk, []
    for address in (
        "/supervision/",
        f"/supervision/{pk}/",
        f"/supervision/{pk}/edit/",
        "/comments/",
        "/plans/wenzhou-2014-quality/silence/",
    ):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": 390, "height": 844})
            page.goto(live_server.url + address)
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            found = Axe().run(page).response["violations"]
            problems += [
                f"{address} {scheme}: {one['id']} {node['html'][:160]}" for one in found for node in one["nodes"]
            ]
    assert not problems
