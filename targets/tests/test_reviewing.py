"""One figure on its way: each step, and each refusal of it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from departments.models import AuditEvent
from departments.permissions import Role
from targets.messages import problem_sentence
from targets.models import DirtyKey, Observation, Revision
from targets.services.drafting import EntriesRefusedError
from targets.services.official import make_official
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with its people, and another's reviewer."""
    office = f.department()
    return SimpleNamespace(
        houses=f.indicator("count", department=office),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        stranger=f.person(Role.REVIEWER),
        other_reporter=f.person(Role.REPORTER),
        coordinator=f.coordinator(),
        office=office,
    )


def submitted(cast: SimpleNamespace, value: int = 300) -> Revision:
    return f.handed_in(f.entry(cast.houses, "2014-01", value), by=cast.reporter)


def test_what_is_handed_in_is_not_official_and_dirties_nothing(cast: SimpleNamespace) -> None:
    revision = submitted(cast)
    assert (revision.state, Observation.objects.get().official) == ("submitted", None)
    assert not DirtyKey.objects.exists()


def test_an_approved_figure_is_official_with_its_approver_and_time(cast: SimpleNamespace) -> None:
    revision = approve_revision(submitted(cast), by=cast.reviewer)
    assert (revision.state, revision.approved_by, revision.official_by) == ("approved", cast.reviewer, "review")
    assert Observation.objects.get().value == 300
    assert DirtyKey.objects.count() == 1
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "observations.submitted",
        "observation.approve",
    ]


def test_nobody_approves_an_own_entry(cast: SimpleNamespace) -> None:
    both = f.person(Role.REPORTER, cast.office)
    both.memberships.create(department=cast.office, role=Role.REVIEWER.value)
    revision = f.handed_in(f.entry(cast.houses, "2014-01", 1), by=both)
    with pytest.raises(PermissionDenied, match="本人"):
        approve_revision(revision, by=both)
    assert Observation.objects.get().official is None


def test_the_database_refuses_an_own_approval_by_whatever_door(cast: SimpleNamespace) -> None:
    revision = submitted(cast)
    own = {"state": "approved", "approved_by": cast.reporter, "official_by": "review", "official_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(**own)


def test_the_database_keeps_one_official_revision_an_observation(cast: SimpleNamespace) -> None:
    approve_revision(submitted(cast), by=cast.reviewer)
    second = submitted(cast, 310)
    official = {
        "state": "approved",
        "approved_by": cast.reviewer,
        "official_by": "review",
        "official_at": timezone.now(),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.filter(pk=second.pk).update(**official)


STEPS: list[tuple[str, Callable[[Revision, SimpleNamespace], Any]]] = [
    ("approve", lambda revision, cast: approve_revision(revision, by=cast.stranger)),
    ("send_back", lambda revision, cast: return_revision(revision, by=cast.stranger, reason="原因")),
    ("withdraw", lambda revision, cast: withdraw_revision(revision, by=cast.stranger, reason="原因")),
]


@pytest.mark.parametrize(("name", "act"), STEPS, ids=[name for name, _act in STEPS])
def test_a_stranger_does_nothing_to_a_bureaus_figure(
    name: str, act: Callable[[Revision, SimpleNamespace], Any], cast: SimpleNamespace
) -> None:
    revision = submitted(cast)
    with pytest.raises(PermissionDenied):
        act(revision, cast)
    revision.refresh_from_db()
    assert revision.state == "submitted"


def test_a_reporter_enters_nothing_for_another_bureau(cast: SimpleNamespace) -> None:
    with pytest.raises(PermissionDenied), transaction.atomic():
        f.handed_in(f.entry(cast.houses, "2014-01", 1), by=cast.other_reporter)
    assert not Observation.objects.exists()


@pytest.mark.parametrize("role", [Role.REPORTER, Role.REVIEWER, Role.LEADER, Role.COUNTY, Role.ADMINISTRATOR])
def test_only_a_coordinator_makes_figures_official_at_once(role: Role, cast: SimpleNamespace) -> None:
    by = f.person(role, cast.office)
    with pytest.raises(PermissionDenied):
        make_official([f.entry(cast.houses, "2014-01", 1)], source=f.source(by), by=by)
    assert not Revision.objects.exists()


def test_what_was_sent_back_is_not_approved(cast: SimpleNamespace) -> None:
    revision = return_revision(submitted(cast), by=cast.reviewer, reason="请附说明")
    with pytest.raises(ValidationError, match="状态"):
        approve_revision(revision, by=cast.reviewer)
    assert Observation.objects.get().official is None


def test_an_approved_figure_is_not_approved_twice(cast: SimpleNamespace) -> None:
    revision = approve_revision(submitted(cast), by=cast.reviewer)
    with pytest.raises(ValidationError), transaction.atomic():
        approve_revision(revision, by=cast.reviewer)
    revision.refresh_from_db()
    assert revision.state == "approved"


@pytest.mark.parametrize("reason", ["", "   "])
def test_returning_needs_a_reason(reason: str, cast: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="原因"):
        return_revision(submitted(cast), by=cast.reviewer, reason=reason)


def test_a_figure_that_breaks_a_rule_is_not_entered_and_says_why(cast: SimpleNamespace) -> None:
    rate = f.indicator(maximum=100, department=cast.office)
    with pytest.raises(EntriesRefusedError) as refused:
        f.handed_in(f.entry(rate, "2014-01", 101, 100), by=cast.reporter)
    ((problem,),) = refused.value.problems.values()
    assert "100" in problem_sentence(problem)
    assert not Revision.objects.exists()


def test_a_correction_leaves_the_old_revision_as_it_was(cast: SimpleNamespace) -> None:
    first = approve_revision(submitted(cast, 300), by=cast.reviewer)
    second = approve_revision(submitted(cast, 310), by=cast.reviewer)
    first.refresh_from_db()
    assert (first.value, first.state) == (300, "superseded")
    assert second.official_at is not None
    assert first.ended_at == second.official_at
    assert Revision.objects.official_at(second.official_at).get() == second


def test_a_thousand_figures_wake_one_worker(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr("targets.jobs.wake_recompute", lambda: woken.append(True))
    entries = [f.entry(cast.houses, f"{year}-{month:02d}", 1) for year in range(1931, 2014) for month in range(1, 13)]
    with django_capture_on_commit_callbacks(execute=True):
        make_official(entries, source=f.source(cast.coordinator), by=cast.coordinator)
    assert len(woken) == 1


def test_no_number_is_kept_as_a_float() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]
    assert [str(field) for field in fields if isinstance(field, models.FloatField)] == []


def test_an_entry_older_than_the_official_one_is_not_approved(cast: SimpleNamespace) -> None:
    older = submitted(cast, 300)
    f.official(f.entry(cast.houses, "2014-01", 310))
    with pytest.raises(ValidationError, match="更新"):
        approve_revision(older, by=cast.reviewer)
    assert Observation.objects.get().value == 310


def test_a_reason_that_cannot_be_kept_whole_is_refused(cast: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="400"):
        return_revision(submitted(cast), by=cast.reviewer, reason="因" * 401)
