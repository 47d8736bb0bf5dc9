"""What a person sees of the own account and of people's, in a real browser."""

import json
import os
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import User
from departments.permissions import Role
from departments.tests.accounts import PASSWORD, code, unit
from departments.tests.callers import member

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]


@pytest.fixture
def chief() -> User:
    """The administrator of a bureau with two colleagues."""
    place = unit("quality")
    made = member(Role.ADMINISTRATOR, unit=place)
    made.username, made.display_name = "zhang", "张科长"
    made.set_password(PASSWORD)
    made.save()
    for role in (Role.REPORTER, Role.REVIEWER):
        member(role, unit=place)
    return made


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda one: heard.append(one.text) if "Content Security" in one.text else None)
    return heard


def log_in(page: Page, live_server: LiveServer, then: str = "/people/", password: str = PASSWORD) -> None:
    page.goto(f"{live_server.url}/accounts/login/?next={then}")
    page.get_by_label("用户名").fill("zhang")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def shoot(page: Page, name: str, tmp_path: Path) -> None:
    """The page at both widths, in both colour schemes, accessible; kept where ACCOUNT_PICTURES says."""
    folder, found = Path(os.environ.get("ACCOUNT_PICTURES", tmp_path)), []
    page.emulate_media(reduced_motion="reduce")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((390, 844), (1366, 768)):
            page.set_viewport_size({"width": width, "height": height})
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, (name, width)
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
        for one in Axe().run(page).response["violations"]:
            found += [f"{name} {scheme} {one['id']} {node['html'][:160]}" for node in one["nodes"][:3]]
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_a_person_sets_up_the_second_factor_and_comes_in_with_it(
    page: Page, live_server: LiveServer, chief: User, complaints: list[str], tmp_path: Path
) -> None:
    with override_settings(MFA_REQUIRED_ROLES=["administrator"]):
        log_in(page, live_server)
        expect(page.get_by_role("alert").or_(page.get_by_role("status"))).to_contain_text("必须启用双重验证")
        page.get_by_label("密码").fill(PASSWORD)
        shoot(page, "confirm", tmp_path)
        page.get_by_role("button", name="继续").click()
        key = page.locator("code.secret").inner_text()
        shoot(page, "second-factor", tmp_path)
        key = page.locator("code.secret").inner_text()
        page.get_by_label("应用显示的验证码").fill(code(key))
        page.get_by_role("button", name="启用", exact=True).click()
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        shoot(page, "recovery-codes", tmp_path)
        page.goto(f"{live_server.url}/accounts/security/")
        shoot(page, "security", tmp_path)

        page.locator("summary").click()
        page.get_by_role("button", name="退出").click()
        log_in(page, live_server)
        shoot(page, "code", tmp_path)
        page.get_by_label("验证码").fill(code(key, steps=1))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page).to_have_url(f"{live_server.url}/people/")
    assert not complaints


def test_an_administrator_adds_a_person_who_chooses_a_password(
    page: Page, browser: Browser, live_server: LiveServer, chief: User, complaints: list[str], tmp_path: Path
) -> None:
    member(Role.ADMINISTRATOR, unit=chief.held[0].department)
    log_in(page, live_server)
    shoot(page, "people", tmp_path)
    page.get_by_role("link", name="新增人员").click()
    shoot(page, "person-add", tmp_path)
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("姓名").fill("王五")
    page.get_by_label("填报人").check()
    page.get_by_label("审核人").check()
    page.get_by_role("button", name="新增人员").click()
    password = page.locator(".shown-once dd code").nth(1).inner_text()
    shoot(page, "first-password", tmp_path)
    page.get_by_role("link", name="已告知本人").click()
    expect(page.get_by_role("heading", name="待另一名管理员确认")).to_be_visible()
    shoot(page, "person", tmp_path)

    other = browser.new_context(locale="en-US").new_page()
    other.goto(f"{live_server.url}/accounts/login/")
    other.get_by_label("用户名").fill("wang")
    other.get_by_label("密码").fill(password)
    other.get_by_role("button", name="登录").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("修改密码")
    shoot(other, "password", tmp_path)
    other.get_by_label("当前密码").fill(password)
    other.get_by_label("新密码", exact=False).first.fill("my-own-Horse-9")
    other.get_by_label("再次输入新密码").fill("my-own-Horse-9")
    other.get_by_role("button", name="修改密码").click()
    expect(other).to_have_url(f"{live_server.url}/accounts/security/")
    expect(other.locator(".alert-success")).to_contain_text("密码已修改")
    other.context.close()
    assert not complaints


def test_a_locked_name_is_told_for_how_long(page: Page, live_server: LiveServer, chief: User, tmp_path: Path) -> None:
    for _number in range(5):
        log_in(page, live_server, password="wrong")
        expect(page.locator(".alert-danger, .invalid-feedback, .alert-block")).to_contain_text("不正确")
    log_in(page, live_server)
    expect(page.locator("main")).to_contain_text("1 分钟后重试")
    shoot(page, "locked", tmp_path)


def test_a_log_in_ends_when_nothing_is_done(
    page: Page, live_server: LiveServer, chief: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(page, live_server)
    expect(page).to_have_url(f"{live_server.url}/people/")
    real = time.time
    monkeypatch.setattr("departments.login.sittings.time.time", lambda: real() + 31 * 60)
    page.reload()
    expect(page).to_have_url(f"{live_server.url}/accounts/login/?next=/people/")
