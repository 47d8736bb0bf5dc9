"""The big screen in a real browser: it turns by itself, keeps running when the server is away, and ends when closed."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import User
from departments.services.screens import close_screen, open_screen
from plans.models import Plan
from qualityplan.tests.test_journey import city
from targets.judging.recompute import recompute_dirty
from targets.services.official import make_official
from targets.tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

__all__ = ["city"]

SMALLEST = """() => Math.min(...[...document.querySelectorAll("body *")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  .filter((one) => !one.closest(".visually-hidden"))
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""


def test_the_screen_lives_through_a_day(page: Page, live_server: LiveServer, city: Plan) -> None:
    office = User.objects.get(username="office")
    screen, key = open_screen(name="会议室", region=office.held[0].department.region, by=office)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.clock.install()
    page.goto(f"{live_server.url}/screen/{key}/")

    # Nothing to scroll, nothing smaller than what is read from eight metres.
    for side in ("Height", "Width"):
        assert page.evaluate(f"document.documentElement.scroll{side} - inner{side}") == 0
    assert page.evaluate(SMALLEST) >= 32

    # It turns by itself, and stops when asked to.
    first = page.locator(".panel.shown").get_attribute("data-part")
    page.clock.run_for(15_500)
    assert page.locator(".panel.shown").get_attribute("data-part") != first
    page.get_by_role("button", name="暂停").click()
    shown = page.locator(".panel.shown").get_attribute("data-part")
    page.clock.run_for(30_000)
    assert page.locator(".panel.shown").get_attribute("data-part") == shown
    page.get_by_role("button", name="继续").click()

    # The server is away: everything stays, and since when it is old is said.
    page.route("**/screen/**", lambda route: route.abort())
    page.clock.run_for(60_000)
    expect(page.locator("#state")).to_contain_text("无法连接服务器")
    expect(page.locator(".lights strong").first).to_be_visible()

    # It is back with a new figure: what changed is exchanged, the rest is left alone.
    page.unroute("**/screen/**")
    page.evaluate("document.querySelector('.top h1').dataset.same = 'yes'")
    red = page.locator(".lights > ul > .count-red strong")
    before = red.inner_text()
    houses = factories.entry(
        city.targets.get(code="yellow-label-vehicles").indicator, "2014-06", 15000, place=city.region
    )
    by = factories.coordinator()
    make_official([houses], source=factories.source(by), by=by)
    while recompute_dirty()[0]:
        pass
    page.clock.run_for(11_000)
    expect(page.locator("#state")).to_be_empty()
    expect(red).not_to_have_text(before)
    assert page.evaluate("document.querySelector('.top h1').dataset.same") == "yes"

    # Closed: it shows nothing any more.
    close_screen(screen, by=User.objects.get(username="office"))
    page.clock.run_for(61_000)
    expect(page.locator("#state")).to_contain_text("此地址已失效")
    expect(page.locator(".lights")).to_have_count(0)
