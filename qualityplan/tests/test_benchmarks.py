"""The benchmarks still run; their figures are read by people, on a quiet machine."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.postgres_only

OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "VAR_DIR", "QUALITYPLAN_TEST_REDIS")


def printed(*command: str) -> str:
    """What a benchmark says on a database of its own."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    words = [sys.executable, *command]
    done = subprocess.run(words, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_recompute_benchmark_prints_its_ratios() -> None:
    said = printed("benchmarks/recompute.py", "--indicators", "5", "--regions", "4", "--months", "24")
    assert "x the floor" in said
    assert said.count("full / incremental") == 2
    assert "with nothing changed" in said


def test_the_benchmark_of_pages_prints_its_ratios() -> None:
    said = printed("benchmarks/worksheet.py", "--rows", "6", "--times", "2")
    assert "worksheet of 6 rows / page with one query = " in said
    assert "worksheet of 6 rows / bare view with one query = " in said


@pytest.mark.parametrize("database", [[], pytest.param(["--sqlite"], marks=pytest.mark.long)])
def test_the_import_benchmark_prints_its_ratios(database: list[str]) -> None:
    said = printed("benchmarks/imports.py", "--rows", "1008", "--stock", "10", *database)
    assert said.count("recomputed in") == 2
    assert ("x (at most 4)" in said) is not bool(database)


@pytest.mark.long
def test_the_benchmark_of_workers_prints_what_more_of_them_bring() -> None:
    said = printed("benchmarks/workers.py", "--plans", "2", "--targets", "1", "--regions", "2", "--workers", "1", "2")
    assert "1 worker(s): 48 rows" in said
    assert "× the first" in said.splitlines()[-1]


@pytest.mark.long
def test_nothing_is_lost_while_the_service_is_tortured() -> None:
    said = printed("benchmarks/torture.py", "--minutes", "0.5", "--clients", "4", "--seed", "2946")
    assert "\n0 faults" in said
