"""A month from the first keystroke to the light on the overview, by two people in a real browser and a real worker."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from qualityplan.tests.test_entry_journey import city, field, log_in, paste, row, shoot
from targets.models import Indicator, Revision

__all__ = ["city"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]


@pytest.fixture
def opened(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[str, str], Page]]:
    """`opened(name, address)`: a window of one person's own, logged in; closed with the test."""
    contexts: list[BrowserContext] = []

    def window(name: str, then: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        log_in(page, live_server, name, then)
        return page

    yield window
    for context in contexts:
        context.close()


def entry_of(page: Page, code: str) -> Locator:
    name = Indicator.objects.get(code=code).name
    return page.locator(".review-row").filter(has=page.get_by_role("heading", name=name))


def actual(page: Page, live_server: LiveServer, code: str) -> str:
    """What the overview shows for October."""
    page.goto(f"{live_server.url}/?month=2014-10")
    line = page.locator("table.targets tr").filter(
        has=page.locator(f"a[href*='/plans/wenzhou-2014-quality/targets/{code}/']")
    )
    return line.locator(".cell-actual").inner_text()


def test_a_figure_is_typed_explained_returned_corrected_approved_and_lights_up(
    opened: Callable[[str, str], Page],
    live_server: LiveServer,
    city: SimpleNamespace,
    celery_worker_process: subprocess.Popen[bytes],
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    reporter = opened("quality-reporter", "/desk/")
    leader = opened("leader", "/")
    before = actual(leader, live_server, "standards-drafted")
    shoot(reporter, "1-desk", tmp_path)

    reporter.get_by_role("link", name="开始填报").click()
    paste(field(reporter, "equipment-accidents", "numerator"), "1\t7.3\t经市安委办核实\r\n0\t7.3\t本月无死亡事故\r\n")
    field(reporter, "standards-drafted").fill("12")
    reporter.keyboard.press("Tab")
    expect(row(reporter, "standards-drafted")).to_contain_text("填写说明")
    shoot(reporter, "2-warning", tmp_path)
    field(reporter, "standards-drafted", "note").fill("国家标准委集中发布")
    reporter.keyboard.press("Tab")
    expect(row(reporter, "standards-drafted").locator(".oddity.explained").first).to_be_visible()
    reporter.get_by_role("button", name="提交审核").click()
    expect(reporter.locator(".alert-success")).to_contain_text("已提交 3 项数据")
    shoot(reporter, "3-handed-in", tmp_path)

    reviewer = opened("quality-reviewer", "/reviews/")
    expect(entry_of(reviewer, "standards-drafted")).to_contain_text("国家标准委集中发布")
    shoot(reviewer, "4-queue", tmp_path)
    one = entry_of(reviewer, "standards-drafted")
    one.locator("summary", has_text="退回").click()
    one.get_by_label("退回原因").fill("请附批准文号，并核对数量")
    one.get_by_role("button", name="退回", exact=False).last.click()
    expect(reviewer.get_by_role("status")).to_contain_text("已退回")
    shoot(reviewer, "5-returned", tmp_path)

    reporter.goto(f"{live_server.url}/desk/")
    expect(reporter.locator("main")).to_contain_text("请附批准文号，并核对数量")
    shoot(reporter, "6-desk-returned", tmp_path)
    reporter.goto(f"{live_server.url}/worksheet/quality/2014-10/")
    field(reporter, "standards-drafted").fill("3")
    field(reporter, "standards-drafted", "note").fill("国标委2014年第24号公告，共3项")
    reporter.keyboard.press("Tab")
    reporter.get_by_role("button", name="提交审核").click()
    expect(reporter.locator(".alert-success")).to_contain_text("已提交 1 项数据")

    reviewer.goto(f"{live_server.url}/reviews/")
    expect(entry_of(reviewer, "standards-drafted")).to_contain_text("国标委2014年第24号公告")
    reviewer.get_by_role("button", name="全部审核通过（3 条）").click()
    expect(reviewer.get_by_role("status")).to_contain_text("已审核通过 3 条")
    shoot(reviewer, "7-approved", tmp_path)

    eventually(lambda: actual(leader, live_server, "standards-drafted") != before, timeout=5)
    shoot(leader, "8-overview", tmp_path)
    assert Revision.objects.filter(state="approved", author=city.reporter).count() == 3
