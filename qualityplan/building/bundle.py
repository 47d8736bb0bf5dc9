"""Put everything that a machine without internet needs into one archive: `make bundle`, docs/offline.md.

    plan-monitor-0.1.0/install.sh    sets it up (deploy/install.sh)
                       README.md     docs/offline.md
                       MANIFEST      version, commit and the SHA-256 sum of every member
                       project/      what HEAD holds, compiled translations, the few files of npm packages
                       wheels/       the Python packages of requirements.txt, for every machine
                       debs/NAME/    Debian's packages for one of them, as a repository; `named` says what to install

The archive is the same, byte by byte, as long as HEAD and what registries offer are the same.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import django
from django.conf import settings

from qualityplan.building.machines import Machine, locked_packages, named_machines, requirements_for
from qualityplan.building.packages import fetch_packages, index_of, name_of_file, run
from qualityplan.version import VERSION

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = f"plan-monitor-{VERSION}"


def export_project(target: Path) -> None:
    """What HEAD holds, with its translations compiled and the few files of npm packages that pages use. A target
    machine needs neither git nor node."""
    target.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "--extract", "--directory", target], input=archive.stdout, check=True)
    subprocess.run([sys.executable, "-m", "qualityplan.building.translations"], cwd=target, check=True)
    for folder in list(target.rglob("__pycache__")):
        shutil.rmtree(folder)
    copy_vendor_files(target)


def copy_vendor_files(target: Path) -> None:
    """Under the names that they have in node_modules, where `collectstatic` looks for them, with their licences."""
    source = Path(settings.NODE_MODULES)
    files: list[str] = list(settings.VENDOR_FILES.values())
    packages = {name.split("/")[0] for name in files}
    licences = [path.relative_to(source) for name in packages for path in (source / name).glob("[LN][IO][CT]*")]
    for name in [*files, *map(str, licences)]:
        copy = target / "node_modules" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)


def download_wheels(machines: Iterable[Machine], locked: str, folder: Path) -> None:
    """The wheels of every machine beside one another: most are the same for all. A package without a wheel for a
    machine ends this with pip's sentence; at the time of writing there is none. Wheels of earlier requirements go."""
    folder.mkdir(parents=True, exist_ok=True)
    for machine in machines:
        wanted = folder.parent / f"requirements-{machine.name}.txt"
        wanted.write_text(requirements_for(machine, locked))
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-qq",
            "--no-deps",
            "--require-hashes",
            "--only-binary",
            ":all:",
        ]
        run([*pip, *machine.pip_options(), "--dest", str(folder), "--requirement", str(wanted)])
    sums = {value for _package, hashes in locked_packages(locked) for value in hashes}
    for wheel in folder.iterdir():
        if digest_of(wheel) not in sums:
            wheel.unlink()


def add_packages(machine: Machine, names: list[str], folder: Path, scratch: Path) -> None:
    """Debian's packages for one machine; where this machine cannot get them, their names alone, which is said."""
    folder.mkdir(parents=True)
    (folder / "named").write_text("\n".join(names) + "\n")
    try:
        found = fetch_packages(machine, names, scratch)
    except (OSError, subprocess.CalledProcessError) as problem:
        say(f"未包含 {machine.name} 的 Debian 软件包 / Without Debian's packages for {machine.name}: {problem}")
        return
    copies = [folder / name_of_file(path) for path in found]
    for path, copy in zip(found, copies, strict=True):
        shutil.copyfile(path, copy)
    (folder / "Packages").write_text(index_of(copies))


def debian_names(*purposes: str) -> list[str]:
    """The packages for these purposes, as `.ci/machine` names them."""
    return [name for purpose in purposes for name in run([str(ROOT / ".ci/machine"), purpose, "--names"]).split()]


def write_manifest(tree: Path, commit: str) -> None:
    """A file that sha256sum checks; the first line, which it passes over, says what this is a bundle of."""
    members = sorted(path for path in tree.rglob("*") if path.is_file() and path.name != "MANIFEST")
    lines = [f"{digest_of(path)}  {path.relative_to(tree)}\n" for path in members]
    (tree / "MANIFEST").write_text(f"# plan-monitor {VERSION} {commit}\n{''.join(lines)}")


def digest_of(path: Path) -> str:
    """The SHA-256 sum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(tree: Path, archive: Path, moment: int) -> None:
    """One archive of a folder, sorted, of nobody in particular and of one time, so that it can be made again."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = moment
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with (
        gzip.GzipFile(archive, "wb", compresslevel=6, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in sorted([tree, *tree.rglob("*")]):
            tar.add(path, str(path.relative_to(tree.parent)), recursive=False, filter=plain)


def say(sentence: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def build(work: Path, machines: tuple[Machine, ...], purposes: tuple[str, ...]) -> Path:
    """Make the archive in `work`, with `SHA256SUMS` beside it; gives the archive."""
    tree = work / NAME
    shutil.rmtree(tree, ignore_errors=True)
    commit, moment = run(["git", "-C", str(ROOT), "log", "-1", "--format=%H %ct"]).split()
    say(f"正在汇集 {NAME} / Collecting {NAME}: {' '.join(machine.name for machine in machines)}")
    export_project(tree / "project")
    download_wheels(machines, (tree / "project/requirements.txt").read_text(), work / "wheels")
    shutil.copytree(work / "wheels", tree / "wheels")
    for machine in machines:
        names = debian_names(*purposes)
        add_packages(machine, names, tree / "debs" / machine.name, work / "apt" / machine.name)
    shutil.copy(tree / "project/deploy/install.sh", tree)
    shutil.copy(tree / "project/docs/offline.md", tree / "README.md")
    write_manifest(tree, commit)
    archive = work / f"{NAME}.tar.gz"
    pack(tree, archive, int(moment))
    (work / "SHA256SUMS").write_text(f"{digest_of(archive)}  {archive.name}\n")
    return archive


def main() -> int:
    """`MACHINES` names some of the machines, `SERVERS=1` adds PostgreSQL, Redis and nginx."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
    django.setup()
    try:
        machines = named_machines(os.environ.get("MACHINES", ""))
    except ValueError as problem:
        say(str(problem))
        return 2
    purposes = ("service", "servers") if os.environ.get("SERVERS") == "1" else ("service",)
    if run(["git", "-C", str(ROOT), "status", "--porcelain"]):
        say("未提交的修改不在包内 / What is not committed is not in the bundle")
    archive = build(Path(os.environ["VAR_DIR"]) / "bundle", machines, purposes)
    say(f"{archive}  {archive.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
