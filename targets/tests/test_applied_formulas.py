"""A new version of the formulas judges everything anew; a process that knows only older ones writes nothing."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from targets import jobs
from targets.arithmetic.formulas import FORMULA_VERSION
from targets.judging import recompute
from targets.judging.audit import differences
from targets.judging.recompute import OutdatedFormulasError, recompute_all, recompute_dirty
from targets.models import AppliedFormulas, Attainment, DirtyKey, Observation, Target
from targets.services.dirty import promises_changed
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
OWN = FORMULA_VERSION


@pytest.fixture
def promise() -> Target:
    """A promise that was judged."""
    houses = f.indicator("count")
    made = f.target(houses, "at_least", 400)
    f.official(f.entry(houses, "2014-01", 60))
    f.judged_anew(made)
    assert versions() == {OWN}
    return made


def versions() -> set[int]:
    return set(Attainment.objects.values_list("formula_version", flat=True))


@pytest.fixture
def newer(promise: Target, monkeypatch: pytest.MonkeyPatch) -> int:
    """This process knows newer formulas than those that are applied."""
    monkeypatch.setattr(recompute, "FORMULA_VERSION", OWN + 1)
    return OWN + 1


@pytest.fixture
def older(promise: Target) -> None:
    """Another process has applied newer formulas than this one knows."""
    AppliedFormulas.objects.update(version=OWN + 1)


def test_a_migration_has_everything_judged_by_new_formulas(newer: int) -> None:
    call_command("migrate", verbosity=0)
    assert AppliedFormulas.objects.get().version == newer
    assert DirtyKey.objects.exists()
    f.recompute()
    assert versions() == {newer}
    assert list(differences()) == []


def test_a_sweep_has_everything_judged_by_new_formulas_if_nobody_else_has(newer: int) -> None:
    jobs.recompute()
    assert versions() == {newer}


def test_rows_that_other_formulas_have_judged_are_found_although_the_version_is_applied(promise: Target) -> None:
    Attainment.objects.update(formula_version=OWN - 1)
    call_command("migrate", verbosity=0)
    f.recompute()
    assert versions() == {OWN}


def test_an_installation_that_has_not_kept_the_version_is_judged_anew(newer: int) -> None:
    AppliedFormulas.objects.all().delete()
    call_command("migrate", verbosity=0)
    f.recompute()
    assert (AppliedFormulas.objects.get().version, versions()) == (newer, {newer})


def test_nothing_is_judged_anew_while_the_formulas_stay(promise: Target) -> None:
    call_command("migrate", verbosity=0)
    assert not DirtyKey.objects.exists()


def test_a_plan_that_is_not_in_force_keeps_nothing_busy(promise: Target) -> None:
    promise.plan.state = "draft"
    promise.plan.save()
    Attainment.objects.update(formula_version=OWN - 1)
    call_command("migrate", verbosity=0)
    assert not DirtyKey.objects.exists()


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("work", [recompute_dirty, recompute_all, jobs.recompute])
def test_an_older_worker_writes_nothing_says_why_and_leaves_the_keys(
    work: Callable[[], Any], promise: Target, caplog: pytest.LogCaptureFixture
) -> None:
    promises_changed([promise])
    Attainment.objects.update(signal="grey")
    with caplog.at_level(logging.ERROR), pytest.raises(OutdatedFormulasError, match="restart it"):
        work()
    assert set(Attainment.objects.values_list("signal", flat=True)) == {"grey"}
    assert DirtyKey.objects.count() == 1
    assert bool(caplog.records) == (work == jobs.recompute)


@pytest.mark.usefixtures("older")
def test_an_older_process_that_migrates_changes_nothing(promise: Target) -> None:
    call_command("migrate", verbosity=0)
    assert AppliedFormulas.objects.get().version == OWN + 1
    assert not DirtyKey.objects.exists()


@pytest.mark.usefixtures("older")
def test_an_older_process_that_imports_leaves_the_judging_to_the_newer(promise: Target) -> None:
    before = list(Attainment.objects.order_by("month").values())
    f.at_once([f.entry(promise.indicator, "2014-01", 70)], f.source(f.coordinator()))
    assert Observation.objects.get().value == 70
    assert list(Attainment.objects.order_by("month").values()) == before
    assert DirtyKey.objects.exists()


def test_whether_formulas_are_applied_costs_one_query(promise: Target) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert not recompute.apply_formulas()
    assert len([one for one in captured if "applied" in one["sql"]]) == 1
