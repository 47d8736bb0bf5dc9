"""A request that is repeated is done once and answered alike."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from departments.http_api import idempotency
from departments.http_api.idempotency import REPLAYED, digest_of_request, forget_old_answers
from departments.jobs import forget_answers
from departments.models import IdempotentAnswer, User
from departments.permissions import Role
from departments.tests.callers import Ask, faults, posting
from qualityplan.celery import app
from targets.entering.received_figures import keep_received_figures
from targets.models import Indicator, Revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture
def houses() -> Indicator:
    f.plan()
    return f.indicator("count", department=f.department())


@pytest.fixture
def reporter(houses: Indicator) -> User:
    return f.person(Role.REPORTER, houses.department)


def body(houses: Indicator, value: object = 300) -> dict[str, object]:
    row = {"indicator": houses.code, "region": "100100", "month": "2014-06", "value": value}
    return {"observations": [row], "mode": "submit"}


def send(post: Ask, sent: object, key: str = KEY) -> Any:
    return post("/observations", sent, **{"Idempotency-Key": key})


def test_a_repeated_request_gets_the_same_answer_and_is_done_once(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    first, second = send(post, body(houses)), send(post, body(houses))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.json()["observations"][0]["revision"] == Revision.objects.get().pk
    assert (first.headers.get(REPLAYED), second.headers.get(REPLAYED)) == (None, "true")
    assert second.headers["Content-Type"] == first.headers["Content-Type"] == "application/json; charset=utf-8"
    assert IdempotentAnswer.objects.count() == 1


def test_the_first_answer_is_repeated_whatever_has_happened_since(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    first = send(post, body(houses))
    Revision.objects.update(state="returned")
    assert send(post, body(houses)).content == first.content


def test_without_a_key_nothing_is_kept(reporter: User, houses: Indicator) -> None:
    assert posting(reporter)("/observations", body(houses)).status_code == 201
    assert not IdempotentAnswer.objects.exists()


def test_quotation_marks_as_in_the_draft_of_the_standard_belong_to_no_key(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    send(post, body(houses), f'"{KEY}"')
    assert send(post, body(houses)).headers[REPLAYED] == "true"


def test_a_key_that_was_used_for_something_else_is_refused(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    send(post, body(houses))
    refused = send(post, body(houses, 301))
    assert (refused.status_code, faults(refused)) == (422, [("Idempotency-Key", "idempotency_key_reused")])
    assert Revision.objects.get().value == 300


@pytest.mark.parametrize("key", ["", '""', "a b", "钥匙", "x" * 129, "a/b", '"x'])
def test_a_key_that_cannot_be_kept_is_refused(key: str, reporter: User, houses: Indicator) -> None:
    refused = send(posting(reporter), body(houses), key)
    assert (refused.status_code, faults(refused)) == (422, [("Idempotency-Key", "idempotency_key_malformed")])
    assert not Revision.objects.exists()


def test_what_was_refused_is_not_kept_and_may_be_sent_again(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    assert send(post, body(houses, "约300")).status_code == 422
    assert not IdempotentAnswer.objects.exists()
    assert send(post, body(houses)).status_code == 201


def test_two_people_may_use_the_same_key(reporter: User, houses: Indicator) -> None:
    colleague = f.person(Role.REPORTER, houses.department)
    assert send(posting(reporter), body(houses)).status_code == 201
    answer = send(posting(colleague), body(houses, 301))
    assert (answer.status_code, answer.headers.get(REPLAYED)) == (201, None)


def test_a_person_who_lost_the_role_gets_no_old_answer(reporter: User, houses: Indicator) -> None:
    post = posting(reporter)
    send(post, body(houses))
    reporter.memberships.all().delete()
    assert send(post, body(houses)).status_code == 403


def test_a_failure_on_the_way_keeps_neither_effect_nor_answer(
    reporter: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("the power failed")

    monkeypatch.setattr(idempotency, "_stored", fail)
    with pytest.raises(RuntimeError):
        send(posting(reporter), body(houses))
    assert not Revision.objects.exists()
    assert not IdempotentAnswer.objects.exists()


def test_the_database_keeps_a_key_once(reporter: User) -> None:
    IdempotentAnswer.objects.create(user=reporter, key=KEY)
    with pytest.raises(IntegrityError):
        IdempotentAnswer.objects.create(user=reporter, key=KEY)


# --- Two at once ------------------------------------------------------------------------------------------------------


def waiting() -> bool:
    """Whether somebody waits for somebody else's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        return bool(cursor.fetchone()[0])


def sent_at_once(
    user: User, sent: list[object], monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> tuple[list[Any], int]:
    """The answers to two requests, the second of which comes while the first is being done; and how often it was."""
    entered, go_on, done = threading.Event(), threading.Event(), []

    def held_up(*arguments: Any, **named: Any) -> Any:
        done.append(arguments)
        entered.set()
        assert go_on.wait(30)
        return keep_received_figures(*arguments, **named)

    monkeypatch.setattr("targets.api.keep_received_figures", held_up)
    answers: list[Any] = [None, None]

    def ask(place: int) -> None:
        answers[place] = send(posting(user), sent[place])
        connection.close()

    threads = [threading.Thread(target=ask, args=[place]) for place in (0, 1)]
    threads[0].start()
    assert entered.wait(30)
    threads[1].start()
    eventually(waiting, timeout=30)
    go_on.set()
    for thread in threads:
        thread.join(30)
    return answers, len(done)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_second_request_waits_for_the_first_and_gets_its_answer(
    reporter: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    answers, done = sent_at_once(reporter, [body(houses), body(houses)], monkeypatch, eventually)
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert [one.headers.get(REPLAYED) for one in answers] == [None, "true"]
    assert (done, Revision.objects.count()) == (1, 1)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_second_request_is_done_if_the_first_is_refused(
    reporter: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    answers, done = sent_at_once(reporter, [body(houses, "约300"), body(houses)], monkeypatch, eventually)
    assert [one.status_code for one in answers] == [422, 201]
    assert (done, Revision.objects.count()) == (2, 1)


# --- Forms and forgetting ---------------------------------------------------------------------------------------------


def form(content: bytes = b"1,2", name: str = "6.csv", **fields: str) -> HttpRequest:
    return RequestFactory().post("/", fields | {"file": SimpleUploadedFile(name, content)})


def test_a_form_with_a_file_is_known_again_by_what_is_in_it() -> None:
    first = form(skip="yes")
    assert digest_of_request(first) == digest_of_request(form(skip="yes"))
    assert first.FILES.getlist("file")[0].read() == b"1,2"
    others = [form(b"1,3", skip="yes"), form(name="7.csv", skip="yes"), form(skip="no"), form()]
    assert len({digest_of_request(one) for one in (first, *others)}) == 5


def test_old_answers_are_forgotten_in_lots_and_young_ones_are_kept(
    reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LOT", 2)
    now = timezone.now()
    for number in range(6):
        age = timedelta(hours=23) if number == 0 else timedelta(days=3, hours=number)
        IdempotentAnswer.objects.create(user=reporter, key=str(number), created_at=now - age)
    assert forget_old_answers(lots=2) == 4
    assert set(IdempotentAnswer.objects.values_list("key", flat=True)) == {"0", "1"}
    forget_answers()
    assert IdempotentAnswer.objects.get().key == "0"


def test_forgetting_is_a_daily_job() -> None:
    tasks = [one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()]
    assert "departments.forget_answers" in tasks
    app.loader.import_default_modules()
    assert "departments.forget_answers" in app.tasks
