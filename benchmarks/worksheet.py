"""How long a full worksheet takes, against a page with one query.

    python benchmarks/worksheet.py [--rows 60] [--times 60]

Starts a PostgreSQL of its own, makes a bureau with so many figures due in a month (each with a target and its light,
the months before and last year's figure; and as in the middle of a month: some open, drafted, odd with and without a
note, handed in, approved, returned, with files), logs a reporter in, and asks for pages through Django's whole stack:
every middleware, the session, the person and the roles, as the service does. The medians of one run are compared, the
pages asked in turn, so that what else the machine does meets all alike:

- the worksheet as it is kept while nothing on it is different (`plans.page_cache.cached_pages`; whether that is so is
  read each time), as it is made when it is seen for the first time after one cell and after every cell was changed,
  after a figure became official, and with nothing kept at all, as after a change of what the plan promises and once a
  day;
- a page with one query: the product's own frame (`pages/base.html` with the header of a reporter) around a list of the
  same indicators, one line each, read by one query beside those of session, person, roles and frame;
- the same query without the frame, as plain text: the barest view that still needs the log-in.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import Client

    from departments.models import Department, User
    from plans.periods import Month
    from targets.models import Indicator


sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.recompute import own_database

AT_MOST = 3
MEASURES = ("ratio", "count", "level", "count")
STEPS = ("open", "typed", "odd", "submitted", "approved", "returned", "typed")
FRAMED = """{% extends "pages/base.html" %}{% block title %}Indicators{% endblock %}
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
    """A bureau in the middle of its work on June 2014: the address of the worksheet."""
    from departments.permissions import Role
    from targets.tests import factories as f

    unit = f.department()
    author, reviewer = f.person(Role.REPORTER, unit), f.person(Role.REVIEWER, unit)
    measured = [measured_by(unit, number) for number in range(rows)]
    official = []
    for one in measured:
        f.target(one, "at_least", 92)
        figures = (93, 100) if one.is_ratio else (45,)
        official += [f.entry(one, month, *figures) for month in ("2013-06", "2014-03", "2014-04", "2014-05")]
    f.official(*official)
    for number, one in enumerate(measured):
        work_on(one, number, author, reviewer)
    f.recompute()
    return f"/worksheet/{unit.code}/2014-06/"


def measured_by(unit: "Department", number: int) -> "Indicator":
    """Every measure in turn; every other indicator says what is counted, as most of a plan's do."""
    from targets.tests import factories as f

    measure = MEASURES[number % len(MEASURES)]
    named = {"numerator_name": "合格批次", "numerator_unit": "批次", "denominator_name": "抽检批次"}
    definition = "按照省级主管部门的统计口径，包括市直单位和各县（市、区）。" if number % 2 else ""
    return f.indicator(measure, department=unit, definition=definition, **(named if measure == "ratio" else {}))


def work_on(one: "Indicator", number: int, author: "User", reviewer: "User") -> None:
    """What has happened to a figure so far: in turn nothing, typed, typed and odd, handed in, approved, returned; every
    fifth has files."""
    from targets.services.attachments import attach
    from targets.services.drafting import hand_in
    from targets.services.reviewing import approve_revision, return_revision

    key, step = key_of(one), STEPS[number % len(STEPS)]
    if step == "open":
        return
    unexplained = step in ("typed", "odd") and number % 3
    type_in(one, "140" if step == "odd" else "47.5", author, note="" if unexplained else "核对无误")
    if number % 5 == 0:
        attach(key, Paper(f"证明材料{number}.txt", number), by=author)
    if step in ("typed", "odd"):
        return
    (revision,) = hand_in([key], by=author)
    if step == "approved":
        approve_revision(revision, by=reviewer)
    elif step == "returned":
        return_revision(revision, by=reviewer, reason="与上月口径不一致，请核对后重报")


def type_in(one: "Indicator", value: str, author: "User", note: str = "核对无误") -> None:
    """Types into a cell, whatever stands there."""
    from targets.models import Draft
    from targets.services.drafting import Typed, save_draft

    key = key_of(one)
    found = Draft.objects.filter(indicator=one, region=key[1], month=key[2]).first()
    texts = {"numerator": value, "denominator": "150"} if one.is_ratio else {"value": value.removesuffix(".5")}
    save_draft(key, Typed(**texts, note=note), version=found.version if found else 0, by=author)


def key_of(one: "Indicator") -> tuple[int, int, "Month"]:
    """Its figure of June 2014."""
    from plans.periods import Month
    from targets.tests import factories as f

    return one.pk, f.region().pk, Month(2014, 6)


class Paper(io.BytesIO):
    """A small file to attach."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"第{number}号证明材料".encode())
        self.name = name


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


def cells_changed(cells: int, number: int) -> None:
    """Something else is typed into so many cells."""
    from departments.models import User
    from targets.models import Indicator

    author = User.objects.get(memberships__role="reporter")
    for one in Indicator.objects.order_by("pk")[:cells]:
        type_in(one, str(48 + number), author)


def figure_official(number: int) -> None:
    """Another figure becomes official of last month, and the target is judged."""
    from targets.models import Indicator
    from targets.tests import factories as f

    one = Indicator.objects.exclude(measure="ratio").order_by("pk")[0]
    f.official(f.entry(one, "2014-05", 50 + number))
    f.recompute()


def after(change: Callable[[int], None], client: "Client", address: str, times: int) -> float:
    """Milliseconds for the first view after a change, each time anew: the median."""
    seconds = []
    for number in range(times):
        change(number)
        started = time.perf_counter()
        client.get(address)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


def cold(client: "Client", addresses: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds for each page with nothing kept, asked in turn: the medians."""
    from plans.page_cache.cached_pages import forget_cached_pages

    found: dict[str, list[float]] = {name: [] for name in addresses}
    for _number in range(times):
        for name, address in addresses.items():
            forget_cached_pages()
            started = time.perf_counter()
            client.get(address)
            found[name].append((time.perf_counter() - started) * 1000)
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
    address = addresses["worksheet"]
    changed = after(partial(cells_changed, 1), client, address, times)
    print(f"worksheet after one cell was changed: {changed:.2f} ms")
    print(f"worksheet after every cell was changed: {after(partial(cells_changed, rows), client, address, 3):.2f} ms")
    official = after(figure_official, client, address, times)
    print(f"worksheet after a figure became official: {official:.2f} ms")
    nothing = cold(client, addresses, times)
    sheet, made = found.pop("worksheet"), nothing["worksheet"]
    print(f"worksheet with nothing kept: {made:.2f} ms")
    for name, milliseconds in found.items():
        print(
            f"worksheet of {rows} rows / {name} = {sheet / milliseconds:.2f}, after one cell was changed "
            f"{changed / milliseconds:.2f}, after a figure became official {official / milliseconds:.2f}, "
            f"both with nothing kept {made / nothing[name]:.2f}"
        )
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
