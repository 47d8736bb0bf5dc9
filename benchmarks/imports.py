"""How long an import takes, against a stock django-import-export and against what the database needs at the very least.

    python benchmarks/imports.py [--rows 10000 100000] [--stock 10000] [--sqlite]

Starts a PostgreSQL of its own and prints, from one run on one machine, so that ratios mean something, for files of so
many rows as CSV and as XLSX:

- this import: from the stored upload to attainment written: checking with the counts of the preview, applying with
  revisions and keys to recompute, recompute; and the memory that it took, measured in a process of its own;
- the floor: the bare parse, COPY, one upsert of observations and one insert of revisions;
- a stock `ModelResource`, dry run and import, on as many rows as `--stock` says, counted per row.

`--sqlite` measures this import on the embedded database instead, without the floor.
"""

import argparse
import csv
import io
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MONTHS, REGIONS = 12, 84
HEADINGS = ("指标", "地区", "月份", "数值", "分子", "分母", "说明", "日期")


@contextmanager
def own_database(sqlite: bool) -> Iterator[None]:
    """A throwaway database with the project's tables."""
    from qualityplan.tests import servers

    with tempfile.TemporaryDirectory() as folder:
        servers.start_servers()
        os.environ.setdefault("CELERY_BROKER_URL", f"{os.environ[servers.REDIS]}/0")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
        os.environ["VAR_DIR"] = folder
        if sqlite:
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/benchmark.sqlite3"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield
        finally:
            servers.closing.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and the result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


# --- Files ------------------------------------------------------------------------------------------------------------


def city(rows: int, year: int) -> list[list[Any]]:
    """A city with counties, as many indicators as it takes, each with a target; and a file of their figures."""
    from targets.tests import factories as f

    whole = f.region()
    places = [f.region(f"{200_000 + number}", whole) for number in range(1, REGIONS + 1)]
    document = f.plan(year)
    measured = [f.indicator(region_rule="pooled") for _number in range(-(-rows // (MONTHS * REGIONS)))]
    for one in measured:
        f.target(one, "at_least", 90, plan=document, coverage="parts")
    table = [
        [one.code, place.code, f"{year}-{month:02}", None, random.randint(800, 999), 1000, None, None]
        for one in measured
        for month in range(1, MONTHS + 1)
        for place in places
    ]
    return table[:rows]


def as_csv(table: list[list[Any]]) -> bytes:
    """The file as text."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *table])
    return text.getvalue().encode()


def as_xlsx(table: list[list[Any]]) -> bytes:
    """The file as a workbook."""
    import openpyxl

    book, target = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("data")
    for row in [HEADINGS, *table]:
        sheet.append(row)
    book.save(target)
    return target.getvalue()


# --- This import ------------------------------------------------------------------------------------------------------


def handed_over(data: bytes, name: str) -> int:
    """The stored upload: what the clock does not count."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from imports.services.receiving import receive_import_file
    from targets.tests import factories as f

    return receive_import_file(SimpleUploadedFile(name, data), by=f.coordinator()).pk


def imported(pk: int) -> dict[str, float]:
    """Seconds of each step, from the stored upload to attainment written."""
    from imports.batches.applying import write_confirmed_batch
    from imports.batches.checking import check_import_batch
    from imports.models import ImportBatch
    from imports.services.deciding import confirm_import
    from targets.judging.recompute import recompute_dirty

    checking, _nothing = timed(lambda: check_import_batch(pk))
    batch = ImportBatch.objects.get(pk=pk)
    if batch.state != "ready":
        raise SystemExit(f"not ready: {batch.state} {batch.errors[:3]}")
    confirm_import(batch, by=batch.source.by)
    applying, _true = timed(lambda: write_confirmed_batch(pk))

    def judged() -> None:
        while recompute_dirty()[0]:
            pass

    recomputing, _none = timed(judged)
    return {"checked": checking, "applied": applying, "recomputed": recomputing}


def measured_elsewhere(pk: int) -> tuple[dict[str, float], int]:
    """The same in a process of its own, as a worker has it; with the megabytes that it took at its highest."""
    command = [sys.executable, __file__, "--worker", str(pk)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=worker_environment())
    *steps, memory = done.stdout.split()[-4:]
    return dict(zip(("checked", "applied", "recomputed"), map(float, steps), strict=True)), int(memory)


def worker_environment() -> dict[str, str]:
    """The environment of a process that works on the same database."""
    from django.db import connection

    database = connection.settings_dict
    address = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)
    if connection.vendor == "sqlite":
        address = f"sqlite:///{database['NAME']}"
    return {**os.environ, "DATABASE_URL": address}


def work(pk: int) -> None:
    """What the other process does."""
    import django

    django.setup()
    from qualityplan.celery import set_aside_what_stays

    set_aside_what_stays()  # as every worker does
    steps = imported(pk)
    print(*steps.values(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


# --- The floor --------------------------------------------------------------------------------------------------------


def floor(data: bytes) -> float:
    """Seconds of the bare parse, COPY, one upsert and one insert, into the very tables; undone afterwards."""
    from django.db import connection, transaction

    from departments.database.append_only import rewriting
    from departments.models import Region
    from targets.models import Indicator
    from targets.tests import factories as f

    indicators = dict(Indicator.objects.values_list("code", "pk"))
    regions = dict(Region.objects.values_list("code", "pk"))
    by = f.coordinator()
    source = f.source(by)

    def bare() -> None:
        lines = [
            f"{indicators[str(row[0])]}\t{regions[_code(row[1])]}\t{row[2].replace('-', '')}\t{row[4]}\t{row[5]}"
            for row in parsed(data)
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE arrived (indicator_id bigint, region_id bigint, month int, numerator numeric, "
                "denominator numeric, id bigint DEFAULT nextval(pg_get_serial_sequence('targets_revision', 'id'))) "
                "ON COMMIT DROP"
            )
            cursor.copy_expert(
                "COPY arrived (indicator_id, region_id, month, numerator, denominator) FROM STDIN",
                io.StringIO("\n".join(lines)),
            )
            cursor.execute(WRITE, [by.pk, source.pk])

    seconds, _nothing = timed(bare)
    with rewriting(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE targets_revision, targets_observation CASCADE")
    return seconds


WRITE = """
WITH published AS (
    INSERT INTO targets_observation (indicator_id, region_id, month, numerator, denominator, official_id)
    SELECT indicator_id, region_id, month, numerator, denominator, id FROM arrived ORDER BY 1, 2, 3
    ON CONFLICT (indicator_id, region_id, month) DO UPDATE SET numerator = excluded.numerator,
        denominator = excluded.denominator, official_id = excluded.official_id
    RETURNING id, official_id
)
INSERT INTO targets_revision (id, observation_id, numerator, denominator, state, author_id, created_at, reason,
    official_by, official_at, source_id, note, oddities)
SELECT a.id, o.id, a.numerator, a.denominator, 'approved', %s, now(), '', 'import', now(), %s, '', '[]'
FROM arrived a JOIN published o ON o.official_id = a.id
"""
"""Both at once: they point to each other."""


def parsed(data: bytes) -> Iterator[Any]:
    """The rows below the headings, by the quickest readers there are."""
    if data.startswith(b"PK"):
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        yield from book.get_sheet_by_index(0).to_python()[1:]
    else:
        rows = csv.reader(io.StringIO(data.decode()))
        next(rows)
        yield from rows


def _code(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


# --- The stock --------------------------------------------------------------------------------------------------------


def stock(table: list[list[Any]]) -> float:
    """Seconds a row of a stock resource: dry run and import, as its documentation has it."""
    import tablib
    from django.db import transaction
    from django.utils import timezone
    from import_export import resources

    from departments.models import Region
    from plans.periods import Month
    from targets.models import Indicator, Observation, Revision
    from targets.tests import factories as f

    by = f.coordinator()
    source = f.source(by)

    class RevisionResource(resources.ModelResource):
        """Revisions of observations, found or made row by row."""

        class Meta:
            model = Revision
            fields = ("numerator", "denominator", "note")
            import_id_fields = ()
            force_init_instance = True

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            """The figure's observation, and who says so."""
            found, _made = Observation.objects.get_or_create(
                indicator=Indicator.objects.get(code=row["indicator"]),
                region=Region.objects.get(code=row["region"]),
                month=Month.parse(row["month"]),
            )
            instance.observation, instance.source, instance.author = found, source, by
            instance.created_at = timezone.now()

    headings = ("indicator", "region", "month", "value", "numerator", "denominator", "note", "occurred_on")
    data = tablib.Dataset(*[[cell if cell is not None else "" for cell in row] for row in table], headers=headings)

    def both() -> None:
        resource_of = RevisionResource()
        resource_of.import_data(data, dry_run=True, raise_errors=True)
        resource_of.import_data(data, dry_run=False, raise_errors=True)

    with suppress(_Undone), transaction.atomic():
        seconds, _nothing = timed(both)
        raise _Undone
    return seconds / len(table)


class _Undone(Exception):  # noqa: N818
    """Ends a transaction without trace."""


# --- The report -------------------------------------------------------------------------------------------------------


def main() -> None:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--stock", type=int, default=10_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    random.seed(20140729)
    if options.worker:
        work(options.worker)
        return
    with own_database(options.sqlite):
        report(options)


def report(options: argparse.Namespace) -> None:
    """One run, one table."""
    per_row = None
    for number, rows in enumerate(options.rows):
        for offset, (name, make) in enumerate((("csv", as_csv), ("xlsx", as_xlsx))):
            table = city(rows, 2014 + 2 * number + offset)
            data = make(table)
            if per_row is None and not options.sqlite:
                per_row = stock(table[: options.stock])
                print(
                    f"stock ModelResource: {per_row * 1000:.2f} ms a row, dry run and import of {options.stock:,} rows"
                )
            bare = None if options.sqlite else floor(data)
            steps, memory = measured_elsewhere(handed_over(data, f"figures.{name}"))
            print(line(rows, name, steps, memory, bare, per_row))


def line(rows: int, name: str, steps: dict[str, float], memory: int, bare: float | None, per_row: float | None) -> str:
    """One measurement in words."""
    total = sum(steps.values())
    told = ", ".join(f"{step} in {seconds:.2f} s" for step, seconds in steps.items())
    text = f"{rows:,} rows {name}: {told} = {total:.2f} s, {memory} MB"
    if bare is not None and per_row is not None:
        text += f"; floor {bare:.2f} s = {total / bare:.1f} x (at most 4)"
        text += f"; stock / this = {per_row * rows / total:.0f} (at least 200)"
    return text


if __name__ == "__main__":
    main()
