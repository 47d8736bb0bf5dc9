"""`deploy/`: the settings that it names are those that the code reads, and the units start what is there."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from pages.tests.house import APPS
from qualityplan.tests.test_settings import manage

BASE = settings.BASE_DIR
DEPLOY = BASE / "deploy"
FILES = (DEPLOY / "plan-monitor.env", DEPLOY / "plan-monitor-owner.env")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SERVICES = [unit for unit in UNITS if "Type=oneshot" not in unit.read_text(encoding="utf-8")]
TIMED = [unit for unit in UNITS if unit.with_suffix(".timer").exists()]

READ = re.compile(r"""(?:\benv\.\w+\(\s*|\bnetworks\(|\bos\.environ(?:\.get\(|\[)|\bgetenv\()"([A-Z_]+)\"""")
ASSIGNED = re.compile(r"^(#? ?)([A-Z_]+)='([^']*)'$", re.MULTILINE)
ROW = re.compile(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", re.MULTILINE)
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}
SECRETS = {"SECRET_KEY", "AUDIT_KEY", "DATABASE_URL", "MIGRATION_DATABASE_URL", "CELERY_BROKER_URL", "DEMO_PASSWORD"}


def names_read() -> set[str]:
    """The variables of the environment that code reads which runs in service."""
    sources = (path for app in APPS for path in (BASE / app).rglob("*.py") if not {"tests", "building"} & {*path.parts})
    return {name for path in sources for name in READ.findall(path.read_text(encoding="utf-8"))} - NOT_OURS


def lines_of_files() -> Iterator[tuple[str, str, str]]:
    """Sign before the name, name and value of each setting in the two files."""
    for path in FILES:
        yield from ASSIGNED.findall(path.read_text(encoding="utf-8"))


def filled_in(tmp_path: Path) -> dict[str, str]:
    """The settings of the shipped file as somebody fills it in."""
    given = {name: value for sign, name, value in lines_of_files() if not sign}
    keys = {"SECRET_KEY": "0123456789abcdef" * 4, "AUDIT_KEY": "fedcba9876543210" * 4}
    names = {"ALLOWED_HOSTS": "plan.intranet", "CSRF_TRUSTED_ORIGINS": "https://plan.intranet"}
    servers = {"CELERY_BROKER_URL": "redis://:word@127.0.0.1:6379/0", "DATABASE_URL": f"sqlite:///{tmp_path}/db"}
    return given | keys | names | servers | {"VAR_DIR": str(tmp_path), "MIGRATION_DATABASE_URL": ""}


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_the_file_of_settings_names_what_the_code_reads_each_once() -> None:
    named = [name for _sign, name, _value in lines_of_files()]
    assert sorted(named) == sorted(names_read())


def test_the_readme_names_what_the_code_reads_each_once() -> None:
    rows = ROW.findall((BASE / "README.md").read_text(encoding="utf-8"))
    assert sorted(name for row in rows for name in re.findall(r"[A-Z_]+", row)) == sorted(names_read())


def test_each_setting_is_explained_in_both_languages() -> None:
    """By the comment before it; settings that stand together share one."""
    for path in FILES:
        comment, after_setting = "", True
        for line in path.read_text(encoding="utf-8").splitlines():
            setting = ASSIGNED.fullmatch(line)
            if setting:
                assert re.search(r"[\u4e00-\u9fff]", comment), line
                assert re.search(r"[a-z]{2,} [a-z]{2,}", comment), line
            else:
                comment = line if after_setting else comment + line
            after_setting = bool(setting) or not line


def test_no_secret_is_shipped() -> None:
    shipped = {name: value for _sign, name, value in lines_of_files()}
    assert {name: shipped[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")


def test_what_is_shown_as_a_default_is_the_default(tmp_path: Path) -> None:
    """Only the addresses of servers are examples."""
    shown = {name: value for sign, name, value in lines_of_files() if sign}
    for example in ("CACHE_URL", "SITE_URL"):
        del shown[example]
    question = "from django.conf import settings as s; print({n: str(getattr(s, n)) for n in dir(s) if n.isupper()})"
    plain = manage("shell", "--no-imports", "-c", question, **filled_in(tmp_path))
    told = manage("shell", "--no-imports", "-c", question, **filled_in(tmp_path) | shown)
    assert plain.stdout
    assert told.stdout == plain.stdout


def test_the_file_filled_in_passes_djangos_deployment_check(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **filled_in(tmp_path))
    assert done.returncode == 0, done.stderr


def test_systemd_and_the_shell_read_the_same_values() -> None:
    """Both take what stands between single quotes as it is."""
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not line or re.match("#( |$)", line) or ASSIGNED.fullmatch(line), line
        done = subprocess.run(["sh", "-euc", f". {path}"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_command_has_the_settings_of_the_service(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".venv/bin").mkdir(parents=True)
    python = home / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$SECRET_KEY" "$PWD" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "plan-monitor.env").write_text("SECRET_KEY='a$b&c #d'\nVAR_DIR='/nowhere'\n")
    script = (
        (DEPLOY / "plan-monitor").read_text().replace("setpriv --reuid plan-monitor --regid plan-monitor", "setpriv")
    )
    script = script.replace("setpriv --init-groups ", "")
    env = {"PATH": "/usr/bin:/bin", "PLAN_MONITOR_HOME": str(home), "PLAN_MONITOR_SETTINGS": str(tmp_path)}
    command = ["sh", "-c", script, "plan-monitor", "check", "a b"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == f"a$b&c #d {home} manage.py check a b\n", done.stderr
    env["PLAN_MONITOR_SETTINGS"] = str(tmp_path / "nowhere")
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "无法读取" in done.stderr
    assert "Cannot read it" in done.stderr


# --- Units ------------------------------------------------------------------------------------------------------------


def said(unit: Path, name: str) -> list[str]:
    """What the unit says under a name, in order."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_started_again_and_is_not_given_the_owner(unit: Path) -> None:
    assert (said(unit, "Restart"), said(unit, "RestartSec")) == (["always"], ["5"])
    assert said(unit, "EnvironmentFile") == ["/etc/plan-monitor/plan-monitor.env"]
    assert said(unit, "StartLimitIntervalSec") == ["0"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_guarded(unit: Path) -> None:
    guards = {
        "User": "plan-monitor",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ReadWritePaths": "/var/lib/plan-monitor" + (" -/var/backups/plan-monitor" if unit in TIMED else ""),
        "PrivateTmp": "yes",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    }
    assert {name: said(unit, name) for name in guards} == {name: [value] for name, value in guards.items()}
    assert said(unit, "MemoryMax")


@pytest.mark.parametrize("guide", ["README.md", "README.zh.md"])
def test_the_guide_makes_the_folder_of_the_backups_for_the_services_user(guide: str) -> None:
    (started,) = said(DEPLOY / "systemd/plan-monitor-backup.service", "ExecStart")
    folder = shlex.split(started)[3]
    assert f"\ninstall -d -m 0700 -o plan-monitor {folder}\n" in (DEPLOY / guide).read_text(encoding="utf-8")


def test_the_worker_has_room_for_two_files_at_once() -> None:
    (room,) = said(DEPLOY / "systemd/plan-monitor-worker.service", "MemoryMax")
    assert int(room.rstrip("G")) * 1024 >= settings.CELERY_WORKER_CONCURRENCY * settings.IMPORT_MEMORY_MB + 1024


def test_the_target_wants_every_unit() -> None:
    (wanted,) = said(DEPLOY / "systemd/plan-monitor.target", "Wants")
    begun = [unit.with_suffix(".timer") if unit in TIMED else unit for unit in UNITS]
    assert sorted(wanted.split()) == sorted(unit.name for unit in begun)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_there(unit: Path) -> None:
    for line in (*said(unit, "ExecStartPre"), *said(unit, "ExecStart")):
        program, *arguments = shlex.split(line)
        assert program.startswith("/opt/plan-monitor/.venv/bin/")
        assert Path(program.replace("/opt/plan-monitor", str(BASE))).exists()
        if program.endswith("celery"):
            done = subprocess.run(
                [program.replace("/opt/plan-monitor", str(BASE)), *arguments, "--help"],
                cwd=BASE,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
