"""The benchmarks still run; their figures are read by people, on a quiet machine."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.postgres_only

OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "VAR_DIR", "QUALITYPLAN_TEST_REDIS")


def test_the_recompute_benchmark_prints_its_ratios() -> None:
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    command = [sys.executable, "benchmarks/recompute.py", "--indicators", "5", "--regions", "4", "--months", "24"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "x the floor" in done.stdout
    assert done.stdout.count("full / incremental") == 2
    assert "with nothing changed" in done.stdout


@pytest.mark.parametrize("database", [[], ["--sqlite"]])
def test_the_import_benchmark_prints_its_ratios(database: list[str]) -> None:
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    command = [sys.executable, "benchmarks/imports.py", "--rows", "1008", "--stock", "10", *database]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("recomputed in") == 2
    assert ("x (at most 4)" in done.stdout) is not bool(database)
