"""People with browsers of their own, for tests of the service as it is run."""

from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from django.contrib.auth.hashers import make_password
from django.test import override_settings

from departments.models import User
from departments.tests.accounts import PASSWORD

HASHER = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
"""That of the service, which does not know the one of the tests."""


def let_them_log_in() -> None:
    """Everybody has the password of the tests, as the service hashes it."""
    with override_settings(PASSWORD_HASHERS=[HASHER]):
        User.objects.update(password=make_password(PASSWORD))


class Visitor:
    """Somebody with a browser, who has logged in."""

    def __init__(self, port: int, username: str) -> None:
        self.cookies, self.address = CookieJar(), f"http://127.0.0.1:{port}"
        self.opener = build_opener(HTTPCookieProcessor(self.cookies), ProxyHandler({}))
        self.open("/accounts/login/")
        self.open("/accounts/login/", {"login": username, "password": PASSWORD})

    def open(self, page: str, form: dict[str, Any] | None = None) -> str:
        """What is shown, after a form was sent if there is one."""
        token = next((one.value or "" for one in self.cookies if one.name == "csrftoken"), "")
        body = urlencode(form).encode() if form is not None else None
        with self.opener.open(Request(self.address + page, body, {"X-CSRFToken": token})) as answer:
            return str(answer.read().decode())
