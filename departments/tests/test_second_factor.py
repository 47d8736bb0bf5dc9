"""The second factor: set up by oneself, asked for at log-in, required of some roles."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from departments.credentials import codes
from departments.models import AuditEvent, User
from departments.permissions import Role
from departments.services.accounts import reset_second_factor
from departments.tests.accounts import (
    PASSWORD,
    SECRET,
    code,
    confirmed,
    enter,
    forward,
    inside,
    told,
    with_second_factor,
)
from departments.tests.callers import asking, member

pytestmark = pytest.mark.django_db

REQUIRED = override_settings(MFA_REQUIRED_ROLES=["administrator", "coordinator"])


@pytest.fixture
def li() -> User:
    return person(Role.COORDINATOR)


def person(role: Role) -> User:
    user = member(role)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def inside_as_li(client: Client, li: User) -> Client:
    client.force_login(li)
    return client


def activate(client: Client) -> Any:
    """Set up as on the page: look at the key, type what the app would show."""
    page = client.get("/accounts/security/app/")
    return client.post("/accounts/security/app/", {"code": code(page.context["form"].secret)})


def said(answer: Any) -> str:
    return " ".join(answer.context["form"].errors["code"])


# --- Setting it up ---------------------------------------------------------------------------------------------------


def test_it_is_set_up_with_a_code_and_gives_recovery_codes(inside_as_li: Client, li: User) -> None:
    answer = activate(confirmed(inside_as_li))
    assert answer.headers["Location"] == "/accounts/security/codes/"
    page = inside_as_li.get("/accounts/security/codes/")
    assert len(page.context["unused_codes"]) == 10
    assert set(Authenticator.objects.filter(user=li).values_list("type", flat=True)) == {"totp", "recovery_codes"}


@pytest.mark.django_db(transaction=True)
def test_setting_up_renewing_and_removing_are_recorded_once_each(inside_as_li: Client, li: User) -> None:
    activate(confirmed(inside_as_li))
    inside_as_li.post("/accounts/security/codes/renew/")
    inside_as_li.post("/accounts/security/app/remove/")
    assert told() == [
        "account.log_in",
        "account.second_factor_added",
        "account.recovery_codes_renewed",
        "account.second_factor_removed",
    ]
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("address", ["app/", "app/remove/", "codes/", "codes/renew/"])
def test_the_password_is_asked_for_first(address: str, inside_as_li: Client, li: User) -> None:
    if address != "app/":
        with_second_factor(li)
    answer = inside_as_li.get(f"/accounts/security/{address}")
    assert answer.headers["Location"].startswith("/accounts/confirm/?next=")
    inside_as_li.post(f"/accounts/security/{address}", {"code": code()})
    assert Authenticator.objects.filter(type="totp").count() == (0 if address == "app/" else 1)


def test_a_wrong_password_confirms_nothing_and_counts_as_a_failure(inside_as_li: Client, li: User) -> None:
    for _number in range(settings.LOGIN_FAILURES):
        answer = inside_as_li.post("/accounts/confirm/", {"password": "wrong"})
        assert answer.context["form"].errors["password"] == ["密码不正确。"]
    answer = inside_as_li.post("/accounts/confirm/", {"password": PASSWORD})
    assert "锁定" in str(answer.context["form"].errors["password"])


def test_a_confirmation_does_not_hold_for_long(inside_as_li: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(inside_as_li)
    forward(monkeypatch, 6)
    assert inside_as_li.get("/accounts/security/app/").status_code == 302


@pytest.mark.parametrize("typed", ["000000", "", "abc", "9" * 99])
def test_a_wrong_first_code_sets_up_nothing(typed: str, inside_as_li: Client) -> None:
    confirmed(inside_as_li).get("/accounts/security/app/")
    answer = inside_as_li.post("/accounts/security/app/", {"code": typed})
    assert answer.context["form"].errors["code"]
    assert not Authenticator.objects.exists()


def test_the_qr_code_keeps_to_the_content_security_policy(inside_as_li: Client) -> None:
    page = confirmed(inside_as_li).get("/accounts/security/app/")
    text = page.content.decode()
    assert 'src="data:image/svg+xml;base64,' in text
    assert "style=" not in text
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]
    assert "issuer=%E8%AE%A1" in page.context["totp_url"]


# --- Logging in with it ----------------------------------------------------------------------------------------------


@pytest.fixture
def half_in(client: Client, li: User) -> Client:
    """The password was right; the code is asked for."""
    with_second_factor(li)
    answer = enter(client, li.username, address="/accounts/login/?next=/notices/")
    assert answer.headers["Location"] == "/accounts/login/code/"
    return client


def test_the_password_alone_opens_nothing(half_in: Client) -> None:
    assert not inside(half_in)
    assert half_in.get("/api/v1/plans").status_code == 401
    assert told() == []


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_code_lets_in_and_leads_to_where_it_was_asked_for(steps: int, half_in: Client) -> None:
    answer = half_in.post("/accounts/login/code/", {"code": code(steps=steps)})
    assert answer.headers["Location"] == "/notices/"
    assert inside(half_in)
    assert told() == ["account.log_in"]


@pytest.mark.parametrize("steps", [-3, 3])
def test_an_old_or_a_future_code_does_not(steps: int, half_in: Client) -> None:
    assert said(half_in.post("/accounts/login/code/", {"code": code(steps=steps)})).startswith("验证码不正确")
    assert not inside(half_in)


@pytest.mark.parametrize("seconds", [0, 40])
def test_a_code_and_those_before_it_are_good_for_once(
    seconds: int, half_in: Client, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, before = code(steps=1), code(steps=0)
    half_in.post("/accounts/login/code/", {"code": shown})
    cache.clear()
    forward(monkeypatch, seconds / 60)
    other = Client()
    enter(other, li.username)
    for typed in (shown, before):
        assert said(other.post("/accounts/login/code/", {"code": typed})).startswith("验证码不正确")
    assert not inside(other)


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_sent_twice_at_the_same_time_lets_in_once(li: User) -> None:
    with_second_factor(li)
    app, shown = Authenticator.objects.get(type="totp"), code()

    def sent(_number: int) -> bool:
        try:
            return codes.use_up(app, shown)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sent, range(8))) == 1


@pytest.mark.django_db(transaction=True)
def test_the_code_that_set_it_up_does_not_log_in(inside_as_li: Client, li: User) -> None:
    page = confirmed(inside_as_li).get("/accounts/security/app/")
    shown = code(page.context["form"].secret)
    inside_as_li.post("/accounts/security/app/", {"code": shown})
    other = Client()
    enter(other, li.username)
    other.post("/accounts/login/code/", {"code": shown})
    assert not inside(other)


# --- What lies in the database ---------------------------------------------------------------------------------------


def test_seeds_are_encrypted_and_open_with_an_earlier_key(li: User, client: Client, settings: Any) -> None:
    spare = with_second_factor(li)[0]
    assert SECRET not in str(list(Authenticator.objects.values_list("data", flat=True)))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    for typed in (code(), spare):
        client.post("/accounts/logout/")
        enter(client, li.username)
        client.post("/accounts/login/code/", {"code": typed})
        assert inside(client)


def test_without_the_key_a_sentence_says_what_to_do(li: User, client: Client, settings: Any) -> None:
    with_second_factor(li)
    settings.SECRET_KEY = "another"
    enter(client, li.username)
    answer = client.post("/accounts/login/code/", {"code": code()})
    assert answer.status_code == 403
    assert "请联系管理员停用双重验证" in answer.content.decode()
    reset_second_factor(li, by=member(Role.ADMINISTRATOR))
    anew = Client()
    enter(anew, li.username)
    assert inside(anew)


def test_a_recovery_code_is_good_for_once_and_recorded(client: Client, li: User) -> None:
    spare = with_second_factor(li)[0]
    for expected in (True, False):
        client.post("/accounts/logout/")
        enter(client, li.username)
        client.post("/accounts/login/code/", {"code": spare})
        assert inside(client) is expected
    assert told().count("account.recovery_code_used") == 1


def test_wrong_codes_lock_like_wrong_passwords(half_in: Client, li: User) -> None:
    for _number in range(settings.LOGIN_FAILURES):
        half_in.post("/accounts/login/code/", {"code": "000000"})
    assert "1 分钟" in said(half_in.post("/accounts/login/code/", {"code": code()}))
    assert not inside(half_in)
    assert told() == ["account.log_in_refused"] * settings.LOGIN_FAILURES + ["account.locked"]
    assert AuditEvent.objects.earliest("pk").detail == {"username": li.username, "code": True}


def test_a_log_in_that_is_not_finished_is_forgotten(half_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    forward(monkeypatch, 16)
    assert half_in.post("/accounts/login/code/", {"code": code()}).headers["Location"] == "/accounts/login/"
    assert not inside(half_in)


def test_one_can_log_in_as_somebody_else_instead(half_in: Client) -> None:
    assert half_in.get("/accounts/login/").headers["Location"] == "/accounts/login/code/"
    half_in.post("/accounts/logout/")
    assert half_in.get("/accounts/login/").status_code == 200


def test_nobody_enters_a_code_without_a_password(client: Client) -> None:
    assert client.post("/accounts/login/code/", {"code": "000000"}).headers["Location"] == "/accounts/login/"


def test_a_token_of_the_api_needs_no_code(li: User) -> None:
    with_second_factor(li)
    with REQUIRED:
        assert asking(li)("/plans").status_code == 200


# --- Required of a role ----------------------------------------------------------------------------------------------


@REQUIRED
def test_whoever_needs_it_sees_nothing_else_until_it_is_set_up(inside_as_li: Client, li: User) -> None:
    for address in ("/", "/notices/", "/imports/upload/", "/admin/"):
        assert inside_as_li.get(address).headers["Location"] == "/accounts/security/app/"
    assert inside_as_li.get("/api/v1/plans").status_code == 403
    activate(confirmed(inside_as_li))
    assert inside_as_li.get("/notices/").status_code == 200
    assert inside_as_li.get("/api/v1/plans").status_code == 200


@REQUIRED
def test_recovery_codes_alone_are_no_second_factor(inside_as_li: Client, li: User) -> None:
    with_second_factor(li)
    Authenticator.objects.filter(type="totp").delete()
    assert inside_as_li.get("/notices/").headers["Location"] == "/accounts/security/app/"


@REQUIRED
@pytest.mark.parametrize("role", [Role.REPORTER, Role.REVIEWER, Role.LEADER, Role.COUNTY])
def test_whoever_does_not_need_it_is_left_alone(role: Role, client: Client) -> None:
    client.force_login(person(role))
    assert client.get("/notices/").status_code == 200


@REQUIRED
def test_whoever_has_lost_it_sets_it_up_again(client: Client, li: User) -> None:
    with_second_factor(li)
    reset_second_factor(li, by=member(Role.ADMINISTRATOR))
    enter(client, li.username)
    assert client.get("/notices/").headers["Location"] == "/accounts/security/app/"
