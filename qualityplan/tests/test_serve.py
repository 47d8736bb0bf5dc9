"""The service as real processes: it says what it does, and nothing of it stays behind."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from qualityplan.management.commands.serve import Comebacks
from qualityplan.running import broker, processes
from qualityplan.tests.servers import free_port

MARK = "QUALITYPLAN_SERVE_TEST"
READY = "计划监测已启动"


class Service:
    """One `manage.py serve` on a VAR_DIR of its own, and every process that came out of it."""

    def __init__(self, var_dir: Path, port: int, *options: str, **environment: str) -> None:
        self.mark, self.log = secrets.token_hex(8), var_dir / "log"
        var_dir.mkdir(exist_ok=True)
        given = {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), "PORT": str(port), "WEB_PROCESSES": "1"}
        env = given | {"SECRET_KEY": secrets.token_urlsafe(50), "HTTPS": "0", MARK: self.mark} | environment
        command = [sys.executable, "-u", "manage.py", "serve", *options]
        output = self.log.open("wb")
        self.parent = processes.start_process(command, env=env, output=output)
        output.close()

    def said(self) -> str:
        """Everything it wrote."""
        return self.log.read_text()

    def ready(self) -> bool:
        """It has announced its address, or has ended."""
        return READY in self.said() or self.parent.poll() is not None

    def processes(self) -> dict[int, str]:
        """Number and command line of every living process that carries this service's mark."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                marked = f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marked and command:
                found[int(folder.name)] = command
        return found

    def child(self, part: str, other_than: int = 0) -> int:
        """The number of the child whose command line holds `part`, and whose parent is the service; 0 if there is
        none."""
        children = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children").read_text().split()
        commands = {int(pid): command for pid, command in self.processes().items() if str(pid) in children}
        return next((pid for pid, command in commands.items() if part in command and pid != other_than), 0)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def start(*options: str, port: int | None = None, **environment: str) -> Service:
        services.append(Service(tmp_path / "var", port or free_port(), *options, **environment))
        return services[-1]

    yield start
    for service in services:
        processes.stop_process(service.parent, patience=20)
        for pid in service.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind(
    word: signal.Signals, serve: Callable[..., Service], eventually: Callable[..., None]
) -> None:
    service = serve()
    eventually(service.ready, timeout=60)
    commands = " ".join(service.processes().values())
    assert all(part in commands for part in (" worker ", " beat ", "gunicorn", "--unixsocket")), service.said()
    service.parent.send_signal(word)
    service.parent.wait(30)
    eventually(lambda: not service.processes(), timeout=15)
    if word != signal.SIGKILL:
        assert service.parent.returncode == 0


def test_worker_and_timer_that_end_come_back_and_without_the_web_server_all_stop(
    serve: Callable[..., Service], eventually: Callable[..., None]
) -> None:
    service = serve()
    eventually(service.ready, timeout=60)
    for part in (" worker ", " beat "):
        ended = service.child(part)
        os.kill(ended, signal.SIGKILL)
        eventually(lambda part=part, ended=ended: service.child(part, other_than=ended), timeout=15)
    assert service.parent.poll() is None
    os.kill(service.child("gunicorn"), signal.SIGKILL)
    assert service.parent.wait(30) == 1
    assert "The web process has died" in service.said()
    eventually(lambda: not service.processes(), timeout=15)


def test_what_goes_on_ending_is_not_started_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    comebacks, now = Comebacks(), 0.0
    monkeypatch.setattr("qualityplan.management.commands.serve.monotonic", lambda: now)
    assert [comebacks.one_more() for _time in range(4)] == [True, True, True, False]
    now = 61.0
    assert comebacks.one_more()


def test_a_taken_port_is_told_in_both_languages(serve: Callable[..., Service]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = serve(port=taken.getsockname()[1])
        assert service.parent.wait(30) == 1
    assert "已被占用" in service.said()
    assert "is taken" in service.said()
    assert not service.processes()


def test_a_second_service_on_the_same_folder_is_refused(
    serve: Callable[..., Service], eventually: Callable[..., None], tmp_path: Path
) -> None:
    first = serve()
    eventually(first.ready, timeout=60)
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), "PORT": str(free_port()), "SECRET_KEY": "x"}
    command = [sys.executable, "manage.py", "serve"]
    second = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True)
    assert second.returncode == 1
    assert "Another service already runs" in second.stderr
    assert first.parent.poll() is None


def test_it_ends_with_its_caller_when_asked_to(
    serve: Callable[..., Service], eventually: Callable[..., None], tmp_path: Path
) -> None:
    """As `make run` does: the killed caller is a shell in make's place."""
    var_dir = tmp_path / "var"
    var_dir.mkdir()
    mark = secrets.token_hex(8)
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), "PORT": str(free_port()), "HTTPS": "0", MARK: mark}
    script = f"{sys.executable} manage.py serve --with-parent; true"
    with (var_dir / "log").open("wb") as log:
        caller = processes.start_process(["sh", "-c", script], env=env | {"SECRET_KEY": "x" * 50}, output=log)
    watched = Service.__new__(Service)
    watched.mark, watched.log, watched.parent = mark, var_dir / "log", caller
    eventually(watched.ready, timeout=60)
    caller.kill()
    caller.wait()
    eventually(lambda: not watched.processes(), timeout=30)


def test_a_long_folder_gets_a_short_private_socket(tmp_path: Path) -> None:
    long = tmp_path / ("很长的目录" * 20)
    path = broker.socket_path(long)
    assert len(os.fsencode(path)) <= broker.SOCKET_PATH_LIMIT
    assert path == broker.socket_path(long), "every command finds the same socket"
    assert broker.socket_path(tmp_path / "other" / ("很长的目录" * 20)) != path


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        broker.make_private(tmp_path / "link")
