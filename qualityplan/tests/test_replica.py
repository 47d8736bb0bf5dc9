"""With a streaming replica: pages come from it, and are never older than the database's."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse

from conftest import database_url
from departments.models import User
from departments.permissions import Role
from plans.page_cache import replica as replica_pages
from qualityplan.running import processes
from qualityplan.tests.firstview import gunicorn
from qualityplan.tests.servers import free_port, unprivileged_user
from qualityplan.tests.visitors import Visitor, let_them_log_in
from targets.models import Target
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


class Replica(NamedTuple):
    """A standby of the tests' PostgreSQL that writes each statement into a log."""

    address: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def tell(self, statement: str) -> str:
        """What the first column of the first row says."""
        with closing(psycopg2.connect(self.address)) as own, own.cursor() as cursor:
            cursor.execute(statement)
            return str((cursor.fetchone() or ("",))[0])

    def asked_since(self, place: int) -> int:
        """How many statements about lights it was asked; `place` is how long its log was."""
        return self.log.read_text()[place:].count('FROM "targets_attainment"')


def told_by_server(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def answers(address: str) -> bool:
    try:
        psycopg2.connect(address).close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.fixture
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder, user, port = tmp_path_factory.mktemp("replica"), unprivileged_user(), free_port()
    passed = [path for path in folder.parents if Path(gettempdir()) in path.parents]
    for path in (folder, *passed):  # by another user; where tests run beside one another there is a folder more
        path.chmod(0o755)
    programs = Path(told_by_server("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    data_dir, log = folder / "data", folder / "log"
    data_dir.mkdir(mode=0o700)
    log.touch()
    if user is not None:
        os.chown(data_dir, user, -1)
    source = connection.settings_dict
    copy = ["-D", str(data_dir), "-d", f"host={source['HOST']} port={source['PORT']} user={source['USER']}"]
    command = [str(programs / "pg_basebackup"), *copy, "-R", "--checkpoint=fast", "--no-sync"]
    done = subprocess.run(command, user=user, cwd=data_dir, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "log_statement": "all"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        server = [str(programs / "postgres"), "-D", str(data_dir), *options]
        process = processes.start_process(server, user=user, last_word=signal.SIGINT, output=output)
        try:
            address = database_url().replace(f":{source['PORT']}/", f":{port}/")
            assert processes.wait_until(lambda: answers(address), 60), log.read_text()
            yield Replica(address, log, process)
        finally:
            processes.stop_process(process, word=signal.SIGINT)


@pytest.fixture
def promise() -> Target:
    houses = f.indicator("count", unit="户")
    made = f.target(houses, "at_least", 4081)
    f.official(f.entry(houses, "2014-01", 310))
    return made


@pytest.fixture
def leader(promise: Target) -> User:
    person = f.person(Role.LEADER, f.department(promise.plan.region, "leadership"))
    let_them_log_in()
    return person


def seen(visitor: Visitor, page: str) -> str:
    """The page without the spaces that part the thousands."""
    return re.sub(r"(?<=\d)[\s,](?=\d{3})", "", visitor.open(page))


def has_caught_up(replica: Replica) -> bool:
    changes = "SELECT COALESCE(SUM(number), 0) FROM plans_change"
    return processes.wait_until(
        lambda: answers(replica.address) and replica.tell(changes) == told_by_server(changes), 60
    )


def test_pages_come_from_the_replica_as_long_as_it_knows_all_and_lives(
    promise: Target, leader: User, replica: Replica
) -> None:
    page = f"/plans/{promise.plan.code}/targets/{promise.code}/"
    assert has_caught_up(replica)
    with gunicorn(DATABASE_URL=database_url(), REPLICA_URL=replica.address, DEBUG="1") as port:
        visitor = Visitor(port, leader.username)

        place = len(replica.log.read_text())
        assert "310" in seen(visitor, page)
        assert replica.asked_since(place) > 0

        replica.tell("SELECT pg_wal_replay_pause()")
        f.official(f.entry(promise.indicator, "2014-02", 1234))
        place = len(replica.log.read_text())
        assert "1544" in seen(visitor, page)
        assert replica.asked_since(place) == 0

        replica.tell("SELECT pg_wal_replay_resume()")
        assert has_caught_up(replica)
        f.official(f.entry(promise.indicator, "2014-03", 1000))
        assert has_caught_up(replica)
        assert "2544" in seen(visitor, page)

        replica.process.send_signal(signal.SIGINT)
        replica.process.wait(30)
        f.official(f.entry(promise.indicator, "2014-04", 1))
        assert "2545" in seen(visitor, page)


def test_a_replica_that_breaks_off_within_a_page_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_pages, "_knows_all", iter([True, False]).__next__)
    monkeypatch.setattr(replica_pages, "connections", {replica_pages.REPLICA: connection})
    reading: list[str] = []

    def make() -> HttpResponse:
        reading.append(replica_pages.ReplicaRouter().db_for_read(Target))
        if reading[-1] == replica_pages.REPLICA:
            raise OperationalError("canceling statement due to conflict with recovery")
        return HttpResponse("the page")

    for _again in range(2):
        assert replica_pages.make_from_replica(make).content == b"the page"
    assert reading == [replica_pages.REPLICA, "default", "default"]
