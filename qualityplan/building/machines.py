"""The machines without internet that a bundle serves, and which wheels each of them takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import Requirement

OLDEST_GLIBC = 5
"""The second number of the oldest glibc that wheels are named after (PEP 600: manylinux_2_5)."""


@dataclass(frozen=True)
class Machine:
    """A release of Debian on one kind of processor."""

    suite: str
    python: str
    """The oldest Python that this release has been delivered with."""
    glibc: int
    """The second number of its version: 36 is glibc 2.36."""
    architecture: str
    """The processor as Debian calls it; `processor` says what the kernel and wheels say."""
    processor: str

    @property
    def name(self) -> str:
        """As in `bookworm-amd64`."""
        return f"{self.suite}-{self.architecture}"

    @property
    def python_line(self) -> str:
        """As in `3.11`."""
        return ".".join(self.python.split(".")[:2])

    def pip_options(self) -> list[str]:
        """What tells `pip download` to look for wheels of this machine and not of the present one."""
        abi = f"cp{self.python_line.replace('.', '')}"
        options = ["--implementation", "cp", "--python-version", self.python_line]
        options += [part for name in (abi, "abi3", "none") for part in ("--abi", name)]
        return options + [part for name in self.platforms() for part in ("--platform", name)]

    def platforms(self) -> list[str]:
        """The platforms whose wheels run here, those that ask the least of the machine first: where a package has
        several wheels, the one for the oldest glibc also runs on the systems that a city derives from older ones."""
        numbered = [f"manylinux_2_{number}_{self.processor}" for number in range(OLDEST_GLIBC, self.glibc + 1)]
        return [f"manylinux2014_{self.processor}", *numbered]


MACHINES = (
    Machine("bookworm", "3.11.2", 36, "amd64", "x86_64"),
    Machine("bookworm", "3.11.2", 36, "arm64", "aarch64"),
    Machine("trixie", "3.13.5", 41, "amd64", "x86_64"),
    Machine("trixie", "3.13.5", 41, "arm64", "aarch64"),
)


def named_machines(names: str) -> tuple[Machine, ...]:
    """The machines with these names, separated by blanks; all of them if no name is given. ValueError where a name is
    none of theirs."""
    known = {machine.name: machine for machine in MACHINES}
    if unknown := set(names.split()) - set(known):
        raise ValueError(
            f"没有这样的机器：{' '.join(sorted(unknown))}，可选：{' '.join(known)}。 / "
            f"There is no machine {' '.join(sorted(unknown))}; there are {' '.join(known)}."
        )
    return tuple(known[name] for name in names.split()) or MACHINES


def requirements_for(machine: Machine, locked: str) -> str:
    """The locked requirements that hold on a machine, without their conditions: pip would judge these by the Python
    that runs it and not by the one that it downloads for."""
    environment = {str(name): str(value) for name, value in default_environment().items()} | {
        "python_version": machine.python_line,
        "python_full_version": machine.python,
        "platform_machine": machine.processor,
        "platform_system": "Linux",
        "sys_platform": "linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    kept = []
    for head, hashes in locked_packages(locked):
        requirement = Requirement(head)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            requirement.marker = None
            kept.append(" ".join([str(requirement), *(f"--hash=sha256:{value}" for value in hashes)]))
    return "\n".join(kept) + "\n"


def locked_packages(locked: str) -> Iterator[tuple[str, list[str]]]:
    """Each requirement of a locked file with the SHA-256 sums of its files."""
    for line in locked.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            head, *hashes = line.split("--hash=sha256:")
            yield head.strip(), [value.strip() for value in hashes]
