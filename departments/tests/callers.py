"""Who asks in tests of the HTTP API, and what the answers cost."""

import itertools
import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import ApiToken, Department, Membership, Region, User
from departments.permissions import Role

_numbers = itertools.count(1)
Ask = Callable[..., Any]


def region(code: str = "", parent: Region | None = None) -> Region:
    """The region of a code, made if there is none; without a code the city that is there."""
    if not code and (known := Region.objects.filter(kind=Region.Kind.CITY).order_by("pk").first()):
        return known
    code = code or "100100"
    return Region.objects.get_or_create(code=code, defaults={"name": code, "kind": "city", "parent": parent})[0]


def member(role: Role, place: Region | None = None, unit: Department | None = None) -> User:
    """A person with a role in a department of a place; an administrator is one of the government office."""
    kind = "government_office" if role is Role.ADMINISTRATOR else "bureau"
    number = next(_numbers)
    name = f"caller-{number}"
    unit = unit or Department.objects.create(code=name, name=name, short_name=name, kind=kind, region=place or region())
    user = User.objects.create_user(f"{role.value}-{number}", password="pass")
    Membership.objects.create(user=user, department=unit, role=role.value)
    return user


def asking(user: User, **headers: str) -> Ask:
    """`ask("/plans", limit=5)` with the person's token; the answer is Django's test response."""
    key = ApiToken.issue(user)[1]
    client = Client(headers={"Authorization": f"Bearer {key}", **headers})
    return lambda address, **query: client.get(f"/api/v1{address}", query)


def posting(user: User, **headers: str) -> Ask:
    """`post("/observations", body)` with the person's token; the body as JSON, or bytes as they are."""
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user, name='其他系统')[1]}", **headers})

    def post(address: str, body: object, **more: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False)
        return client.post(f"/api/v1{address}", data, content_type="application/json", headers=more)

    return post


def sending(user: User) -> Ask:
    """`send(data)` with the person's token: a file for the imports."""
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user, name='其他系统')[1]}"})
    return lambda data: client.post("/api/v1/imports", {"file": SimpleUploadedFile("数据.csv", data)})


def cost(ask: Ask, address: str, **query: Any) -> tuple[int, int]:
    """How many items were answered, and with how many queries."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = ask(address, **query)
    assert answer.status_code == 200, answer.content
    return len(answer.json()["items"]), len(queries)


def faults(answer: Any) -> list[tuple[str | None, str]]:
    """Column and code of each reason of a refusal."""
    return [(one["column"], one["code"]) for one in answer.json()["errors"]]
