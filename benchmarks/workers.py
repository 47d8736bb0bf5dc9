"""How much faster several workers judge several plans than one does.

    python benchmarks/workers.py [--plans 8] [--targets 20] [--regions 60] [--workers 1 2 4]

Starts a PostgreSQL of its own, fills plans with targets of their own and five years of figures, marks everything to be
judged anew, and lets so many processes work it off at once. Prints rows a second and the ratio to the first number of
workers: what more workers bring is bounded by the processors, of which the database needs some.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.recompute import generate, own_database

WORKER = """
import sys
import django
django.setup()
from django.db import connection
from targets.jobs import recompute
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
recompute()
"""


def fill(plans: int, targets: int, regions: int) -> None:
    """Plans of one city, each with indicators of its own, judged in all parts of the city."""
    from targets.tests import factories as f

    city = f.region()
    places = [city, *(f.region(f"{200_000 + number}", city) for number in range(1, regions))]
    measured = []
    for number in range(plans):
        plan = f.another_plan(f"plan-{number}", place=city)
        own = [f.indicator() for _number in range(targets)]
        for indicator in own:
            f.target(indicator, "at_least", 90, plan=plan, coverage="parts")
        measured += own
    generate([indicator.pk for indicator in measured], [place.pk for place in places], 60)


def seconds_of(workers: int) -> float:
    """How long so many processes need for everything, from nothing."""
    from targets.models import Attainment, DirtyKey, Target
    from targets.services.dirty import promises_changed

    Attainment.objects.all().delete()
    DirtyKey.objects.all().delete()
    promises_changed(list(Target.objects.all()))
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "qualityplan.settings"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        for _number in range(workers)
    ]
    ready = [process.stdout.readline() for process in running if process.stdout is not None]
    if ready != ["ready\n"] * workers:
        sys.exit("a worker did not start")
    began = time.perf_counter()
    for process in running:
        if process.stdin is not None:
            process.stdin.close()  # told to begin
    for process in running:
        process.wait()
    return time.perf_counter() - began


def main() -> None:
    """Prints a line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("plans", 8), ("targets", 20), ("regions", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    with own_database():
        from targets.models import Attainment

        fill(asked.plans, asked.targets, asked.regions)
        first = None
        for workers in asked.workers:
            seconds = min(seconds_of(workers) for _round in range(2))
            first = first or seconds
            rows = Attainment.objects.count()
            print(
                f"{workers} worker(s): {rows} rows in {seconds:.2f} s, {rows / seconds:.0f} a second, "
                f"{first / seconds:.2f} × the first ({os.cpu_count()} processors)"
            )


if __name__ == "__main__":
    main()
