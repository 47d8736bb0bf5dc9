"""Coming in by the city's log-in service (OpenID Connect): a real one, and what is believed of its answers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.test import Client

from departments.models import AuditEvent, User
from departments.permissions import Role
from departments.tests.accounts import PASSWORD, code, enter, forward, inside, told, with_second_factor
from departments.tests.callers import member
from qualityplan.tests.city_service import BEGIN, agree, asked, city_service, come, lead

pytestmark = pytest.mark.django_db

PEOPLE: dict[str, dict[str, object]] = {
    "li": {"preferred_username": "10023", "email": "stranger@example.com"},
    "wang": {"preferred_username": "20077", "email": "li@example.com", "email_verified": True},
    "nameless": {"preferred_username": ""},
    "listed": {"preferred_username": ["10023"]},
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with city_service(PEOPLE) as served:
        yield served


@pytest.fixture(autouse=True)
def service(address: str, settings: Any) -> str:
    settings.OIDC_SERVER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = address, "plan", "secret"
    settings.OIDC_NAME = "统一身份认证"
    return address


@pytest.fixture
def li() -> User:
    return person(Role.REPORTER)


def person(role: Role) -> User:
    user = member(role)
    user.staff_number, user.email = "10023", "li@example.com"
    user.set_password(PASSWORD)
    user.save()
    return user


def who(client: Client) -> Any:
    return client.get("/accounts/security/").context["user"]


def nothing_is_stored() -> bool:
    return not SocialAccount.objects.exists() and not SocialToken.objects.exists()


# --- Coming in -------------------------------------------------------------------------------------------------------


def test_a_person_comes_in_by_the_staff_number_and_is_led_to_where_it_was_asked_for(client: Client, li: User) -> None:
    assert come(client, "li", "/notices/").headers["Location"] == "/notices/"
    assert who(client) == li
    event = AuditEvent.objects.get(action="account.log_in")
    assert (event.actor, event.detail) == (li, {"way": "oidc"})
    assert User.objects.get(pk=li.pk).last_login is not None
    assert nothing_is_stored()


def test_without_a_staff_number_the_log_in_name_counts(client: Client, li: User) -> None:
    User.objects.filter(pk=li.pk).update(staff_number="", username="10023")
    come(client, "li")
    assert inside(client)


def test_the_claim_that_the_settings_name_is_read_and_asked_for_where_the_token_has_it_not(
    client: Client, li: User, settings: Any
) -> None:
    settings.OIDC_STAFF_NUMBER = "sub"
    User.objects.filter(pk=li.pk).update(staff_number="li")
    come(client, "li")
    assert inside(client)
    settings.OIDC_STAFF_NUMBER = "employee"
    refused = come(Client(), "li")
    assert "没有提供您的工号" in refused.content.decode()


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(next_page: str, client: Client, li: User) -> None:
    assert come(client, "li", next_page).headers["Location"] == "/"
    assert inside(client)


def test_the_page_has_the_button_and_lets_the_browser_follow_it(client: Client, service: str) -> None:
    page = client.get("/accounts/login/?next=/notices/")
    text = page.content.decode()
    assert "统一身份认证登录" in text
    assert text.count('name="next" value="/notices/"') == 2
    assert f"form-action 'self' {service}" in page.headers["Content-Security-Policy"]
    assert service not in client.get("/accounts/login/emergency/").headers["Content-Security-Policy"]
    assert 'name="password"' in text
    client.cookies["django_language"] = "en"
    assert "Log in by 统一身份认证" in client.get("/accounts/login/").content.decode()


def test_without_a_service_there_is_no_button_and_no_address(client: Client, settings: Any) -> None:
    settings.OIDC_CLIENT_SECRET = ""
    assert BEGIN not in client.get("/accounts/login/").content.decode()
    assert client.post(BEGIN).status_code == client.get(f"{BEGIN}back/").status_code == 404


def test_the_way_there_is_begun_by_a_form_alone(client: Client) -> None:
    assert client.get(BEGIN).status_code == 405
    assert Client(enforce_csrf_checks=True).post(BEGIN).status_code == 403


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
    """The service says that the e-mail address is Li's, and verified: it means nothing."""
    client.cookies["django_language"] = language
    before = list(User.objects.values())
    refused = come(client, "wang")
    assert (refused.status_code, sentence in refused.content.decode()) == (403, True)
    assert not inside(client)
    assert list(User.objects.values()) == before
    assert nothing_is_stored()
    event = AuditEvent.objects.get()
    assert (event.action, event.subject, event.detail) == ("account.log_in_refused", "", {"way": "oidc"})


def test_a_closed_account_is_refused(client: Client, li: User) -> None:
    User.objects.update(is_active=False)
    refused = come(client, "li")
    assert "您在本系统的账号已停用" in refused.content.decode()
    assert not inside(client)
    assert told() == ["account.log_in_refused"]


@pytest.mark.parametrize("name", ["nameless", "listed"])
def test_an_answer_without_a_staff_number_is_told(name: str, client: Client, li: User) -> None:
    assert "没有提供您的工号" in come(client, name).content.decode()
    assert not inside(client)


# --- What is believed ------------------------------------------------------------------------------------------------


def test_state_nonce_and_pkce_go_along_and_differ_each_time(client: Client, li: User) -> None:
    first, second = asked(lead(client)), asked(lead(client))
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == "http://testserver/accounts/login/city/back/"
    assert set(first["scope"].split()) == {"openid", "profile"}
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 16
        assert first[name] != second[name]


def test_the_asker_puts_no_wishes_into_the_way_there(client: Client) -> None:
    answer = client.post(f"{BEGIN}?scope=admin&auth_params=prompt%3Dnone&process=connect&action=rerequest")
    sent = asked(answer.headers["Location"])
    assert "admin" not in sent["scope"]
    assert "prompt" not in sent


def test_an_answer_is_good_for_the_browser_that_asked_and_for_once(client: Client, li: User) -> None:
    back = agree(lead(client), "li")
    refused = Client().get(back)
    assert refused.status_code == 403
    assert "请重新登录" in refused.content.decode()
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 403
    assert not inside(client)


def test_an_answer_comes_too_late(client: Client, li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    back = agree(lead(client), "li")
    forward(monkeypatch, 11)
    assert client.get(back).status_code == 403
    assert not inside(client)


def test_who_says_no_at_the_service_is_told_so(client: Client, li: User) -> None:
    way = lead(client)
    denied = requests.post(way, data={"action": "deny"}, allow_redirects=False, timeout=5).headers["Location"]
    assert "请重新登录" in client.get(denied.replace("http://testserver", "")).content.decode()
    assert not inside(client)


Change = Callable[[dict[str, Any]], object]


def change_claims(change: Change) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The token with other claims and the signature that it had."""

    def changed(answer: dict[str, Any]) -> dict[str, Any]:
        head, _body, signature = answer["id_token"].split(".")
        claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
        change(claims)
        body = jwt.utils.base64url_encode(json.dumps(claims).encode()).decode()
        return answer | {"id_token": f"{head}.{body}.{signature}"}

    return changed


def sign_anew(key: Any, algorithm: str, **claims: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The token, signed by somebody else."""

    def changed(answer: dict[str, Any]) -> dict[str, Any]:
        said = jwt.decode(answer["id_token"], options={"verify_signature": False}) | claims
        head = {"kid": jwt.get_unverified_header(answer["id_token"])["kid"]}
        return answer | {"id_token": jwt.encode(said, key, algorithm=algorithm, headers=head)}

    return changed


def without_token(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "id_token"}


def not_a_token(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"id_token": "a.b.c"}


TAMPERED = {
    "another number": change_claims(lambda claims: claims.update(preferred_username="10023")),
    "another signature": sign_anew(rsa.generate_private_key(65537, 2048), "RS256", preferred_username="10023"),
    "no signature": sign_anew(None, "none", preferred_username="10023"),
    "a secret as the key": sign_anew("secret" * 8, "HS256", preferred_username="10023"),
    "no token": without_token,
    "not a token": not_a_token,
}


@pytest.mark.parametrize("tampering", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_tampered_answer_is_refused(
    tampering: Change, client: Client, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody between the service and here changes what the service answers to Wang."""
    tamper(monkeypatch, "/oauth2/token", tampering)
    refused = come(client, "wang")
    assert refused.status_code == 403
    assert "请重新登录" in refused.content.decode()
    assert not inside(client)
    assert told() == ["account.log_in_refused"]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("iss", {"issuer": "http://elsewhere.example"}),
        ("keys", {"jwks_uri": "http://localhost:9/"}),
    ],
)
def test_another_service_than_the_settings_name_is_not_believed(
    part: str, change: dict[str, str], client: Client, li: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = agree(lead(client), "li")
    tamper(monkeypatch, "/.well-known/openid-configuration", lambda told: told | change)
    assert client.get(back).status_code in (403, 503)
    assert not inside(client)


def test_a_token_for_another_audience_is_refused(client: Client, li: User, settings: Any) -> None:
    back = agree(lead(client), "li")
    assert "10023" not in back
    settings.OIDC_CLIENT_ID = "another"
    assert client.get(back).status_code == 403
    assert not inside(client)


def test_a_token_of_another_question_is_refused(client: Client, li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's own, well signed token for Li, which somebody puts into the answer to Wang."""
    tokens: list[str] = []

    def listen(answer: dict[str, Any]) -> dict[str, Any]:
        tokens.append(answer["id_token"])
        return answer

    tamper(monkeypatch, "/oauth2/token", listen)
    come(Client(), "li")
    monkeypatch.undo()
    tamper(monkeypatch, "/oauth2/token", lambda answer: answer | {"id_token": tokens[0]})
    assert come(client, "wang").status_code == 403
    assert not inside(client)


def tamper(monkeypatch: pytest.MonkeyPatch, path: str, change: Change) -> None:
    """What the service answers at a path arrives changed."""
    plain = requests.Session.request

    def changed(self: requests.Session, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        answer = plain(self, method, url, *args, **kwargs)
        if url.endswith(path):
            answer._content = json.dumps(change(answer.json())).encode()
        return answer

    monkeypatch.setattr(requests.Session, "request", changed)


def test_a_service_that_is_away_is_told_and_the_password_still_opens(client: Client, li: User, settings: Any) -> None:
    settings.OIDC_SERVER = "http://localhost:9"
    answer = client.post(BEGIN)
    assert answer.status_code == 503
    assert "统一登录暂无响应" in answer.content.decode()
    enter(client, li.username)
    assert inside(client)


def test_a_service_that_goes_away_meanwhile_is_told(client: Client, li: User, settings: Any) -> None:
    back = agree(lead(client), "li")
    settings.OIDC_SERVER = "http://localhost:9"
    assert client.get(back).status_code == 503
    assert not inside(client)


# --- What keeps working ----------------------------------------------------------------------------------------------


def test_a_lock_of_the_password_does_not_keep_the_owner_out(client: Client, li: User) -> None:
    for _number in range(settings.LOGIN_FAILURES):
        enter(client, li.username, "wrong")
    come(client, "li")
    assert inside(client)


def test_the_log_in_ends_after_a_time_without_use(client: Client, li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    come(client, "li")
    forward(monkeypatch, settings.SESSION_IDLE_MINUTES)
    assert not inside(client)


def test_log_out_tells_that_the_service_still_knows_one(client: Client, li: User) -> None:
    come(client, "li")
    page = client.post("/accounts/logout/", follow=True).content.decode()
    assert "统一登录仍处于登录状态" in page
    assert not inside(client)
    enter(client, li.username)
    assert "统一登录仍处于登录状态" not in client.post("/accounts/logout/", follow=True).content.decode()


def test_a_first_password_that_nobody_uses_need_not_be_changed(client: Client, li: User) -> None:
    User.objects.filter(pk=li.pk).update(must_change_password=True)
    come(client, "li")
    assert client.get("/notices/").status_code == 200
    client.post("/accounts/logout/")
    enter(client, li.username)
    assert client.get("/notices/").headers["Location"] == "/accounts/password/"


def test_the_second_factor_is_asked_for_unless_the_settings_trust_the_services(
    client: Client, li: User, settings: Any
) -> None:
    with_second_factor(li)
    assert come(client, "li", "/notices/").headers["Location"] == "/accounts/login/code/"
    assert not inside(client)
    assert client.post("/accounts/login/code/", {"code": code()}).headers["Location"] == "/notices/"
    settings.OIDC_MFA_TRUSTED = True
    trusting = Client()
    assert come(trusting, "li", "/notices/").headers["Location"] == "/notices/"
    assert inside(trusting)
    # By the password it is asked for as before.
    assert enter(Client(), li.username).headers["Location"] == "/accounts/login/code/"


def test_a_role_that_needs_a_second_factor_is_led_to_it_unless_the_services_is_trusted(
    client: Client, settings: Any
) -> None:
    person(Role.COORDINATOR)
    settings.MFA_REQUIRED_ROLES = ["coordinator"]
    come(client, "li")
    assert client.get("/notices/").headers["Location"] == "/accounts/security/app/"
    settings.OIDC_MFA_TRUSTED = True
    assert client.get("/notices/").status_code == 200
    assert client.get("/api/v1/plans").status_code == 200


def test_who_came_by_the_service_confirms_there_before_the_second_factor_is_set_up(client: Client, li: User) -> None:
    come(client, "li")
    asking = client.get("/accounts/security/app/", follow=True)
    assert BEGIN in asking.content.decode()
    way = lead(client, "/accounts/security/app/")
    assert asked(way)["prompt"] == "login"
    assert client.get(agree(way, "li")).headers["Location"] == "/accounts/security/app/"
    assert client.get("/accounts/security/app/").status_code == 200
    assert told() == ["account.log_in"]


def test_nobody_becomes_somebody_else_on_the_way(client: Client, li: User) -> None:
    other = member(Role.LEADER)
    User.objects.filter(pk=other.pk).update(staff_number="20077")
    come(client, "li")
    refused = come(client, "wang")
    assert "请先在本系统退出" in refused.content.decode()
    assert who(client) == li
    assert client.get("/accounts/security/app/").headers["Location"].startswith("/accounts/confirm/")


# --- Required --------------------------------------------------------------------------------------------------------


@pytest.fixture
def required(settings: Any) -> None:
    settings.LOCAL_LOGIN = False


@pytest.mark.usefixtures("required")
def test_where_it_is_required_passwords_open_nothing(client: Client, li: User) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert 'name="password"' not in page
    assert "请使用统一登录" in enter(client, li.username).content.decode()
    assert not inside(client)
    assert told() == []
    come(client, "li")
    assert inside(client)


@pytest.mark.usefixtures("required")
def test_in_an_emergency_an_administrator_comes_in_by_password_and_second_factor(client: Client) -> None:
    admin = person(Role.ADMINISTRATOR)
    with_second_factor(admin)
    assert enter_in_emergency(client, admin).headers["Location"] == "/accounts/login/code/"
    assert not inside(client)
    client.post("/accounts/login/code/", {"code": code()})
    assert who(client) == admin
    assert client.get("/people/").status_code == 200
    assert AuditEvent.objects.get(action="account.log_in").detail == {"way": "emergency"}


@pytest.mark.usefixtures("required")
def test_in_an_emergency_a_second_factor_is_set_up_before_anything_else(client: Client) -> None:
    enter_in_emergency(client, person(Role.ADMINISTRATOR))
    assert client.get("/people/").headers["Location"] == "/accounts/security/app/"
    client.post("/accounts/confirm/", {"password": PASSWORD})
    assert client.get("/accounts/security/app/").status_code == 200


@pytest.mark.usefixtures("required")
def test_everybody_else_is_told_to_use_the_service(client: Client, li: User) -> None:
    refused = enter_in_emergency(client, li)
    assert "其他人员请使用统一登录" in refused.content.decode()
    assert "不正确" in refused.content.decode()
    assert not inside(client)
    assert told() == ["account.log_in_refused"]


@pytest.mark.usefixtures("required")
def test_the_door_for_emergencies_is_locked_after_failures_too(client: Client) -> None:
    admin = person(Role.ADMINISTRATOR)
    for _number in range(settings.LOGIN_FAILURES):
        enter_in_emergency(client, admin, "wrong")
    assert "锁定" in enter_in_emergency(client, admin).content.decode()
    assert not inside(client)


def test_where_it_is_not_required_there_is_one_door(client: Client) -> None:
    answer = client.get("/accounts/login/emergency/?next=/notices/")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fnotices%2F"


def enter_in_emergency(client: Client, user: User, password: str = PASSWORD) -> Any:
    return enter(client, user.username, password, "/accounts/login/emergency/")
