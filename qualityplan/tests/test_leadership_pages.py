"""Everything that leadership sees, on a phone, a laptop and a large screen, in both languages and both colour schemes.

`make pictures` keeps some of the pictures under docs/screenshots/leadership. A new page is one line in `PAGES`.
"""

import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from conftest import database_url
from departments.models import Department, Region, User
from plans.models import Plan
from qualityplan.jobs import link_chain
from qualityplan.tests.firstview import collect_static, first_view, gunicorn
from qualityplan.tests.test_pictures import demonstration
from qualityplan.tests.test_screen_journey import SMALLEST
from reports.tests.portfolios import document, lead, pressed, rate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

__all__ = ["demonstration"]

PRINTED = re.compile(r"审计链链首 \d+-[0-9a-f]{32} · 打印时间 \d{4}-\d\d-\d\d \d\d:\d\d")
MARGINS = """() => [...document.querySelector('link[media="print"]').sheet.cssRules]
  .filter((one) => one instanceof CSSPageRule).map((one) => one.cssText).join()"""
PAGES = {
    "overview": "/",
    "overview-earlier": "/?month=2014-06&as_of=2014-08-01",
    "plan": "/plans/wenzhou-2014-quality/text/",
    "target": "/plans/wenzhou-2014-quality/targets/manufacturing-quality/",
    "target-counties": "/plans/wenzhou-2014-quality/targets/dangerous-houses/",
    "comparison": "/plans/wenzhou-2014-quality/comparison/",
    "departments": "/plans/wenzhou-2014-quality/departments/",
    "department": "/plans/wenzhou-2014-quality/departments/quality/",
    "tasks": "/plans/wenzhou-2014-quality/tasks/",
    "task": "/plans/wenzhou-2014-quality/tasks/brands/",
    "screen": "/plans/wenzhou-2014-quality/screen/",
}
"""Name of the picture → address; every page of leadership stands here."""

SCHEMES: Any = ("light", "dark")
WIDTHS = {390: 844, 1366: 900, 1920: 1080}
KEPT = {("zh-hans", "light", 390), ("zh-hans", "light", 1366), ("zh-hans", "dark", 1920), ("en", "light", 1366)}
"""Of which pictures there is one in the repository."""
EVERY_RULE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
MOST_BYTES = 350 * 1024


def cookies(username: str, url: str) -> list[Any]:
    """Of a log-in that needs no password."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    return [{"name": name, "value": one.value, "url": url} for name, one in client.cookies.items()]


def visitor(browser: Browser, url: str, language: str = "zh-hans") -> BrowserContext:
    """A leader with a language."""
    context = browser.new_context(reduced_motion="reduce")
    chosen: Any = {"name": "django_language", "value": language, "url": url}
    context.add_cookies([*cookies("leader", url), chosen])
    return context


def heard(page: Page, url: str) -> list[str]:
    """What the browser complains about, and requests to other hosts; filled as they happen."""
    lines: list[str] = []
    page.on("console", lambda one: lines.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: lines.append(str(error)))
    own = {urlsplit(url).netloc, ""}
    page.on("request", lambda one: lines.append(one.url) if urlsplit(one.url).netloc not in own else None)
    return lines


def faults(page: Page) -> Iterator[str]:
    """What is wider than the window, and what axe finds."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider:
        yield f"{wider} px too wide"
    for one in Axe().run(page, options=EVERY_RULE).response["violations"]:
        yield from (f"{one['id']} {node['html'][:160]}" for node in one["nodes"][:3])


@pytest.mark.parametrize("language", ["zh-hans", pytest.param("en", marks=pytest.mark.long)])
def test_every_page_of_leadership_is_sound(
    browser: Browser, live_server: LiveServer, demonstration: Plan, tmp_path: Path, language: str
) -> None:
    """Each page is loaded once a language, and then looked at in every width and scheme."""
    folder = Path(os.environ.get("PICTURES", tmp_path)) / "leadership"
    found = []
    with visitor(browser, live_server.url, language) as context:
        page = context.new_page()
        complaints = heard(page, live_server.url)
        for name, address in PAGES.items():
            page.goto(live_server.url + address)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_load_state("networkidle")
            for scheme, width in product(SCHEMES, WIDTHS):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                found += [f"{name} {width} {scheme}: {one}" for one in faults(page)]
                if (language, scheme, width) in KEPT:
                    picture = folder / f"{name}-{width}-{language}-{scheme}.jpg"
                    page.screenshot(path=picture, type="jpeg", quality=50)
                    assert picture.stat().st_size > 8_000
    assert found + complaints == []


@pytest.fixture
def several(demonstration: Plan) -> list[Plan]:
    """The demonstration's plan and two more: one with a title of sixty characters, and one without a target."""
    title = "温州市大气污染防治行动计划2014年度实施方案暨重点行业挥发性有机物综合整治和机动车污染防治专项工作任务分解"
    air = document("air-2014", title, demonstration.region, number="温政办〔2014〕120号")
    for shares in ((95, 95, 50), (90, 95), (95,)):
        lead(rate(air, *shares), Department.objects.get(code="quality"))
    pressed(air.targets.earliest("pk"), overdue=True)
    return [demonstration, air, document("county-2014", "鹿城区质量提升计划", Region.objects.get(code="330302"))]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_and_the_wall_of_all_plans_are_sound(
    browser: Browser, live_server: LiveServer, several: list[Plan], tmp_path: Path, language: str
) -> None:
    folder = Path(os.environ.get("PICTURES", tmp_path)) / "leadership"
    found = []
    with visitor(browser, live_server.url, language) as context:
        page = context.new_page()
        complaints = heard(page, live_server.url)
        for name, address in {"portfolio": "/", "portfolio-screen": "/screen/"}.items():
            page.goto(live_server.url + address)
            expect(page.get_by_text("质量提升计划").first).to_be_attached()
            page.wait_for_load_state("networkidle")
            for scheme, width in product(SCHEMES, WIDTHS):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                found += [f"{name} {width} {scheme}: {one}" for one in faults(page)]
                if (language, scheme, width) in KEPT:
                    page.screenshot(path=folder / f"{name}-{width}-{language}-{scheme}.jpg", type="jpeg", quality=50)
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
        assert page.evaluate(SMALLEST) >= 32
    assert found + complaints == []


def test_the_first_view_of_the_overview_is_light(browser: Browser, demonstration: Plan, tmp_path: Path) -> None:
    """At most 350 KB over the wire, as gunicorn and whitenoise send them; no chart library where there is no chart.
    The files are collected where no other test looks for any."""
    collect_static(tmp_path)
    with gunicorn(DATABASE_URL=database_url(), VAR_DIR=str(tmp_path)) as port:
        url = f"http://127.0.0.1:{port}"
        with visitor(browser, url) as context:
            view = first_view(context.new_page(), f"{url}/")
    assert view.bytes <= MOST_BYTES, view.parts
    assert not [one for one in view.parts if "echarts" in one]
    assert view.largest_paint > 0


def test_overview_and_target_are_printed_on_few_pages(
    browser: Browser, live_server: LiveServer, demonstration: Plan
) -> None:
    link_chain()
    with visitor(browser, live_server.url) as context:
        page = context.new_page()
        page.emulate_media(color_scheme="dark")
        for address, most in (("/", 5), ("/plans/wenzhou-2014-quality/targets/manufacturing-quality/", 3)):
            page.goto(live_server.url + address)
            page.wait_for_load_state("networkidle")
            paper = page.pdf(prefer_css_page_size=True)
            assert 1 <= paper.count(b"/MediaBox") <= most, address
            page.emulate_media(media="print", color_scheme="dark")
            for hidden in (".site-header", ".months", ".as-of"):
                expect(page.locator(hidden).first).to_be_hidden()
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            expect(page.locator(".printed")).to_have_text(PRINTED)
            assert PRINTED.search(page.evaluate(MARGINS))
