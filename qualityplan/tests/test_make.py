"""What `make test` does with its two halves, with a program in Python's place that only says which one it is."""

import os
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

INHERITED = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "TEST_DATABASE")
STAND_IN = """#!/bin/sh
half=${TEST_DATABASE:-postgresql}
echo "began: $half"
case " $FAILING " in *" $half "*) exit 1 ;; esac
"""


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        ("", ""),
        ("postgresql", "Tests failed: PostgreSQL\n"),
        ("sqlite", "Tests failed: SQLite\n"),
        ("postgresql sqlite", "Tests failed: PostgreSQL SQLite\n"),
    ],
)
def test_both_halves_begin_and_the_end_tells_which_failed(tmp_path: Path, failing: str, told: str) -> None:
    python = tmp_path / "python"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name not in INHERITED} | {"FAILING": failing}
    old = [f"--old-file={name}" for name in ("dev", "ldap-for-tests", "translations")]
    command = ["make", *old, "test", f"PY={python}"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True)
    begun = [line for line in done.stdout.splitlines() if line.startswith("began: ")]
    assert begun == ["began: postgresql", "began: sqlite"], done.stderr
    assert (done.returncode != 0) is bool(failing)
    assert told in done.stderr
