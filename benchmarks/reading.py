"""How fast leadership's pages are answered, beside a Django hello view and a page with one query, in one run.

    python benchmarks/reading.py [--seconds 3] [--observations 10000]

Starts a PostgreSQL and a Redis of its own, loads the plan with its demonstration figures, fills the table of figures
up to so many observations, starts the service as it is run (gunicorn with its own settings, two processes) and asks for
pages over the network, logged in as a leader:

- a view that says hello, through the same server and the same middleware, and a page with one query in the product's
  own frame; both live in `benchmarks/urls.py` alone;
- the overview cold (everything that is cached is dropped before each request), warm, and unchanged (304).
"""

import argparse
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.recompute import own_database

PROCESSES, CONNECTIONS = 2, 8
OVERVIEW = "/"


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


def one_by_one(visitor: Visitor, address: str, times: int, before: Callable[[], None]) -> Speed:
    """Asked so many times, something done before each request; the first two are not counted."""
    taken = []
    for _number in range(times + 2):
        before()
        started = time.perf_counter()
        found, _head, body = visitor.ask(address)
        taken.append((time.perf_counter() - started) * 1000)
        if found != 200:
            raise SystemExit(f"{address}: {found}")
    return speed(taken[2:], 1000 * times / sum(taken[2:]), len(body))


def fill() -> None:
    """The plan of 2014 with its demonstration figures, judged."""
    from django.conf import settings
    from django.core.management import call_command

    from targets.recompute import recompute_dirty

    settings.DEMO_PASSWORD = "example-password"  # noqa: S105
    call_command("loaddata", *sorted(str(one) for one in Path("fixtures").glob("[0-9]*.json")), verbosity=0)
    call_command("demo", verbosity=0, stdout=io.StringIO())
    while recompute_dirty()[0]:
        pass


def cookies_of(username: str) -> str:
    """Of a log-in that needs no password: the session's, and the one that forms are signed with."""
    from django.test import Client

    from departments.models import User

    client = Client()
    client.force_login(User.objects.get(username=username))
    client.get(OVERVIEW)
    return "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())


@contextmanager
def service() -> Iterator[int]:
    """Gunicorn as `manage.py serve` starts it, with the benchmark's addresses; gives the port."""
    from qualityplan import processes
    from qualityplan.tests.servers import connects, free_port

    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(PROCESSES)]
    program = [sys.executable, "-m", "gunicorn", "--config", "python:qualityplan.gunicorn", *options]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.settings", "ALLOWED_HOSTS": "127.0.0.1"}
    process = processes.start([*program, "qualityplan.wsgi"], env=env, output=subprocess.DEVNULL)
    try:
        if not processes.wait_until(lambda: connects(port), 20):
            raise SystemExit("The service did not start.")
        yield port
    finally:
        processes.stop(process)


def report(options: argparse.Namespace) -> None:
    """One run, one table."""
    from django.core.cache import cache
    from django.core.management import call_command

    fill()
    call_command("collectstatic", interactive=False, verbosity=0)
    with service() as port:
        leader, nobody = Visitor(port, cookies_of("leader")), Visitor(port, "")
        for name, visitor, address in (
            ("hello", nobody, "/hello/"),
            ("hello, logged in", leader, "/hello/"),
            ("page with one query", leader, "/one-query/"),
            ("overview warm", leader, OVERVIEW),
        ):
            rushed(visitor, address, 0.5)
            print(f"{name:24}{rushed(visitor, address, options.seconds)}")
        print("one query cold", one_by_one(leader, "/one-query/", 40, lambda: None))
        print("overview cold", one_by_one(leader, OVERVIEW, 40, cache.clear))


def main() -> None:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(), own_database():
        import logging

        logging.disable(logging.INFO)
        report(options)


if __name__ == "__main__":
    main()
