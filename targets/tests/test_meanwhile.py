"""Figures of a file are judged while they are written: their lights change with them, or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection, connections, transaction

from targets.bulk import copy_rows, offered_figures
from targets.judging import judge_while_writing, recompute
from targets.judging.audit import differences
from targets.judging.exclusion import exclude_others
from targets.models import Attainment, DirtyKey, Observation, Revision, Target
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db, pytest.mark.postgres_only]


@pytest.fixture
def promise() -> Target:
    city = f.region()
    for code in ("100101", "100102"):
        f.region(code, city)
    return f.target(f.indicator(region_rule="pooled"), "at_least", 92, coverage="parts")


def file(promise: Target, *rates: int, first: int = 1) -> list[Any]:
    """A month for each rate, in both counties."""
    return [
        f.entry(promise.indicator, f"2014-{first + number:02}", rate, 100, place=f.region(code))
        for number, rate in enumerate(rates)
        for code in ("100101", "100102")
    ]


def written(entries: list[Any]) -> Any:
    return f.at_once(entries, f.source(f.coordinator()))


def test_lights_change_with_their_figures(promise: Target) -> None:
    assert written(file(promise, 90, 95)).new == 4
    assert not DirtyKey.objects.exists()
    assert f.attainment(promise, "2014-01").verdict == "not_met"
    assert f.attainment(promise, "2014-02", f.region("100102")).verdict == "met"
    assert list(differences()) == []


def test_what_was_official_before_is_judged_with_what_changes(promise: Target) -> None:
    f.official(*file(promise, 90, 91, 92))
    outcome = written(file(promise, 99, 92, 93, first=2))
    assert (outcome.new, outcome.changed, outcome.unchanged) == (2, 2, 2)
    assert (f.attainment(promise, "2014-02").verdict, f.attainment(promise, "2014-12").verdict) == ("met", "met")
    assert list(differences()) == []


def test_what_says_the_same_changes_nothing(promise: Target) -> None:
    f.official(*file(promise, 90))
    assert written(file(promise, 90)).unchanged == 2
    assert not DirtyKey.objects.exists()


def test_what_is_judged_by_nobody_is_written_all_the_same() -> None:
    watched = f.indicator("count")
    assert written([f.entry(watched, "2014-01", 3)]).new == 1
    assert not Attainment.objects.exists()


@pytest.fixture(params=[0, 1, 1000], ids=["afterwards", "partly", "beforehand"])
def when_judged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """None, some or all of the rows are judged before the figures are written, however long that takes."""
    executing = judge_while_writing._executing

    @contextmanager
    def until(statement: Any) -> Iterator[Callable[[], bool]]:
        asked = iter(range(request.param))
        with executing(statement):
            yield lambda: next(asked, None) is None

    monkeypatch.setattr(copy_rows, "COPIED_AT_A_TIME", 5)
    monkeypatch.setattr(judge_while_writing, "_executing", until)


@pytest.mark.usefixtures("when_judged")
def test_rows_are_written_whenever_they_were_judged(promise: Target) -> None:
    written(file(promise, 90, 95))
    assert list(differences()) == []


def test_what_is_judged_from_many_figures_is_judged_afterwards(
    promise: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_while_writing, "MOST", 1)
    written(file(promise, 90))
    assert DirtyKey.objects.count() == 2
    f.recompute()
    assert list(differences()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("deaf_worker")
def test_nobody_waits_for_a_recompute_that_runs(promise: Target) -> None:
    entries, origin = file(promise, 90), f.source(f.coordinator())

    def elsewhere() -> None:
        f.at_once(entries, origin)
        connections.close_all()

    with transaction.atomic():
        exclude_others()
        thread = Thread(target=elsewhere)
        thread.start()
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert (Observation.objects.official().count(), DirtyKey.objects.count()) == (2, 2)
    f.recompute()
    assert list(differences()) == []


def stored() -> list[int]:
    return [model.objects.count() for model in (Observation, Revision, DirtyKey, Attainment)]


def test_what_the_database_refuses_leaves_nothing(promise: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the other thread arrives as Django knows it."""
    monkeypatch.setattr(offered_figures, "publication", lambda values: [("SELECT 1 / %s", [0])])
    with pytest.raises(DataError):
        written(file(promise, 90))
    assert stored() == [0, 0, 0, 0]


@pytest.mark.usefixtures("when_judged")
@pytest.mark.parametrize("known", [False, True], ids=["first", "again"])
def test_what_cannot_be_judged_leaves_nothing(promise: Target, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    """The error of the formula arrives as it was, whether rows were made before or within the COPY."""
    if known:
        f.official(*file(promise, 90))
    before = stored()

    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("the power failed")

    monkeypatch.setattr(recompute, "_judge_pair", broken)
    with pytest.raises(RuntimeError, match="the power failed"):
        written(file(promise, 91, 92))
    assert stored() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("when_judged", "deaf_worker")
@pytest.mark.parametrize("known", [False, True], ids=["first", "again"])
def test_a_connection_that_is_cut_is_told_as_such(
    promise: Target, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """The job tries again whatever ends so, and only that."""
    if known:
        f.official(*file(promise, 90))
    before, judging = stored(), recompute._judge_pair

    def cut(*arguments: Any) -> Any:
        elsewhere = connection.copy()
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        elsewhere.close()
        return judging(*arguments)

    monkeypatch.setattr(recompute, "_judge_pair", cut)
    with pytest.raises(OperationalError):
        written(file(promise, 91, 92))
    assert stored() == before
