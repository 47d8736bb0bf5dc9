"""What a reporter does in a real browser: type, paste, explain, preview, hand in, and lose nothing on the way."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import AuditEvent, Department, Region, User
from departments.tests.accounts import forward
from plans.models import Plan
from plans.periods import Month
from targets.judging.recompute import recompute_dirty
from targets.models import Draft, Indicator, Revision
from targets.services.drafting import Typed, save_draft
from targets.services.locking import close_plan_month
from targets.tests import factories as f

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

ADDRESS = "/worksheet/quality/2014-10/"


@pytest.fixture
def city(plan_2014: Plan, tmp_path: Path) -> SimpleNamespace:
    """The demonstration: figures up to September, October is due."""
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        call_command("demo", verbosity=0)
    while recompute_dirty()[0]:
        pass
    return SimpleNamespace(
        unit=Department.objects.get(code="quality"),
        reporter=User.objects.get(username="quality-reporter"),
        region=Region.objects.get(code="330300"),
    )


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about, the answers that a test provokes left out."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda one: heard.append(one.text) if "Content Security" in one.text else None)
    return heard


def log_in(page: Page, live_server: LiveServer, name: str = "quality-reporter", then: str = ADDRESS) -> None:
    page.goto(f"{live_server.url}/accounts/login/?next={then}")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill("example-password")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{live_server.url}{then}")
    page.wait_for_load_state()


def row(page: Page, code: str) -> Locator:
    return page.locator(f"#row-{Indicator.objects.get(code=code).pk}")


def field(page: Page, code: str, name: str = "value") -> Locator:
    return row(page, code).locator(f"[data-name={name}]")


def paste(place: Locator, text: str) -> None:
    """As the browser does when a block was copied in Excel, once the page's script is there to take it."""
    place.page.wait_for_load_state()
    place.evaluate(
        """(input, text) => { input.focus(); const data = new DataTransfer(); data.setData("text/plain", text);
        input.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        text,
    )


def shoot(page: Page, name: str, tmp_path: Path) -> None:
    """The step as a picture, at both widths; kept where ENTRY_PICTURES says."""
    folder = Path(os.environ.get("ENTRY_PICTURES", tmp_path))
    for width, height in ((390, 844), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, (name, width)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def test_a_reporter_types_pastes_explains_previews_and_hands_in(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str], tmp_path: Path
) -> None:
    log_in(page, live_server, then="/desk/")
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")
    shoot(page, "desk", tmp_path)
    page.get_by_role("link", name="开始填报").click()
    expect(page).to_have_url(f"{live_server.url}{ADDRESS}")
    shoot(page, "sheet-empty", tmp_path)

    field(page, "standards-drafted").fill("１２")
    page.keyboard.press("Tab")
    expect(row(page, "standards-drafted")).to_contain_text("已保存")
    expect(row(page, "standards-drafted")).to_contain_text("填写说明")
    field(page, "standards-drafted", "note").fill("国家标准委集中发布")
    page.keyboard.press("Enter")
    expect(row(page, "standards-drafted").locator(".oddity.explained").first).to_be_visible()

    order = page.locator("[data-column='1']").evaluate_all("inputs => inputs.map(one => one.id)")
    start = order.index(field(page, "equipment-accidents", "numerator").get_attribute("id"))
    assert order[start + 1] == field(page, "equipment-deaths", "numerator").get_attribute("id")
    paste(field(page, "equipment-accidents", "numerator"), "1\t7.3\t经市安委办核实\r\n0\t7.3\t本月无死亡事故\r\n")
    for pasted in ("equipment-accidents", "equipment-deaths"):
        expect(row(page, pasted)).to_contain_text("已保存")
    expect(page.locator("#notice")).to_contain_text("已填入 6 格")
    assert Draft.objects.get(indicator__code="equipment-accidents").denominator == "7.3"

    field(page, "serious-quality-incidents").fill("无事故")
    page.keyboard.press("Tab")
    expect(row(page, "serious-quality-incidents").locator(".problem")).to_contain_text("无事故")
    shoot(page, "sheet-filled", tmp_path)

    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-danger")).to_contain_text("未能提交")
    assert not Revision.objects.filter(state="submitted").exists()
    field(page, "serious-quality-incidents").fill("0")
    page.get_by_role("button", name="预览亮灯变化").click()
    expect(page.locator("#preview .light").first).to_be_visible()
    shoot(page, "preview", tmp_path)

    page.get_by_role("button", name="提交审核").dblclick()
    expect(page.locator(".alert-success")).to_contain_text("已提交 4 项数据")
    expect(row(page, "standards-drafted")).to_contain_text("待审核")
    shoot(page, "handed-in", tmp_path)
    assert Revision.objects.filter(state="submitted").count() == 4
    assert not Draft.objects.exists()
    assert not complaints


def also_asked(city: SimpleNamespace) -> tuple[Indicator, Plan]:
    """An indicator for which another plan asks as well, and that plan."""
    shared = Indicator.objects.get(code="equipment-deaths")
    air = f.another_plan("zz-air", place=city.region)
    f.target(shared, "at_most", 1, plan=air)
    return shared, air


def test_beside_a_row_that_a_plan_has_closed_the_others_are_filled_and_files_attached(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str]
) -> None:
    closed, air = also_asked(city)
    close_plan_month(air, Month(2014, 10), by=User.objects.get(username="coordinator"))
    log_in(page, live_server)
    expect(field(page, "equipment-deaths", "numerator")).to_be_disabled()

    rows = page.locator("#worksheet tbody").evaluate_all("rows => rows.map(row => row.id)")
    after = page.locator(f"#{rows[rows.index(f'row-{closed.pk}') + 1]} [data-column='1']")
    paste(field(page, "equipment-accidents", "numerator"), "1\t7.3\t经核实\r\n2\t7.4\t不应写入\r\n5\r\n")
    expect(row(page, "equipment-accidents")).to_contain_text("已保存")
    expect(page.locator("#notice")).to_contain_text("已填入 4 格")
    expect(page.locator("#notice")).to_contain_text("3 格")
    expect(field(page, "equipment-deaths", "numerator")).to_have_value("")
    expect(after).to_have_value("5")

    field(page, "equipment-accidents", "numerator").press("Enter")
    expect(after).to_be_focused()
    expect(row(page, "equipment-deaths").get_by_role("button", name="添加附件")).to_have_count(0)
    with page.expect_file_chooser() as chosen:
        row(page, "equipment-accidents").get_by_role("button", name="添加附件").click()
    chosen.value.set_files({"name": "依据.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"})
    expect(row(page, "equipment-accidents").locator(".attachments li")).to_contain_text("依据.pdf")
    assert not Draft.objects.filter(indicator=closed).exists()
    assert not complaints


def test_text_kept_in_the_browser_for_a_row_that_was_closed_stays_there_and_lets_the_others_be_handed_in(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str]
) -> None:
    _closed, air = also_asked(city)
    log_in(page, live_server)
    page.context.set_offline(True)
    field(page, "equipment-deaths", "numerator").fill("3")
    page.keyboard.press("Tab")
    expect(row(page, "equipment-deaths")).to_contain_text("未保存")
    close_plan_month(air, Month(2014, 10), by=User.objects.get(username="coordinator"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.set_offline(False)
    expect(row(page, "equipment-deaths")).to_contain_text("已封账")
    page.goto(live_server.url + ADDRESS)
    expect(field(page, "equipment-deaths", "numerator")).to_have_value("")
    field(page, "standards-drafted").fill("7")
    field(page, "standards-drafted", "note").fill("集中发布")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-success")).to_contain_text("已提交 1 项数据")
    assert '"3"' in page.evaluate("JSON.stringify(Object.values(localStorage).map(JSON.parse))")
    assert not complaints


def test_a_cut_connection_keeps_the_text_and_saves_it_when_it_is_back(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str]
) -> None:
    log_in(page, live_server)
    page.context.set_offline(True)
    field(page, "standards-drafted").fill("7")
    page.keyboard.press("Tab")
    expect(row(page, "standards-drafted")).to_contain_text("未保存，恢复连接后自动重试")
    assert "7" in page.evaluate("JSON.stringify(localStorage)")
    page.context.set_offline(False)
    expect(row(page, "standards-drafted")).to_contain_text("已保存")
    assert Draft.objects.get().value == "7"
    assert page.evaluate("localStorage.length") == 0
    assert not complaints


def test_what_was_typed_before_the_script_had_come_is_saved(
    page: Page, live_server: LiveServer, city: SimpleNamespace
) -> None:
    held: list[Route] = []
    log_in(page, live_server, then="/desk/")
    page.route(re.compile(r"/worksheet(\.\w+)?\.js$"), lambda route: held.append(route))
    page.goto(f"{live_server.url}{ADDRESS}", wait_until="commit")
    field(page, "standards-drafted").fill("7")
    held[0].continue_()
    expect(row(page, "standards-drafted")).to_contain_text("已保存")


def test_text_survives_a_session_that_ends_while_typing(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str]
) -> None:
    log_in(page, live_server)
    session = [one for one in page.context.cookies() if one["name"] == "sessionid"]
    assert session
    page.context.clear_cookies(name="sessionid")
    assert_text_survives(page)
    assert not complaints


def test_text_survives_when_nothing_was_done_for_too_long(
    page: Page,
    live_server: LiveServer,
    city: SimpleNamespace,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log_in(page, live_server)
    forward(monkeypatch, settings.SESSION_IDLE_MINUTES)
    assert_text_survives(page)
    assert AuditEvent.objects.filter(action="account.timed_out").count() == 1
    assert not complaints


def assert_text_survives(page: Page) -> None:
    """What is typed after the log-in has ended is kept, and saved after the next one."""
    field(page, "standards-drafted").fill("7")
    page.keyboard.press("Tab")
    expect(row(page, "standards-drafted")).to_contain_text("登录已过期")
    with page.context.expect_page() as opened:
        row(page, "standards-drafted").get_by_role("link", name="重新登录").click()
    other = opened.value
    other.get_by_label("用户名").fill("quality-reporter")
    other.get_by_label("密码").fill("example-password")
    other.get_by_role("button", name="登录").click()
    expect(field(other, "standards-drafted")).to_have_value("7")
    expect(row(other, "standards-drafted")).to_contain_text("已保存")
    assert Draft.objects.get().value == "7"


def test_a_conflict_shows_both_values_and_lets_choose(
    page: Page, live_server: LiveServer, city: SimpleNamespace, complaints: list[str], tmp_path: Path
) -> None:
    colleague = User.objects.create_user("colleague", display_name="张三")
    city.unit.memberships.create(user=colleague, role="reporter")
    log_in(page, live_server)
    key = (Indicator.objects.get(code="standards-drafted").pk, city.region.pk, Month(2014, 10))
    save_draft(key, Typed(value="5"), version=0, by=colleague)
    one = row(page, "standards-drafted")
    field(page, "standards-drafted").fill("7")
    page.keyboard.press("Tab")
    expect(one.locator(".told-conflict")).to_contain_text("张三")
    expect(one.locator(".versions")).to_contain_text("7")
    expect(one.locator(".versions")).to_contain_text("5")
    shoot(page, "conflict", tmp_path)
    one.get_by_role("button", name="保留我的").click()
    expect(one).to_contain_text("已保存")
    assert Draft.objects.get().value == "7"

    save_draft(key, Typed(value="6"), version=2, by=colleague)
    field(page, "standards-drafted").fill("8")
    page.keyboard.press("Tab")
    one.get_by_role("button", name="采用对方的").click()
    expect(field(page, "standards-drafted")).to_have_value("6")
    assert Draft.objects.get().value == "6"
    assert not complaints


def test_a_county_hands_in_without_scripts(
    browser: Browser, live_server: LiveServer, city: SimpleNamespace, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server, "330302-county", "/worksheet/gov-330302/2014-10/")
    field(page, "dangerous-houses").fill("约三户")
    page.get_by_role("button", name="提交审核").click()
    expect(row(page, "dangerous-houses").locator(".problem")).to_contain_text("约三户")
    expect(field(page, "dangerous-houses")).to_have_value("约三户")
    field(page, "dangerous-houses").fill("3")
    field(page, "dangerous-houses", "note").fill("集中竣工验收")
    page.get_by_role("button", name="预览亮灯变化").click()
    expect(page.locator("#preview")).to_contain_text("危房")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-success")).to_contain_text("已提交 1 项数据")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.screenshot(path=Path(os.environ.get("ENTRY_PICTURES", tmp_path)) / "county-1366.png", full_page=True)
    context.close()


def test_enter_and_the_arrows_move_within_the_column(
    page: Page, live_server: LiveServer, city: SimpleNamespace
) -> None:
    log_in(page, live_server)
    columns = page.locator("[data-column='1']")
    columns.nth(0).focus()
    page.keyboard.press("Enter")
    expect(columns.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(columns.nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(columns.nth(1)).to_be_focused()


def test_a_slow_answer_does_not_undo_what_was_typed_since(
    page: Page, live_server: LiveServer, city: SimpleNamespace, eventually: Callable[..., None]
) -> None:
    log_in(page, live_server)
    held: list[Route] = []
    page.route("**/cell/", lambda route: held.append(route) if not held else route.continue_())
    place = field(page, "standards-drafted")
    place.fill("7")
    place.blur()
    page.wait_for_timeout(100)
    place.fill("8")
    place.blur()
    held[0].continue_()
    expect(row(page, "standards-drafted")).to_contain_text("已保存")
    expect(place).to_have_value("8")
    eventually(lambda: Draft.objects.filter(value="8").exists())


def test_the_sheet_and_the_desk_are_accessible_in_light_and_dark(
    page: Page, live_server: LiveServer, city: SimpleNamespace
) -> None:
    page.emulate_media(reduced_motion="reduce")
    log_in(page, live_server)
    found = []
    for address in (ADDRESS, "/desk/", "/worksheet/quality/2014-12/"):
        page.goto(live_server.url + address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for one in Axe().run(page).response["violations"]:
                found += [f"{address} {scheme} {one['id']} {node['html'][:160]}" for node in one["nodes"][:3]]
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
