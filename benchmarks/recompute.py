"""How long a recompute takes, against what the database needs at the very least.

    python benchmarks/recompute.py [--indicators 100] [--regions 200] [--months 50]

Starts a PostgreSQL of its own, fills it with indicators × regions × months official figures (1 million by default) and
prints, from one run on one machine, so that ratios mean something:

- the floor: the bare aggregate SELECT (year to date of every indicator, region and month) plus the finished result
  written by COPY into a table of the same shape;
- the full recompute, from nothing;
- the incremental recompute after a file of 1 000 figures: one month of five indicators, and scattered over everything.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

AGGREGATE = """
SELECT indicator_id, region_id, month,
       sum(numerator) OVER w, sum(denominator) OVER w, count(*) OVER w
FROM targets_observation
WINDOW w AS (PARTITION BY indicator_id, region_id, month / 100 ORDER BY month)
"""
FIRST_YEAR = 2010


@contextmanager
def own_database() -> Iterator[None]:
    """A throwaway PostgreSQL with the project's tables, as the tests have it."""
    from qualityplan.tests import servers

    servers.start_servers()
    os.environ.setdefault("CELERY_BROKER_URL", f"{os.environ[servers.REDIS]}/0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        servers.closing.close()


def fill(indicators: int, regions: int, months: int) -> None:
    """A city whose parts are all judged by every target, with a figure for every month."""
    from targets.tests import factories as f

    city = f.region()
    places = [city, *(f.region(f"{200_000 + number}", city) for number in range(1, regions))]
    measured = [f.indicator() for _number in range(indicators)]
    for year in range(FIRST_YEAR, FIRST_YEAR + -(-months // 12)):
        document = f.plan(year)
        for one in measured:
            f.target(one, "at_least", 90, plan=document, coverage="parts")
    generate([one.pk for one in measured], [one.pk for one in places], months)


def generate(indicators: list[int], regions: list[int], months: int) -> None:
    """Observations and their revisions, made in SQL: how they came is not what is measured here."""
    from django.db import connection

    from targets.tests import factories as f

    by = f.coordinator()
    source = f.source(by)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO targets_observation (indicator_id, region_id, month)
            SELECT i, r, (%s + m / 12) * 100 + m %% 12 + 1
            FROM unnest(%s) i, unnest(%s) r, generate_series(0, %s) m
            """,
            [FIRST_YEAR, indicators, regions, months - 1],
        )
        cursor.execute(
            """
            INSERT INTO targets_revision
                (observation_id, numerator, denominator, state, author_id, created_at, reason, official_by, official_at,
                 source_id, note, oddities)
            SELECT id, 80 + id %% 20, 100, 'approved', %s, now(), '', 'import', now(), %s, '', '[]'
            FROM targets_observation
            """,
            [by.pk, source.pk],
        )
        cursor.execute(
            """
            UPDATE targets_observation o SET numerator = r.numerator, denominator = r.denominator, official_id = r.id
            FROM targets_revision r WHERE r.observation_id = o.id
            """
        )
        cursor.execute("VACUUM ANALYZE")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and the result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def aggregate() -> int:
    """The bare aggregate, read to the end."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(AGGREGATE)
        return len(cursor.fetchall())


def copied() -> float:
    """Seconds to write the stored result by COPY into a table of the same shape."""
    import io

    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        text = io.StringIO()
        cursor.copy_expert("COPY targets_attainment TO STDOUT", text)
        cursor.execute("CREATE TABLE floor (LIKE targets_attainment INCLUDING ALL) WITH (fillfactor = 70)")
        text.seek(0)
        seconds, _result = timed(lambda: cursor.copy_expert("COPY floor FROM STDIN", text))
        cursor.execute("DROP TABLE floor")
    return seconds


def imported(choose: Callable[[list[Any]], list[Any]]) -> tuple[float, float, int]:
    """Seconds to make 1 000 changed figures official and to recompute what they touch, and how many rows that wrote."""
    from targets.entry_rules.figures import Entry
    from targets.judging.recompute import recompute_dirty
    from targets.models import Observation
    from targets.services.official import make_official
    from targets.tests import factories as f

    by = f.coordinator()
    keys = list(Observation.objects.values_list("indicator_id", "region_id", "month"))
    entries = [
        Entry(indicator_id, region_id, month, None, Decimal(random.randint(50, 90)), Decimal(100))
        for indicator_id, region_id, month in choose(keys)
    ]
    source = f.source(by)
    writing, _outcome = timed(lambda: make_official(entries, source=source, by=by))
    recomputing, (_keys, rows) = timed(recompute_dirty)
    return writing, recomputing, rows


def one_month(keys: list[Any]) -> list[Any]:
    """The last month of the last full year, five indicators in every region."""
    last = max(key[2] for key in keys if key[2].number == 9)
    chosen = sorted({key[0] for key in keys})[:5]
    return [key for key in keys if key[2] == last and key[0] in chosen][:1000]


def scattered(keys: list[Any]) -> list[Any]:
    """Anywhere: indicators, regions and months at random."""
    return random.sample(keys, min(1000, len(keys)))


def main() -> None:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("indicators", 100), ("regions", 200), ("months", 50)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    random.seed(20140729)
    with tempfile.TemporaryDirectory(), own_database():
        report(options)


def report(options: argparse.Namespace) -> None:
    """One run, one table."""
    from qualityplan.celery import set_aside_what_stays
    from targets.judging.recompute import recompute_all

    set_aside_what_stays()  # as every worker does
    filling, _nothing = timed(lambda: fill(options.indicators, options.regions, options.months))
    print(f"{options.indicators * options.regions * options.months:,} observations, filled in {filling:.1f} s")
    selecting, rows = timed(aggregate)
    full, written = timed(recompute_all)
    copying = copied()
    floor = selecting + copying
    print(
        f"floor: aggregate {selecting:.2f} s ({rows:,} rows) + COPY {copying:.2f} s ({written:,} rows) = {floor:.2f} s"
    )
    print(f"full recompute: {full:.2f} s = {full / floor:.1f} x the floor (at most 8)")
    again, none = timed(recompute_all)
    print(f"full recompute with nothing changed: {again:.2f} s, {none} rows written")
    for name, choose in (("one month of five indicators", one_month), ("scattered over everything", scattered)):
        writing, recomputing, touched = imported(choose)
        print(
            f"1 000 figures, {name}: made official in {writing:.3f} s, recomputed in {recomputing:.3f} s "
            f"({touched:,} rows), full / incremental = {full / recomputing:.0f} (at least 100)"
        )


if __name__ == "__main__":
    main()
