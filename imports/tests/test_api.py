"""Imports by the HTTP API: the same way as on the pages, for the same people."""

from typing import Any

import pytest
from django.test import Client

from departments.models import ApiToken, User
from departments.permissions import Role
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from imports.tests.people import row
from imports.tests.tables import csv_bytes, uploaded
from plans.periods import Month
from targets.models import Indicator, Observation
from targets.services.locking import close_plan_month
from targets.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator() -> User:
    return factories.coordinator()


@pytest.fixture
def houses() -> Indicator:
    return factories.indicator("count")


class Caller:
    """Another system with somebody's token."""

    def __init__(self, user: User) -> None:
        key = ApiToken.issue(user)[1]
        self.client = Client(headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"})

    def post(self, address: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"/api/v1{address}", body, content_type="application/json", headers=headers)

    def send(self, data: bytes, **headers: str) -> Any:
        return self.client.post("/api/v1/imports", {"file": uploaded(data)}, headers=headers)

    def get(self, pk: int) -> Any:
        return self.client.get(f"/api/v1/imports/{pk}").json()

    def checked(self, *rows: Any) -> int:
        pk: int = self.send(csv_bytes(rows)).json()["id"]
        check_import_batch(pk)
        return pk


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.json()["errors"]]


def test_a_file_is_handed_over_asked_about_confirmed_and_undone(coordinator: User, houses: Indicator) -> None:
    caller = Caller(coordinator)
    answer = caller.send(csv_bytes([row(houses, "2014-01", 40)]))
    pk = answer.json()["id"]
    assert (answer.status_code, answer.json()) == (202, {"id": pk, "state": "uploaded"})
    check_import_batch(pk)
    found = caller.get(pk)
    assert (found["state"], found["progress"], found["errors"]) == ("ready", 100, [])
    assert found["rows"] == {"read": 1, "new": 1, "changed": 0, "unchanged": 0, "rejected": 0}
    answer = caller.post(f"/imports/{pk}/confirm")
    assert (answer.status_code, answer.json()) == (202, {"id": pk, "state": "applying"})
    write_confirmed_batch(pk)
    assert (caller.get(pk)["state"], Observation.objects.get().value) == ("applied", 40)
    assert caller.post(f"/imports/{pk}/undo", {"reason": "wrong file"}).json() == {"id": pk, "state": "undone"}
    assert not Observation.objects.official().exists()


def test_errors_are_told_with_their_place(coordinator: User, houses: Indicator) -> None:
    caller = Caller(coordinator)
    pk = caller.checked(row(houses, "2014-01", "viel"), row(houses, "2014-02", 4))
    found = caller.get(pk)
    (error,) = found["errors"]
    assert found["state"] == "rejected"
    assert (error["sheet"], error["row"], error["column"], error["code"]) == ("", 2, "value", "not_a_number")
    assert error["message"].startswith('"viel" is not a number.')


def test_rejected_rows_are_left_out_only_expressly(coordinator: User, houses: Indicator) -> None:
    caller = Caller(coordinator)
    pk = caller.checked(row(houses, "2014-01", "viel"), row(houses, "2014-02", 4))
    refused = caller.post(f"/imports/{pk}/confirm", {})
    assert (refused.status_code, codes(refused)) == (422, ["rejected"])
    assert caller.post(f"/imports/{pk}/confirm", {"skip_rejected": True}).status_code == 202
    write_confirmed_batch(pk)
    found = caller.get(pk)
    assert (found["state"], found["skip_rejected"], found["rows"]["new"]) == ("applied", True, 1)


def test_a_file_that_cannot_be_taken_is_told(coordinator: User) -> None:
    refused = Caller(coordinator).send(b"")
    assert (refused.status_code, codes(refused)) == (422, ["empty"])
    assert not ImportBatch.objects.exists()


def test_a_step_out_of_turn_is_a_conflict(coordinator: User, houses: Indicator) -> None:
    caller = Caller(coordinator)
    pk = caller.checked(row(houses, "2014-02", 4))
    assert codes(caller.post(f"/imports/{pk}/undo")) == ["state"]
    assert caller.post(f"/imports/{pk}/cancel").json()["state"] == "failed"
    refused = caller.post(f"/imports/{pk}/confirm")
    assert (refused.status_code, codes(refused)) == (409, ["state"])
    assert caller.get(pk)["message"].startswith("The import was cancelled.")


def test_undoing_in_a_closed_month_is_a_conflict(coordinator: User, houses: Indicator) -> None:
    caller = Caller(coordinator)
    pk = caller.checked(row(houses, "2014-02", 4))
    caller.post(f"/imports/{pk}/confirm")
    write_confirmed_batch(pk)
    close_plan_month(factories.plan(), Month(2014, 2), by=coordinator)
    refused = caller.post(f"/imports/{pk}/undo")
    assert (refused.status_code, codes(refused)) == (409, ["month_locked"])


def test_a_file_that_is_sent_again_because_the_answer_was_lost_is_taken_once(
    coordinator: User, houses: Indicator
) -> None:
    caller, key = Caller(coordinator), {"Idempotency-Key": "upload-1"}
    first, again = (caller.send(csv_bytes([row(houses, "2014-01", 40)]), **key) for _time in range(2))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replay"] == "true"
    assert ImportBatch.objects.count() == 1
    other = caller.send(csv_bytes([row(houses, "2014-01", 41)]), **key)
    assert (other.status_code, codes(other)) == (422, ["idempotency_key_reused"])


@pytest.mark.parametrize("step", ["confirm", "undo"])
def test_a_step_that_is_repeated_with_its_key_gets_the_first_answer(
    step: str, coordinator: User, houses: Indicator
) -> None:
    caller = Caller(coordinator)
    pk = caller.checked(row(houses, "2014-01", 40))
    if step == "undo":
        caller.post(f"/imports/{pk}/confirm")
        write_confirmed_batch(pk)
    first, again = (caller.post(f"/imports/{pk}/{step}", {}, **{"Idempotency-Key": "k"}) for _time in range(2))
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())


def test_a_refused_step_may_be_sent_again_with_its_key(coordinator: User, houses: Indicator) -> None:
    caller, key = Caller(coordinator), {"Idempotency-Key": "k"}
    pk = caller.send(csv_bytes([row(houses, "2014-01", 40)])).json()["id"]
    assert caller.post(f"/imports/{pk}/confirm", {}, **key).status_code == 409
    check_import_batch(pk)
    assert caller.post(f"/imports/{pk}/confirm", {}, **key).status_code == 202


@pytest.mark.parametrize("role", [Role.LEADER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_whoever_does_not_import_is_refused(role: Role, coordinator: User, houses: Indicator) -> None:
    pk = Caller(coordinator).checked(row(houses, "2014-02", 4))
    caller = Caller(factories.person(role))
    assert caller.send(b"x").status_code == 403
    assert caller.client.get(f"/api/v1/imports/{pk}").status_code == 404
    assert caller.post(f"/imports/{pk}/confirm").status_code == 404


def test_others_files_are_not_found(coordinator: User, houses: Indicator) -> None:
    pk = Caller(coordinator).checked(row(houses, "2014-02", 4))
    reporter = Caller(factories.person(Role.REPORTER))
    assert reporter.client.get(f"/api/v1/imports/{pk}").status_code == 404
    for step in ("confirm", "cancel", "undo"):
        assert reporter.post(f"/imports/{pk}/{step}").status_code == 404
