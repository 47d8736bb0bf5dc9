"""Splitting, weighing, signing off and closing a task: by those who lead it, with reasons, and never by halves."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given
from hypothesis import strategies as some

from targets.models import Target
from targets.services.locking import close_plan_month
from targets.tests import factories as f
from tasks.models import Assignment, Milestone, SignOff, Task
from tasks.reading.selectors import months_of_task
from tasks.reading.standing import judge_tasks, read_known_milestones
from tasks.rules.breakdown import weights_fault
from tasks.rules.progress import TaskState
from tasks.services.deciding import approve_report
from tasks.services.signing import close_task, reopen_task, sign_off
from tasks.services.splitting import Planned, split_into_milestones, version_of
from tasks.tests.cast import JUNE, approved, cast, handed_in, said

pytestmark = pytest.mark.django_db


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    return cast()


def planned(city: SimpleNamespace, *further: Planned, **changes: Any) -> list[Planned]:
    """The milestones as they are, with changes to the first, and further ones."""
    rows = [
        Planned(one.title, one.due, one.pk, one.department_id, one.weight, one.evidence, one.counted_by_id)
        for one in city.task.milestones.order_by("pk")
    ]
    return [replace(rows[0], **changes), *rows[1:], *further]


def do(city: SimpleNamespace, rows: list[Planned], who: str = "reviewer", reason: str = "分解任务") -> None:
    split_into_milestones(city.task, rows, by=getattr(city, who), reason=reason, version=version_of(city.task))


NEW = Planned("完成选址", date(2014, 8, 31))


def test_a_milestone_of_ones_own_needs_no_words_of_the_plan(city: SimpleNamespace) -> None:
    do(city, planned(city, NEW))
    made = city.task.milestones.get(title="完成选址")
    assert (made.quote, made.code) == ("", "own-1")
    made.full_clean()
    record = made.history.get()
    assert (record.history_user, record.history_change_reason) == (city.reviewer, "分解任务")


def test_what_the_plan_names_keeps_its_words_and_its_day(city: SimpleNamespace) -> None:
    do(city, planned(city, title="别的", due=date(2014, 1, 1), evidence="批文"))
    city.step.refresh_from_db()
    assert (city.step.title, city.step.due, city.step.evidence) == ("节点own", date(2014, 12, 31), "批文")


@pytest.mark.parametrize(
    ("weights", "code"),
    [((60, 40), ""), ((None, None), ""), ((60, 41), "weights_sum"), ((60, None), "weights_missing")],
)
def test_weights_make_100_or_nobody_weighs(city: SimpleNamespace, weights: tuple[Any, Any], code: str) -> None:
    rows = [replace(row, weight=weight) for row, weight in zip(planned(city), weights, strict=True)]
    if not code:
        do(city, rows)
        assert tuple(city.task.milestones.order_by("pk").values_list("weight", flat=True)) == weights
        return
    with pytest.raises(ValidationError):
        do(city, rows)
    assert set(city.task.milestones.values_list("weight", flat=True)) == {None}


@given(some.lists(some.none() | some.integers(-5, 130), max_size=8))
def test_weights_go_together_exactly_if_they_make_a_whole(weights: list[int | None]) -> None:
    given_all = [one for one in weights if one is not None]
    whole = not given_all or (len(given_all) == len(weights) and sum(given_all) == 100 and min(given_all) > 0)
    assert (weights_fault(weights) == "") == whole


@pytest.mark.parametrize(
    "row",
    [
        replace(NEW, due=date(2015, 1, 1)),
        replace(NEW, department_id=0),
        replace(NEW, pk=10**9),
        replace(NEW, counted_by_id=10**9),
    ],
)
def test_what_may_not_be_is_refused_and_nothing_changes(city: SimpleNamespace, row: Planned) -> None:
    with pytest.raises(ValidationError, match="完成选址"):
        do(city, planned(city, row, evidence="批文"))
    assert not city.task.milestones.exclude(evidence="").exists()


def test_a_reason_is_kept_and_asked_for(city: SimpleNamespace) -> None:
    for reason in (" ", "长" * 101):
        with pytest.raises(ValidationError):
            do(city, planned(city, NEW), reason=reason)


def test_nobody_splits_over_a_colleague_unawares(city: SimpleNamespace) -> None:
    seen = version_of(city.task)
    do(city, planned(city, NEW))
    with pytest.raises(ValidationError) as refused:
        split_into_milestones(city.task, planned(city), by=city.reviewer, reason="再改", version=seen)
    assert refused.value.code == "stale"


def test_named_and_reported_milestones_stay_others_may_go(city: SimpleNamespace) -> None:
    do(city, planned(city, NEW))
    with pytest.raises(ValidationError, match="节点open"):
        do(city, [row for row in planned(city) if row.title != "节点open"])
    do(city, [row for row in planned(city) if row.title != NEW.title])
    assert not city.task.milestones.filter(title=NEW.title).exists()
    do(city, planned(city, NEW))
    made = city.task.milestones.get(title=NEW.title)
    assert made.code == "own-2"
    approved(city.place, city.reporter, city.reviewer, said(**{f"m{made.pk}": "10"}))
    with pytest.raises(ValidationError, match=NEW.title):
        do(city, [row for row in planned(city) if row.title != NEW.title])


@pytest.mark.parametrize("who", ["sharer", "checker", "leader", "stranger"])
def test_only_the_lead_and_the_quality_office_split(city: SimpleNamespace, who: str) -> None:
    with pytest.raises(PermissionDenied):
        do(city, planned(city, NEW), who)


def test_where_the_plan_names_no_lead_the_quality_office_is_it(city: SimpleNamespace) -> None:
    Assignment.objects.filter(task=city.task).update(role="shared")
    with pytest.raises(PermissionDenied):
        do(city, planned(city, NEW))
    do(city, planned(city, NEW), "coordinator")


# --- What is counted elsewhere ----------------------------------------------------------------------------------------


def counted(city: SimpleNamespace) -> tuple[Target, Milestone]:
    houses = f.indicator("count")
    promise = f.target(houses, "at_least", 100)
    f.official(f.entry(houses, "2014-05", 60), f.entry(houses, "2014-06", 40))
    do(city, planned(city, replace(NEW, counted_by_id=promise.pk)))
    return promise, city.task.milestones.get(title=NEW.title)


def test_a_count_takes_its_progress_from_its_target(city: SimpleNamespace) -> None:
    _promise, made = counted(city)
    rows = Milestone.objects.filter(pk=made.pk)
    may, june = (read_known_milestones(rows, city.task.plan, day)[0] for day in (date(2014, 6, 29), JUNE.last_day))
    assert (may.percentage, may.is_done) == (60, False)
    assert (june.percentage, june.step.done_on) == (100, JUNE.last_day)


def test_a_count_is_never_typed(city: SimpleNamespace) -> None:
    _promise, made = counted(city)
    handed_in(city.place, city.reporter, said(**{f"m{made.pk}": "10"}))
    assert not made.reported.exists()
    made.done_on = date(2014, 6, 1)
    with pytest.raises(ValidationError):
        made.full_clean()


def test_a_rate_stands_for_no_milestone(city: SimpleNamespace) -> None:
    rate = f.target(f.indicator("ratio"), "at_least", 92)
    with pytest.raises(ValidationError):
        do(city, planned(city, replace(NEW, counted_by_id=rate.pk)))


# --- Signing off and closing ------------------------------------------------------------------------------------------


def test_the_lead_signs_when_all_have_reported(city: SimpleNamespace) -> None:
    approved(city.place, city.reporter, city.reviewer)
    waiting = handed_in(city.theirs, city.sharer)
    with pytest.raises(ValidationError, match="待审核"):
        sign_off(city.task, JUNE, by=city.reviewer)
    approve_report(waiting, by=city.checker)
    made = sign_off(city.task, JUNE, by=city.reviewer)
    assert (made.missing, made.by) == ("", city.reviewer)


def test_who_is_missing_is_named_and_a_note_says_why(city: SimpleNamespace) -> None:
    approved(city.place, city.reporter, city.reviewer)
    with pytest.raises(ValidationError, match=city.shared.short_name):
        sign_off(city.task, JUNE, by=city.reviewer)
    made = sign_off(city.task, JUNE, by=city.reviewer, note="已电话核实")
    assert made.missing == city.shared.short_name


def test_nothing_is_signed_before_a_report_or_in_a_closed_month(city: SimpleNamespace) -> None:
    with pytest.raises(ValidationError):
        sign_off(city.task, JUNE, by=city.reviewer, note="无")
    close_plan_month(f.plan(), JUNE, by=city.coordinator)
    with pytest.raises(ValidationError) as refused:
        sign_off(city.task, JUNE, by=city.reviewer, note="无")
    assert refused.value.code == "month_locked"


@pytest.mark.parametrize("who", ["reporter", "checker", "sharer", "leader", "stranger"])
def test_only_the_leads_reviewer_and_the_quality_office_sign(city: SimpleNamespace, who: str) -> None:
    approved(city.place, city.reporter, city.reviewer)
    with pytest.raises(PermissionDenied):
        sign_off(city.task, JUNE, by=getattr(city, who), note="代签")


def finished(city: SimpleNamespace) -> Task:
    day = f"100 {JUNE.last_day}"
    approved(city.place, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": day}))
    approved(city.theirs, city.sharer, city.checker, said(**{f"m{city.step.pk}": day}))
    return Task.objects.get(pk=city.task.pk)


def state_of(task: Task) -> TaskState:
    return judge_tasks(Task.objects.filter(pk=task.pk), task.plan, JUNE.last_day)[0].state.state


def test_a_task_is_closed_when_all_is_done_and_signed(city: SimpleNamespace) -> None:
    for code in ("open", "unsigned"):
        with pytest.raises(ValidationError) as refused:
            close_task(city.task, by=city.coordinator)
        assert refused.value.code == code
        if code == "open":
            finished(city)
    sign_off(city.task, JUNE, by=city.reviewer)
    closed = close_task(city.task, by=city.coordinator)
    assert (closed.closed_on, closed.closed_by) == (JUNE.last_day, city.coordinator)
    assert state_of(city.task) is TaskState.CLOSED


def test_whoever_signed_for_the_lead_does_not_close(city: SimpleNamespace) -> None:
    finished(city)
    sign_off(city.task, JUNE, by=city.coordinator)
    with pytest.raises(ValidationError) as refused:
        close_task(city.task, by=city.coordinator)
    assert refused.value.code == "own"


def test_nothing_changes_in_a_closed_task_until_it_is_reopened(city: SimpleNamespace) -> None:
    finished(city)
    sign_off(city.task, JUNE, by=city.reviewer)
    close_task(city.task, by=city.coordinator)
    city.place.task.refresh_from_db()
    for act in (
        lambda: do(city, planned(city, NEW)),
        lambda: handed_in(city.place, city.reporter),
        lambda: sign_off(city.task, JUNE, by=city.reviewer),
        lambda: close_task(city.task, by=city.coordinator),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "task_closed"
    with pytest.raises(ValidationError):
        reopen_task(city.task, by=city.coordinator, reason=" ")
    reopen_task(city.task, by=city.coordinator, reason="补充验收")
    assert state_of(city.task) is TaskState.DONE
    assert Task.history.filter(id=city.task.pk).first().history_change_reason == "补充验收"


@pytest.mark.parametrize("who", ["reviewer", "reporter", "stranger"])
def test_only_the_quality_office_and_its_leader_close(city: SimpleNamespace, who: str) -> None:
    with pytest.raises(PermissionDenied):
        close_task(city.task, by=getattr(city, who))


def test_a_correction_after_the_signature_is_seen(city: SimpleNamespace) -> None:
    approved(city.place, city.reporter, city.reviewer)
    approved(city.theirs, city.sharer, city.checker)
    sign_off(city.task, JUNE, by=city.reviewer)
    (month,) = months_of_task(city.task, city.reviewer)
    assert not month.may_be_signed
    approved(city.place, city.reporter, city.reviewer, said("更正"), reason="更正")
    (month,) = months_of_task(city.task, city.reviewer)
    assert (month.is_outdated, month.may_be_signed) == (True, True)
    sign_off(city.task, JUNE, by=city.reviewer)
    assert SignOff.objects.count() == 2
