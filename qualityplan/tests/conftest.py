"""What several tests of the whole service use."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qualityplan import broker, processes
from qualityplan.tests.servers import connects, free_port


@pytest.fixture
def own_broker(tmp_path: Path, eventually: Callable[..., None]) -> Iterator[Callable[[], tuple[Any, str]]]:
    """Starts a Redis on a port of its own, the same each time it is called."""
    port, started = free_port(), []

    def start() -> tuple[Any, str]:
        arguments = [*broker.server_arguments(tmp_path), "--port", str(port), "--bind", "127.0.0.1"]
        started.append(processes.start(arguments, output=subprocess.DEVNULL))
        eventually(lambda: connects(port))
        return started[-1], f"redis://127.0.0.1:{port}/0"

    yield start
    for process in started:
        processes.stop(process)
