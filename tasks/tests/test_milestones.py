"""How milestones move the light of what is promised "done by"."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from plans.periods import Month
from targets.audit import differences
from targets.services import lock, reopen
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.services import Place, approve_report, milestones_changed
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
    lock(promise.plan, MARCH, by=f.coordinator())
    place = Place(cast.task, cast.lead, APRIL)
    there = work.handed_in(place, cast.reporter, work.said(**{f"m{step.pk}": "100 2014-03-30"}))
    with pytest.raises(ValidationError, match="2014-03"):
        approve_report(there, by=cast.reviewer)
    reopen(promise.plan, MARCH, by=f.coordinator(), reason="补记")
    approve_report(there, by=cast.reviewer)
    step.refresh_from_db()
    assert str(step.done_on) == "2014-03-30"
