"""One digest a person and day, however often and by however many at once it is composed; nothing to do, no message."""

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from departments import jobs
from departments.models import LastReminder, Notice, User
from departments.notices import matters
from departments.notices.digest import KEPT, LOT, compose_digests, is_composed, purge_old_notices
from departments.rules.reminding import NoticePart
from departments.services.notices import notify
from departments.tests.reminded import DEADLINE, NOW, TODAY, everybody_has, matter, notice, person

pytestmark = pytest.mark.django_db

PART = NoticePart("test", {"thing": "甲"}, "/desk/")


@pytest.fixture(autouse=True)
def to_do() -> Iterator[None]:
    with everybody_has(matter()):
        yield


def test_everybody_with_something_due_gets_one_message() -> None:
    people = [person("a"), person("b")]
    assert compose_digests(TODAY, NOW) == 2
    assert {one.user for one in Notice.objects.all()} == set(people)
    with everybody_has(matter("one"), matter("two")):
        assert compose_digests(TODAY, NOW) == 0
    assert is_composed(TODAY)


def test_everything_due_stands_in_the_one_message() -> None:
    person("a")
    with everybody_has(matter("one"), matter("two")):
        compose_digests(TODAY, NOW)
        assert [line.text for line in matters.lines_of_notice(Notice.objects.get())] == ["请办理one", "请办理two"]


def test_a_repeated_run_adds_nothing_and_the_next_day_says_nothing_again() -> None:
    person("a")
    assert [compose_digests(TODAY, NOW) for _run in range(3)] == [1, 0, 0]
    assert compose_digests(TODAY + timedelta(days=1), NOW + timedelta(days=1)) == 0


def test_a_day_on_which_the_service_was_down_is_made_up_for_once() -> None:
    person("a")
    late = [compose_digests(TODAY + timedelta(days=number), NOW + timedelta(days=number)) for number in (1, 2, 3)]
    assert late == [1, 0, 0]


def test_by_whatever_day_a_run_is_asked_for_nobody_gets_two_on_one_day() -> None:
    person("a")
    assert compose_digests(TODAY, NOW + timedelta(days=9)) == 1
    assert compose_digests(TODAY + timedelta(days=9), NOW + timedelta(days=9)) == 0


def test_nothing_to_do_is_no_message() -> None:
    person("a")
    with everybody_has():
        assert compose_digests(TODAY, NOW) == 0
    with everybody_has(matter(deadline=DEADLINE + timedelta(days=1))):
        assert compose_digests(TODAY, NOW) == 0
    assert not Notice.objects.exists()


def test_who_has_left_or_holds_no_role_gets_none() -> None:
    person("gone")
    User.objects.update(is_active=False)
    User.objects.create_user("nobody", email="nobody@example.org")
    assert compose_digests(TODAY, NOW) == 0


def test_who_has_no_address_gets_the_notice_and_no_mail() -> None:
    person("a", email="")
    compose_digests(TODAY, NOW)
    assert Notice.objects.get().mail_at is None


def test_the_database_refuses_a_second_one() -> None:
    compose_digests(TODAY, NOW)
    made = notice(person("a"))
    with pytest.raises(IntegrityError), transaction.atomic():
        notice(made.user)


def test_a_run_that_finds_itself_overtaken_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run commits between our look and our write: ours is refused as a whole and repeated."""
    one = person("a")
    person("b")
    looks: list[bool] = []

    def told(today: date, now: object) -> set[int]:
        looks.append(True)
        if len(looks) == 1:
            Notice.objects.create(user=one, kind=Notice.DIGEST, day=today)
            return set()
        return set(Notice.objects.values_list("user_id", flat=True))

    monkeypatch.setattr("departments.notices.digest._told", told)
    assert compose_digests(TODAY, NOW) == 2
    assert len(looks) == 2
    assert LastReminder.objects.count() == 2


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_send_one_message_each_person() -> None:
    for number in range(20):
        person(f"person-{number}")
    start, made = Barrier(2), []

    def run() -> None:
        start.wait(timeout=20)
        made.append(compose_digests(TODAY, NOW))
        connection.close()

    threads = [Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(made) == [0, 20]
    assert Notice.objects.count() == 20


def test_the_job_composes_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beat asks every hour; whatever becomes due meanwhile waits for tomorrow."""
    monkeypatch.setattr("departments.jobs.timezone.now", lambda: NOW)
    person("a")
    jobs.remind()
    person("b")
    jobs.remind()
    assert Notice.objects.count() == 1


def test_what_is_older_than_a_year_is_removed() -> None:
    user = person("a")
    notice(user, "old", now=NOW - KEPT - timedelta(days=1))
    notice(user, "kept", now=NOW - KEPT + timedelta(days=1))
    LastReminder.objects.create(user=user, thing="old", day=TODAY - KEPT - timedelta(days=1))
    assert purge_old_notices(NOW) == 1
    assert Notice.objects.get().subject == "kept"
    assert not LastReminder.objects.exists()


def test_one_run_removes_no_more_than_a_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("departments.notices.digest.LOT", 2)
    user = person("a")
    for number in range(5):
        notice(user, str(number), now=NOW - 2 * KEPT)
    assert [purge_old_notices(NOW) for _run in range(4)] == [2, 2, 1, 0]
    assert LOT == 1000


def test_the_same_is_told_once_a_day() -> None:
    user = person("a")
    assert notify(user, kind="test", subject="1", part=PART, now=NOW)
    assert not notify(user, kind="test", subject="1", part=PART, now=NOW)
    assert notify(user, kind="test", subject="2", part=PART, now=NOW)
    assert Notice.objects.count() == 2


def test_what_was_told_at_once_is_not_said_again_by_the_digest() -> None:
    user = person("a")
    notify(user, kind="test", subject="1", part=PART, now=NOW, reminds_of=["figures"])
    assert compose_digests(TODAY, NOW) == 0
    with everybody_has(matter("figures"), matter("other")):
        assert compose_digests(TODAY, NOW) == 1
    assert [part["details"]["thing"] for part in Notice.objects.get(kind=Notice.DIGEST).parts] == ["other"]
