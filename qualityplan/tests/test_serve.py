"""The service as real processes: it says what it does, and nothing of it stays behind."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from qualityplan.gunicorn import fitting_processes
from qualityplan.running import broker, processes
from qualityplan.running.comebacks import Comeback
from qualityplan.tests.servers import free_port

MARK = "QUALITYPLAN_SERVE_TEST"
READY = "计划监测已启动"
PARTS = {"worker": "worker --without", "beat": " beat ", "web": "gunicorn", "broker": "--unixsocket"}
"""Each part of the service, and by what its command line is known."""


class Service:
    """One `manage.py serve` on a VAR_DIR of its own, and every process that came out of it."""

    def __init__(self, var_dir: Path, port: int, *options: str, **environment: str) -> None:
        self.mark, self.log, self.port = secrets.token_hex(8), var_dir / "log", port
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
    assert all(part in commands for part in PARTS.values()), service.said()
    service.parent.send_signal(word)
    service.parent.wait(30)
    eventually(lambda: not service.processes(), timeout=15)
    if word != signal.SIGKILL:
        assert service.parent.returncode == 0


def test_every_part_that_ends_by_itself_comes_back_and_the_log_says_so(
    serve: Callable[..., Service], eventually: Callable[..., None]
) -> None:
    service = serve()
    eventually(service.ready, timeout=60)
    for name, part in PARTS.items():
        ended = service.child(part)
        os.kill(ended, signal.SIGKILL)
        eventually(lambda part=part, ended=ended: service.child(part, other_than=ended), timeout=20)
        eventually(lambda name=name: len(told_of(name, service)) == 2, timeout=10)
        assert told_of(name, service) == [("ended, is started again", 1.0), ("started again", None)]
    eventually(lambda: everything_is_up(service.port), timeout=30)
    assert service.parent.poll() is None
    assert "has died" not in service.said()


def told_of(name: str, service: Service) -> list[tuple[str, float | None]]:
    """What the log says of a part, and the seconds that it names."""
    lines = [json.loads(line) for line in service.said().splitlines() if '"part"' in line]
    return [(line["message"], line.get("seconds")) for line in lines if line["part"] == name]


def everything_is_up(port: int) -> bool:
    """What the monitoring is told by the machine's number, by which people do not reach the service."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return "down" not in json.load(answer).values()
    except OSError:
        return False


def test_what_dies_before_the_service_is_ready_ends_it_with_its_name(
    serve: Callable[..., Service], eventually: Callable[..., None]
) -> None:
    service = serve(CELERY_BROKER_URL="nonsense://127.0.0.1")
    assert service.parent.wait(60) == 1
    assert "process has died" in service.said()
    eventually(lambda: not service.processes(), timeout=15)


def test_what_goes_on_ending_waits_twice_as_long_each_time_and_a_minute_of_life_is_a_new_beginning() -> None:
    comeback, now, pauses = Comeback(living_since=0.0), 0.0, []
    for _end in range(8):
        pauses.append(comeback.note_end(now))
        assert not comeback.is_due(now + pauses[-1] - 0.1)
        now += pauses[-1]
        assert comeback.is_due(now)
        comeback.note_start(now)
        assert not comeback.is_due(now)
        now += 59.0
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert comeback.note_end(now + 1.0) == 1


@pytest.mark.parametrize(("cores", "processes_of_web"), [(1, 3), (2, 3), (8, 9), (64, 33)])
def test_the_web_server_has_as_many_processes_as_fit_the_machine(cores: int, processes_of_web: int) -> None:
    assert fitting_processes(cores) == processes_of_web


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
