"""Debian's packages for machines without internet, as a small repository that their own apt reads.

Packages of another release or processor than this machine's are got by this machine's apt, which is told of a machine
that has nothing yet: so everything that a package depends on comes along.
"""

import hashlib
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from qualityplan.building.machines import Machine

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
INSTALLED = re.compile(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", re.MULTILINE)


def fetch_packages(machine: Machine, names: list[str], scratch: Path) -> list[Path]:
    """Download the packages with everything that they need; gives the files. What was downloaded before and is still
    the newest is taken from `scratch`. OSError or CalledProcessError where this machine has no apt that can."""
    options = [*apt_options(machine, scratch), *write_sources(machine, scratch)]
    run(["apt-get", *options, "update", "-qq"])
    install = ["apt-get", *options, "install", "-y", "--no-install-recommends", *names]
    run([*install, "--download-only", "-qq"])
    chosen = INSTALLED.findall(run([*install, "--simulate"]))
    archives = scratch / "cache" / "archives"
    return sorted(archives / f"{name}_{version.replace(':', '%3a')}_{kind}.deb" for name, version, kind in chosen)


def apt_options(machine: Machine, scratch: Path) -> list[str]:
    """What makes apt work for another machine, in a folder of its own, for whoever runs it."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True, exist_ok=True)
    (scratch / "status").write_text("")
    said = {
        "APT::Architecture": machine.architecture,
        "APT::Architectures": machine.architecture,
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
        "Dir::State::Lists": f"{scratch}/lists",
        "Dir::State::Status": f"{scratch}/status",
        "Dir::Cache": f"{scratch}/cache",
    }
    return [part for name, value in said.items() for part in ("-o", f"{name}={value}")]


def write_sources(machine: Machine, scratch: Path) -> list[str]:
    """The places that this machine has its packages from, asked for another release; gives apt's options for them."""
    here = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"])
    places = {tuple(line.split()[:2]) for line in listed.splitlines()}
    suites = {f"{here}{part}": f"{machine.suite}{part}" for part in ("", "-updates", "-security")}
    lines = [
        f"deb [signed-by={KEYRING}] {address} {suites[release]} main\n"
        for address, release in sorted(places)
        if release in suites
    ]
    (scratch / "sources.list").write_text("".join(lines))
    return ["-o", f"Dir::Etc::SourceList={scratch}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null"]


def name_of_file(path: Path) -> str:
    """The name of a package's file without the epoch of its version: an address would take its sign for another."""
    return re.sub(r"_\d+%3a", "_", path.name)


def index_of(paths: Iterable[Path]) -> str:
    """The file `Packages` of a repository with these files, by which apt finds and checks them."""
    parts = []
    for path in paths:
        control = run(["dpkg-deb", "--field", str(path)]).rstrip()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parts.append(f"{control}\nFilename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest}\n")
    return "\n".join(parts)


def run(command: list[str]) -> str:
    """What a command says; its complaints are those of this process."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
