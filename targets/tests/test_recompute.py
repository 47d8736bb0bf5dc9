"""From what was written to what is stored: incremental, full, repeated, reordered, and in how many queries."""

import random
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from departments.models import AuditEvent
from plans.periods import Month
from targets.judging.audit import differences
from targets.judging.loading import official_at
from targets.judging.recompute import AffectedTargets, attainments_from, recompute_all, recompute_dirty
from targets.models import Attainment, DirtyKey, Observation, Revision, Target
from targets.services.dirty import promises_changed
from targets.services.official import make_official
from targets.services.reviewing import withdraw_revision
from targets.tests import factories as f

VALUES = st.integers(0, 40)
WRITES = st.lists(
    st.tuples(
        st.sampled_from(["rate", "stock", "own", "operand", "last_year", "withdraw", "threshold", "coverage"]),
        st.integers(1, 12),
        st.booleans(),
        VALUES,
        st.integers(0, 3),
    ),
    max_size=14,
)


class World:
    """A city of two counties with promises of every kind of dependency."""

    def __init__(self) -> None:
        self.city = f.region()
        self.counties = [f.region("100101", self.city), f.region("100102", self.city)]
        self.by = f.coordinator()
        self.source = f.source(self.by)
        self.rate = f.indicator(region_rule="pooled")
        self.stock = f.indicator(region_rule="pooled", denominator_rule="last", scale=D(1), decimals=4)
        self.own, self.operand = f.indicator("level"), f.indicator("level")
        self.targets = [
            f.target(self.rate, "at_least", 60, coverage="parts"),
            f.target(self.rate, "improves", coverage="parts"),
            f.target(self.stock, "at_most", "0.5"),
            f.target(self.own, "at_least", operand=self.operand, threshold_kind="indicator"),
        ]
        promises_changed(self.targets)

    def write(self, kind: str, month: int, first: bool, value: int) -> None:
        """One change of any kind, through the services."""
        if kind == "withdraw":
            self._withdraw(value)
        elif kind in ("threshold", "coverage"):
            self._change_promise(kind, value)
        else:
            self._report(kind, month, self.counties[first], value)

    def _report(self, kind: str, month: int, county: Any, value: int) -> None:
        year = 2013 if kind == "last_year" else 2014
        if kind in ("own", "operand"):
            entry = f.entry(getattr(self, kind), f"{year}-{month:02d}", value)
        else:
            measured = self.stock if kind == "stock" else self.rate
            entry = f.entry(measured, f"{year}-{month:02d}", value, 40, place=county)
        if value % 2:
            make_official([entry], source=self.source, by=self.by)
        else:  # as an imported file is written
            f.at_once([entry], self.source)

    def _withdraw(self, value: int) -> None:
        revisions = list(Revision.objects.filter(state="approved").order_by("pk"))
        if revisions:
            withdraw_revision(revisions[value % len(revisions)], by=self.by, reason="重复")

    def _change_promise(self, kind: str, value: int) -> None:
        promise = self.targets[0]
        if kind == "threshold":
            promise.threshold = D(value)
        else:
            promise.coverage = ("whole", "parts")[value % 2]
        promise.save()
        promises_changed([promise])


def stored() -> list[dict[str, Any]]:
    return [dict(row) for row in Attainment.objects.order_by("target_id", "region_id", "month").values()]


class TestIncremental(TestCase):
    """Hypothesis rolls the database back after each example."""

    @settings(max_examples=settings().max_examples // 5)
    @given(WRITES)
    def test_incremental_equals_full_after_any_sequence_of_writes(self, writes: list[Any]) -> None:
        world = World()
        for kind, month, first, value, deliveries in writes:
            world.write(kind, month, first, value)
            for _delivery in range(deliveries):
                recompute_dirty()
        f.recompute()
        assert list(differences()) == []

    @settings(max_examples=settings().max_examples // 8)
    @given(WRITES, st.integers(0, 2**32), st.integers(1, 4))
    def test_order_and_number_of_deliveries_change_nothing(self, writes: list[Any], seed: int, limit: int) -> None:
        world = World()
        for kind, month, first, value, _deliveries in writes:
            world.write(kind, month, first, value)
        keys = list(DirtyKey.objects.values("indicator_id", "region_id", "month"))
        random.Random(seed).shuffle(keys)
        DirtyKey.objects.all().delete()
        DirtyKey.objects.bulk_create(DirtyKey(**key) for key in keys + keys[: len(keys) // 2])
        while recompute_dirty(limit=limit)[0]:
            pass
        in_pieces = stored()
        assert list(differences()) == []
        recompute_dirty()
        recompute_all()
        assert stored() == in_pieces


pytestmark = pytest.mark.django_db


def test_writing_revision_audit_event_and_dirty_key_is_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, by = f.indicator(), f.coordinator()

    def broken(*_arguments: object, **_details: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("targets.services.official.record", broken)
    with pytest.raises(RuntimeError):
        make_official([f.entry(rate, "2014-01", 1, 2)], source=f.source(by), by=by)
    assert not Revision.objects.exists()
    assert not Observation.objects.exists()
    assert not DirtyKey.objects.exists()


def test_a_write_leaves_revision_audit_event_and_key() -> None:
    rate, by = f.indicator(), f.coordinator()
    make_official([f.entry(rate, "2014-02", 1, 2)], source=f.source(by), by=by)
    assert AuditEvent.objects.get().action == "observations.imported"
    assert DirtyKey.objects.get().month == Month(2014, 2)
    revision = Revision.objects.get()
    assert (revision.state, revision.official_by, revision.approved_by) == ("approved", "import", None)


def test_the_worker_is_woken_only_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr("targets.jobs.wake_recompute", lambda: woken.append(True))
    with django_capture_on_commit_callbacks() as callbacks:
        make_official([f.entry(f.indicator(), "2014-01", 1, 2)], source=f.source(f.coordinator()), by=f.coordinator())
        assert woken == []
    assert len(callbacks) == 1


def test_what_says_the_same_changes_nothing() -> None:
    rate, by = f.indicator(), f.coordinator()
    f.official(f.entry(rate, "2014-01", 180, 200))
    outcome = make_official([f.entry(rate, "2014-01", "180.000", 200)], source=f.source(by), by=by)
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 0, 1)
    assert (Revision.objects.count(), DirtyKey.objects.count()) == (1, 0)


def test_a_recompute_without_changes_writes_nothing() -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    assert recompute_all() == 0


def test_queries_are_as_many_for_one_figure_as_for_a_thousand() -> None:
    city = f.region()
    counties = [f.region(f"1001{number:02d}", city) for number in range(1, 21)]
    rates = [f.indicator(region_rule="pooled") for _number in range(5)]
    for rate in rates:
        f.target(rate, "at_least", 92, coverage="parts")
    by = f.coordinator()

    def queries(entries: list[Any]) -> int:
        make_official(entries, source=f.source(by), by=by)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            recompute_dirty()
        return len(captured)

    one = queries([f.entry(rates[0], "2014-01", 1, 2, place=counties[0])])
    many = queries(
        [
            f.entry(rate, f"2014-{month:02d}", 1, 2, place=county)
            for rate in rates
            for month in range(2, 12)
            for county in counties
        ]
    )
    assert many <= one + 4  # the merge of a lot that overwrites takes its staging table


def test_one_figure_among_a_hundred_plans_judges_the_three_that_use_it_and_no_other() -> None:
    shared, by = f.indicator("count"), f.coordinator()
    plans = [f.another_plan(f"plan-{number:03}") for number in range(100)]
    others = [f.target(f.indicator("level"), threshold=1, plan=plan) for plan in plans]
    using = [f.target(shared, threshold=120, plan=plan) for plan in (plans[10], plans[50], plans[90])]
    assert recompute_all() == 103 * 12

    figure = f.entry(shared, "2014-06", 10)
    make_official([figure], source=f.source(by), by=by)
    assert AffectedTargets.by([figure.key]).target_ids == {promise.pk for promise in using}
    with CaptureQueriesContext(connection) as captured:
        assert recompute_dirty() == (1, 3 * len(range(6, 13)))
    assert len(captured) <= 24  # four of them lock the three plans
    assert {f.attainment(promise, "2014-06").actual for promise in using} == {10}
    assert not Attainment.objects.filter(target__in=others).exclude(verdict="no_data").exists()


def test_a_change_in_january_reaches_next_years_comparison() -> None:
    level = f.indicator("level")
    this, following = f.plan(2014), f.plan(2015)
    f.target(level, "at_least", 5, plan=this)
    promise = f.target(level, "improves", plan=following)
    f.official(f.entry(level, "2015-01", 8))
    assert f.attainment(promise, "2015-01").reason == "no_last_year"
    f.official(f.entry(level, "2014-01", 7))
    assert f.attainment(promise, "2015-01").verdict == "met"


def test_a_target_that_no_longer_covers_parts_loses_their_rows() -> None:
    county = f.region("100101", f.region())
    promise = f.target(f.indicator(), "at_least", 92, coverage="parts")
    promises_changed([promise])
    f.recompute()
    assert Attainment.objects.filter(region=county).count() == 12
    promise.coverage = "whole"
    promise.save()
    promises_changed([promise])
    f.recompute()
    assert Attainment.objects.filter(region=county).count() == 0


def test_a_changed_threshold_is_a_new_version_with_a_new_hash() -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    before = f.attainment(promise, "2014-01")
    promise.threshold = D(90)
    promise.save()
    promises_changed([promise])
    f.recompute()
    after = f.attainment(promise, "2014-01")
    assert (before.verdict, after.verdict) == ("not_met", "met")
    assert (before.target_version, after.target_version) == (1, 2)
    assert before.inputs_hash != after.inputs_hash


def test_freshness_tells_the_last_month_and_the_missing_ones() -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 1, 2), f.entry(promise.indicator, "2014-03", 1, 2))
    row = f.attainment(promise, "2014-05")
    assert row.last_data_month == Month(2014, 3)
    assert [month.number for month in row.missing_months] == [2, 4, 5]


def test_a_quarterly_indicator_is_expected_at_the_end_of_quarters_only() -> None:
    promise = f.target(f.indicator(frequency="quarterly"), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-03", 1, 2))
    assert f.attainment(promise, "2014-05").missing_months == []
    assert f.attainment(promise, "2014-06").missing_months == [Month(2014, 6)]


def test_what_was_official_at_a_moment_can_be_judged_again() -> None:
    promise = f.target(f.indicator("count"), "at_least", 100)
    f.official(f.entry(promise.indicator, "2014-01", 40))
    moment = Revision.objects.get().official_at
    assert moment is not None
    f.official(f.entry(promise.indicator, "2014-01", 70, note="更正"))
    targets = list(Target.objects.with_version().select_related("plan", "indicator", "operand"))
    then = attainments_from(targets, promise.plan.region_id, official_at(moment))
    assert then[0].actual == 40
    assert f.attainment(promise, "2014-01").actual == 70


def test_the_audit_finds_nothing_after_recomputing_and_names_what_was_tampered_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    call_command("audit_attainment")
    Attainment.objects.filter(month=Month(2014, 3)).update(signal="green", actual=D(99))
    with pytest.raises(CommandError):
        call_command("audit_attainment")
    told = capsys.readouterr().out
    assert f"2014/{promise.code} 100100 2014-03 signal: green ≠ red" in told
    assert "2014-04" not in told


def test_the_audit_finds_rows_that_are_missing_and_rows_that_are_too_many() -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    Attainment.objects.filter(month=Month(2014, 3)).delete()
    row = f.attainment(promise, "2014-04")
    row.pk = (promise.pk, f.region("100101", f.region()).pk, Month(2014, 4))
    row.save(force_insert=True)
    assert [(one.month, one.stored) for one in differences()] == [("2014-03", "missing"), ("2014-04", "stored")]


def test_a_full_recompute_repairs_what_was_tampered_with() -> None:
    promise = f.target(f.indicator(), "at_least", 92)
    f.official(f.entry(promise.indicator, "2014-01", 180, 200))
    Attainment.objects.filter(month=Month(2014, 2)).delete()
    Attainment.objects.filter(month=Month(2014, 3)).update(signal="grey", actual=D(99))
    call_command("recompute_attainment")
    assert list(differences()) == []
    assert f.attainment(promise, "2014-01").actual == 90
