"""The pictures of the README: the demonstration as a person sees it.

`make pictures` keeps them under docs/screenshots; otherwise they only have to come about.
"""

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from plans.models import Plan
from targets.judging.recompute import recompute_dirty

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = {
    "overview": ("/", 1366, 1000),
    "target": ("/plans/wenzhou-2014-quality/targets/manufacturing-quality/", 1366, 1000),
    "overview-phone": ("/", 390, 844),
}


@pytest.fixture
def demonstration(plan_2014: Plan, tmp_path: Path) -> Plan:
    """The demonstration data, judged."""
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        call_command("demo", verbosity=0)
    while recompute_dirty()[0]:
        pass
    return plan_2014


def test_the_demonstration_can_be_pictured(
    page: Page, live_server: LiveServer, demonstration: Plan, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("PICTURES", tmp_path))
    page.emulate_media(reduced_motion="reduce")
    page.goto(live_server.url)
    page.get_by_label("用户名").fill("leader")
    page.get_by_label("密码").fill("example-password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("演示数据").first).to_be_visible()
    for name, (address, width, height) in PICTURES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(live_server.url + address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size > 20_000
