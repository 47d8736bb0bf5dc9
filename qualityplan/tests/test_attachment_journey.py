"""Files in a real browser: chosen, refused, removed, kept through a lost session, handed in, seen by the reviewer."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db.models import QuerySet
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Region, User
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from reviews.tests import papers
from targets.models import Attachment, Indicator, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import return_revision

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

ADDRESS = "/worksheet/quality/2014-06/"
CODE = "standards-drafted"
HISTORY = f"/figures/{CODE}/330300/2014-06/"


@pytest.fixture
def bureau(plan_2014: Plan, tmp_path: Path, settings: Any) -> SimpleNamespace:
    """The quality bureau with a reporter and a reviewer."""
    settings.MEDIA_ROOT = tmp_path / "media"
    office = Department.objects.get(code="quality")
    people = {"tian": Role.REPORTER, "shen": Role.REVIEWER}
    for name, role in people.items():
        office.memberships.create(user=User.objects.create_user(name, password="pass"), role=role.value)
    key = (Indicator.objects.get(code=CODE).pk, Region.objects.get(code="330300").pk, Month(2014, 6))
    return SimpleNamespace(key=key, tian=User.objects.get(username="tian"), shen=User.objects.get(username="shen"))


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda one: heard.append(one.text) if "Content Security" in one.text else None)
    return heard


def log_in(page: Page, live_server: LiveServer, name: str, then: str = ADDRESS) -> None:
    page.goto(f"{live_server.url}/accounts/login/?next={then}")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill("pass")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{live_server.url}{then}")
    page.wait_for_load_state()


def row(page: Page) -> Locator:
    return page.locator(f"#row-{Indicator.objects.get(code=CODE).pk}")


def paper(name: str = "国家标准批准文号.pdf", data: bytes = papers.PDF) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def attach(page: Page, *files: FilePayload) -> None:
    """As a person does: the button opens the chooser of the system."""
    with page.expect_file_chooser() as chooser:
        row(page).get_by_role("button", name="添加附件").click()
    chooser.value.set_files(list(files))


def beside_drafts() -> "QuerySet[Attachment]":
    return Attachment.objects.of_drafts()


def shoot(page: Page, name: str, tmp_path: Path) -> None:
    """The step as a picture, at both widths; kept where ENTRY_PICTURES says. Nothing may be wider than the screen."""
    folder = Path(os.environ.get("ENTRY_PICTURES", tmp_path))
    for width, height in ((390, 844), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, (name, width)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def violations(page: Page, where: str) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for one in Axe().run(page).response["violations"]:
            found += [f"{where} {scheme} {one['id']} {node['html'][:160]}" for node in one["nodes"][:3]]
    page.emulate_media(color_scheme="light")
    return found


def test_files_are_attached_removed_handed_in_and_seen_by_the_reviewer(
    page: Page, live_server: LiveServer, bureau: SimpleNamespace, complaints: list[str], tmp_path: Path
) -> None:
    log_in(page, live_server, "tian")
    row(page).locator("[data-name=value]").fill("3")
    attach(page, paper(), paper("现场照片.jpg", papers.JPEG), paper("宏表格.xlsx", papers.macro_workbook()))
    expect(row(page).locator(".attachments a")).to_have_text(["国家标准批准文号.pdf", "现场照片.jpg"])
    expect(row(page).locator(".attach-failed")).to_contain_text("宏")
    shoot(page, "attached", tmp_path)
    found = violations(page, "worksheet")

    row(page).get_by_role("button", name="移除 宏表格.xlsx").click()
    expect(row(page).locator(".attach-failed")).to_have_count(0)
    row(page).get_by_role("button", name="移除 现场照片.jpg").press("Enter")
    expect(row(page).locator(".attachments a")).to_have_count(1)
    expect(row(page).get_by_role("button", name="添加附件")).to_be_focused()
    page.reload()
    expect(row(page).locator(".attachments a")).to_have_text(["国家标准批准文号.pdf"])
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-success")).to_contain_text("已提交 1 项数据")
    expect(row(page).locator(".told-handed-in .attachments a")).to_have_count(1)
    shoot(page, "handed-in-with-file", tmp_path)
    assert not beside_drafts().exists()

    page.context.clear_cookies()
    log_in(page, live_server, "shen", "/reviews/")
    expect(page.locator(".review-row .attachments a")).to_have_text("国家标准批准文号.pdf")
    shoot(page, "queue", tmp_path)
    found += violations(page, "queue")
    page.get_by_role("button", name="审核通过").last.click()
    page.goto(live_server.url + HISTORY)
    expect(page.locator(".revisions .attachments a")).to_have_text("国家标准批准文号.pdf")
    with page.expect_download() as download:
        page.evaluate("location = document.querySelector('.revisions .attachments a').href.replace('?show', '')")
    assert download.value.suggested_filename == "国家标准批准文号.pdf"
    assert download.value.path().read_bytes() == papers.PDF
    shoot(page, "history", tmp_path)
    found += violations(page, "history")
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
    assert not complaints


def test_a_file_survives_a_cut_connection_and_a_session_that_ends(
    page: Page, live_server: LiveServer, bureau: SimpleNamespace, complaints: list[str], tmp_path: Path
) -> None:
    log_in(page, live_server, "tian")
    page.context.set_offline(True)
    attach(page, paper())
    expect(row(page).locator(".attach-failed")).to_contain_text("网络中断")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("#notice")).to_contain_text("附件尚未上传完成")
    page.context.set_offline(False)
    expect(row(page).locator(".attachments a")).to_have_text("国家标准批准文号.pdf")
    expect(page.locator("#notice")).to_be_hidden()

    page.context.clear_cookies(name="sessionid")
    attach(page, paper("现场照片.png", papers.PNG))
    expect(row(page).locator(".attach-failed")).to_contain_text("登录已过期")
    shoot(page, "logged-out", tmp_path)
    with page.context.expect_page() as opened:
        row(page).get_by_role("link", name="重新登录").click()
    other = opened.value
    other.get_by_label("用户名").fill("tian")
    other.get_by_label("密码").fill("pass")
    other.get_by_role("button", name="登录").click()
    expect(other).to_have_url(live_server.url + ADDRESS)
    row(page).get_by_role("button", name="重试").click()
    expect(row(page).locator(".attachments a")).to_have_count(2)
    picture = beside_drafts().get(kind="png")
    page.goto(f"{live_server.url}/attachments/{picture.pk}/?show")
    assert page.evaluate("document.images[0].naturalWidth") == 1
    assert not complaints


def test_the_file_that_was_asked_for_is_handed_in_without_scripts(
    browser: Browser, live_server: LiveServer, bureau: SimpleNamespace, tmp_path: Path
) -> None:
    save_draft(bureau.key, Typed(value="3"), version=0, by=bureau.tian)
    return_revision(hand_in([bureau.key], by=bureau.tian)[0], by=bureau.shen, reason="请附国家标准批准文号")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server, "tian")
    chooser = row(page).locator("input[type=file]")
    chooser.set_input_files([paper("网页.pdf", b"<html>")])
    page.get_by_role("button", name="提交审核").click()
    expect(row(page).locator(".problem")).to_contain_text("网页.pdf")
    chooser.set_input_files([paper()])
    shoot(page, "without-script", tmp_path)
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-success")).to_contain_text("已提交 1 项数据")
    assert [one.name for one in Revision.objects.get(state="submitted").attachments.all()] == ["国家标准批准文号.pdf"]
    page.goto(live_server.url + HISTORY)
    expect(page.locator(".decisions").last).to_contain_text("请附国家标准批准文号")
    shoot(page, "history-returned", tmp_path)
    context.close()
