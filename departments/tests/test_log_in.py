"""Coming in: by name and password, not by guessing, and by no other door."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.urls import NoReverseMatch, reverse

from departments.credentials import lockout
from departments.models import AuditEvent, Failures, User
from departments.permissions import Role
from departments.services.accounts import unlock
from departments.tests.accounts import PASSWORD, enter, forward, inside, told, with_second_factor
from departments.tests.callers import member

pytestmark = pytest.mark.django_db

WRONG = "wrong-Horse-7"


@pytest.fixture
def li() -> User:
    user = member(Role.REPORTER)
    user.username = "Li"
    user.set_password(PASSWORD)
    user.save()
    return user


def said(answer: Any) -> str:
    return " ".join(answer.context["form"].non_field_errors())


def fail(client: Client, times: int, username: str = "li") -> list[str]:
    """What is said to so many wrong passwords."""
    return [said(enter(client, username, WRONG)) for _number in range(times)]


def test_a_person_logs_in_and_is_led_to_where_it_was_asked_for(client: Client, li: User) -> None:
    answer = enter(client, "li", address="/accounts/login/?next=/notices/")
    assert answer.headers["Location"] == "/notices/"
    assert inside(client)
    assert not list(client.get("/accounts/security/").context["messages"])


def test_a_person_without_a_wish_is_led_to_the_overview(client: Client, li: User) -> None:
    assert enter(client, " Li ").headers["Location"] == "/"


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(target: str, client: Client, li: User) -> None:
    assert enter(client, "li", address=f"/accounts/login/?next={target}").headers["Location"] == "/"


def test_whoever_is_in_is_not_asked_again(client: Client, li: User) -> None:
    client.force_login(li)
    assert client.get("/accounts/login/").headers["Location"] == "/"


def test_the_cookie_ends_with_the_browser_and_scripts_cannot_read_it(client: Client, li: User) -> None:
    cookie = enter(client, "li").cookies["sessionid"]
    assert (cookie["max-age"], cookie["expires"], cookie["httponly"], cookie["samesite"]) == ("", "", True, "Lax")


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_told_alike(username: str, client: Client, li: User) -> None:
    assert fail(client, 1, username) == ["用户名或密码不正确。密码区分大小写。"]


def test_a_closed_account_is_told_as_if_it_were_not_there(client: Client, li: User) -> None:
    User.objects.update(is_active=False)
    assert said(enter(client, "li")) == "用户名或密码不正确。密码区分大小写。"
    assert not inside(client)
    assert told() == ["account.log_in_refused"]


@pytest.mark.parametrize("data", [{}, {"login": "", "password": ""}, {"login": "x" * 999}])
def test_what_is_left_out_is_asked_for(data: dict[str, str], client: Client) -> None:
    answer = client.post("/accounts/login/", data)
    assert answer.status_code == 200
    assert answer.context["form"].errors


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_reset_password",
        "account_set_password",
        "account_inactive",
        "account_request_login_code",
        "mfa_reauthenticate",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
    ],
)
def test_no_other_door_of_allauth_exists(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_no_answer_is_made_for_scripts(client: Client) -> None:
    answer = client.get(
        "/accounts/login/", headers={"x-requested-with": "XMLHttpRequest", "accept": "application/json"}
    )
    assert answer.headers["Content-Type"].startswith("text/html")


def test_log_out_is_never_by_a_link(client: Client, li: User) -> None:
    client.force_login(li)
    assert client.get("/accounts/logout/").status_code == 405
    assert inside(client)


# --- The lock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_after_five_failures_a_name_is_locked_and_told_for_how_long(username: str, client: Client, li: User) -> None:
    assert all("不正确" in one for one in fail(client, settings.LOGIN_FAILURES, username))
    assert said(enter(client, username)) == "连续多次失败，已暂时锁定。请在 1 分钟后重试，或联系管理员解锁。"


def test_each_further_failure_doubles_the_wait_up_to_an_hour_and_the_time_that_is_left_is_told(
    client: Client, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(client, 5)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        assert f" {minutes} 分钟" in said(enter(client, "li"))
        forward(monkeypatch, minutes)
        fail(client, 1)
    forward(monkeypatch, 40)
    assert " 20 分钟" in said(enter(client, "li"))
    forward(monkeypatch, 24 * 60)
    assert "不正确" in fail(client, 2)[1]


def test_it_is_told_in_english_too(client: Client, li: User) -> None:
    client.cookies["django_language"] = "en"
    fail(client, 5)
    assert said(enter(client, "li")).startswith("Locked after too many failures. Try again in 1 minute,")


def test_the_right_password_does_not_open_what_is_locked(client: Client, li: User) -> None:
    fail(client, 5)
    enter(client, "li")
    enter(Client(), "LI")
    assert not inside(client)


def test_the_lock_ends_by_itself(client: Client, li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(client, 5)
    forward(monkeypatch, 1)
    enter(client, "li")
    assert inside(client)


def test_who_has_come_in_begins_anew_and_a_wrong_code_of_the_second_factor_is_not_coming_in(
    client: Client, li: User
) -> None:
    fail(client, 4)
    enter(client, "li")
    client.post("/accounts/logout/")
    fail(client, 4)
    with_second_factor(li)
    enter(client, "li")
    client.post("/accounts/login/code/", {"code": "000000"})
    client.post("/accounts/logout/")
    fail(client, 1)
    assert "锁定" in said(enter(client, "li"))


@pytest.mark.parametrize(("addresses", "most"), [(1, 34), (200, 44)])
def test_a_guesser_has_few_guesses_a_day_and_the_owner_comes_in_meanwhile(
    addresses: int, most: int, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guesser tries again as soon as anything is evaluated again, from each address in turn."""
    clock, evaluated = [time.time()], [0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    enter(Client(REMOTE_ADDR="10.0.0.9"), "li")
    request, end = RequestFactory().get("/"), clock[0] + 24 * 3600
    while clock[0] < end:
        request.META["REMOTE_ADDR"] = f"10.1.0.{evaluated[0] % addresses + 1}"
        try:
            lockout.count_guess(request, "name:li")
            evaluated[0] += 1
        except lockout.LockedError:
            clock[0] += max(1, lockout.seconds_locked(request, "name:li"))
            at_home = Client(REMOTE_ADDR="10.0.0.9")
            assert enter(at_home, "li").status_code == 302
    assert most - 2 <= evaluated[0] <= most


@pytest.mark.django_db(transaction=True)
def test_guesses_that_are_sent_at_the_same_time_win_nothing(li: User) -> None:
    def guess(number: int) -> bool:
        try:
            return "不正确" in enter(Client(), "li", WRONG).content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(guess, range(12))) == settings.LOGIN_FAILURES


def test_one_name_is_locked_and_no_other(client: Client, li: User) -> None:
    fail(client, 5, "wang")
    enter(client, "li")
    assert inside(client)


def test_the_host_that_the_asker_names_does_not_matter(client: Client, li: User) -> None:
    for host in ("localhost", "127.0.0.1", "testserver", "localhost", "127.0.0.1"):
        enter(client, "li", WRONG, headers={"host": host})
    assert "锁定" in said(enter(client, "li"))


def test_an_administrator_ends_the_lock_early(client: Client, li: User) -> None:
    fail(client, 5)
    assert lockout.find_locked_people([li]) == {li.pk}
    unlock(li, by=member(Role.ADMINISTRATOR))
    assert lockout.find_locked_people([li]) == set()
    enter(client, "li")
    assert inside(client)


def test_each_failure_and_the_lock_are_recorded_once(client: Client, li: User) -> None:
    fail(client, 5)
    enter(client, "li")
    assert told() == ["account.log_in_refused"] * 5 + ["account.locked", "account.log_in_refused"]
    assert {one.subject for one in AuditEvent.objects.all()} == {f"departments.user:{li.pk}"}
    assert AuditEvent.objects.latest("pk").detail == {"username": "Li", "while_locked": True}
    assert AuditEvent.objects.get(action="account.locked").detail == {"username": "Li", "network": "127.0.0.0/16"}


def test_a_name_that_is_nobodys_is_locked_without_being_kept(client: Client) -> None:
    fail(client, 5, "my-password")
    assert told()[-1] == "account.locked"
    assert "my-password" not in str(list(AuditEvent.objects.values("subject", "detail")))


def test_an_address_that_tries_many_names_is_locked(client: Client, li: User) -> None:
    for number in range(settings.LOGIN_FAILURES_PER_ADDRESS):
        enter(client, f"name{number}", WRONG)
    assert "锁定" in said(enter(client, "li"))
    other = Client(REMOTE_ADDR="10.0.0.9")
    enter(other, "li")
    assert inside(other)


def test_what_counts_no_more_is_deleted_and_known_addresses_stay(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(Client(), "li")
    fail(Client(), 1, "nobody")
    forward(monkeypatch, 3 * 24 * 60)
    lockout.forget_old_failures()
    assert Failures.objects.filter(level=0, let_in_at__isnull=False).count() == Failures.objects.count() == 2
    forward(monkeypatch, 90 * 24 * 60)
    lockout.forget_old_failures()
    assert not Failures.objects.exists()


# --- The address behind a proxy --------------------------------------------------------------------------------------


def address(**headers: Any) -> str:
    request = RequestFactory().post("/accounts/login/", REMOTE_ADDR=headers.pop("seen", "10.0.0.1"), **headers)
    return str(get_adapter().get_client_ip(request))


def test_without_a_proxy_no_header_is_believed() -> None:
    assert address(HTTP_X_FORWARDED_FOR="1.2.3.4") == "10.0.0.1"


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_only_what_it_has_seen_itself_is_believed() -> None:
    assert address(HTTP_X_FORWARDED_FOR="1.2.3.4, 5.6.7.8, 10.9.9.9") == "10.9.9.9"
    assert address(HTTP_X_FORWARDED_FOR="2001:db8::1") == "2001:db8::1"
    assert address() == "10.0.0.1"


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
@pytest.mark.parametrize("header", ["", " ", "not an address", "1.2.3.4,"])
def test_an_address_that_cannot_be_told_shares_one_counter(header: str) -> None:
    assert address(HTTP_X_FORWARDED_FOR=header, seen="") == "unknown"
