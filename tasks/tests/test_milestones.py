"""How milestones move the light of what is promised "done by"."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from plans.periods import Month
from targets.judging.audit import differences
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.services.deciding import approve_report
from tasks.services.milestones import milestones_changed
from tasks.services.places import ReportPlace
from tasks.services.splitting import Planned, split_into_milestones, version_of
from tasks.tests import cast as work

pytestmark = pytest.mark.django_db
MARCH, APRIL = Month(2014, 3), Month(2014, 4)


def test_a_milestone_that_is_done_turns_a_promise_green() -> None:
    finished = f.indicator("event")
    promise = f.target(finished, "done_by")
    task = Task.objects.create(
        plan=promise.plan, code="t", title="创建", clause=promise.clause, quote=promise.quote, due=promise.due
    )
    step = Milestone.objects.create(
        task=task, code="m", title="验收", quote=promise.quote, due=date(2014, 3, 31), target=promise
    )
    f.official(f.entry(finished, "2014-01", 0))
    assert [f.attainment(promise, month).signal for month in ("2014-02", "2014-03")] == ["green", "red"]
    step.done_on = date(2014, 3, 30)
    step.save()
    milestones_changed([step])
    f.recompute()
    row = f.attainment(promise, "2014-03")
    assert (row.signal, row.verdict, row.milestones_done, row.milestones_due) == ("green", "not_met", 1, 1)
    assert list(differences()) == []


def test_a_report_of_an_open_month_gives_no_closed_one_another_light() -> None:
    """Done in March, which is closed, and told in April only: March is reopened first."""
    cast = work.cast()
    promise = f.target(f.indicator("event"), "done_by")
    step = work.milestone(cast.task, "towards", target=promise)
    close_plan_month(promise.plan, MARCH, by=f.coordinator())
    place = ReportPlace(cast.task, cast.lead, APRIL)
    there = work.handed_in(place, cast.reporter, work.said(**{f"m{step.pk}": "100 2014-03-30"}))
    with pytest.raises(ValidationError, match="2014-03"):
        approve_report(there, by=cast.reviewer)
    reopen_plan_month(promise.plan, MARCH, by=f.coordinator(), reason="补记")
    approve_report(there, by=cast.reviewer)
    step.refresh_from_db()
    assert str(step.done_on) == "2014-03-30"


# --- The lights of tasks ----------------------------------------------------------------------------------------------


@pytest.fixture
def city() -> SimpleNamespace:
    """A task with a milestone that March saw late; March is closed."""
    made = work.cast()
    Milestone.objects.filter(task=made.task).delete()
    made.step = work.milestone(made.task, "late", quote="", due=date(2014, 3, 20))
    close_plan_month(made.task.plan, MARCH, by=made.coordinator)
    return made


def test_a_milestone_done_in_a_closed_month_waits_until_it_is_open(city: SimpleNamespace) -> None:
    place = ReportPlace(city.task, city.lead, APRIL)
    there = work.handed_in(place, city.reporter, work.said(**{f"m{city.step.pk}": "100 2014-03-19"}))
    with pytest.raises(ValidationError, match="2014-03 已封账"):
        approve_report(there, by=city.reviewer)
    reopen_plan_month(city.task.plan, MARCH, by=city.coordinator, reason="补记")
    approve_report(there, by=city.reviewer)


def test_a_milestone_done_after_a_closed_month_is_done(city: SimpleNamespace) -> None:
    place = ReportPlace(city.task, city.lead, APRIL)
    there = work.handed_in(place, city.reporter, work.said(**{f"m{city.step.pk}": "100 2014-04-02"}))
    approve_report(there, by=city.reviewer)


def splitting(city: SimpleNamespace, *planned: Planned) -> None:
    split_into_milestones(city.task, planned, by=city.reviewer, reason="分解", version=version_of(city.task))


def test_a_task_is_split_where_closed_months_stay_as_they_were(city: SimpleNamespace) -> None:
    late = Planned("第一步", city.step.due, city.step.pk)
    splitting(city, late, Planned("第二步", date(2014, 9, 30)))
    with pytest.raises(ValidationError, match="2014-03 已封账"):
        splitting(city, Planned("第一步", date(2014, 5, 31), city.step.pk))
    assert Milestone.objects.count() == 2


def test_a_task_of_which_nothing_could_be_told_is_split_later(city: SimpleNamespace) -> None:
    city.step.delete()
    splitting(city, Planned("第一步", date(2014, 9, 30)))
    with pytest.raises(ValidationError, match="2014-03 已封账"):
        splitting(city, Planned("第一步", date(2014, 3, 1)))
