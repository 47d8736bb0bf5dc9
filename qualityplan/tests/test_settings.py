"""Secure unless told otherwise; Chinese unless the person chose English."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from departments.credentials import ways
from departments.login.checks import (
    check_log_in_is_encrypted,
    check_log_in_settings,
    check_somebody_can_come_in_emergency,
)
from departments.permissions import Role
from departments.tests.accounts import with_second_factor
from departments.tests.callers import member

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "quality.example.gov.cn",
    "CSRF_TRUSTED_ORIGINS": "https://quality.example.gov.cn",
    "HTTPS": "1",
    "TRUST_PROXY": "1",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with nothing in the environment but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "VAR_DIR", "DATABASE_URL", "CELERY_BROKER_URL")}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=kept | environment, capture_output=True, text=True)


def test_production_passes_djangos_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues (1 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({"TRUST_PROXY": "0"}, True),
        ({"TRUST_PROXY": "0", "BIND": "::1"}, True),
        ({"TRUST_PROXY": "0", "BIND": "10.0.0.5"}, False),
        ({"TRUST_PROXY": "1"}, False),
        ({"TRUST_PROXY": "0", "HTTPS": "0"}, False),
    ],
)
def test_whoever_stands_behind_a_proxy_without_trusting_it_is_warned(given: dict[str, str], warned: bool) -> None:
    done = manage("check", "--deploy", **PRODUCTION | given)
    assert ("qualityplan.W001" in done.stderr) is warned


def test_browsers_are_told_to_come_by_https_and_not_to_list_the_name() -> None:
    question = "from django.conf import settings as s; print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_PRELOAD)"
    assert manage("shell", "--no-imports", "-c", question, **PRODUCTION).stdout.split() == ["31536000", "False"]


def test_an_empty_key_of_the_audit_chain_is_none() -> None:
    question = "from django.conf import settings as s; print(s.AUDIT_KEY == s.SECRET_KEY)"
    done = manage("shell", "--no-imports", "-c", question, **PRODUCTION | {"AUDIT_KEY": ""})
    assert done.stdout.strip() == "True"


def test_a_missing_secret_key_is_refused_in_both_languages() -> None:
    done = manage("check")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
    assert "未设置 SECRET_KEY" in done.stderr


def test_the_file_env_is_read_but_the_real_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("SECRET_KEY=from-the-file\nPORT=8111\n")
    question = "from django.conf import settings as s; print(s.SECRET_KEY, s.PORT)"
    done = manage("shell", "--no-imports", "-c", question, VAR_DIR=str(tmp_path), PORT="8222")
    assert done.stdout.split() == ["from-the-file", "8222"], done.stderr


CITY = {"OIDC_SERVER": "https://login.city", "OIDC_CLIENT_ID": "plan", "OIDC_CLIENT_SECRET": "secret"}
DIRECTORY = {"LDAP_URL": "ldaps://directory.city", "LDAP_SEARCH": "dc=city"}


def test_ways_in_that_are_named_in_full_pass_the_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, **CITY, **DIRECTORY, LOCAL_LOGIN="0")
    assert done.returncode == 0, done.stderr


def test_half_of_a_way_in_is_told_in_both_languages() -> None:
    done = manage("check", **PRODUCTION, OIDC_SERVER="https://login.city")
    assert done.returncode != 0
    assert "OIDC_SERVER needs OIDC_CLIENT_ID, OIDC_CLIENT_SECRET as well. / 已设置 OIDC_SERVER，还须设置" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"OIDC_CLIENT_SECRET": "x"}, "还须设置 OIDC_SERVER, OIDC_CLIENT_ID"),
        (CITY | {"OIDC_SERVER": "login.city"}, "OIDC_SERVER must be like https://host"),
        (CITY | {"OIDC_CA_FILE": "/no/such/file"}, "there is no file /no/such/file"),
        ({"LDAP_URL": "ldaps://directory.city"}, "LDAP_URL needs LDAP_SEARCH as well"),
        (DIRECTORY | {"LDAP_BIND_DN": "cn=service"}, "还须设置 LDAP_BIND_PASSWORD"),
        ({"LDAP_CA_FILE": __file__}, "还须设置 LDAP_URL, LDAP_SEARCH"),
        (DIRECTORY | {"LDAP_URL": "https://directory.city"}, "LDAP_URL must be like ldaps://host"),
        (DIRECTORY | {"LDAP_START_TLS": True}, "LDAP_START_TLS belongs to ldap://"),
        (DIRECTORY | {"LDAP_FILTER": "cn=*"}, "LDAP_FILTER must be one filter in brackets"),
        (DIRECTORY | {"LDAP_FILTER": "(cn=a)(cn=b)"}, "LDAP_FILTER must be one filter in brackets"),
        (DIRECTORY | {"LDAP_FILTER": "(cn=a"}, "LDAP_FILTER must be one filter in brackets"),
        (DIRECTORY | {"LDAP_STAFF_NUMBER": "uid)(cn"}, "LDAP_STAFF_NUMBER must name an attribute"),
        ({"LOCAL_LOGIN": False}, "there is no other way in, so own passwords still count"),
        (CITY | {"OIDC_SERVER": "http://login.city"}, "OIDC_SERVER is not encrypted"),
        (DIRECTORY | {"LDAP_URL": "ldap://directory.city"}, "LDAP_URL is not encrypted"),
    ],
)
def test_what_is_missing_or_wrong_of_a_way_in_is_told(given: dict[str, Any], told: str, settings: Any) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    (problem,) = [*check_log_in_settings(), *check_log_in_is_encrypted()]
    assert told in problem.msg


def test_a_directory_that_nothing_can_ask_is_told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LDAP_URL, settings.LDAP_SEARCH = "ldaps://directory.city", "dc=city"
    monkeypatch.setattr(ways, "find_spec", lambda _name: None)
    (problem,) = check_log_in_settings()
    assert "make ldap" in problem.msg


@pytest.mark.django_db
def test_who_can_come_in_in_an_emergency_is_counted(settings: Any) -> None:
    settings.OIDC_SERVER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CITY.values()
    assert check_somebody_can_come_in_emergency(databases=["default"]) == []
    settings.LOCAL_LOGIN = False
    first, second, reporter = member(Role.ADMINISTRATOR), member(Role.ADMINISTRATOR), member(Role.REPORTER)
    with_second_factor(first)
    with_second_factor(reporter)
    (problem,) = check_somebody_can_come_in_emergency(databases=["default"])
    assert "不足两名" in problem.msg
    with_second_factor(second)
    assert check_somebody_can_come_in_emergency(databases=["default"]) == []
    assert check_somebody_can_come_in_emergency(databases=None) == []


@pytest.mark.django_db
def test_the_browsers_language_does_not_change_the_page() -> None:
    page = Client(headers={"accept-language": "en-US,en"}).get("/admin/login/")
    assert page.headers["Content-Language"] == "zh-hans"


@pytest.mark.django_db
def test_a_person_can_choose_english() -> None:
    client = Client()
    client.post("/i18n/setlang/", {"language": "en"})
    page = client.get("/admin/login/")
    assert page.headers["Content-Language"] == "en"
    assert "Cookie" in page.headers["Vary"]


@pytest.mark.django_db
def test_every_page_forbids_foreign_and_inline_code() -> None:
    policy = Client().get("/admin/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_every_answer_carries_the_id_of_its_log_lines() -> None:
    assert Client().get("/healthz").headers["X-Request-ID"]
