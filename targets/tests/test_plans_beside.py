"""Workers judge different plans beside one another, and one plan one after the other: on real connections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from plans.models import Plan
from targets import jobs
from targets.judging import exclusion, recompute
from targets.judging.audit import differences
from targets.judging.recompute import recompute_dirty
from targets.models import Attainment, DirtyKey, Indicator, Target
from targets.services.official import make_official
from targets.tests import factories as f

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.usefixtures("deaf_worker"),
]


@pytest.fixture
def promises() -> list[Target]:
    """A target each of three plans, of an indicator each, and of a fourth one that the first two plans share."""
    plans = [f.another_plan(code) for code in ("plan-a", "plan-b", "plan-c")]
    shared = f.indicator("count")
    own = [f.target(f.indicator("count"), threshold=50, plan=plan) for plan in plans]
    made = [*own, *(f.target(shared, threshold=50, plan=plan) for plan in plans[:2])]
    recompute.recompute_all()
    return made


@contextmanager
def judged_elsewhere(*plans: Plan) -> Iterator[None]:
    """Another connection holds the plans, as a recompute that has not come to its end."""
    begun, end = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            assert exclusion.try_plans([plan.pk for plan in plans])
            begun.set()
            end.wait(60)
        connections.close_all()

    thread = Thread(target=hold)
    thread.start()
    assert begun.wait(20)
    try:
        yield
    finally:
        end.set()
        thread.join(20)


def report(*indicators: Indicator) -> None:
    """A figure of each becomes official; nobody judges it yet."""
    by = f.coordinator()
    make_official([f.entry(indicator, "2014-06", 10) for indicator in indicators], source=f.source(by), by=by)


def judged(promise: Target) -> bool:
    return f.attainment(promise, "2014-06").actual == 10


def test_a_plan_that_is_judged_holds_up_no_other(promises: list[Target]) -> None:
    held, free = promises[0], promises[2]
    report(held.indicator, free.indicator)
    with judged_elsewhere(held.plan):
        assert recompute_dirty()[0] == 1
        assert (judged(held), judged(free)) == (False, True)
        assert DirtyKey.objects.get().indicator == held.indicator
    f.recompute()
    assert judged(held)
    assert list(differences()) == []


def test_a_figure_that_two_plans_share_waits_for_both(promises: list[Target]) -> None:
    """Judged for one of them alone it would be forgotten for the other."""
    shared, free = promises[3].indicator, promises[2].indicator
    report(shared, free)
    with judged_elsewhere(promises[1].plan):
        assert recompute_dirty()[0] == 1
        assert DirtyKey.objects.get().indicator == shared
        assert not judged(promises[3])
    f.recompute()
    assert judged(promises[3])
    assert judged(promises[4])
    assert list(differences()) == []


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_where_all_are_judged_already_a_run_waits_and_loses_nothing(
    promises: list[Target], eventually: Callable[..., None]
) -> None:
    held = promises[0]
    report(held.indicator)

    def run() -> None:
        recompute_dirty()
        connections.close_all()

    with judged_elsewhere(held.plan):
        waiting = Thread(target=run)
        waiting.start()
        eventually(waiting_for_a_lock)
        assert not judged(held)
    waiting.join(20)
    assert judged(held)
    assert not DirtyKey.objects.exists()


def test_what_concerns_all_plans_waits_for_each_of_them(
    promises: list[Target], eventually: Callable[..., None]
) -> None:
    report(promises[0].indicator)
    with transaction.atomic():
        recompute_dirty()
        done = Event()

        def run() -> None:
            recompute.recompute_all()
            connections.close_all()
            done.set()

        thread = Thread(target=run)
        thread.start()
        eventually(waiting_for_a_lock)
        assert not done.is_set()
    thread.join(20)
    assert done.is_set()
    assert list(differences()) == []


def test_a_file_is_judged_at_once_while_another_plan_is(promises: list[Target]) -> None:
    held, free = promises[0], promises[2]
    with judged_elsewhere(held.plan):
        f.at_once([f.entry(free.indicator, "2014-06", 10)], f.source(f.coordinator()))
        assert not DirtyKey.objects.exists()
        f.at_once([f.entry(held.indicator, "2014-06", 10)], f.source(f.coordinator()))
        assert DirtyKey.objects.count() == 1
    f.recompute()
    assert list(differences()) == []


def test_a_run_leaves_to_others_what_is_more_than_its_share(
    promises: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exclusion, "CLAIM", 1)
    report(promises[0].indicator, promises[2].indicator)
    assert recompute_dirty()[0] == 1
    assert recompute_dirty()[0] == 1
    assert recompute_dirty() == (0, 0)


@pytest.mark.parametrize(("share", "woken"), [(1, 1), (exclusion.CLAIM, 0)], ids=["more is left", "nothing is left"])
def test_a_worker_wakes_another_once_where_more_is_left(
    promises: list[Target], monkeypatch: pytest.MonkeyPatch, share: int, woken: int
) -> None:
    calls: list[None] = []
    report(promises[0].indicator, promises[1].indicator, promises[2].indicator)
    monkeypatch.setattr(exclusion, "CLAIM", share)
    monkeypatch.setattr(jobs, "wake_recompute", lambda: calls.append(None))
    jobs.recompute()
    assert len(calls) == woken
    assert not DirtyKey.objects.exists()
    assert list(differences()) == []


def test_a_plan_that_begins_to_use_a_figure_meanwhile_is_judged_by_the_next_run(
    promises: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    used, free = promises[0].indicator, promises[1].indicator
    report(used, free)
    claim_plans, late = exclusion.claim_plans, []

    def then_another_plan(keys: Any) -> exclusion.Claim:
        claim = claim_plans(keys)
        late.append(f.target(used, threshold=20, plan=promises[2].plan))
        return claim

    monkeypatch.setattr(recompute, "claim_plans", then_another_plan)
    assert recompute_dirty()[0] == 1
    assert (judged(promises[0]), judged(promises[1])) == (False, True)
    assert not Attainment.objects.filter(target=late[0]).exists()
    monkeypatch.undo()
    f.recompute()
    assert judged(promises[0])
    assert judged(late[0])


def test_many_workers_on_plans_that_share_figures_end_as_one_would(promises: list[Target]) -> None:
    """Two at the same instant, again and again, while figures go on changing."""
    indicators = list(dict.fromkeys(promise.indicator for promise in promises))
    by = f.coordinator()
    sources = [f.source(by) for _round in range(4)]
    failures: list[Exception] = []

    def change(number: int) -> None:
        try:
            for month in range(1, 13):
                rows = [f.entry(indicator, f"2014-{month:02}", number + month) for indicator in indicators[number::2]]
                make_official(rows, source=sources[number], by=by)
                recompute_dirty()
        except Exception as error:  # told by the test's own thread
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    f.recompute()
    assert list(differences()) == []
