"""Several plans over several years that share indicators: incremental equals full, and none touches another."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from departments.models import Region
from plans.models import Plan
from plans.periods import Month
from targets.judging.audit import differences, verify_attainment
from targets.judging.recompute import recompute_dirty
from targets.models import Attainment, Indicator, Quota, Revision, RuleChange, Step, Target
from targets.services.dirty import promises_changed
from targets.services.official import make_official, positions_beyond_office
from targets.services.quotas import set_quotas
from targets.services.reviewing import withdraw_revision
from targets.services.versions import former_rule, keep_former
from targets.tests import factories as f

KINDS = ["count", "total", "rate", "level", "event", "withdraw", "quota", "step", "rule", "version"]
WRITES = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.integers(2013, 2016), st.integers(1, 12), st.integers(0, 11), st.integers(0, 2)
    ),
    max_size=12,
)


class World:
    """A city with counties and a province, an office's plan of 2015 and one from July 2014 to June 2016."""

    def __init__(self) -> None:
        self.province = Region.objects.create(code="100000", name="省", kind="province")
        self.city = f.region()
        Region.objects.filter(pk=self.city.pk).update(parent=self.province)
        self.counties = [f.region("100101", self.city), f.region("100102", self.city)]
        self.town = f.region("100111", self.counties[0])
        self.other = f.region("200100")
        self.by = f.coordinator()
        self.source = f.source(self.by)
        self.count = f.indicator("count", region_rule="sum", frequency="quarterly")
        self.total = f.indicator("count", entry_basis="to_date")
        self.rate = f.indicator(region_rule="pooled")
        self.level = f.indicator("level", time_rule="mean")
        self.operand, self.another = f.indicator("level"), f.indicator("level")
        self.event = f.indicator("event")
        self.long, self.year = f.plan_over("2014-07", "2016-06"), f.plan_over("2015-01", "2015-12")
        self.targets = [*self._of_long(), *self._of_year()]
        promises_changed(self.targets)
        f.recompute()

    def _of_long(self) -> list[Target]:
        self.divided = f.target(self.count, "at_least", 60, plan=self.long, coverage="quotas", counting="plan")
        self.frozen = f.target(self.rate, "at_least", 50, plan=self.long, coverage="parts", due=date(2015, 3, 31))
        return [
            self.divided,
            self.frozen,
            f.target(self.rate, "improves", plan=self.long, coverage="parts"),
            f.target(self.level, "at_most", -10, plan=self.long, threshold_kind="last_year"),
            f.target(self.level, "at_most", -15, plan=self.long, threshold_kind="baseline_share", baseline_year=2013),
            f.target(self.event, "done_by", plan=self.long, due=date(2015, 6, 30)),
            f.target(self.total, "at_least", 40, plan=self.long, first_month=Month(2015, 2)),
        ]

    def _of_year(self) -> list[Target]:
        self.stepped = f.target(self.count, "at_least", 40, plan=self.year)
        return [
            self.stepped,
            f.target(self.total, "about", 30, plan=self.year, tolerance=D(5), counting="plan"),
            f.target(self.level, "at_least", plan=self.year, threshold_kind="elsewhere", coverage="parts"),
            f.target(self.level, "at_least", plan=self.year, threshold_kind="elsewhere", operand_region=self.other),
            f.target(self.level, "less_than", plan=self.year, threshold_kind="indicator", operand=self.operand),
        ]

    def write(self, kind: str, year: int, month: int, value: int) -> None:
        """One change of any kind."""
        if kind in ("withdraw", "quota", "step", "rule", "version"):
            changes: dict[str, Callable[[int, int, int], object]] = {
                "withdraw": self._withdraw, "quota": self._quota, "step": self._step, "rule": self._rule,
                "version": self.change_rule,
            }  # fmt: skip
            changes[kind](year, month, value)
        else:
            self._report(kind, f"{year}-{month:02d}", value)

    @property
    def _levels(self) -> list[Indicator]:
        return [self.level, self.operand, self.another]

    def _report(self, kind: str, month: str, value: int) -> None:
        county, places = self.counties[value % 2], [self.city, *self.counties, self.province, self.other]
        entry = {
            "count": lambda: f.entry(self.count, month, value, place=self.town if value % 2 else self.counties[1]),
            "total": lambda: f.entry(self.total, month, value * 4, note="更正"),
            "rate": lambda: f.entry(self.rate, month, value, 12, place=self.town if value % 2 else county),
            "level": lambda: f.entry(self._levels[value % 3], month, value, place=places[value % 5]),
            "event": lambda: f.entry(self.event, month, value % 2),
        }[kind]()
        if value % 3 and not positions_beyond_office([entry], self.by):
            make_official([entry], source=self.source, by=self.by)
        else:  # of the province or another city: not for the city's coordinator to make official
            f.at_once([entry], self.source)

    def _withdraw(self, _year: int, _month: int, value: int) -> None:
        official = Revision.objects.filter(state="approved")
        revisions = list(official.exclude(observation__region__in=[self.province, self.other]).order_by("pk"))
        if revisions:
            withdraw_revision(revisions[value % len(revisions)], by=self.by, reason="重复")

    def _quota(self, year: int, month: int, value: int) -> None:
        """Divides the count anew, or gives one county its own rate."""
        start = min(max(Month(year, month), self.long.first_month), self.long.last_month)
        if value % 3:
            rows = {place.pk: D(value) for place in [*self.counties, self.town][: value % 4]}
            set_quotas(target=self.divided, rows=rows, from_month=start, source="文", reason="因", by=self.by)
        else:
            key: dict[str, Any] = {"target": self.frozen, "region": self.counties[value % 2], "from_month": start}
            quota, _new = Quota.objects.update_or_create(**key, defaults={"threshold": D(value * 8)})
            promises_changed([quota])

    def _step(self, _year: int, month: int, value: int) -> None:
        """Sets or takes away a step of the year's count."""
        due = Month(2015, max(2, min(month, 11))).last_day
        known = Step.objects.filter(target=self.stepped)
        before = list(known)
        known.delete()
        if value:
            Step.objects.create(target=self.stepped, due=due, threshold=D(value))
        promises_changed([*before, self.stepped])

    def _rule(self, _year: int, month: int, value: int) -> None:
        promise = self.targets[value % len(self.targets)]
        if promise.threshold is not None:
            promise.threshold += 1
        if promise == self.frozen:
            promise.due = Month(2014 + value % 3, month).last_day
        promise.save()
        promises_changed([promise])

    def change_rule(self, year: int, month: int, value: int) -> Target:
        """Changes what a promise is judged by from a month on."""
        promise = Target.objects.get(pk=self.targets[value % len(self.targets)].pk)
        first, last = promise.plan.first_month, promise.plan.last_month
        promise.changing = RuleChange(min(max(Month(year, month), first), last), "调整")
        former = former_rule(promise)
        promise.warning_margin = D(month)
        if promise.threshold is not None:
            promise.threshold += month
        if promise == self.frozen:
            promise.due = Month(2014 + month % 3, month).last_day
            promise.coverage = ("parts", "whole")[month % 2]
        if promise.operand is not None:
            promise.operand = (self.operand, self.another)[month % 2]
        if promise == self.stepped:
            Step.objects.update_or_create(target=promise, due="2015-06-30", defaults={"threshold": D(month)})
        promise.save()
        keep_former(former, promise, by=self.by)
        promises_changed([promise])
        return promise


def rows_of(plan: Plan) -> list[Any]:
    """A plan's attainments with the version of each row, where the database tells one."""
    rows = Attainment.objects.filter(target__plan=plan).order_by("target_id", "region_id", "month")
    versions = {"xmin": "targets_attainment.xmin::text"} if connection.vendor == "postgresql" else {}
    return [dict(row) for row in rows.extra(select=versions).values()]  # noqa: S610 - a constant


class TestPlans(TestCase):
    """Hypothesis rolls the database back after each example."""

    @settings(max_examples=settings().max_examples // 5)
    @given(WRITES)
    def test_incremental_equals_full_over_several_plans_and_years(self, writes: list[Any]) -> None:
        world = World()
        for kind, year, month, value, deliveries in writes:
            world.write(kind, year, month, value)
            for _delivery in range(deliveries):
                recompute_dirty()
        f.recompute()
        assert list(differences()) == []

    @pytest.mark.postgres_only  # what was written again is told by the database alone
    @settings(max_examples=settings().max_examples // 12)
    @given(WRITES, st.integers(0, 11), st.integers(2014, 2016), st.integers(1, 12))
    def test_a_plan_s_change_never_touches_another_plan_s_rows(
        self, writes: list[Any], value: int, year: int, month: int
    ) -> None:
        world = World()
        for kind, of, number, amount, _deliveries in writes:
            world.write(kind, of, number, amount)
        f.recompute()
        before = rows_of(world.year)
        world._quota(year, month, value)
        world.divided.threshold = D(value)
        world.divided.save()
        promises_changed([world.divided])
        f.recompute()
        assert rows_of(world.year) == before

    @settings(max_examples=settings().max_examples // 12)
    @given(st.lists(st.tuples(st.integers(0, 23), st.none() | st.integers(0, 30)), max_size=5), st.integers(0, 23))
    def test_quota_versions_judge_exactly_their_months(self, versions: list[Any], late: int) -> None:
        world = World()
        county, months = world.counties[0], world.long.months
        known = dict(versions)
        for place, number in known.items():
            f.quota(world.divided, county, number, str(months[place]))
        f.official(f.entry(world.count, "2014-09", 10, place=world.town))
        f.judged_anew(world.divided)
        rows = self.rows(world, county)
        for place, row in enumerate(rows):
            begun = [number for start, number in sorted(known.items()) if start <= place]
            assert (row.reason == "not_owed") == (not begun or begun[-1] is None)
            assert row.compared == (begun[-1] if begun and row.actual is not None else None)
        if late not in known:
            f.quota(world.divided, county, 31, str(months[late]))
            f.judged_anew(world.divided)
            same = [old.inputs_hash == new.inputs_hash for old, new in zip(rows, self.rows(world, county), strict=True)]
            until = min((start for start in known if start > late), default=24)
            assert same == [not late <= place < until for place in range(24)]

    @settings(max_examples=settings().max_examples // 12)
    @given(WRITES)
    @example([("quota", 2013, 1, 0, 0), ("version", 2013, 2, 1, 0)])  # the plan ends within a year, a quota holds there
    def test_every_row_follows_from_the_very_revisions_that_it_names(self, writes: list[Any]) -> None:
        world = World()
        for kind, year, month, value, _deliveries in writes:
            world.write(kind, year, month, value)
        f.recompute()
        found = Attainment.objects.filter(month__in=(Month(2015, 2), Month(2015, 12), Month(2016, 6)))
        assert [row for row in found if not verify_attainment(row).agrees] == []

    @settings(max_examples=settings().max_examples // 12)
    @given(WRITES, st.integers(2014, 2016), st.integers(1, 12), st.integers(0, 11))
    def test_a_rule_changes_its_own_months_alone(self, writes: list[Any], year: int, month: int, value: int) -> None:
        world = World()
        for kind, of, number, amount, _deliveries in writes:
            world.write(kind, of, number, amount)
        f.recompute()
        stored = Attainment.objects.order_by("target_id", "region_id", "month")
        before = list(stored.values())
        promise = world.change_rule(year, month, value)
        f.recompute()
        assert list(differences()) == []
        begins = promise.newest_from
        apart = [row for row in before if row["target_id"] != promise.pk or row["month"] < begins]
        others = stored.exclude(target=promise, month__gte=begins)
        assert list(others.values()) == apart

    def rows(self, world: World, county: Region) -> list[Attainment]:
        return list(Attainment.objects.filter(target=world.divided, region=county).order_by("month"))
