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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from qualityplan.running.comebacks import Comeback

logger = logging.getLogger(__name__)

READY_WITHIN = 60.0
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
        """From the first child's start to the last one's end. What dies before all are ready ends the service: a
        setting is wrong, and whoever has started it is still looking."""
        stopping, household = stop_on_signals(), processes.Household()
        try:
            for name, start in parts_of_service(door).items():
                household.add(name, start())
            if became_ready(household, stopping):
                self.announce()
                wake_the_sweep()
            elif dead := household.dead():
                raise child_died_error(dead[0])
            keep_children_alive(household, parts_of_service(door), stopping)
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
                f"已有一个服务在使用 {var_dir}，请先停止它。 / "
                f"Another service already runs on {var_dir}. Stop it first."
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


def parts_of_service(door: socket.socket) -> dict[str, Callable[[], subprocess.Popen[bytes]]]:
    """Every child and how it is started; the broker first, the others need it."""
    embedded = {"broker": lambda: start_broker(settings.VAR_DIR)} if settings.EMBEDDED_BROKER else {}
    return embedded | {
        "worker": lambda: start_celery("worker", *worker_options()),
        "beat": lambda: start_celery("beat"),
        "web": lambda: start_web(door),
    }


def start_broker(var_dir: Path) -> subprocess.Popen[bytes]:
    """The embedded broker on its private socket; returns once it answers."""
    path = broker.socket_path(var_dir)
    data_dir = var_dir / "broker"
    for folder in {data_dir, path.parent}:
        broker.make_private(folder)
    options = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--logfile", str(data_dir / "log")]
    process = processes.start_process([*broker.server_arguments(data_dir), *options])
    processes.wait_until(lambda: broker_answers_ping(path) or process.poll() is not None, timeout=10)
    if process.poll() is not None or not broker_answers_ping(path):
        processes.stop_process(process)
        raise CommandError("消息代理未能启动。 / The message broker did not start.")
    return process


def broker_answers_ping(path: Path) -> bool:
    """The broker answers a PING on its socket."""
    with redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def start_celery(role: str, *options: str) -> subprocess.Popen[bytes]:
    """The worker or the timer."""
    # Who runs the service as root, in a container say, has decided so already.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery"]
    common = ["--quiet", "--app", "qualityplan", "--workdir", str(settings.BASE_DIR)]
    return processes.start_process([*python, *common, role, *options], env=child_environment())


def worker_options() -> list[str]:
    """One worker alone has nobody to gossip with."""
    return ["--without-gossip", "--without-mingle"]


def start_web(door: socket.socket) -> subprocess.Popen[bytes]:
    """Gunicorn on the open socket, which stays open while it is started again: whoever comes then waits."""
    options = ["--bind", f"fd://{door.fileno()}", "--chdir", str(settings.BASE_DIR)]
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
        lambda: stopping.is_set() or bool(household.dead()) or everything_is_up(), timeout=READY_WITHIN
    )
    return not stopping.is_set() and not household.dead()


def everything_is_up() -> bool:
    """The service answers and misses nothing."""
    address = f"http://{reachable_host()}:{settings.PORT}/readyz"
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as response:
            return "down" not in json.load(response).values()
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


def keep_children_alive(
    household: processes.Household,
    parts: dict[str, Callable[[], subprocess.Popen[bytes]]],
    stopping: threading.Event,
) -> None:
    """Return when asked to stop. Whoever has ended is started again after a pause: the database holds what is to be
    done, nothing is lost, and nobody needs to come at night. What goes on ending is told each time."""
    comebacks = {name: Comeback(living_since=monotonic()) for name in parts}
    while not stopping.wait(0.2):
        for name in household.dead():
            comeback = comebacks[name]
            if comeback.due is None:
                pause, code = comeback.note_end(monotonic()), household.children[name].returncode
                logger.error("ended, is started again", extra={"part": name, "exit_code": code, "seconds": pause})
            elif comeback.is_due(monotonic()):
                comeback.note_start(monotonic())
                start_again(name, household, parts[name])


def start_again(name: str, household: processes.Household, start: Callable[[], subprocess.Popen[bytes]]) -> None:
    """One more try; where even starting fails, the child that has ended stays in its place and its turn comes again."""
    try:
        household.add(name, start())
    except (CommandError, OSError) as error:
        logger.error("could not be started", extra={"part": name, "error": str(error)})
    else:
        logger.warning("started again", extra={"part": name})


def child_died_error(part: str) -> CommandError:
    """The last word of the service."""
    return CommandError(f"“{part}”进程意外退出，服务已停止。 / The {part} process has died; all are stopped.")
