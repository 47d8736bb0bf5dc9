"""Logging in as a person does, in tests: with a password, a code, and a clock that can be moved."""

import time
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.test import Client

from departments.models import AuditEvent, Department, User

PASSWORD = "right-Horse-7"
SECRET = "JBSWY3DPEHPK3PXP"


def enter(
    client: Client, username: str, password: str = PASSWORD, address: str = "/accounts/login/", **extra: Any
) -> Any:
    """What the page answers to a name and a password."""
    return client.post(address, {"login": username, "password": password}, **extra)


def inside(client: Client) -> bool:
    """Whether the client is logged in."""
    return bool(client.get("/accounts/security/").status_code == 200)


def code(secret: str = SECRET, steps: int = 0) -> str:
    """What the app shows now, or some steps of 30 seconds from now."""
    counter = int(time.time()) // 30 + steps
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))


def with_second_factor(user: User) -> list[str]:
    """The person has an app with `SECRET`; the recovery codes."""
    auth.TOTP.activate(user, SECRET)
    return list(RecoveryCodes.activate(user).generate_codes())


def confirmed(client: Client, password: str = PASSWORD) -> Client:
    """The client, for the next minutes allowed to change the second factor."""
    assert client.post("/accounts/confirm/", {"password": password}).status_code == 302
    return client


def forward(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """The clock of the service stands so many minutes later."""
    moved = time.time
    monkeypatch.setattr("time.time", lambda: moved() + minutes * 60)


def unit(code: str, kind: str = "bureau") -> Department:
    """A department of some kind."""
    from departments.tests.callers import region

    return Department.objects.create(code=code, name=code, short_name=code, kind=kind, region=region())


def told() -> list[str]:
    """What the audit log says, oldest first."""
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
