"""In a real browser: the page that watches a file follows the worker by itself, under its policy, on a phone too."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from imports.checking import check
from imports.services import receive
from imports.tests.people import row
from imports.tests.tables import csv_bytes, uploaded
from targets.tests import factories

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


@pytest.mark.browser
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_the_page_shows_the_result_as_soon_as_it_is_there(
    live_server: Any, page: "Page", context: "BrowserContext"
) -> None:
    by, houses = factories.coordinator(), factories.indicator("count")
    batch = receive(uploaded(csv_bytes([row(houses, "2014-01", 4), row(houses, "2014-02", "viel")])), by=by)
    client = Client()
    client.force_login(by)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    asked: list[str | None] = []
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            asked.append(request.headers.get("x-background")) if request.headers.get("hx-request") else None
        ),
    )
    page.goto(f"{live_server.url}/imports/{batch.pk}/")
    page.locator("progress").wait_for()
    check(batch.pk)
    page.locator("#errors").wait_for()
    assert set(asked) == {"1"}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
