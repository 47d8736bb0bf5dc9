"""`manage.py import_observations`: what it prints, and that it fails when nothing was imported."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from departments.permissions import Role
from imports.tests.tables import csv_bytes
from targets.models import Observation
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    indicator = factories.indicator("count")
    path = tmp_path / "一月.csv"
    path.write_bytes(csv_bytes([(indicator.code, factories.region().code, "2014-01", 40)]))
    return path


def run(path: Path, username: str) -> tuple[str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with translation.override("en"):
        try:
            call_command("import_observations", path, by=username, stdout=out, stderr=errors)
        except CommandError as error:
            errors.write(str(error))
    return out.getvalue(), errors.getvalue()


def test_it_prints_the_counts(file: Path) -> None:
    by = factories.coordinator().username
    assert run(file, by) == ("1 read, 1 new, 0 changed, 0 unchanged, 0 rejected\n", "")
    assert run(file, by) == ("1 read, 0 new, 0 changed, 1 unchanged, 0 rejected\n", "")


def test_it_lists_every_error_on_a_line_and_fails(file: Path) -> None:
    file.write_bytes(csv_bytes([("x", factories.region().code, "2014-13", 1), ("", "", "2014-01", 1)]))
    out, errors = run(file, factories.coordinator().username)
    assert out == "2 read, 0 new, 0 changed, 0 unchanged, 2 rejected\n"
    assert errors.splitlines() == [
        '2 month: "2014-13" is not a month. Write it like 2014-06.',
        '2 indicator: There is no indicator "x".',
        "3 indicator: The indicator is missing. Give its code or its name.",
        "3 region: The region is missing. Give its code or its name.",
        "Nothing was imported: 4 errors.",
    ]
    assert not Observation.objects.exists()


def test_somebody_unknown_is_told(file: Path) -> None:
    assert run(file, "nobody") == ("", 'There is nobody called "nobody".')


def test_somebody_who_is_no_coordinator_is_refused(file: Path) -> None:
    _out, errors = run(file, factories.person(Role.REPORTER).username)
    assert errors.startswith("Your role does not allow this.")
    assert not Observation.objects.exists()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    _out, errors = run(tmp_path / "none.csv", factories.coordinator().username)
    assert errors == f"The file {tmp_path / 'none.csv'} cannot be read: No such file or directory"


def test_a_folder_is_told(tmp_path: Path) -> None:
    _out, errors = run(tmp_path, factories.coordinator().username)
    assert "cannot be read" in errors


@pytest.mark.parametrize("content", [b"", csv_bytes([])])
def test_an_empty_file_is_told(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    _out, errors = run(file, factories.coordinator().username)
    assert errors.startswith(f"{file}: The file holds no figures.")


def test_a_file_of_another_kind_is_told(file: Path) -> None:
    file.write_bytes(b"%PDF\0")
    _out, errors = run(file, factories.coordinator().username)
    assert errors == f"{file}: The file is neither CSV nor XLSX, XLS or ODS. Save it as one of these."
