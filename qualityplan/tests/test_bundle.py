"""The bundle for machines without internet: what is in it, and what its installer refuses."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from qualityplan.building import bundle, machines
from qualityplan.version import VERSION

BASE = Path(settings.BASE_DIR)
LOCKED = (BASE / "requirements.txt").read_text(encoding="utf-8")
INSTALLER = BASE / "deploy/install.sh"
MACHINE = {machine.name: machine for machine in machines.MACHINES}


# --- What is in it ----------------------------------------------------------------------------------------------------


def test_debian_12_gets_what_its_older_python_needs_and_debian_13_does_not() -> None:
    assert "async-timeout==" in machines.requirements_for(MACHINE["bookworm-arm64"], LOCKED)
    assert "async-timeout==" not in machines.requirements_for(MACHINE["trixie-amd64"], LOCKED)
    assert ";" not in machines.requirements_for(MACHINE["trixie-amd64"], LOCKED)


def test_every_wanted_package_has_sums_that_pip_checks() -> None:
    for line in machines.requirements_for(MACHINE["bookworm-amd64"], LOCKED).splitlines():
        assert "--hash=sha256:" in line


def test_wheels_for_the_oldest_glibc_come_first() -> None:
    platforms = MACHINE["bookworm-arm64"].platforms()
    assert platforms.index("manylinux_2_17_aarch64") < platforms.index("manylinux_2_36_aarch64")
    assert "manylinux_2_37_aarch64" not in platforms


def test_a_machine_is_taken_by_its_name() -> None:
    assert machines.named_machines("trixie-arm64") == (MACHINE["trixie-arm64"],)
    assert machines.named_machines("") == machines.MACHINES


def test_a_machine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"没有这样的机器：sarge.*There is no machine sarge; there are bookworm-amd64"):
        machines.named_machines("trixie-arm64 sarge")


def test_debian_packages_are_those_that_one_file_names() -> None:
    assert bundle.debian_names("service")[0] == "python3-venv"
    assert set(bundle.debian_names("pdf")) < set(bundle.debian_names("service"))
    assert "postgresql" in bundle.debian_names("service", "servers")


def test_the_project_comes_with_translations_and_the_files_of_pages_and_without_what_git_does_not_hold(
    tmp_path: Path,
) -> None:
    bundle.export_project(tmp_path / "project")
    held = {str(path.relative_to(tmp_path / "project")) for path in (tmp_path / "project").rglob("*") if path.is_file()}
    tracked = set(
        subprocess.run(["git", "ls-files"], cwd=BASE, capture_output=True, text=True, check=True).stdout.split()
    )
    vendor = {f"node_modules/{name}" for name in settings.VENDOR_FILES.values()}
    assert "qualityplan/locale/zh_Hans/LC_MESSAGES/django.mo" in held
    assert vendor <= held
    beside = {name for name in held - tracked - vendor if "LICEN" not in name and "NOTICE" not in name}
    assert {Path(name).suffix for name in beside} == {".mo"}


def test_the_manifest_holds_every_member_and_the_version(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/a.whl").write_text("wheel")
    bundle.write_manifest(tmp_path, "abc")
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert (tmp_path / "MANIFEST").read_text() == f"# plan-monitor {VERSION} abc\n{digest}  wheels/a.whl\n"


def test_the_same_members_make_the_same_archive(tmp_path: Path) -> None:
    archives = []
    for folder, moment in (("first", 1_000_000_000), ("second", 1_700_000_000)):
        tree = tmp_path / folder / "tree"
        tree.mkdir(parents=True)
        (tree / "install.sh").write_text("#!/bin/sh\n")
        (tree / "install.sh").chmod(0o700)
        os.utime(tree / "install.sh", (moment, moment))
        archives.append(tmp_path / folder / "tree.tar.gz")
        bundle.pack(tree, archives[-1], 1_414_000_000)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as packed:
        assert packed.getmember("tree/install.sh").mode == 0o755


def test_wheels_of_earlier_requirements_do_not_come_along(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/old-1-py3-none-any.whl").write_text("old")
    (tmp_path / "wheels/new-2-py3-none-any.whl").write_text("new")
    bundle.download_wheels([], f"new==2 --hash=sha256:{hashlib.sha256(b'new').hexdigest()}\n", tmp_path / "wheels")
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == ["new-2-py3-none-any.whl"]


# --- Installing -------------------------------------------------------------------------------------------------------

MANAGE = "import sys, tiny\nsys.exit(sys.argv[1:] != ['check'])\n"


def wheel_of(folder: Path) -> str:
    """A package of one line; gives its line for requirements.txt."""
    path = folder / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "def main() -> None:\n    pass\n")
        wheel.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.dist-info/entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return f"tiny==1 --hash=sha256:{bundle.digest_of(path)}\n"


def small_bundle(tree: Path, version: str = "0.1.0", manage: str = MANAGE) -> Path:
    """A bundle with a program that only knows whether it can be loaded."""
    for folder in ("project/deploy/systemd", "wheels"):
        (tree / folder).mkdir(parents=True)
    (tree / "project/manage.py").write_text(manage)
    (tree / "project/deploy/systemd/web.service").write_text("WorkingDirectory=/opt/plan-monitor\n")
    (tree / "project/requirements.txt").write_text(wheel_of(tree / "wheels"))
    shutil.copy(INSTALLER, tree)
    bundle.write_manifest(tree, "abc")
    manifest = tree / "MANIFEST"
    manifest.write_text(manifest.read_text().replace(f"# plan-monitor {VERSION}", f"# plan-monitor {version}"))
    return tree


def install(tree: Path, prefix: Path, *options: str, instead: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The installer's exit code and words; `instead` has programs that it finds in place of the machine's."""
    stand_ins = tree.parent / "stand-ins"
    stand_ins.mkdir(exist_ok=True)
    # Of all Pythons of the machine, the one that runs the tests, whichever the search would find first.
    line = f"python3.{sys.version_info.minor}"
    programs = {"python3": f'exec "{sys.base_prefix}/bin/{line}" "$@"'} | dict(instead or {})
    hidden = dict.fromkeys(("python3.11", "python3.13"), "exit 127")
    for name, script in (hidden | programs).items():
        (stand_ins / name).write_text(f"#!/bin/sh\n{script}\n")
        (stand_ins / name).chmod(stat.S_IRWXU)
    env = {"PATH": f"{stand_ins}:/usr/bin:/bin", "HOME": str(tree.parent), "TMPDIR": str(tree.parent)}
    command = [str(tree / "install.sh"), "--prefix", str(prefix), *options]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def releases(prefix: Path) -> list[str]:
    """Everything that stands where releases stand."""
    return sorted(path.name for path in (prefix / "releases").glob("*")) + sorted(
        path.name for path in (prefix / "releases").glob(".*")
    )


runs_here = pytest.mark.skipif(
    sys.version_info[:2] not in {(3, 11), (3, 13)}, reason="the bundle is for the Pythons of Debian 12 and 13"
)


@runs_here
def test_a_release_is_installed_once_and_the_next_one_beside_it(tmp_path: Path) -> None:
    prefix = tmp_path / "opt"
    first = small_bundle(tmp_path / "first")
    code, said = install(first, prefix)
    assert code == 0, said
    assert "已安装 0.1.0" in said
    current = prefix / "current"
    script = subprocess.run([current / ".venv/bin/tiny"], capture_output=True, text=True)
    assert (script.returncode, str(current.resolve()) in (current / ".venv/bin/tiny").read_text()) == (0, True)
    assert (current / "deploy/systemd/web.service").read_text() == f"WorkingDirectory={current}\n"

    moment = (current / ".venv/pyvenv.cfg").stat().st_mtime_ns
    code, said = install(first, prefix)
    assert (code, releases(prefix)) == (0, ["0.1.0"])
    assert "is installed already" in said
    assert (current / ".venv/pyvenv.cfg").stat().st_mtime_ns == moment

    code, said = install(small_bundle(tmp_path / "second", "0.2.0"), prefix)
    assert (code, releases(prefix)) == (0, ["0.1.0", "0.2.0"])
    assert f"ln -sfnT releases/0.1.0 {current}" in said
    assert current.resolve().name == "0.2.0"


@runs_here
def test_a_program_that_does_not_start_leaves_the_release_in_use_as_it_is(tmp_path: Path) -> None:
    prefix = tmp_path / "opt"
    (prefix / "releases/0.0.9").mkdir(parents=True)
    (prefix / "current").symlink_to("releases/0.0.9")
    code, said = install(small_bundle(tmp_path / "bundle", manage="raise SystemExit('broken')\n"), prefix)
    assert (code, releases(prefix)) == (1, ["0.0.9"])
    assert "broken" in said
    assert "安装未完成" in said
    assert "nothing of it stays" in said
    assert (prefix / "current").resolve().name == "0.0.9"


@runs_here
def test_a_wheel_with_another_sum_is_not_installed(tmp_path: Path) -> None:
    tree = small_bundle(tmp_path / "bundle")
    (tree / "project/requirements.txt").write_text(f"tiny==1 --hash=sha256:{'0' * 64}\n")
    bundle.write_manifest(tree, "abc")
    code, said = install(tree, tmp_path / "opt")
    assert (code, releases(tmp_path / "opt")) == (1, [])
    assert "DO NOT MATCH" in said


def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path) -> None:
    tree = small_bundle(tmp_path / "bundle")
    (tree / "project/manage.py").write_text("import evil\n")
    code, said = install(tree, tmp_path / "opt")
    assert code == 1
    assert "安装包已损坏或不完整" in said
    assert "project/manage.py" in said
    assert not (tmp_path / "opt").exists()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    tree = small_bundle(tmp_path / "bundle")
    (tree / "wheels/tiny-1-py3-none-any.whl").unlink()
    code, said = install(tree, tmp_path / "opt")
    assert code == 1
    assert "damaged or incomplete" in said


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ({"uname": "echo loongarch64"}, ("本机处理器为 loongarch64", "This machine is loongarch64")),
        ({"python3": "echo 3.9"}, ("需要带 venv 模块的 Python", "run ./install.sh --packages as root")),
        (
            {"python3": "case $2 in *ensurepip*) exit 1 ;; esac; echo 3.11"},
            ("需要带 venv 模块的 Python", "3.11 or 3.13"),
        ),
        ({"df": "echo; echo disk 9 9 0 100% /"}, ("磁盘空间不足", "0 MB are left")),
    ],
    ids=["architecture", "old Python", "no venv", "full disk"],
)
def test_a_machine_that_does_not_fit_is_refused(tmp_path: Path, instead: dict[str, str], told: tuple[str, str]) -> None:
    chosen = {"python3": "echo 3.11"} | instead
    code, said = install(small_bundle(tmp_path / "bundle"), tmp_path / "opt", instead=chosen)
    assert code == 1
    assert all(sentence in said for sentence in told), said
    assert not (tmp_path / "opt/current").exists()
    assert not (tmp_path / "opt/releases").exists() or releases(tmp_path / "opt") == []


@pytest.mark.parametrize(
    ("prefix", "told"),
    [
        ("file/opt", ("无法写入", "name a directory of yours with --prefix")),
        ("wei zhi", ("只能含字母", "may only have letters")),
        ("taken", ("不是链接", "is no link")),
    ],
)
def test_a_place_that_cannot_be_used_is_refused(tmp_path: Path, prefix: str, told: tuple[str, str]) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "taken/current").mkdir(parents=True)
    tree = small_bundle(tmp_path / "bundle")
    code, said = install(tree, tmp_path / prefix, instead={"python3": "echo 3.11"})
    assert code == 1
    assert all(sentence in said for sentence in told), said


def test_another_bundle_of_the_same_version_is_refused(tmp_path: Path) -> None:
    installed = tmp_path / "opt/releases/0.1.0"
    installed.mkdir(parents=True)
    (installed / "MANIFEST").write_text("# plan-monitor 0.1.0 of-another-commit\n")
    code, said = install(small_bundle(tmp_path / "bundle"), tmp_path / "opt", instead={"python3": "echo 3.11"})
    assert code == 1
    assert "已由另一个 0.1.0 安装包安装" in said
    assert not (tmp_path / "opt/current").exists()


def test_packages_are_installed_by_root_alone(tmp_path: Path) -> None:
    instead = {"id": "echo 1000"}
    code, said = install(small_bundle(tmp_path / "bundle"), tmp_path / "opt", "--packages", instead=instead)
    assert code == 1
    assert "run this as root" in said


@pytest.mark.parametrize("options", [("--prefix",), ("--purge",)])
def test_an_option_that_is_not_understood_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, said = install(small_bundle(tmp_path / "bundle"), tmp_path / "opt", *options)
    assert code == 2
    assert "--" in said
    assert not (tmp_path / "opt").exists()


# --- Containers -------------------------------------------------------------------------------------------------------


def test_the_containers_run_as_a_user_on_a_file_system_that_they_cannot_change() -> None:
    composed = yaml.safe_load((BASE / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(composed) == {"migrate", "web", "worker", "beat", "database", "redis"}
    for name in ("migrate", "web", "worker", "beat"):
        assert (composed[name]["read_only"], composed[name]["cap_drop"]) == (True, ["ALL"])
        assert composed[name]["image"] == "plan-monitor"
    steps = (BASE / "deploy/Containerfile").read_text(encoding="utf-8").splitlines()
    assert steps.index("USER plan-monitor") < next(
        number for number, step in enumerate(steps) if step.startswith("CMD")
    )
    # Whatever a command of theirs needs is a file of the project or a program of its environment.
    for name in ("web", "worker"):
        assert "healthcheck" in composed[name]
    assert all(composed[name]["command"][0] == "celery" for name in ("worker", "beat"))


def test_no_secret_stands_in_the_files_of_containers() -> None:
    text = (BASE / "deploy/compose.yaml").read_text(encoding="utf-8")
    composed = yaml.safe_load(text)
    for name, service in composed["services"].items():
        assert service["env_file"] == "container.env"
        assert not {key for key in service.get("environment", {}) if "KEY" in key or "PASSWORD" in key}, name
