"""How milestones move the light of what is promised "done by"."""

from datetime import date

import pytest

from targets.audit import differences
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.services import milestones_changed

pytestmark = pytest.mark.django_db


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
