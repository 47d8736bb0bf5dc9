"""The whole service with servers of its own: any part can be killed, frozen, restarted, or told a wrong time."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.tormented.ledger import Span
from qualityplan.running import broker, processes
from qualityplan.tests import servers

PARTS = ("postgresql", "redis", "web", "worker", "beat")
HOWS = ("killed", "frozen", "restarted")
CLOCK = ("clock", "set")
AN_HOUR = 3600
START_WITHIN = 60.0
LAST_WORDS = 5
"""Lines that are told of what has ended by itself."""
DURABLE = ("synchronous_commit=on", "full_page_writes=on")
"""What the server of the tests leaves out: here it is killed."""
BASE = Path(__file__).resolve().parent.parent.parent


class House:
    """PostgreSQL, Redis, web server, worker and beat as they are run. Started from one thread alone, with which they
    would end."""

    def __init__(self, folder: Path) -> None:
        """Chooses the ports, makes an empty database cluster, and puts all addresses in the environment."""
        self.folder, self.user = folder, servers.unprivileged_user()
        self.ports = {name: servers.free_port() for name in ("postgresql", "redis", "web")}
        self.programs = servers.postgresql_programs(folder, self.user)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.died: list[str] = []
        self.clock = folder / "clock"
        self.logs = {part: (folder / f"{part}.log").open("ab") for part in PARTS}
        self._make_cluster()
        self.set_clock(0)
        os.environ |= self._environment()

    def _make_cluster(self) -> None:
        data = self.folder / "postgresql"
        for made in (data, self.folder / "redis", self.folder / "var", self.folder / "tmp"):
            made.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(data, self.user, -1)
        servers.initialise(self.programs, data, self.user)

    def _environment(self) -> dict[str, str]:
        redis = f"redis://127.0.0.1:{self.ports['redis']}"
        return {
            "VAR_DIR": str(self.folder / "var"),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "HTTPS": "0",
            "DEMO": "0",
            "EMAIL_URL": "dummymail://",
            "DATABASE_URL": self.address,
            "CELERY_BROKER_URL": f"{redis}/0",
            "CACHE_URL": f"{redis}/1",
            "DJANGO_SETTINGS_MODULE": "qualityplan.settings",
            "PYTHONPATH": str(BASE),
            # A run is short; what counts hours and requests of people must not end it.
            "SWEEP_SECONDS": "3",
            "SESSION_IDLE_MINUTES": "600",
            "API_RATE": "1000000/m",
            "TORTURE_CLOCK": str(self.clock),
            "TMPDIR": str(self.folder / "tmp"),  # who is killed leaves something there
        }

    @property
    def address(self) -> str:
        """Of the database."""
        return f"postgres://postgres@127.0.0.1:{self.ports['postgresql']}/postgres"

    def set_clock(self, seconds: int) -> None:
        """The web server's clock is wrong by so much from now on."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.clock)

    # --- Starting and stopping ---------------------------------------------------------------------------------------

    def start(self, *parts: str) -> None:
        """Starts the parts one after the other and returns when each answers, or has had time to."""
        for part in parts:
            deadline = time.monotonic() + START_WITHIN
            while not self._came_up(part):
                if time.monotonic() > deadline:
                    raise SystemExit(f"{part} did not start again")

    def _came_up(self, part: str) -> bool:
        """One try. PostgreSQL refuses for a moment, until the last process of the killed one has noticed."""
        self.children[part] = self._started(part)
        child = self.children[part]
        processes.wait_until(lambda: self._answers(part) or child.poll() is not None, START_WITHIN)
        return child.poll() is None

    def _started(self, part: str) -> subprocess.Popen[bytes]:
        starts: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "postgresql": self._start_postgresql,
            "redis": self._start_redis,
            "web": self._start_web,
            "worker": lambda: self._start_celery("worker"),
            "beat": lambda: self._start_celery("beat"),
        }
        return starts[part]()

    def _start_postgresql(self) -> subprocess.Popen[bytes]:
        command = servers.server_command(self.programs, self.folder / "postgresql", self.ports["postgresql"])
        options = [part for setting in DURABLE for part in ("-c", setting)]
        return processes.start_process(
            [*command, *options], user=self.user, last_word=signal.SIGINT, output=self.logs["postgresql"]
        )

    def _start_redis(self) -> subprocess.Popen[bytes]:
        options = ["--port", str(self.ports["redis"]), "--bind", "127.0.0.1"]
        return processes.start_process(
            [*broker.server_arguments(self.folder / "redis"), *options], output=self.logs["redis"]
        )

    def _start_web(self) -> subprocess.Popen[bytes]:
        options = ["--config", "python:benchmarks.tormented.clock", "--workers", "2", "--chdir", str(BASE)]
        door = ["--bind", f"127.0.0.1:{self.ports['web']}"]
        command = [sys.executable, "-m", "gunicorn", *options, *door, "qualityplan.wsgi"]
        return processes.start_process(command, output=self.logs["web"])

    def _start_celery(self, role: str) -> subprocess.Popen[bytes]:
        from qualityplan.management.commands.serve import worker_options

        of_role = worker_options() if role == "worker" else []
        python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery"]
        command = [*python, "--quiet", "--app", "qualityplan", "--workdir", str(BASE), role, *of_role]
        return processes.start_process(command, output=self.logs[role])

    def _answers(self, part: str) -> bool:
        if part == "postgresql":
            return self._lets_in()
        return servers.connects(self.ports[part]) if part in self.ports else True

    def _lets_in(self) -> bool:
        """PostgreSQL takes connections before it lets anybody in."""
        from django.db import OperationalError, connection

        try:
            connection.ensure_connection()
        except OperationalError:
            return False
        finally:
            connection.close()
        return True

    def stop(self) -> None:
        """Everything, PostgreSQL last."""
        for part in reversed([part for part in PARTS if part in self.children]):
            self._end(part)
        for log in self.logs.values():
            log.close()

    def _end(self, part: str) -> None:
        word = signal.SIGINT if part == "postgresql" else signal.SIGTERM
        processes.stop_process(self.children[part], word=word)

    # --- Tormenting --------------------------------------------------------------------------------------------------

    def torment(self, who: str, how: str, seconds: float) -> Span:
        """Takes one part away for so long and gives it back."""
        begun = time.monotonic()
        family = family_of(self.children[who].pid)
        if how == "frozen":
            send(family, signal.SIGSTOP)
            time.sleep(seconds)
            send(family, signal.SIGCONT)
        else:
            self._take_away(who, how, family)
            time.sleep(seconds)
            self.start(who)
        return Span(begun, time.monotonic(), who, how)

    def _take_away(self, who: str, how: str, family: list[int]) -> None:
        if how == "restarted":
            self._end(who)
            return
        send(family, signal.SIGKILL)
        self.children[who].wait()

    def look_after(self) -> None:
        """What has ended by itself is noted and started again."""
        for part, child in list(self.children.items()):
            if child.poll() is not None:
                said = (self.folder / f"{part}.log").read_text(errors="replace").splitlines()[-LAST_WORDS:]
                self.died.append("\n  ".join([f"ended by itself: {part}, exit code {child.returncode}", *said]))
                self.start(part)


def family_of(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in family_of(int(child)))]


def send(family: list[int], word: int) -> None:
    """The same signal to all of them, the eldest first, so that nobody replaces who has gone."""
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, word)


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """A house with PostgreSQL and Redis, and Django set up on an empty database of theirs."""
    house = House(folder)
    import django
    from django.core.management import call_command

    django.setup()
    try:
        house.start("postgresql", "redis")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield house
    finally:
        house.stop()


def cards(chance: random.Random) -> Iterator[tuple[str, str]]:
    """What happens to whom, everything once in each round, in a random order."""
    while True:
        deck = [(who, how) for who in PARTS for how in HOWS] + [CLOCK] * 2
        chance.shuffle(deck)
        yield from deck


def tormented(house: House, seconds: float, chance: random.Random) -> list[Span]:
    """One torment after the other, with pauses, for so long; in the end everything stands and the clock is right."""
    until, spans, behind = time.monotonic() + seconds, [], 0
    for who, how in cards(chance):
        time.sleep(chance.uniform(0.5, 2.0))
        if time.monotonic() > until:
            break
        house.look_after()
        if (who, how) == CLOCK:
            behind = -AN_HOUR - behind
            house.set_clock(behind)
            spans.append(Span(time.monotonic(), time.monotonic(), who, f"set to {behind} s"))
        else:
            spans.append(house.torment(who, how, chance.uniform(1.0, 5.0)))
    house.set_clock(0)
    house.look_after()
    return spans
