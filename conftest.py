"""What every test may use: real worker processes, Debian's Chromium, and waiting without sleeping."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Model
from django.test import override_settings
from hypothesis import settings as hypothesis_settings

from qualityplan.celery import app
from qualityplan.running import processes

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

    from plans.models import Plan

hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.register_profile("long", deadline=None, max_examples=1000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "here"))

WORKER_OPTIONS = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
CHROMIUM_OPTIONS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# pytest-playwright keeps an event loop running in the thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what asks for no database of the tests: it is alike on both, so that `make test` runs it once."""
    for item in items:
        asked = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
        if not asked and item.get_closest_marker("django_db") is None:
            item.add_marker("no_database")


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """Static files straight from their sources, and a password hash that costs nothing."""
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """A page may take long beside other tests; that it is slow is for the benchmarks to say."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True, scope="session")
def patience_with_redis() -> Iterator[None]:
    """No wake-up is lost because the machine has other tests to run; those of an absent Redis are as impatient as the
    service."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qualityplan.running.patience.SECONDS", 5.0)
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No test sees what another has cached."""
    from plans.page_cache.cached_pages import forget_cached_pages

    forget_cached_pages()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """`eventually(condition, timeout=10)`: return as soon as the condition holds, fail when it never does."""

    def wait(condition: Callable[[], bool], timeout: float = 10.0) -> None:
        assert processes.wait_until(condition, timeout), f"not within {timeout} s: {condition}"

    return wait


def database_url() -> str:
    """The address of this run's test database, for another process."""
    database = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)


def start_worker(*options: str, **environment: str) -> subprocess.Popen[bytes]:
    """A Celery worker on the test database; returns at once."""
    env = {**os.environ, "DATABASE_URL": database_url(), **environment}
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "qualityplan", "--workdir", str(settings.BASE_DIR)]
    return processes.start_process([*command, "worker", *WORKER_OPTIONS, *options], env=env)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: "DjangoDbBlocker") -> Iterator[None]:
    """The databases of pytest-django, left by everybody before they are dropped: a thread of the browser tests' server
    lives for as long as a browser keeps its line open, and PostgreSQL drops no database that a session still holds."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            end_every_session(str(connection.settings_dict["NAME"]))


def end_every_session(database: str) -> None:
    """Nobody is in this test database any more, and nobody comes in again."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.ops.quote_name(database)} ALLOW_CONNECTIONS false")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


@pytest.fixture(autouse=True, scope="session")
def emptying_as_owner() -> Iterator[None]:
    """After a test in several transactions all tables are emptied, those too whose rows are never deleted; by whatever
    connection, for a browser's tests have one of their own."""
    from departments.database.append_only import rewriting

    operations = type(connection.ops)
    empty = operations.execute_sql_flush

    def empty_all(self: BaseDatabaseOperations, sql: list[str]) -> None:
        with rewriting():
            empty(self, sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", empty_all)
        yield


@pytest.fixture(scope="session")
def celery_worker_process(django_db_setup: None, eventually: Callable[..., None]) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker over real Redis. It sees only committed rows: use `django_db(transaction=True)`."""
    worker = start_worker("--hostname", "suite@%h")
    try:
        eventually(answers, timeout=30)
        with emptying_only_at_rest(worker):
            yield worker
    finally:
        processes.stop_process(worker, patience=2)


def answers() -> bool:
    """A worker answers; it does not while it is at a task, because the pool `solo` has one thread for both."""
    return bool(app.control.ping(timeout=0.5, limit=1))


@contextmanager
def emptying_only_at_rest(worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """After a test its tables are emptied when the worker has nothing in hand: it would hold locks that the emptying
    waits for, or write into the tables of the next test. What the test has left in the queue is nobody's."""
    empty = connection.ops.execute_sql_flush

    def empty_at_rest(sql: list[str]) -> None:
        app.control.purge()
        processes.wait_until(lambda: worker.poll() is not None or answers(), timeout=30)
        empty(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "execute_sql_flush", empty_at_rest)
        yield


@pytest.fixture
def deaf_worker() -> Iterator[None]:
    """The suite's worker, if one runs, takes nothing meanwhile: the test does the worker's part itself."""
    queue = app.conf.task_default_queue
    heard = app.control.cancel_consumer(queue, reply=True, timeout=2, limit=1)
    yield
    app.control.purge()
    if heard:
        app.control.add_consumer(queue, reply=True, timeout=5, limit=1)


@pytest.fixture
def spawn_worker(django_db_setup: None) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`spawn_worker("-Q", "other", SOME="variable")`: a further worker, killed after the test if it still lives."""
    workers: list[subprocess.Popen[bytes]] = []

    def spawn(*options: str, **environment: str) -> subprocess.Popen[bytes]:
        workers.append(start_worker("--hostname", f"spawned{len(workers)}@%h", *options, **environment))
        return workers[-1]

    yield spawn
    for worker in workers:
        processes.stop_process(worker, patience=2)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of the machine: Playwright's own download is not used."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium not found: apt-get install chromium / 未找到 Chromium，请安装 chromium")
    if subprocess.run([sys.executable, "-m", "playwright", "--version"], capture_output=True).returncode != 0:
        missing("Playwright does not start: apt-get install libatomic1 / Playwright 无法启动，请安装 libatomic1")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": [*CHROMIUM_OPTIONS, *sandbox]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser in English, as many offices have it: the pages must be Chinese all the same. Nothing moves, so that
    nobody looks at a colour on its way to another."""
    told = {"locale": "en-US", "viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
    return {**browser_context_args, **told}


def missing(what: str) -> None:
    """Skip on a developer's machine; fail where nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


OUR_APPS = ("departments", "plans", "targets", "tasks")
NOT_LOADED = ("User", "Membership", "ApiToken", "AuditEvent", "Change", "Counter", "AppliedFormulas")
PLAN_2014 = ("10_departments", "15_calendar", "20_plan_2014", "30_targets_2014", "40_tasks_2014")


@pytest.fixture(scope="session")
def rows_of_2014() -> list[tuple[type[Model], list[Model]]]:
    """What loading the plan of 2014 stores, filled by the first test that loads it: loading takes 1.5 s each time."""
    return []


@pytest.fixture
def plan_2014(db: None, rows_of_2014: list[tuple[type[Model], list[Model]]]) -> "Plan":
    """The plan of 2014 with its departments, targets and tasks, as the fixtures have it."""
    from departments.models import Region
    from plans.models import Plan

    empty = not Region.objects.exists()
    if empty and rows_of_2014:
        store_again(rows_of_2014)
    else:
        call_command("load_fixtures", *PLAN_2014, verbosity=0)
        if empty:
            rows_of_2014 += stored_rows()
    return Plan.objects.get(code="wenzhou-2014-quality")


def stored_rows() -> list[tuple[type[Model], list[Model]]]:
    """Every row that loading has stored: of all our tables but those of people and of what the service notes by itself;
    histories and links among them."""
    models = [model for name in OUR_APPS for model in apps.get_app_config(name).get_models(include_auto_created=True)]
    loaded = [model for model in models if model.__name__ not in NOT_LOADED]
    return [(model, rows) for model in loaded if (rows := list(model._base_manager.order_by("pk")))]


def store_again(rows: list[tuple[type[Model], list[Model]]]) -> None:
    """The same rows with the same keys; what is numbered later starts after them."""
    with transaction.atomic():
        for model, instances in rows:
            model._base_manager.bulk_create(instances)
    reset = connection.ops.sequence_reset_sql(no_style(), [model for model, _instances in rows])
    with connection.cursor() as cursor:
        for statement in reset:
            cursor.execute(statement)
