"""The whole service in the foreground: web server, worker, timer and, unless one is given, the message broker."""

import fcntl
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis.backoff import NoBackoff
from redis.retry import Retry

from qualityplan.celery import app
from qualityplan.demonstration.accounts import demo_password
from qualityplan.demonstration.shapes import made_up_plans
from qualityplan.releases.inspection import find_installation_faults
from qualityplan.running import broker, processes

logger = logging.getLogger(__name__)

READY_WITHIN = 60.0
COMEBACKS, WITHIN = 3, 60.0
"""So many times within so many seconds a worker or timer that ends by itself is started again; what goes on ending has
a reason that somebody must look at."""
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - recognised, never the default


class Command(BaseCommand):
    """See the module."""

    help = "Run web server, worker, timer and broker until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Both are for `make run`, whose own death must not leave the service behind."""
        parser.add_argument("--load", nargs="*", default=[], metavar="FIXTURE", help="Load these files first.")
        parser.add_argument("--with-parent", action="store_true", help="Stop when the calling process ends.")

    def handle(self, *args: object, **options: Any) -> None:
        """Refuse early, prepare, and only then start anything."""
        if options["with_parent"]:
            processes.die_with_parent(os.getppid(), signal.SIGTERM)
        with hold_service_lock(settings.VAR_DIR), hold_port(settings.BIND, settings.PORT) as door:
            prepare_database(options["load"])
            self.keep_house(door)

    def keep_house(self, door: socket.socket) -> None:
        """From the first child's start to the last one's end."""
        stopping, household = stop_on_signals(), processes.Household()
        try:
            open_house(household, door)
            if became_ready(household, stopping):
                self.announce()
                wake_the_sweep()
            elif dead := household.dead():
                raise child_died_error(dead)
            watch_children(household, stopping)
        finally:
            household.stop()

    def announce(self) -> None:
        """Say where the page is and how to get in."""
        for line in [*welcome(), ""]:
            self.stdout.write(line)
        self.stdout.flush()


def prepare_database(fixtures: list[str]) -> None:
    """The database as it must be before anybody looks at it. All in this one process: starting others takes seconds.

    Ctrl-C ends it at once: there are no children yet, and each step is one transaction or can be repeated. What the
    office has changed since the first start is kept.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.getLogger("targets.jobs").setLevel(logging.ERROR)  # there is no worker to wake yet, and none is missed
    call_command("migrate", verbosity=0, interactive=False)
    for fault in find_installation_faults():
        raise CommandError(str(fault))
    if fixtures:
        call_command("load_fixtures", *fixtures, keep=True)
    if settings.DEMO:
        call_command("demo", *(made_up_plans() if fixtures else ()))


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set, in place of an exception in the middle of anything."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


@contextmanager
def hold_service_lock(var_dir: Path) -> Iterator[None]:
    """Hold the lock of this VAR_DIR: two services would write the same files."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"已有一个服务在使用 {var_dir}，不能重复启动。 / Another service already runs on {var_dir}."
            ) from None
        yield


@contextmanager
def hold_port(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port now, and hand the open socket to the web server: nobody can take it in between."""
    try:
        door = socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise CommandError(
            f"端口 {port} 已被占用或不可用，请用 PORT=… 换一个（{error.strerror}）。 / "
            f"Port {port} is taken or not available; choose another with PORT=… ({error.strerror})."
        ) from None
    with door:
        yield door


def open_house(household: processes.Household, door: socket.socket) -> None:
    """Start every child; the broker first, the others need it."""
    if settings.EMBEDDED_BROKER:
        household.add("broker", start_broker(settings.VAR_DIR))
    household.add("worker", start_celery("worker"))
    household.add("beat", start_celery("beat"))
    household.add("web", start_web(door))


def start_broker(var_dir: Path) -> subprocess.Popen[bytes]:
    """The embedded broker on its private socket; returns once it answers."""
    path = broker.socket_path(var_dir)
    data_dir = var_dir / "broker"
    for folder in {data_dir, path.parent}:
        broker.make_private(folder)
    options = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--logfile", str(data_dir / "log")]
    process = processes.start_process([*broker.server_arguments(data_dir), *options])
    if not processes.wait_until(lambda: broker_answers_ping(path) or process.poll() is not None, timeout=10):
        raise CommandError("消息代理未能启动。 / The message broker did not start.")
    return process


def broker_answers_ping(path: Path) -> bool:
    """The broker answers a PING on its socket."""
    with redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def start_celery(role: str) -> subprocess.Popen[bytes]:
    """The worker or the timer."""
    options = worker_options() if role == "worker" else beat_options(settings.VAR_DIR)
    # Who runs the service as root, in a container say, has decided so already.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery"]
    common = ["--quiet", "--app", "qualityplan", "--workdir", str(settings.BASE_DIR)]
    return processes.start_process([*python, *common, role, *options], env=child_environment())


def worker_options() -> list[str]:
    """Two processes are enough: a job works on sets of rows, and the database does the work."""
    return ["--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle"]


def beat_options(var_dir: Path) -> list[str]:
    """The timer keeps its notes under VAR_DIR and writes no pid file: its parent watches it."""
    return ["--schedule", str(var_dir / "beat-schedule"), "--pidfile", ""]


def start_web(door: socket.socket) -> subprocess.Popen[bytes]:
    """Gunicorn on the open socket: one process per core; threads would share one interpreter lock."""
    workers = settings.WEB_PROCESSES or len(os.sched_getaffinity(0))
    options = ["--bind", f"fd://{door.fileno()}", "--workers", str(workers), "--chdir", str(settings.BASE_DIR)]
    program = [sys.executable, "-m", "gunicorn", "--config", "python:qualityplan.gunicorn", *options]
    return processes.start_process(
        [*program, "qualityplan.wsgi"],
        env=child_environment(),
        pass_fds=[door.fileno()],
    )


def child_environment() -> dict[str, str]:
    """This environment, without the way in as the owner of the tables; output is not held back, so that log lines
    appear as they are written."""
    service = {"AS_OWNER": "0", "MIGRATION_DATABASE_URL": ""}
    return {**os.environ, **service, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "qualityplan.settings"}


def became_ready(household: processes.Household, stopping: threading.Event) -> bool:
    """Wait until every part is up; no longer when a child has died or somebody wants to stop."""
    processes.wait_until(
        lambda: stopping.is_set() or household.dead() is not None or everything_is_up(), timeout=READY_WITHIN
    )
    return not stopping.is_set() and household.dead() is None


def everything_is_up() -> bool:
    """The service answers and misses nothing."""
    name = next(iter(settings.ALLOWED_HOSTS), "").lstrip("*.") or "localhost"
    request = urllib.request.Request(f"http://{reachable_host()}:{settings.PORT}/readyz", headers={"Host": name})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as response:
            return set(json.load(response).values()) == {"up"}
    except (OSError, ValueError):
        return False


def reachable_host() -> str:
    """The address to ask: a service bound to every interface answers on the loopback one."""
    return "127.0.0.1" if settings.BIND in ("", ANY_ADDRESS) else settings.BIND


def welcome() -> list[str]:
    """The address and the way in, in both languages."""
    scheme = "https" if settings.HTTPS else "http"
    address = f"{scheme}://{reachable_host()}:{settings.PORT}/"
    running = f"计划监测已启动 / The plan monitor is running: {address}"
    return ["", running, *way_in(), "按 Ctrl-C 停止 / Ctrl-C stops it"]


def way_in() -> list[str]:
    """How to log in: the demonstration accounts, or how to make the first one."""
    if settings.DEMO:
        return [f"演示账号 / Demo accounts: admin, leader, coordinator …   密码 / password: {demo_password()}"]
    if get_user_model().objects.filter(is_superuser=True).exists():
        return ["请用您的账号登录 / Log in with your account"]
    return ["尚无管理员，请运行 / No administrator yet, run:  python manage.py createsuperuser"]


def wake_the_sweep() -> None:
    """Recompute what was left from last time now, not at the timer's first tick."""
    app.send_task("targets.judging.recompute")


def watch_children(household: processes.Household, stopping: threading.Event) -> None:
    """Return when asked to stop. Worker and timer that have ended are started again: nothing is lost with them, and
    nobody needs to notice. Complain when that does not help, or when another child has died."""
    comebacks = Comebacks()
    while not stopping.wait(0.2):
        if (dead := household.dead()) is None:
            continue
        if dead not in ("worker", "beat") or not comebacks.one_more():
            raise child_died_error(dead)
        logger.error("ended, started again", extra={"part": dead, "exit_code": household.children[dead].returncode})
        household.add(dead, start_celery(dead))


@dataclass
class Comebacks:
    """Notes when something was started again lately."""

    moments: list[float] = field(default_factory=list)

    def one_more(self) -> bool:
        """Whether to start something again now; notes that it is."""
        now = monotonic()
        self.moments = [moment for moment in self.moments if now - moment < WITHIN]
        self.moments.append(now)
        return len(self.moments) <= COMEBACKS


def child_died_error(part: str) -> CommandError:
    """The last word of the service."""
    return CommandError(f"“{part}”进程意外退出，服务已停止。 / The {part} process has died; all are stopped.")
