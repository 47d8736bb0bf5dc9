"""How long a full worksheet takes, against a page with one query.

    python benchmarks/pages.py [--rows 60] [--times 60]

Starts a PostgreSQL of its own, makes a bureau with so many figures due in a month (each with a target and its light,
last month's and last year's figure, and a draft), logs a reporter in, and asks for pages through Django's whole stack:
every middleware, the session, the person and the roles, as the service does. The medians of one run are compared, the
pages asked in turn, so that what else the machine does meets all alike:

- the worksheet;
- a page with one query: the product's own frame (`base.html` with the header of a reporter) around a list of the same
  indicators, one line each, read by one query beside those of session, person, roles and frame;
- the same query without the frame, as plain text: the barest view that still needs the log-in.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import Client


sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.recompute import own_database

AT_MOST = 3
MEASURES = ("ratio", "count", "level", "count")
FRAMED = """{% extends "base.html" %}{% block title %}Indicators{% endblock %}
{% block content %}<h1>Indicators</h1><ul>
{% for one in indicators %}<li>{{ one.code }} {{ one.name }} {{ one.unit }}</li>
{% endfor %}</ul>{% endblock %}"""
PLAIN = "{% for one in indicators %}{{ one.code }} {{ one.name }} {{ one.unit }}\n{% endfor %}"


def page(source: str) -> "Callable[..., HttpResponse]":
    """A view behind the log-in that asks one query and fills the template with it."""
    from django.contrib.auth.decorators import login_required
    from django.http import HttpResponse
    from django.template import engines

    from targets.models import Indicator

    template = engines["django"].from_string(source)

    @login_required
    def view(request: "HttpRequest") -> "HttpResponse":
        return HttpResponse(template.render({"indicators": Indicator.objects.order_by("code")}, request))

    return view


def fill(rows: int) -> str:
    """A bureau with everything that a row of its worksheet for June 2014 can show: the address of the worksheet."""
    from departments.permissions import Role
    from plans.periods import Month
    from targets.services import Typed, hand_in, save_draft
    from targets.tests import factories as f

    unit = f.department()
    measured = [f.indicator(MEASURES[number % len(MEASURES)], department=unit) for number in range(rows)]
    official = []
    for one in measured:
        f.target(one, "at_least", 92)
        figures = (93, 100) if one.is_ratio else (40,)
        official += [f.entry(one, month, *figures) for month in ("2013-06", "2014-04", "2014-05")]
    f.official(*official)
    author, key = f.person(Role.REPORTER, unit), [(one.pk, f.region().pk, Month(2014, 6)) for one in measured]
    for number, one in enumerate(measured):
        texts = {"numerator": "95", "denominator": "101"} if one.is_ratio else {"value": "47.5"}
        save_draft(key[number], Typed(**texts, note="核对无误"), version=0, by=author)
        if number % 3 == 0:
            hand_in([key[number]], by=author)
            save_draft(key[number], Typed(**texts, note="再次核对"), version=0, by=author)
    return f"/worksheet/{unit.code}/2014-06/"


def reporter() -> "Client":
    """The bureau's reporter, logged in."""
    from django.test import Client

    from departments.models import User

    client = Client()
    client.force_login(User.objects.get(memberships__role="reporter"))
    return client


def medians(client: "Client", addresses: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds for each page, asked in turn; the first rounds warm everything up."""
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(times + 5):
        for name, address in addresses.items():
            started = time.perf_counter()
            answer = client.get(address)
            seconds = time.perf_counter() - started
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code}")
            if number >= 5:
                found[name].append(seconds * 1000)
    return {name: statistics.median(one) for name, one in found.items()}


def queries(client: "Client", address: str) -> int:
    """How many queries the page takes in all."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def report(rows: int, times: int) -> None:
    """One run, one table."""
    from django.urls import clear_url_caches, path

    from qualityplan import urls

    urls.urlpatterns += [path("framed/", page(FRAMED)), path("plain/", page(PLAIN))]
    clear_url_caches()
    addresses = {"worksheet": fill(rows), "page with one query": "/framed/", "bare view with one query": "/plain/"}
    client = reporter()
    found = medians(client, addresses, times)
    for name, milliseconds in found.items():
        print(f"{name}: {milliseconds:.2f} ms, {queries(client, addresses[name])} queries in all")
    sheet = found.pop("worksheet")
    for name, milliseconds in found.items():
        print(f"worksheet of {rows} rows / {name} = {sheet / milliseconds:.2f}")
    print(f"required: less than {AT_MOST} times the page with one query")


def main() -> None:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--times", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(), own_database():
        import logging

        from django.conf import settings
        from django.test import override_settings

        logging.disable(logging.INFO)
        storages = settings.STORAGES | {
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        }
        with override_settings(STORAGES=storages, ALLOWED_HOSTS=["testserver"]):
            report(options.rows, options.times)


if __name__ == "__main__":
    main()
