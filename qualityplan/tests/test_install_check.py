"""`manage.py install_check`: each thing that can be wrong, once right and once wrong; through the command, and for what
needs a server of its own through the check."""

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from django.conf import settings as given
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings

from conftest import database_url
from qualityplan.installation import arriving, databases, keys, machine, proxies, services
from qualityplan.installation.checks import CHECKS, check_all
from qualityplan.installation.findings import Finding, Verdict, find
from qualityplan.running import broker, processes
from qualityplan.tests.firstview import gunicorn
from qualityplan.tests.proxies import NAME, nginx
from qualityplan.tests.servers import connects, free_port

KEY = "0123456789abcdef" * 4
HOLDS, LOOK, MEND = Verdict.HOLDS, Verdict.LOOK, Verdict.MEND

# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "told", "verdict"),
    [
        (keys.check_secret_key, {"SECRET_KEY": KEY}, HOLDS),
        (keys.check_secret_key, {"SECRET_KEY": "short"}, MEND),
        (keys.check_secret_key, {"SECRET_KEY": "ab" * 40}, MEND),
        (keys.check_audit_key, {"AUDIT_KEY": "another"}, HOLDS),
        (keys.check_audit_key, {"AUDIT_KEY": KEY, "SECRET_KEY": KEY}, LOOK),
        (keys.check_debug, {"DEBUG": False}, HOLDS),
        (keys.check_debug, {"DEBUG": True}, MEND),
        (keys.check_demo, {"DEMO": False}, HOLDS),
        (keys.check_demo, {"DEMO": True}, MEND),
        (keys.check_https, {"HTTPS": True}, HOLDS),
        (keys.check_https, {"HTTPS": False}, MEND),
        (
            keys.check_names,
            {"ALLOWED_HOSTS": ["plan.intranet"], "CSRF_TRUSTED_ORIGINS": ["https://plan.intranet"]},
            HOLDS,
        ),
        (keys.check_names, {"ALLOWED_HOSTS": ["plan.intranet"], "CSRF_TRUSTED_ORIGINS": []}, MEND),
        (keys.check_names, {"ALLOWED_HOSTS": ["localhost"]}, MEND),
        (keys.check_names, {"ALLOWED_HOSTS": ["plan.intranet", "*"]}, MEND),
        (keys.check_time_zone, {}, HOLDS),
        (services.check_broker, {"EMBEDDED_BROKER": True}, LOOK),
        (services.check_guard_of_broker, {"EMBEDDED_BROKER": True}, HOLDS),
        (services.check_guard_of_broker, {"CELERY_BROKER_URL": "redis://:word@10.0.0.1/0"}, HOLDS),
        (services.check_guard_of_broker, {"CELERY_BROKER_URL": "redis://10.0.0.1/0"}, MEND),
        (services.check_mail, {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, LOOK),
    ],
)
def test_settings_are_judged(check: Callable[[], Finding], told: dict[str, Any], verdict: Verdict) -> None:
    with override_settings(**{"EMBEDDED_BROKER": False} | told):
        found = find(check)
    assert found.verdict is verdict, found
    assert found.chinese
    assert found.english


def test_a_time_zone_that_the_machine_lacks_is_told(settings: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "ZoneInfo", missing_zone)
        assert keys.check_time_zone().verdict is MEND


def missing_zone(name: str) -> None:
    raise ZoneInfoNotFoundError(name)


@override_settings(SECRET_KEY=KEY)
def test_a_key_that_lies_with_what_it_opens_is_told(tmp_path: Path) -> None:
    with override_settings(VAR_DIR=tmp_path):
        assert keys.check_place_of_secret_key().verdict is HOLDS
        (tmp_path / "env").write_text(f"SECRET_KEY={KEY}\n")
        assert keys.check_place_of_secret_key().verdict is MEND


def test_root_is_told_to_be_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, verdict in ((0, LOOK), (1000, HOLDS)):
        monkeypatch.setattr(os, "geteuid", lambda number=number: number)
        assert keys.check_user().verdict is verdict


def test_a_check_that_fails_itself_is_a_finding_and_the_others_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_broken() -> Finding:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("qualityplan.installation.checks.CHECKS", (check_broken, keys.check_debug))
    broken, debug = check_all()
    assert (broken.verdict, debug.verdict) == (MEND, HOLDS)
    assert "unforeseen" in broken.english


# --- The database -----------------------------------------------------------------------------------------------------


@pytest.fixture
def real_database(db: None, settings: Any) -> None:
    settings.DATABASE_URL = settings.MIGRATION_DATABASE_URL = database_url()
    if connection.vendor == "postgresql":
        settings.SERVICE_ROLE = "lesser_role_of_test"
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE lesser_role_of_test")


DATABASE_CHECKS = [check for check in CHECKS if check.__module__ == databases.__name__]


@pytest.mark.postgres_only
@pytest.mark.usefixtures("real_database")
@pytest.mark.parametrize("check", DATABASE_CHECKS, ids=lambda check: check.__name__)
def test_a_sound_database_holds(check: Callable[[], Finding]) -> None:
    assert find(check).verdict is HOLDS, find(check)


@pytest.mark.usefixtures("real_database")
def test_a_database_that_is_away_is_told_for_either_role(settings: Any) -> None:
    nowhere = f"postgres://plan:secret@127.0.0.1:{free_port()}/plan"
    settings.DATABASE_URL = settings.MIGRATION_DATABASE_URL = nowhere
    for check in (databases.check_database, databases.check_owner):
        assert check().verdict is MEND
        assert "secret" not in str(check())


@pytest.mark.usefixtures("real_database")
def test_an_owner_that_is_not_named_is_no_fault(settings: Any) -> None:
    settings.MIGRATION_DATABASE_URL = ""
    assert databases.check_owner().verdict is LOOK


@pytest.mark.postgres_only
@pytest.mark.usefixtures("real_database")
def test_an_old_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "ask", lambda *_: "90624")
    assert databases.check_version().verdict is MEND


@pytest.mark.postgres_only
@pytest.mark.usefixtures("real_database")
def test_a_service_that_owns_its_tables_is_told(settings: Any) -> None:
    settings.SERVICE_ROLE = connection.settings_dict["USER"]
    assert databases.check_roles().verdict is MEND


@pytest.mark.usefixtures("real_database")
def test_missing_migrations_are_told() -> None:
    assert databases.check_migrations().verdict is HOLDS
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'plans'")
    assert databases.check_migrations().verdict is MEND


@pytest.mark.postgres_only
@pytest.mark.usefixtures("real_database")
def test_a_database_in_another_encoding_or_time_zone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Shanghai'")
    assert databases.check_zone_of_database().verdict is MEND
    monkeypatch.setattr(databases, "ask", lambda *_: "SQL_ASCII")
    assert databases.check_encoding().verdict is MEND


@pytest.mark.postgres_only
@pytest.mark.usefixtures("real_database")
def test_clocks_that_are_apart_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) - timedelta(seconds=30)

    monkeypatch.setattr(databases, "datetime", Late)
    assert databases.check_clock().verdict is MEND


def test_sqlite_is_for_trying() -> None:
    if connection.vendor == "sqlite":
        assert databases.check_version().verdict is LOOK
        assert databases.check_roles().verdict is LOOK


# --- Broker and mail --------------------------------------------------------------------------------------------------


@contextmanager
def redis_with(folder: Path, *options: str) -> Iterator[int]:
    port = free_port()
    command = [*broker.server_arguments(folder), "--port", str(port), *options]
    process = processes.start_process(command, output=subprocess.DEVNULL)
    try:
        assert processes.wait_until(lambda: connects(port), 20)
        yield port
    finally:
        processes.stop_process(process)


@override_settings(EMBEDDED_BROKER=False)
def test_a_broker_that_answers_holds_and_an_absent_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from qualityplan.celery import app

    assert services.check_broker().verdict is HOLDS
    monkeypatch.setattr(app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")
    assert services.check_broker().verdict is MEND


@override_settings(EMBEDDED_BROKER=False)
@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        (["--bind", "127.0.0.1"], LOOK),
        (["--bind", "* -::*", "--protected-mode", "yes"], LOOK),
        (["--bind", "* -::*", "--protected-mode", "no"], MEND),
    ],
)
def test_a_broker_without_a_password_that_the_network_reaches_is_told(
    options: list[str], verdict: Verdict, tmp_path: Path
) -> None:
    with redis_with(tmp_path, *options) as port, override_settings(CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0"):
        assert services.check_guard_of_broker().verdict is verdict


class Greeting(socketserver.StreamRequestHandler):
    """A mail server that greets, and no more."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail.intranet\r\n")
        while line := self.rfile.readline():
            self.wfile.write(b"250 mail.intranet\r\n" if line[:4] in (b"EHLO", b"ehlo") else b"221 bye\r\n")
            if line[:4] in (b"QUIT", b"quit"):
                return


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1")
def test_a_mail_server_that_greets_holds_and_an_absent_one_is_told() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with override_settings(EMAIL_PORT=server.server_address[1]):
            assert services.check_mail().verdict is HOLDS
            with override_settings(EMAIL_USE_TLS=True):
                assert services.check_mail().verdict is MEND
        server.shutdown()
    with override_settings(EMAIL_PORT=free_port()):
        assert services.check_mail().verdict is MEND


# --- The machine ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "verdict"), [(0.5, MEND), (3, LOOK), (50, HOLDS)])
def test_room_on_the_disk_is_judged(free: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=free * machine.GIGABYTE)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)
    assert machine.check_room().verdict is verdict


def test_files_must_have_a_folder_that_takes_them(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        assert machine.check_folders().verdict is HOLDS
        assert list((tmp_path / "media").iterdir()) == []
    (tmp_path / "file").touch()
    with override_settings(MEDIA_ROOT=tmp_path / "file"):
        assert machine.check_folders().verdict is MEND


def test_pdf_files_need_a_library_and_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "chinese_fonts", lambda: "wqy-microhei")
    monkeypatch.setitem(sys.modules, "weasyprint", machine)
    assert machine.check_pdf().verdict is HOLDS
    monkeypatch.setattr(machine, "chinese_fonts", lambda: "")
    assert machine.check_pdf().verdict is MEND
    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr("builtins.__import__", importing_without_pango(__import__))
    found = machine.check_pdf()
    assert found.verdict is MEND
    assert "libpango-1.0-0" in found.english


def importing_without_pango(usual: Callable[..., Any]) -> Callable[..., Any]:
    def bring(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return usual(name, *rest, **more)

    return bring


def test_what_a_release_brings_must_be_there(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=tmp_path, LOCALE_PATHS=[tmp_path]):
        assert machine.check_static().verdict is MEND
        assert machine.check_translations().verdict is MEND
        (tmp_path / "staticfiles.json").write_text("{}")
        folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.mo").touch()
        assert machine.check_static().verdict is HOLDS
        assert machine.check_translations().verdict is HOLDS


# --- What arrives through the proxy -----------------------------------------------------------------------------------


def test_what_arrives_is_told_to_the_command_alone() -> None:
    client = Client()
    assert client.get(arriving.ADDRESS).status_code == 404
    assert client.get(arriving.ADDRESS, headers={arriving.HEADER: "made-up"}).status_code == 404
    other = signing.dumps("arrived", salt="another purpose")
    assert client.get(arriving.ADDRESS, headers={arriving.HEADER: other}).status_code == 404
    headers = {arriving.HEADER: arriving.make_token(), "X-Forwarded-For": "10.9.9.9"}
    told = client.get(arriving.ADDRESS, headers=headers).json()
    assert told == {"secure": False, "address": "127.0.0.1", "forwarded_for": "10.9.9.9"}


def test_a_token_opens_for_a_minute_only(monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = arriving.make_token(), datetime.now(UTC).timestamp()
    assert arriving.is_own_token(token)
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + arriving.VALID + 2)
    assert not arriving.is_own_token(token)


@pytest.fixture(scope="module")
def trusting(django_db_setup: None) -> Iterator[int]:
    """A service that believes its proxy; DEBUG, because a refusal is a page too, and no static files are collected."""
    service = gunicorn(HTTPS="1", TRUST_PROXY="1", ALLOWED_HOSTS=NAME, DATABASE_URL=database_url(), DEBUG="1")
    with service as port:
        yield port


def verdicts(found: list[Finding]) -> list[Verdict]:
    return [finding.verdict for finding in found]


@override_settings(TRUST_PROXY=True, ALLAUTH_TRUSTED_PROXY_COUNT=1)
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([], ""),
        ([(r"X-Forwarded-For \$remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")], ""),
        ([(r"X-Forwarded-For \$remote_addr", "X-Forwarded-For $http_x_forwarded_for")], "A forged X-Forwarded-For is"),
        ([(r"proxy_set_header X-Forwarded-For.*", "")], "has 0 addresses"),
        ([(r"X-Forwarded-Proto \$scheme", "X-Forwarded-Proto $http_x_forwarded_proto")], "led to https again"),
        ([(r"proxy_set_header X-Forwarded-Proto.*", "")], "led to https again"),
        ([(r"Host \$http_host", "Host elsewhere.example")], "not in ALLOWED_HOSTS"),
        ([(r"proxy_pass http://127.0.0.1:\d+", "proxy_pass http://127.0.0.1:1")], "does not run"),
        ([(r"location / \{", "location / { return 404;")], "another SECRET_KEY"),
    ],
)
def test_what_a_proxy_does_is_seen(trusting: int, changes: list[tuple[str, str]], told: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with nginx(tmp_path / "nginx", trusting, *changes) as proxy:
        found = proxies.try_way(proxy.url, str(proxy.authority.root))
    wrong = [str(finding) for finding in found if finding.verdict is MEND]
    assert bool(wrong) is bool(told), wrong
    assert not told or any(told in line for line in wrong), wrong


@override_settings(TRUST_PROXY=True, ALLAUTH_TRUSTED_PROXY_COUNT=2)
def test_proxies_that_are_not_there_are_told(trusting: int, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx", trusting) as proxy:
        found = proxies.try_way(proxy.url, str(proxy.authority.root))
    assert "has 1 addresses and PROXIES is 2" in "".join(str(finding) for finding in found)


@override_settings(TRUST_PROXY=False)
@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize(
    ("https", "told"),
    [
        ("0", ["all people share one address", "does not learn that requests come by https"]),
        ("1", ["led to https again and again", "set TRUST_PROXY=1"]),
    ],
)
def test_a_proxy_that_is_not_trusted_is_told(https: str, told: list[str], tmp_path: Path) -> None:
    """Loudly: whoever installs it so sees no page, rather than a lock-out of all some weeks later."""
    service = gunicorn(DATABASE_URL=database_url(), HTTPS=https, TRUST_PROXY="0", ALLOWED_HOSTS=NAME)
    with service as port, nginx(tmp_path / "nginx", port) as proxy:
        said = "".join(str(finding) for finding in proxies.try_way(proxy.url, str(proxy.authority.root)))
    assert [words for words in told if words not in said] == []


def test_a_certificate_is_judged(trusting: int, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx", trusting) as proxy:
        (unknown,) = proxies.try_way(proxy.url, None)
        (other_name,) = proxies.try_way(proxy.url.replace(NAME, "127.0.0.1"), str(proxy.authority.root))
    assert unknown.verdict is other_name.verdict is MEND
    assert "not trusted" in unknown.english
    with nginx(tmp_path / "soon", trusting, days=10) as proxy:
        assert proxies.try_way(proxy.url, str(proxy.authority.root))[0].verdict is LOOK


def test_an_address_where_nobody_listens_is_told() -> None:
    (nobody,) = proxies.try_way(f"https://localhost:{free_port()}", None)
    assert nobody.verdict is MEND
    assert "cannot be reached" in nobody.english


# --- The command ------------------------------------------------------------------------------------------------------


def installed(**told: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "VAR_DIR", "CELERY_BROKER_URL")}
    env = {**kept, "SECRET_KEY": KEY, "AS_OWNER": "0", **told}
    command = [sys.executable, "manage.py", "install_check"]
    return subprocess.run(command, cwd=given.BASE_DIR, env=env, capture_output=True, text=True, check=False)


def test_every_line_is_in_both_languages_and_what_must_be_mended_is_exit_code_1() -> None:
    done = installed(DATABASE_URL=f"postgres://plan:secret@127.0.0.1:{free_port()}/plan", DEBUG="1")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == len(CHECKS) + 1
    assert all(line.startswith(("[OK] ", "[LOOK] ", "[MEND] ")) and " / " in line for line in lines)
    assert "[MEND] DEBUG 已开启" in done.stdout
    assert "must be mended" in done.stderr
    assert "项须改正" in done.stderr
    assert "secret" not in done.stdout.replace("SECRET", "")


@pytest.mark.django_db
def test_what_must_not_be_mended_is_exit_code_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr("qualityplan.installation.checks.CHECKS", (keys.check_debug, keys.check_time_zone))
    call_command("install_check")
    assert "没有须改正的问题" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["http://plan.intranet", "plan.intranet", "https://", "ftp://plan.intranet"])
def test_an_address_without_https_is_refused(url: str) -> None:
    with pytest.raises(CommandError, match="https://域名"):
        call_command("install_check", url=url)


def test_a_root_certificate_that_is_not_there_or_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(json.dumps({}))
    for path in (tmp_path / "missing.crt", tmp_path / "ca.crt"):
        with pytest.raises(CommandError, match="--ca"):
            call_command("install_check", url="https://localhost:1", ca=str(path))
