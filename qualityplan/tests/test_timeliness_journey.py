"""What leadership does in a real browser: see who is late, go to the cell, take the table away, on a phone too."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import User
from plans.models import Plan

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

MATRIX, CELL = (
    "/plans/wenzhou-2014-quality/timeliness/?month=2014-09",
    "/plans/wenzhou-2014-quality/timeliness/gov-330322/2014-09/",
)


@pytest.fixture
def leader(plan_2014: Plan, page: Page, live_server: LiveServer, tmp_path: Path) -> Page:
    """The demonstration, seen by the leadership."""
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        call_command("demo", verbosity=0)
    client = Client()
    client.force_login(User.objects.get(username="leader"))
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    return page


def test_the_leadership_finds_who_is_late_and_what_is_missing(
    leader: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    leader.goto(live_server.url)
    leader.get_by_role("link", name="填报及时率").click()
    leader.get_by_label("月份", exact=True).select_option("2014-09")
    leader.get_by_role("button", name="查看").click()
    first = leader.locator(".matrix tbody tr").first
    expect(first).to_contain_text("市水利局")
    leader.get_by_role("link", name="按计划顺序").click()
    expect(first).to_contain_text("市质监局")
    with leader.expect_download() as download:
        leader.get_by_role("button", name="导出 XLSX").click()
    download.value.save_as(tmp_path / "matrix.xlsx")
    sheet = load_workbook(tmp_path / "matrix.xlsx").active
    assert sheet is not None
    assert sheet["A2"].value == "市质监局"
    leader.locator(f"a.mark[href='{CELL}']").click()
    expect(leader.get_by_role("heading", level=1)).to_contain_text("洞头县")
    expect(leader.locator(".cell-figures")).to_contain_text("退回后未重报")


def test_on_a_phone_the_matrix_scrolls_in_its_box_and_the_units_stay_in_sight(
    leader: Page, live_server: LiveServer
) -> None:
    leader.set_viewport_size({"width": 390, "height": 844})
    for address in (MATRIX, CELL):
        leader.goto(live_server.url + address)
        assert leader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    leader.goto(live_server.url + MATRIX)
    box, unit = leader.locator(".matrix-box"), leader.locator(".matrix tbody th").first
    before = unit.bounding_box()
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert box.evaluate("box => box.scrollLeft") > 100
    assert unit.bounding_box() == before
    expect(leader.locator(".matrix tbody tr").first.locator(".matrix-rate").last).to_be_in_viewport()


def test_the_pages_are_accessible_in_light_and_dark(leader: Page, live_server: LiveServer) -> None:
    leader.emulate_media(reduced_motion="reduce")
    problems = []
    for address in (MATRIX, CELL):
        for scheme in ("light", "dark"):
            leader.emulate_media(color_scheme=scheme)
            leader.goto(live_server.url + address)
            found = Axe().run(leader).response["violations"]
            problems += [
                f"{address} {scheme}: {one['id']} {node['html'][:160]}" for one in found for node in one["nodes"]
            ]
    assert not problems
