"""The cast of the imports: who hands over what, checked as a worker does it."""

from collections.abc import Sequence
from typing import Any

from departments.models import Region, User
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from imports.services.receiving import receive_import_file
from imports.tests.tables import csv_bytes, uploaded
from targets.models import Indicator
from targets.tests import factories


def row(
    indicator: Indicator, month: str, *figures: object, place: Region | None = None, note: str = ""
) -> Sequence[Any]:
    """A row of a file: `row(x, "2014-01", 180, 200)` for a ratio, `row(x, "2014-01", 40)` for anything else."""
    parts = (None, *figures) if len(figures) == 2 else (*figures, None, None)
    return (indicator.code, (place or factories.region()).code, month, *parts, note)


def brought(by: User, *rows: Sequence[Any], data: bytes | None = None, name: str = "数据.csv") -> ImportBatch:
    """A file that was handed over and checked."""
    batch = receive_import_file(uploaded(data or csv_bytes(rows), name), by=by)
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def counts(batch: ImportBatch) -> tuple[int, int, int, int, int]:
    return batch.read, batch.new, batch.changed, batch.unchanged, batch.rejected


def told(batch: ImportBatch) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in batch.errors]
