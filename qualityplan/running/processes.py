"""Child processes that never outlive their parent, however it ends.

Each child leads a session of its own, so a Ctrl-C in the terminal reaches only the parent, which then stops the
children in order. Should the parent be killed outright, the kernel ends each child, and in turn the processes that
the child has forked: nothing is lost with them, because the database is the source of truth.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, last_word: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process `last_word` when `parent`, its parent process, ends."""
    libc.prctl(PR_SET_PDEATHSIG, last_word)
    if os.getppid() != parent:
        os.kill(os.getpid(), last_word)


def start_process(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    last_word: int = signal.SIGKILL,
    pass_fds: Sequence[int] = (),
    user: int | None = None,
    output: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, bound to the life of this process; `output` takes all it says."""
    parent = os.getpid()
    return subprocess.Popen(
        arguments,
        env=env,
        pass_fds=pass_fds,
        user=user,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent, last_word),
        stdout=output,
        stderr=output,
    )


def stop_process(process: subprocess.Popen[bytes], patience: float = 10.0, word: int = signal.SIGTERM) -> None:
    """Ask the process to end, wait, and then kill what is left of its session."""
    with suppress(ProcessLookupError):
        process.send_signal(word)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], timeout: float, pause: float = 0.05) -> bool:
    """Ask again and again until the condition holds; False when it never did."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


@dataclass
class Household:
    """The named children of one parent, in the order they were started."""

    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def add(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Take in a child."""
        self.children[name] = process

    def dead(self) -> list[str]:
        """The names of the children that have ended."""
        return [name for name, process in self.children.items() if process.poll() is not None]

    def stop(self) -> None:
        """End all, the last started first; they are asked together, so they end side by side."""
        for process in self.children.values():
            if process.poll() is None and process is not self.first:
                process.terminate()
        for process in reversed(self.children.values()):
            stop_process(process)

    @property
    def first(self) -> subprocess.Popen[bytes] | None:
        """The child the others depend on: the broker."""
        return next(iter(self.children.values()), None)
