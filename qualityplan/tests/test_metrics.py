"""What Prometheus reads: counts over all processes, what waits, and which part is away; for listed addresses alone."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from conftest import database_url
from plans.periods import Month
from qualityplan.celery import app
from qualityplan.running import processes
from qualityplan.settings import networks
from qualityplan.tests.servers import free_port
from qualityplan.watching import failures, marks, notes
from targets.models import DirtyKey
from targets.tests import factories as f

Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def samples(text: str) -> Samples:
    """Each sample by its name and the values of its labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def scraped(client: Client | None = None) -> Samples:
    answer = (client or Client()).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.content.decode())


# --- For whom ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seen", "told", "status"),
    [
        ("127.0.0.1", None, 200),
        ("::1", None, 200),
        ("::ffff:127.0.0.1", None, 200),
        ("10.1.2.3", None, 404),
        ("", None, 404),
        ("127.0.0.1", "10.1.2.3", 404),
        ("10.1.2.3", "127.0.0.1", 200),
        ("127.0.0.1", "127.0.0.1, 10.1.2.3", 404),
        ("127.0.0.1", "nonsense", 404),
    ],
)
def test_who_is_not_listed_learns_nothing(seen: str, told: str | None, status: int, settings: Settings) -> None:
    """Behind a proxy counts the address that the proxy tells, which whoever asks cannot forge."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    headers = {"x-forwarded-for": told} if told else {}
    answer = Client(REMOTE_ADDR=seen, headers=headers).get("/metrics")
    assert answer.status_code == status
    assert bool(answer.content) is (status == 200)


@pytest.mark.django_db
def test_without_a_trusted_proxy_nobody_says_where_they_are() -> None:
    assert Client(REMOTE_ADDR="10.1.2.3", headers={"x-forwarded-for": "127.0.0.1"}).get("/metrics").status_code == 404


@pytest.mark.django_db
def test_fewer_proxies_than_the_settings_name_are_refused(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert Client(headers={"x-forwarded-for": "127.0.0.1"}).get("/metrics").status_code == 404


def test_the_setting_takes_addresses_and_networks_and_says_what_it_does_not_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("METRICS_ALLOW", "10.1.2.3, 10.2.0.0/16,fd00::/8")
    assert [str(one) for one in networks("METRICS_ALLOW", [])] == ["10.1.2.3/32", "10.2.0.0/16", "fd00::/8"]
    monkeypatch.setenv("METRICS_ALLOW", "monitoring.intranet")
    with pytest.raises(ImproperlyConfigured, match=r"such as 10\.1\.2\.3.*应为以逗号分隔的地址和网段"):
        networks("METRICS_ALLOW", [])


# --- What is told -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_waits_what_was_done_last_and_how_large_it_is(folder: Path) -> None:
    indicator, now = f.indicator(), timezone.now()
    DirtyKey.objects.all().delete()
    DirtyKey.objects.create(indicator=indicator, month=Month(2014, 6), created_at=now - timedelta(minutes=5))
    (folder / "backup.json").write_text('{"made_at": "2014-06-01T03:00:00+08:00", "bytes": 12, "failed_at": null}')
    marks.mark_seen(marks.BEAT)
    notes.note_audit(notes.CHAIN, faults=3)
    told = scraped()
    assert told["qualityplan_dirty_keys", ()] == 1
    assert 300 <= told["qualityplan_dirty_keys_oldest_seconds", ()] < 330
    assert told["qualityplan_backup_last_timestamp_seconds", ()] == 1401562800
    assert told["qualityplan_backup_bytes", ()] == 12
    assert told["qualityplan_audit_chain_faults", ()] == 3
    assert told["qualityplan_beat_last_timestamp_seconds", ()] == pytest.approx(now.timestamp(), abs=30)
    assert told["qualityplan_database_bytes", ()] > 100_000
    assert told["qualityplan_disk_free_bytes", ()] > 0
    assert [name for name, _labels in told if name == "qualityplan_info"]


@pytest.mark.django_db
def test_what_never_was_is_not_told_as_if_it_had_been() -> None:
    names = {name for name, _labels in scraped()}
    assert not {name for name in names if "backup" in name or "audit" in name or "beat_last" in name}


@pytest.mark.django_db
def test_requests_are_counted_by_the_name_of_the_route_and_never_by_their_address() -> None:
    before = scraped()
    client = Client()
    client.get("/screen/a-private-key/")
    client.get("/no/such/address/")
    client.get("/healthz")
    told = scraped()
    for labels in (("screen_of_key", "404"), ("none", "404"), ("healthz", "200")):
        assert told["qualityplan_requests_total", labels] == before.get(("qualityplan_requests_total", labels), 0) + 1
    assert told["qualityplan_request_seconds_count", ("healthz",)] >= 1
    assert not any("a-private-key" in value or "no/such" in value for _name, labels in told for value in labels)


@pytest.mark.django_db
def test_a_scrape_asks_the_same_few_questions_at_any_size() -> None:
    asked = []
    for number in (1, 50):
        indicator = f.indicator()
        DirtyKey.objects.bulk_create([DirtyKey(indicator=indicator, month=Month(2014, 1)) for _key in range(number)])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            scraped()
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 5


@pytest.mark.django_db
def test_messages_in_the_queue_are_counted_and_the_oldest_has_its_age(deaf_worker: None) -> None:
    app.control.purge()
    assert scraped()["qualityplan_queue_messages", ()] == 0
    for _message in range(2):
        app.send_task("targets.judging.recompute")
    told = scraped()
    assert told["qualityplan_queue_messages", ()] == 2
    assert 0 < told["qualityplan_queue_oldest_seconds", ()] < 60
    assert told["qualityplan_up", ("broker",)] == 1


@pytest.mark.django_db
def test_without_redis_the_scrape_is_answered_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    told = scraped()
    assert (told["qualityplan_up", ("broker",)], told["qualityplan_up", ("worker",)]) == (0, 0)
    assert told["qualityplan_up", ("database",)] == 1
    assert ("qualityplan_queue_messages", ()) not in told
    assert ("qualityplan_dirty_keys", ()) in told


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_without_postgresql_the_scrape_is_answered_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "PORT", free_port())
        told = scraped()
    connection.close()
    assert told["qualityplan_up", ("database",)] == 0
    assert ("qualityplan_dirty_keys", ()) not in told
    assert ("qualityplan_disk_free_bytes", ()) in told


# --- Over all processes -----------------------------------------------------------------------------------------------


class TwoProcesses:
    """A real gunicorn with two processes on the test database."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        env = {**os.environ, "DATABASE_URL": database_url(), "VAR_DIR": str(folder)}
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--chdir", str(configured.BASE_DIR)]
        program = [sys.executable, "-m", "gunicorn", "--config", "python:qualityplan.gunicorn", *options]
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.master = processes.start_process([*program, "qualityplan.wsgi"], env=env, output=output)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            return str(response.read().decode())

    def counted(self, route: str) -> float:
        return samples(self.get("/metrics")).get(("qualityplan_requests_total", (route, "200")), 0.0)

    def children(self) -> list[int]:
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.log.parent / "metrics" / "web").glob("*.db"))

    def answers(self) -> bool:
        try:
            return self.get("/healthz").startswith("ok ")
        except OSError:
            return False


@pytest.fixture
def start_web(folder: Path) -> Iterator[Callable[[], TwoProcesses]]:
    started: list[TwoProcesses] = []

    def start() -> TwoProcesses:
        started.append(TwoProcesses(folder))
        return started[-1]

    yield start
    for web in started:
        processes.stop_process(web.master)


@pytest.mark.django_db(transaction=True)
def test_both_processes_tell_what_both_have_counted_and_a_successor_goes_on(
    start_web: Callable[[], TwoProcesses], eventually: Callable[..., None]
) -> None:
    web = start_web()
    eventually(lambda: web.answers() and len(web.children()) == 2, timeout=60)
    eventually(lambda: len(web.files()) == 4, timeout=30)
    before = web.counted("healthz")
    for _request in range(20):
        web.get("/healthz")
    assert {web.counted("healthz") - before for _scrape in range(10)} == {20.0}, web.log.read_text()
    ended = web.children()
    os.kill(ended[0], signal.SIGKILL)
    eventually(lambda: len(set(web.children()) - {ended[0]}) == 2 and web.answers(), timeout=30)
    assert web.counted("healthz") >= before + 20, "what a killed process has counted stays"
    assert len(web.files()) == 4, "its successor goes on with its files"
    processes.stop_process(web.master)
    again = start_web()
    eventually(lambda: again.answers(), timeout=60)
    assert again.counted("healthz") < 20, "a new start counts anew"


def test_a_process_that_finds_no_room_counts_for_itself(folder: Path) -> None:
    """A process that writes into a mapped hole of a full disk is killed; so the room is taken, or nothing mapped."""
    script = (
        "import errno, os; from qualityplan.watching import counting\n"
        "def full(*_): raise OSError(errno.ENOSPC, 'full')\n"
        "os.posix_fallocate = full; counting.count_together('web'); counting.count_request('home', 200, 0.1)\n"
        "print([s.value for m in counting.collect_counts() for s in m.samples if s.name.endswith('requests_total')])"
    )
    env = {**os.environ, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "qualityplan.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=configured.BASE_DIR, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[1.0]", done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_workers_jobs_are_counted_by_name_and_outcome_and_failed_ones_noted(
    spawn_worker: Callable[..., Any], folder: Path, eventually: Callable[..., None]
) -> None:
    spawn_worker("-Q", "counted", VAR_DIR=str(folder))
    app.send_task("plans.fold_changes", queue="counted")
    app.send_task("imports.mark", ["no number"], queue="counted")
    wanted = (("plans.fold_changes", "success"), ("imports.mark", "failure"))
    eventually(lambda: all(scraped().get(("qualityplan_jobs_total", one)) == 1 for one in wanted), timeout=60)
    assert failures.failed_jobs_lately(timezone.now()) == {"imports.mark": 1}
    assert marks.last_started(marks.WORKER)


def test_failed_jobs_are_forgotten_after_a_week_and_their_file_stays_small(folder: Path) -> None:
    for _failure in range(2000):
        failures.note_failed_job("imports.check", "ValueError")
    assert (folder / "watch" / "failed-jobs").stat().st_size < 2 * failures.LARGEST
    (folder / "watch" / "failed-jobs").open("a").write("torn")
    assert failures.failed_jobs_lately(timezone.now())["imports.check"] > 100
    assert not failures.failed_jobs_lately(timezone.now() + timedelta(days=8))


def test_a_mark_that_cannot_be_set_hinders_nobody(settings: Settings, folder: Path) -> None:
    (folder / "no-folder").write_text("")
    settings.VAR_DIR = folder / "no-folder"
    marks.mark_seen(marks.BEAT)
    failures.note_failed_job("imports.check", "ValueError")
    assert marks.last_seen(marks.BEAT) is None
    assert not failures.failed_jobs_lately(timezone.now())
