"""Passwords: what they are made of, and whose choice they are."""

from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from departments.credentials.passwords import LETTERS, KindsValidator, count_character_kinds, first_password
from departments.models import User
from departments.permissions import Role
from departments.services.accounts import change_own_password, reset_password
from departments.tests.accounts import PASSWORD, enter, inside, told
from departments.tests.callers import asking, member

pytestmark = pytest.mark.django_db
NEW = "another-Horse-8"


@pytest.fixture
def li() -> User:
    user = member(Role.LEADER)
    user.username = "li"
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def inside_as_li(client: Client, li: User) -> Client:
    enter(client, "li")
    return client


def test_none_of_the_last_five_passwords_is_taken_again(li: User) -> None:
    words = [PASSWORD, *(f"another-Horse-{number}" for number in range(6))]
    for word in words[1:]:
        change_own_password(li, word)
    for word in words[1:]:
        with pytest.raises(ValidationError, match="此前 5 次用过"):
            validate_password(word, li)
    validate_password(PASSWORD, li)
    reset_password(li, by=None)
    with pytest.raises(ValidationError):
        validate_password(words[-1], li)
    assert li.former_passwords.count() == 5


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    form = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    return client.post("/accounts/password/", form)


@pytest.mark.parametrize(
    ("password", "number"),
    [("", 0), ("abc", 1), ("abcD", 2), ("abcD1", 3), ("abcD1-", 4), ("质量强市", 1), ("质量a1", 3), ("   ", 1)],
)
def test_kinds_of_characters_are_counted(password: str, number: int) -> None:
    assert count_character_kinds(password) == number


@given(st.text(max_size=30))
def test_a_password_passes_exactly_with_three_kinds(password: str) -> None:
    try:
        KindsValidator().validate(password)
    except ValidationError:
        assert count_character_kinds(password) < 3
    else:
        assert 3 <= count_character_kinds(password) <= 4


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short-A1", "10"),
        ("onlysmallletters", "三类"),
        ("20140627123456", "数字"),
        ("Password123", "常见"),
        ("liming-2014", "相似"),
    ],
)
def test_a_bad_password_is_refused_with_a_sentence(password: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="liming-2014"))
    assert any(sentence in one for one in refused.value.messages), refused.value.messages


def test_a_first_password_keeps_every_rule_and_is_never_the_same() -> None:
    made = {first_password(User(username="li")) for _number in range(50)}
    assert len(made) == 50
    for password in made:
        validate_password(password)
        assert set(password) <= set(LETTERS + "-")


def test_one_changes_the_own_password_and_stays_in(inside_as_li: Client, li: User) -> None:
    other = Client()
    enter(other, "li")
    assert change(inside_as_li).headers["Location"] == "/accounts/security/"
    li.refresh_from_db()
    assert li.check_password(NEW)
    assert inside(inside_as_li)
    assert not inside(other)
    assert told()[-1] == "account.password_changed"


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"old": "wrong"}, "oldpassword", "当前密码不正确"),
        ({"new": PASSWORD}, "password1", "此前 5 次用过"),
        ({"new": "weak"}, "password1", "10"),
        ({"again": "different-Horse-9"}, "password2", ""),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    form: dict[str, str], field: str, sentence: str, inside_as_li: Client, li: User
) -> None:
    answer = change(inside_as_li, **form)
    assert sentence in " ".join(answer.context["form"].errors[field])
    li.refresh_from_db()
    assert li.check_password(PASSWORD)
    assert "account.password_changed" not in told()


def test_a_password_set_by_somebody_else_must_be_changed_before_anything_opens(client: Client, li: User) -> None:
    password = reset_password(li, by=member(Role.ADMINISTRATOR))
    enter(client, "li", password)
    for address in ("/", "/notices/", "/plans/plan-2014/departments/", "/admin/"):
        assert client.get(address).headers["Location"] == "/accounts/password/"
    page = client.get("/accounts/password/")
    assert "请先设置自己的密码" in page.content.decode()
    assert change(client, password).status_code == 302
    assert client.get("/notices/").status_code == 200


def test_the_api_refuses_that_session_too_but_no_token(client: Client, li: User) -> None:
    enter(client, "li", reset_password(li, by=member(Role.ADMINISTRATOR)))
    answer = client.get("/api/v1/plans")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "forbidden")
    assert asking(li)("/plans").status_code == 200


def test_whoever_must_change_it_can_log_out_and_choose_the_language(client: Client, li: User) -> None:
    enter(client, "li", reset_password(li, by=member(Role.ADMINISTRATOR)))
    assert client.post("/i18n/setlang/", {"language": "en"}).status_code == 302
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
