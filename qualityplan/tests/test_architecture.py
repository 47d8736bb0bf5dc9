"""Facts about the code itself that no other tool sees."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from conftest import missing
from departments.auditing.log import ACTIONS
from pages.tests.house import FLOOR

RECORDED = re.compile(r'record\(\s*"([a-z_.]+)"')
THIRD_PARTY = ("bootstrap", "echarts", "htmx", "jquery", "popper")


def relations() -> list[Any]:
    """Every foreign key and many-to-many of our own models."""
    models = [model for model in apps.get_models() if model._meta.app_label in FLOOR]
    return [field for model in models for field in model._meta.get_fields() if is_own_relation(field)]


def is_own_relation(field: object) -> bool:
    """A relation written in this model, to one of our models; the reverse side does not count."""
    target = getattr(field, "related_model", None)
    written_here = getattr(field, "concrete", False)
    return bool(written_here and target and target._meta.app_label in FLOOR)


def committed_files() -> list[str]:
    """What git holds; nothing to say in a folder that is no repository."""
    if shutil.which("git") is None:
        missing("git not found: apt-get install git / 未找到 git，请安装 git")
    listed = subprocess.run(["git", "ls-files"], cwd=settings.BASE_DIR, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git repository")
    return listed.stdout.splitlines()


@pytest.mark.parametrize("field", relations(), ids=str)
def test_no_foreign_key_points_upward(field: Any) -> None:
    """A foreign key given as a string imports nothing, so import-linter cannot see it."""
    target = field.related_model._meta.app_label
    source = field.model._meta.app_label
    assert source == target or FLOOR[target] < FLOOR[source]


def test_no_third_party_file_is_committed() -> None:
    scripts = [Path(name) for name in committed_files() if name.endswith((".js", ".css", ".woff", ".woff2", ".map"))]
    assert not [path for path in scripts if path.name.startswith(THIRD_PARTY) or ".min." in path.name]


def test_the_locks_name_no_registry() -> None:
    for name in (
        "requirements.txt",
        "requirements-ldap.txt",
        "requirements-dev.txt",
        "requirements-node.txt",
        ".npmrc",
    ):
        text = (settings.BASE_DIR / name).read_text()
        assert "://" not in text
        assert "index-url" not in text
    assert '"resolved"' not in (settings.BASE_DIR / "package-lock.json").read_text()


def test_every_dependency_has_its_reason() -> None:
    for path in settings.BASE_DIR.glob("requirements*.in"):
        lines = path.read_text().splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            assert line.startswith(("#", "-r ")) or before.startswith("# "), f"{path.name}: {line}"


def test_the_vendored_files_exist() -> None:
    assert all((settings.NODE_MODULES / source).is_file() for source in settings.VENDOR_FILES.values())


def test_everything_that_is_recorded_has_its_words() -> None:
    """What is missing in the table would stand in the audit log as a code and could not be searched for."""
    sources = (path for app in FLOOR for path in (settings.BASE_DIR / app).rglob("*.py") if "tests" not in path.parts)
    recorded = {name for path in sources for name in RECORDED.findall(path.read_text(encoding="utf-8"))}
    assert len(recorded) > 40
    assert recorded <= set(ACTIONS)


def test_the_tests_of_every_app_are_run(pytestconfig: pytest.Config) -> None:
    """A folder that `pytest.ini` does not name has tests that nobody runs."""
    assert {app for app in FLOOR if (settings.BASE_DIR / app / "tests").is_dir()} == set(
        pytestconfig.getini("testpaths")
    )
