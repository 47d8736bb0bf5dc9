"""What several tests of the whole service use."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qualityplan.running import broker, patience, processes
from qualityplan.tests.fixture_rows import Write
from qualityplan.tests.servers import connects, free_port


@pytest.fixture
def own_broker(tmp_path: Path, eventually: Callable[..., None]) -> Iterator[Callable[[], tuple[Any, str]]]:
    """Starts a Redis on a port of its own, the same each time it is called."""
    port, started = free_port(), []

    def start() -> tuple[Any, str]:
        arguments = [*broker.server_arguments(tmp_path), "--port", str(port), "--bind", "127.0.0.1"]
        started.append(processes.start_process(arguments, output=subprocess.DEVNULL))
        eventually(lambda: connects(port))
        return started[-1], f"redis://127.0.0.1:{port}/0"

    yield start
    for process in started:
        processes.stop_process(process)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the service is."""
    monkeypatch.setattr(patience, "SECONDS", 0.3)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(row, row, name="a.json")` makes a fixture file and returns its path; the first row is its second line."""

    def write_file(*rows: Any, name: str = "rows.json") -> str:
        path = tmp_path / name
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        path.write_text(f"[\n{lines}\n]", encoding="utf-8")
        return str(path)

    return write_file
