"""How fast leadership's pages are answered, beside a Django hello view and a page with one query, in one run.

    python benchmarks/pages.py [--seconds 6] [--observations 10000 1000000]

Starts a PostgreSQL and a Redis of its own, loads the plan with its demonstration figures, fills the table of figures
up to so many observations, starts the service as it is run (gunicorn with its own settings, two processes) and asks for
pages over the network, logged in as a leader:

- a view that says hello, through the same server and the same middleware, and a page with one query in the product's
  own frame; both live in `benchmarks/urls.py` alone;
- the overview cold (a figure of the plan became official, so that no piece that a process has kept fits any more, and
  everything that is cached is dropped; the service's processes go on and know what the plan promises),
  after such a change alone, as it is made by a process that knows nothing (the cache is dropped, and what the plan
  promises was edited), warm, and unchanged (304).

It also prints how many queries each page takes, explains the slow ones, and what Chromium loads and paints at first.
"""

import argparse
import io
import os
import socket
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.recompute import own_database

PROCESSES, CONNECTIONS, ROUNDS = 2, 8, 5
OVERVIEW = "/"
READING = (
    *(
        OVERVIEW,
        "/plans/wenzhou-2014-quality/text/",
        "/plans/wenzhou-2014-quality/comparison/",
        "/plans/wenzhou-2014-quality/targets/manufacturing-quality/",
        "/plans/wenzhou-2014-quality/departments/",
        "/plans/wenzhou-2014-quality/counties/",
    ),
    *("/plans/wenzhou-2014-quality/tasks/", "/plans/wenzhou-2014-quality/timeliness/"),
)
SLOW = 0.02
"""Seconds from which on a query is explained."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Requests per second, and milliseconds that 50 and 95 of 100 answers took at most; how large an answer is."""

    rate: float
    median: float
    p95: float
    size: int

    def __str__(self) -> str:
        return f"{self.rate:8.0f} requests/s   median {self.median:7.2f} ms   p95 {self.p95:7.2f} ms   {self.size:,} B"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a log-in who asks one service."""

    port: int
    cookies: str

    def ask(self, address: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer, read to its end."""
        lines = [f"GET {address} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close", *headers]
        if self.cookies:
            lines.append(f"Cookie: {self.cookies}")
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            answer = b"".join(iter(lambda: line.recv(1 << 18), b""))
        head, _blank, body = answer.partition(b"\r\n\r\n")
        first, *told = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, _c, v in (one.partition(": ") for one in told)}, body


def rushed(visitor: Visitor, address: str, seconds: float, *headers: str, status: int = 200) -> Speed:
    """Asked again and again over several connections for so many seconds."""
    until = time.perf_counter() + seconds

    def ask_on(_number: int) -> list[float]:
        taken = []
        while time.perf_counter() < until:
            started = time.perf_counter()
            found, _head, _body = visitor.ask(address, *headers)
            taken.append((time.perf_counter() - started) * 1000)
            if found != status:
                raise SystemExit(f"{address}: {found} instead of {status}")
        return taken

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        taken = [one for listed in pool.map(ask_on, range(CONNECTIONS)) for one in listed]
    spent = time.perf_counter() - started
    return speed(taken, len(taken) / spent, len(visitor.ask(address, *headers)[2]))


def speed(taken: list[float], rate: float, size: int) -> Speed:
    """From the milliseconds of each answer."""
    return Speed(rate, statistics.median(taken), statistics.quantiles(taken, n=20)[-1], size)


def once(visitor: Visitor, address: str) -> float:
    """Milliseconds of one answer."""
    started = time.perf_counter()
    found, _head, _body = visitor.ask(address)
    if found != 200:
        raise SystemExit(f"{address}: {found}")
    return (time.perf_counter() - started) * 1000


def fill() -> None:
    """The plan of 2014 with its demonstration figures, judged."""
    from django.conf import settings
    from django.core.management import call_command

    from plans.models import Change
    from targets.judging.recompute import recompute_dirty

    settings.DEMO_PASSWORD = "example-password"  # noqa: S105
    call_command("load_fixtures", *sorted(str(one) for one in Path("fixtures").glob("[0-9]*.json")), verbosity=0)
    call_command("demo", verbosity=0, stdout=io.StringIO())
    while recompute_dirty()[0]:
        pass
    Change.objects.fold()  # as the service does every few minutes


def cookies_of(username: str) -> str:
    """Of a log-in that needs no password: the session's, and the one that forms are signed with."""
    from django.test import Client

    from departments.models import User

    client = Client()
    client.force_login(User.objects.get(username=username))
    client.get(OVERVIEW)
    return "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())


FLOOD = """
WITH rows AS (
    SELECT row_number() OVER () AS n, i, r, (%(first)s + m / 12) * 100 + m %% 12 + 1 AS month
    FROM unnest(%(indicators)s) i, unnest(%(regions)s) r, generate_series(0, %(months)s - 1) m
), revisions AS (
    INSERT INTO targets_revision
        (id, observation_id, numerator, denominator, state, author_id, created_at, reason, official_by, official_at,
         source_id, note, oddities)
    SELECT %(revision)s + n, %(observation)s + n, 80 + n %% 20, 100, 'approved', %(by)s, now(), '', 'import', now(),
           %(source)s, '', '[]'
    FROM rows
)
INSERT INTO targets_observation (id, indicator_id, region_id, month, numerator, denominator, official_id)
SELECT %(observation)s + n, i, r, month, 80 + n %% 20, 100, %(revision)s + n FROM rows
"""
FIRST_YEAR, MONTHS, REGIONS = 2006, 120, 50


def flood(observations: int) -> None:
    """So many official figures of indicators that the plan does not name, in ten years and fifty other regions,
    straight into the tables without their triggers: how they came is not what is measured here."""
    from django.db import connection
    from django.db.models import Max

    from targets.models import Observation, Revision
    from targets.tests import factories as f

    by = f.coordinator()
    values = {
        "indicators": [f.indicator().pk for _number in range(max(1, observations // (MONTHS * REGIONS)))],
        "regions": [f.region(f"{200_000 + number}", f.region("199900")).pk for number in range(REGIONS)],
        "revision": Revision.objects.aggregate(last=Max("pk"))["last"],
        "observation": Observation.objects.aggregate(last=Max("pk"))["last"],
    }
    more = {"first": FIRST_YEAR, "months": MONTHS, "by": by.pk, "source": f.source(by).pk}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FLOOD, values | more)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def pages(leader: Visitor, nobody: Visitor) -> dict[str, tuple[Visitor, str, tuple[str, ...], int]]:
    """What is asked for: who, where, with which headers, and what is answered."""
    known = leader.ask(OVERVIEW)[1]["etag"]
    return {
        "hello": (nobody, "/hello/", (), 200),
        "page with one query": (leader, "/one-query/", (), 200),
        "overview warm": (leader, OVERVIEW, (), 200),
        "overview unchanged": (leader, OVERVIEW, (f"If-None-Match: {known}",), 304),
    }


def rates(asked: dict[str, tuple[Visitor, str, tuple[str, ...], int]], seconds: float) -> dict[str, Speed]:
    """Each page in turn, several times round, so that what else the machine does meets all alike; the median rate."""
    found: dict[str, list[Speed]] = {name: [] for name in asked}
    for number in range(ROUNDS + 1):
        for name, (visitor, address, headers, status) in asked.items():
            speed_now = rushed(visitor, address, seconds / ROUNDS, *headers, status=status)
            if number:
                found[name].append(speed_now)
    return {name: sorted(listed, key=lambda one: one.rate)[len(listed) // 2] for name, listed in found.items()}


@dataclass(frozen=True, slots=True)
class Cold:
    """The page with one query and the overview, with nothing cached, after a change, and by a
    process that knows nothing of the plan."""

    one: Speed
    one_bare: Speed
    overview: Speed
    overview_bare: Speed
    overview_first: Speed

    def __str__(self) -> str:
        def over(speed: Speed, one: Speed) -> str:
            return f"{speed.median:.1f} ms = {speed.median / one.median:.1f}"

        return (
            f"page with one query {self.one.median:.1f} ms, {self.one_bare.median:.1f} ms with nothing cached\n"
            f"overview cold {over(self.overview_bare, self.one)} pages with one query (at most 5), after a change "
            f"{over(self.overview, self.one)}, by a process that knows nothing {over(self.overview_first, self.one)}, "
            f"or {self.overview_first.median / self.one_bare.median:.1f} pages with nothing cached"
        )


def cold(leader: Visitor, times: int) -> Cold:
    """Asked in turn, so that what else the machine does meets all alike."""
    from django.core.cache import caches

    one, one_bare, overview, overview_bare, overview_first = [], [], [], [], []
    for _number in range(times):
        one.append(once(leader, "/one-query/"))
        caches["shared"].clear()
        one_bare.append(once(leader, "/one-query/"))
        change()
        caches["shared"].clear()
        overview_bare.append(once(leader, OVERVIEW))
        change()
        overview.append(once(leader, OVERVIEW))
        caches["shared"].clear()
        edit()
        overview_first.append(once(leader, OVERVIEW))
    return Cold(*(speed(taken, 0, 0) for taken in (one, one_bare, overview, overview_bare, overview_first)))


def change() -> None:
    """Touches an official figure of the plan, as an approval does."""
    from django.db.models import F

    from targets.models import Attainment

    first = Attainment.objects.order_by("target", "region", "month").values("pk")[:1]
    Attainment.objects.filter(pk__in=first).update(target_version=F("target_version"))


def edit() -> None:
    """Touches what the plan promises."""
    from django.db.models import F

    from plans.models import Change, Plan

    Plan.objects.update(title=F("title"))
    Change.objects.fold()


def queries() -> dict[str, int]:
    """How many queries each page takes with nothing kept; the slow ones are explained."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from departments.models import User
    from plans.page_cache.cached_pages import forget_cached_pages

    client, found = Client(), {}
    client.force_login(User.objects.get(username="leader"))
    for address in READING:
        client.get(address)
        forget_cached_pages()
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        found[address] = len(captured)
        for one in captured.captured_queries:
            if float(one["time"]) > SLOW and one["sql"].startswith("SELECT"):
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {one['sql']}")
                    print(f"{address}: {one['time']} s", *(line for (line,) in cursor.fetchall()), sep="\n    ")
    return found


def painted(port: int, cookies: str) -> None:
    """What a new browser loads for the overview, and when the largest part of it is painted."""
    import shutil

    from playwright.sync_api import sync_playwright

    from qualityplan.tests.firstview import first_view

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return
    url = f"http://127.0.0.1:{port}"
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        context = browser.new_context()
        pairs = (one.split("=", 1) for one in cookies.split("; "))
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in pairs])
        view = first_view(context.new_page(), url + OVERVIEW)
        browser.close()
    print(
        f"first view of the overview: {view.bytes / 1024:.0f} KB over the wire (at most 350), largest contentful paint "
        f"after {view.largest_paint:.0f} ms"
    )


def measured(port: int, options: argparse.Namespace) -> dict[str, Speed]:
    """One table: what is asked for, how fast it is answered, and how that compares."""
    cookies = cookies_of("leader")
    leader, nobody = Visitor(port, cookies), Visitor(port, "")
    found = rates(pages(leader, nobody), options.seconds)
    for name, one in found.items():
        print(f"{name:22}{one}", flush=True)
    hello, asked_anew = found["hello"].rate, cold(leader, options.times)
    print(f"overview warm / hello = {found['overview warm'].rate / hello:.2f} (at least 0.25)")
    print(f"overview unchanged / hello = {found['overview unchanged'].rate / hello:.2f} (at least 0.3)")
    print(asked_anew)
    print("queries with nothing kept: " + ", ".join(f"{page} {number}" for page, number in queries().items()))
    painted(port, cookies)
    return found | {"overview cold": asked_anew.overview_bare}


def report(options: argparse.Namespace) -> None:
    """One run, one table for each size."""
    from django.conf import settings

    from qualityplan.tests.firstview import collect_static, gunicorn
    from targets.models import Observation

    settings.ALLOWED_HOSTS = ["*"]
    fill()
    collect_static(settings.VAR_DIR)
    with gunicorn("benchmarks.settings", PROCESSES) as port:
        sizes, known = [], 0
        for wanted in options.observations:
            flood(wanted - known)
            known = wanted
            print(f"--- {Observation.objects.count():,} observations")
            sizes.append(measured(port, options))
        for name in ("overview warm", "overview cold", "hello", "page with one query"):
            limit = " (at most 1.2)" if name.startswith("overview") else ", by what else the machine did"
            grown = sizes[-1][name].p95 / sizes[0][name].p95
            print(f"{name}: p95 of the largest / p95 of the smallest = {grown:.2f}{limit}")


def main() -> None:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0, help="for each page and size")
    parser.add_argument("--times", type=int, default=40, help="how often the cold page is asked for")
    sizes = "sizes of the table of figures, one after the other; 10000000 takes minutes and gigabytes"
    parser.add_argument("--observations", type=int, nargs="+", default=[10_000, 1_000_000], help=sizes)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(), own_database():
        import logging

        logging.disable(logging.INFO)
        report(options)


if __name__ == "__main__":
    main()
