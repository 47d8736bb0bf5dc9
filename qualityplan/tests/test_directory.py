"""Coming in by the city's directory (LDAP): a real OpenLDAP, what is asked of it, and what when it is away."""

import datetime
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import connection
from django.test import Client

from conftest import missing
from departments.credentials import ways
from departments.models import AuditEvent, Failures, User
from departments.permissions import Role
from departments.tests.accounts import PASSWORD, code, enter, inside, told, with_second_factor
from departments.tests.callers import member
from qualityplan.tests.servers import directory_program, directory_server, free_port

pytestmark = pytest.mark.django_db

IN_DIRECTORY = "city-Horse-9"
ENTRIES = f"""
dn: dc=city
objectClass: domain
dc: city

dn: cn=service,dc=city
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: service
userPassword: service-secret

dn: uid=10023,dc=city
objectClass: inetOrgPerson
uid: 10023
employeeNumber: Z-10023
cn: Li
sn: Li
mail: somebody@example.com
userPassword: {IN_DIRECTORY}

dn: uid=20077,dc=city
objectClass: inetOrgPerson
uid: 20077
cn: Wang
sn: Wang
mail: li@example.com
userPassword: {IN_DIRECTORY}

dn: uid=30000,dc=city
objectClass: inetOrgPerson
uid: 30000
cn: Without a password
sn: Zhao
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if directory_program("slapd") is None:
        missing("OpenLDAP not found: apt-get install slapd / 未找到 OpenLDAP，请安装 slapd")
    if not ways.directory_can_be_asked():
        missing("django-auth-ldap not found: make ldap / 未找到 django-auth-ldap，请运行 make ldap")
    with directory_server(tmp_path_factory.mktemp("directory"), ENTRIES) as served:
        yield served


@pytest.fixture(autouse=True)
def directory(address: str, settings: Any) -> None:
    settings.LDAP_URL, settings.LDAP_SEARCH = address, "dc=city"
    settings.LDAP_BIND_DN, settings.LDAP_BIND_PASSWORD = "cn=service,dc=city", "service-secret"


@pytest.fixture
def li() -> User:
    return person(Role.REPORTER)


def person(role: Role, number: str = "10023") -> User:
    user = member(role)
    user.staff_number, user.email = number, "li@example.com"
    user.set_password(PASSWORD)
    user.save()
    return user


def who(client: Client) -> Any:
    return client.get("/accounts/security/").context["user"]


def said(answer: Any) -> str:
    return " ".join(answer.context["form"].non_field_errors())


# --- Coming in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["10023", " 10023 ", "username"])
def test_a_person_comes_in_by_staff_number_or_log_in_name(typed: str, client: Client, li: User) -> None:
    name = li.username if typed == "username" else typed
    assert enter(client, name, IN_DIRECTORY, "/accounts/login/?next=/notices/").headers["Location"] == "/notices/"
    assert who(client) == li
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.detail) == ("account.log_in", li, {"way": "ldap"})


def test_without_a_staff_number_the_log_in_name_counts(client: Client, li: User) -> None:
    User.objects.filter(pk=li.pk).update(staff_number="", username="10023")
    enter(client, "10023", IN_DIRECTORY)
    assert inside(client)


def test_the_attribute_that_the_settings_name_is_read_whatever_its_letters(
    client: Client, li: User, settings: Any
) -> None:
    settings.LDAP_STAFF_NUMBER = "EMPLOYEENUMBER"
    User.objects.filter(pk=li.pk).update(staff_number="z-10023")
    enter(client, "z-10023", IN_DIRECTORY)
    assert inside(client)


def test_the_settings_say_which_entries_may_come_in(client: Client, li: User, settings: Any) -> None:
    settings.LDAP_FILTER = "(cn=100%)"
    assert "不正确" in said(enter(client, "10023", IN_DIRECTORY))
    settings.LDAP_FILTER = "(|(cn=Li)(cn=100%))"
    enter(client, "10023", IN_DIRECTORY)
    assert inside(client)


def test_neither_the_password_nor_anything_else_of_the_directory_is_stored(client: Client, li: User) -> None:
    before = User.objects.values().get(pk=li.pk)
    enter(client, "10023", IN_DIRECTORY)
    after = User.objects.values().get(pk=li.pk)
    assert {name for name in after if after[name] != before[name]} == {"last_login"}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute("SELECT * FROM {}".format(connection.ops.quote_name(table)))  # noqa: S608, UP032 - our tables
            assert IN_DIRECTORY not in str(cursor.fetchall()), table


def test_the_own_password_opens_too_as_long_as_nothing_else_is_said(client: Client, li: User) -> None:
    enter(client, li.username, PASSWORD)
    assert who(client) == li
    assert AuditEvent.objects.get().detail == {}


def test_the_second_factor_is_asked_for_as_by_the_own_password(client: Client, li: User) -> None:
    with_second_factor(li)
    assert enter(client, "10023", IN_DIRECTORY).headers["Location"] == "/accounts/login/code/"
    client.post("/accounts/login/code/", {"code": code()})
    assert who(client) == li
    assert AuditEvent.objects.get().detail == {"way": "ldap"}


def test_the_directorys_password_confirms_and_the_first_own_one_need_not_be_changed(client: Client, li: User) -> None:
    User.objects.filter(pk=li.pk).update(must_change_password=True)
    enter(client, "10023", IN_DIRECTORY)
    assert client.get("/notices/").status_code == 200
    assert client.post("/accounts/confirm/", {"password": "wrong"}).status_code == 200
    assert client.post("/accounts/confirm/", {"password": IN_DIRECTORY}).status_code == 302
    assert client.get("/accounts/security/app/").status_code == 200


def test_the_page_says_that_the_staff_number_opens_it(client: Client) -> None:
    assert "也可使用工号" in client.get("/accounts/login/").content.decode()


# --- Who may not come in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh-hans", "请管理员在“人员”页面录入您，工号为 20077"),
        ("en", "Ask the administrator to enter you under People with the staff number 20077."),
    ],
)
def test_who_is_not_entered_is_told_what_to_do_and_nothing_is_stored(
    language: str, sentence: str, client: Client, li: User
) -> None:
    """The directory has Li's e-mail address at this entry: it means nothing."""
    client.cookies["django_language"] = language
    before = list(User.objects.values())
    assert sentence in said(enter(client, "20077", IN_DIRECTORY))
    assert not inside(client)
    assert list(User.objects.values()) == before
    assert told() == ["account.log_in_refused"]
    assert AuditEvent.objects.get().detail == {"way": "ldap"}


def test_a_closed_account_is_refused(client: Client, li: User) -> None:
    User.objects.update(is_active=False)
    assert "您在本系统的账号已停用" in said(enter(client, "10023", IN_DIRECTORY))
    assert not inside(client)


def test_whether_somebody_is_entered_is_not_told_to_who_has_not_the_password(client: Client, li: User) -> None:
    answers = {said(enter(client, name, "wrong")) for name in ("10023", "20077", "30000", "99999")}
    assert answers == {"用户名或密码不正确。密码区分大小写。"}
    assert told() == ["account.log_in_refused"] * 4


def test_two_entries_with_one_number_let_nobody_in(client: Client, li: User, settings: Any) -> None:
    settings.LDAP_STAFF_NUMBER = "objectClass"
    User.objects.filter(pk=li.pk).update(staff_number="inetOrgPerson")
    assert "不正确" in said(enter(client, "inetOrgPerson", IN_DIRECTORY))
    assert not inside(client)


@pytest.mark.parametrize("name", ["*)(uid=*", "*", "1002*", "10023)(cn=*", "10023\\", "(", "10023)(|(uid=*"])
def test_a_name_is_no_part_of_the_filter(name: str, client: Client, li: User) -> None:
    assert said(enter(client, name, IN_DIRECTORY)) == "用户名或密码不正确。密码区分大小写。"
    assert not inside(client)


@pytest.mark.parametrize("password", ["", " "])
def test_an_empty_password_opens_nothing(password: str, client: Client, li: User) -> None:
    """Many directories take a name without a password for nobody in particular, and agree."""
    answer = enter(client, "10023", password)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not inside(client)


def test_an_empty_password_is_not_even_sent(li: User) -> None:
    from departments.login.directory import find_in_directory

    assert find_in_directory(None, username="10023", password="") is None


# --- The lock --------------------------------------------------------------------------------------------------------


def test_wrong_passwords_of_the_directory_lock_like_own_ones_whichever_name_is_typed(client: Client, li: User) -> None:
    names = [li.username, "10023", li.username.upper(), "10023", "10023"]
    for name in names:
        assert "不正确" in said(enter(client, name, "wrong"))
    for name in ("10023", li.username):
        assert "锁定" in said(enter(client, name, IN_DIRECTORY))
    assert not inside(client)
    assert told()[:6] == ["account.log_in_refused"] * 5 + ["account.locked"]


def test_who_has_come_in_begins_anew(client: Client, li: User) -> None:
    for _round in range(2):
        for _number in range(settings.LOGIN_FAILURES - 1):
            enter(client, "10023", "wrong")
        enter(client, "10023", IN_DIRECTORY)
        assert inside(client)
        client.post("/accounts/logout/")


# --- The directory is away -------------------------------------------------------------------------------------------


@contextmanager
def frozen() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"ldap://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(params=["nobody there", "frozen", "no address", "no such branch", "service refused"])
def away(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from departments.login import directory

    monkeypatch.setattr(directory, "PATIENCE", 0.3)
    with frozen() as silent:
        changes = {
            "nobody there": {"LDAP_URL": f"ldap://127.0.0.1:{free_port()}"},
            "frozen": {"LDAP_URL": silent},
            "no address": {"LDAP_URL": "directory"},
            "no such branch": {"LDAP_SEARCH": "dc=village"},
            "service refused": {"LDAP_BIND_PASSWORD": "wrong"},
        }
        for name, value in changes[request.param].items():
            setattr(settings, name, value)
        yield


@pytest.mark.usefixtures("away")
def test_a_directory_that_is_away_is_told_and_the_own_password_opens(client: Client, li: User) -> None:
    answer = enter(client, "10023", IN_DIRECTORY)
    assert answer.status_code == 200
    assert said(answer) == "统一目录暂无响应。请几分钟后重试，或联系管理员。"
    client.cookies["django_language"] = "en"
    assert said(enter(client, "10023", IN_DIRECTORY)).startswith("The city's directory does not answer.")
    enter(client, li.username, PASSWORD)
    assert who(client) == li


@pytest.mark.usefixtures("away")
def test_where_it_is_required_nobody_is_locked_by_its_absence_and_administrators_come_in(
    client: Client, li: User, settings: Any
) -> None:
    settings.LOCAL_LOGIN = False
    for _number in range(settings.LOGIN_FAILURES + 1):
        assert "统一目录暂无响应" in said(enter(client, "10023", IN_DIRECTORY))
    assert not Failures.objects.filter(level__gt=0).exists()
    admin = person(Role.ADMINISTRATOR, "1")
    with_second_factor(admin)
    enter(client, admin.username, PASSWORD, "/accounts/login/emergency/")
    client.post("/accounts/login/code/", {"code": code()})
    assert who(client) == admin


def test_it_is_waited_for_five_seconds() -> None:
    import ldap

    from departments.login.directory import _connection_options

    options = _connection_options()
    assert options[ldap.OPT_NETWORK_TIMEOUT] == options[ldap.OPT_TIMEOUT] == 5


# --- Required --------------------------------------------------------------------------------------------------------


def test_where_it_is_required_own_passwords_open_nothing(client: Client, li: User, settings: Any) -> None:
    settings.LOCAL_LOGIN = False
    assert "不正确" in said(enter(client, li.username, PASSWORD))
    assert "不正确" in said(enter(client, li.username, PASSWORD, "/accounts/login/emergency/"))
    assert not inside(client)
    enter(client, li.username, IN_DIRECTORY)
    assert who(client) == li
    assert client.post("/accounts/confirm/", {"password": PASSWORD}).status_code == 200
    assert client.post("/accounts/confirm/", {"password": IN_DIRECTORY}).status_code == 302


def test_the_door_for_emergencies_does_not_ask_the_directory(client: Client, settings: Any) -> None:
    settings.LOCAL_LOGIN = False
    admin = person(Role.ADMINISTRATOR)
    assert "不正确" in said(enter(client, admin.username, IN_DIRECTORY, "/accounts/login/emergency/"))
    assert not inside(client)


# --- Without what speaks LDAP ----------------------------------------------------------------------------------------


def test_where_nothing_speaks_ldap_the_page_works_without(
    client: Client, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> ModuleSpec | None:
        assert name == "django_auth_ldap"
        return None

    monkeypatch.setattr(ways, "find_spec", find)
    assert "不正确" in said(enter(client, "10023", IN_DIRECTORY))
    assert "工号" not in client.get("/accounts/login/").content.decode()
    enter(client, li.username, PASSWORD)
    assert inside(client)


# --- Encrypted -------------------------------------------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    """A certificate for this machine that vouches for itself, and its key beside it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "directory of the city")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(kept)
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem"


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_the_own_authority_is_believed_and_no_other(
    scheme: str, client: Client, li: User, settings: Any, tmp_path: Path
) -> None:
    """By ldaps://, or by STARTTLS."""
    shown = certificate(tmp_path)
    options = f"TLSCertificateFile {shown}\nTLSCertificateKeyFile {tmp_path}/key.pem"
    with directory_server(tmp_path, ENTRIES, options=options, scheme=scheme) as encrypted:
        settings.LDAP_URL, settings.LDAP_START_TLS = encrypted, scheme == "ldap"
        assert "统一目录暂无响应" in said(enter(client, "10023", IN_DIRECTORY))
        settings.LDAP_CA_FILE = str(shown)
        enter(client, "10023", IN_DIRECTORY)
        assert who(client) == li
