"""In a real browser: the page that watches a file follows the worker by itself, under its policy, on a phone too."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from departments.models import User
from imports.batches.checking import check_import_batch
from imports.services.receiving import receive_import_file
from imports.tests.people import row
from imports.tests.tables import csv_bytes, uploaded
from targets.tests import factories

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


def log_in(context: "BrowserContext", by: User, address: str) -> None:
    client = Client()
    client.force_login(by)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])


@pytest.mark.browser
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_the_page_shows_the_result_as_soon_as_it_is_there(
    live_server: Any, page: "Page", context: "BrowserContext"
) -> None:
    by, houses = factories.coordinator(), factories.indicator("count")
    batch = receive_import_file(uploaded(csv_bytes([row(houses, "2014-01", 4), row(houses, "2014-02", "viel")])), by=by)
    log_in(context, by, live_server.url)
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
    check_import_batch(batch.pk)
    page.locator("#errors").wait_for()
    assert set(asked) == {"1"}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.browser
@pytest.mark.usefixtures("deaf_worker")
@pytest.mark.django_db(transaction=True)
def test_what_the_columns_mean_is_said_on_a_phone(live_server: Any, page: "Page", context: "BrowserContext") -> None:
    by, houses = factories.coordinator(), factories.indicator("count")
    code = factories.region().code
    batch = receive_import_file(
        uploaded(csv_bytes([(houses.code, code, "2014-01", 40)], headings=("甲", "乙", "丙", "丁"))), by=by
    )
    check_import_batch(batch.pk)
    log_in(context, by, live_server.url)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/imports/{batch.pk}/")
    page.locator("#recognised .btn-primary").click()
    for place, meaning in enumerate(("indicator", "region", "month", "value")):
        page.locator(f"[name='0-c{place}-meaning']").select_option(meaning)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert [one["id"] for one in found.response["violations"]] == []
    page.get_by_role("button", name="保存并重新校验").click()
    page.locator("progress").wait_for()
    check_import_batch(batch.pk)
    page.locator("form[action$='/confirm/']").wait_for()
    assert complaints == []
