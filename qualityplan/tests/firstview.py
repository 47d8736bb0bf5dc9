"""What a browser that knows nothing yet has to load until a page is there; for a test and for the benchmark."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

from qualityplan.running import processes
from qualityplan.tests.servers import connects, free_port

LARGEST = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe(
    { type: "largest-contentful-paint", buffered: true });
})"""


@dataclass(frozen=True, slots=True)
class FirstView:
    """Bytes over the wire with headers, by address; milliseconds to the largest contentful paint."""

    parts: dict[str, int]
    largest_paint: float

    @property
    def bytes(self) -> int:
        return sum(self.parts.values())


def first_view(page: Page, address: str) -> FirstView:
    """The page of a new browser, opened; everything that it loads is counted as it was sent."""
    line, names, parts = page.context.new_cdp_session(page), {}, {}
    line.on("Network.responseReceived", lambda told: names.update({told["requestId"]: told["response"]["url"]}))
    line.on("Network.loadingFinished", lambda told: parts.update({told["requestId"]: int(told["encodedDataLength"])}))
    line.send("Network.enable")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return FirstView({names[one]: size for one, size in parts.items() if one in names}, page.evaluate(LARGEST))


@contextmanager
def gunicorn(settings_module: str = "qualityplan.settings", workers: int = 1, **environment: str) -> Iterator[int]:
    """The service as it is run, with its own settings of gunicorn; gives the port."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    program = [sys.executable, "-m", "gunicorn", "--config", "python:qualityplan.gunicorn", *options]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": settings_module, "ALLOWED_HOSTS": "127.0.0.1", **environment}
    process = processes.start_process([*program, "qualityplan.wsgi"], env=env, output=subprocess.DEVNULL)
    try:
        if not processes.wait_until(lambda: connects(port), 30):
            raise RuntimeError("The service did not start.")
        yield port
    finally:
        processes.stop_process(process)


def collect_static(var_dir: Path) -> None:
    """The static files as they are served: compressed, with the hash of what they hold in their names."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env={**os.environ, "VAR_DIR": str(var_dir)}, check=True)
