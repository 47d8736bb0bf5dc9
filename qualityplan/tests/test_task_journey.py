"""A task from report to sign-off in a real browser: reported, returned, corrected, approved, signed, shown."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Membership, User
from departments.permissions import Role
from plans.models import Plan
from qualityplan.tests.test_journey import violations
from qualityplan.tests.test_review_journey import log_in
from targets.judging.recompute import recompute_all
from tasks.models import Milestone, ReportDraft, Task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-base-url, of pytest-playwright, has not caught up with pytest yet.
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

TASK = "/plans/wenzhou-2014-quality/tasks/quality-foundations/"


@pytest.fixture
def task(plan_2014: Plan) -> Task:
    """A task that the quality bureau leads alone, and the bureau's people."""
    office = Department.objects.get(code="quality")
    for name, role in {"tian": Role.REPORTER, "shen": Role.REVIEWER, "office": Role.COORDINATOR}.items():
        Membership.objects.create(
            user=User.objects.create_user(name, password="pass"), department=office, role=role.value
        )
    recompute_all()
    return plan_2014.tasks.get(code="quality-foundations")


Entering = Callable[..., Page]


@pytest.fixture
def entering(browser: Browser, live_server: LiveServer) -> Iterator[Entering]:
    """`entering("tian", width=390)`: a window of their own in which the person has logged in; closed at the end."""
    contexts: list[BrowserContext] = []

    def enter(name: str, width: int = 1366) -> Page:
        # Colours that are still changing when a colour scheme has been chosen are no colours of the page.
        contexts.append(
            browser.new_context(locale="en-US", viewport={"width": width, "height": 800}, reduced_motion="reduce")
        )
        page = contexts[-1].new_page()
        log_in(page, live_server, name)
        return page

    yield enter
    for context in contexts:
        context.close()


def test_a_task_from_report_to_sign_off(entering: Entering, live_server: LiveServer, task: Task) -> None:
    reporter, reviewer = (entering(name) for name in ("tian", "shen"))
    step = task.milestones.get(code="sharing")

    reporter.get_by_role("navigation").get_by_role("link", name="待办").click()
    reporter.get_by_role("link", name="我的任务 · 1月 进展报告").click()
    expect(reporter.get_by_role("heading", level=1)).to_have_text("我的任务")
    reporter.locator("li").filter(has_text=task.title).get_by_role("link", name="填报").click()
    reporter.get_by_label("本月进展").fill("已完成资源共享平台")
    reporter.locator(f"#percentage-{step.pk}").fill("100")
    expect(reporter.locator("#saved")).to_have_text("已保存")
    assert ReportDraft.objects.get().done == "已完成资源共享平台"
    reporter.get_by_role("button", name="提交审核").click()
    expect(reporter.locator(".problem")).to_have_text("请填写完成日期。")
    reporter.locator(f"#done_on-{step.pk}").fill("2014-01-20")
    assert violations(reporter, "report") == []
    reporter.get_by_role("button", name="提交审核").click()
    expect(reporter.get_by_role("status").first).to_contain_text("已提交")

    reviewer.goto(f"{live_server.url}/reviews/")
    reviewer.get_by_role("link", name="有 1 份进展报告待您审核").click()
    expect(reviewer.get_by_text("已完成资源共享平台")).to_be_visible()
    assert violations(reviewer, "reviewer") == []
    reviewer.locator("summary").filter(has_text="退回").click()
    reviewer.get_by_label("退回原因").fill("请写明平台名称")
    reviewer.get_by_role("button", name="确认退回").click()
    expect(reviewer.get_by_role("status").first).to_contain_text("已退回")

    reporter.goto(f"{live_server.url}{TASK}report/quality/2014-01/")
    expect(reporter.locator("#content")).to_contain_text("请写明平台名称")
    reporter.get_by_label("本月进展").fill("已建成检验检测资源共享平台")
    reporter.get_by_role("button", name="提交审核").click()
    expect(reporter.get_by_role("status").first).to_contain_text("已提交")
    assert Milestone.objects.get(pk=step.pk).done_on is None

    reviewer.goto(f"{live_server.url}/tasks/reviews/")
    reviewer.get_by_role("button", name="审核通过").click()
    expect(reviewer.get_by_role("status").first).to_contain_text("已通过")
    reviewer.goto(live_server.url + TASK)
    expect(reviewer.locator(".verdict")).to_contain_text("节点 16 个，已完成 1 个")
    reviewer.get_by_role("button", name="签审1月").click()
    expect(reviewer.locator("#reports")).to_contain_text("已签审")
    assert violations(reviewer, "reviewer") == []

    reviewer.goto(f"{live_server.url}/plans/wenzhou-2014-quality/text/?month=2014-01")
    expect(reviewer.locator("#card-task-quality-foundations")).to_contain_text("1 / 16")


def test_what_was_typed_survives_a_log_out(entering: Entering, live_server: LiveServer, task: Task) -> None:
    page = entering("tian")
    page.goto(f"{live_server.url}{TASK}report/quality/2014-01/")
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("本月进展").fill("尚未保存的文字")
    expect(page.locator("#notice")).to_contain_text("登录已过期")
    log_in(page, live_server, "tian")
    page.goto(f"{live_server.url}{TASK}report/quality/2014-01/")
    expect(page.get_by_label("本月进展")).to_have_value("尚未保存的文字")
    expect(page.locator("#saved")).to_have_text("已保存")
    assert ReportDraft.objects.get().done == "尚未保存的文字"


def test_what_was_typed_before_the_script_had_come_is_saved(
    entering: Entering, live_server: LiveServer, task: Task
) -> None:
    page, held = entering("tian"), list[Route]()
    page.route(re.compile(r"/report(\.\w+)?\.js$"), lambda route: held.append(route))
    page.goto(f"{live_server.url}{TASK}report/quality/2014-01/", wait_until="commit")
    page.get_by_label("本月进展").fill("网络很慢")
    held[0].continue_()
    expect(page.locator("#saved")).to_have_text("已保存")
    assert ReportDraft.objects.get().done == "网络很慢"


@pytest.mark.parametrize("width", [390, 1366])
def test_the_pages_of_tasks_are_for_everybody(
    entering: Entering, live_server: LiveServer, task: Task, width: int
) -> None:
    page = entering("shen", width)
    for address in (
        "/plans/wenzhou-2014-quality/tasks/",
        "/plans/wenzhou-2014-quality/board/",
        "/plans/wenzhou-2014-quality/timeline/",
        "/plans/wenzhou-2014-quality/calendar/?month=2014-12",
        "/tasks/mine/",
    ):
        page.goto(live_server.url + address)
        assert violations(page, address) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.goto(f"{live_server.url}{TASK}milestones/")
    assert violations(page, "split") == []
    page.locator("[name=form-16-title]").fill("完成选址")
    page.locator("[name=form-16-due]").fill("2014-08-31")
    page.get_by_label("调整原因").fill("分步推进")
    page.get_by_role("button", name="保存调整").click()
    expect(page.locator(".steps")).to_contain_text("完成选址")
