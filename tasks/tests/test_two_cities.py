"""Papers of two cities: whom a city's notices and comments reach, which units may be asked, how numbers run."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from departments.models import Notice, User
from departments.permissions import Role
from departments.tests.cities import City, city
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year
from tasks.models import SupervisionNotice, Task
from tasks.rules.supervising import Level
from tasks.services import supervision
from tasks.services.commenting import answer_comment, write_comment
from tasks.services.escalating import escalate
from tasks.services.supervision import NoticeProposal
from tasks.supervision.reminders import supervision_matters_of
from tasks.tests.cast import a_task

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def of(place: City, *, county: bool = False) -> SimpleNamespace:
    """A plan of a city or of its county with a task, and its people."""
    region, bureau = (place.county, place.county_bureau) if county else (place.region, place.bureau)
    document = plan_of_year(2014, code=f"plan-{region.code}", region=region)
    Clause.objects.create(plan=document, path="一", order=1, text="一、目标达到百分之九十二以上。")
    office, leaders = (place.county_quality, place.county_office) if county else (place.quality, place.office)
    return SimpleNamespace(
        plan=document,
        task=a_task(plan=document, lead=bureau),
        bureau=bureau,
        coordinator=place.person(Role.COORDINATOR, office),
        leader=place.person(Role.LEADER, leaders),
        reporter=place.person(Role.REPORTER, bureau),
    )


@pytest.fixture
def cities() -> SimpleNamespace:
    wenzhou, lishui = city("温州"), city("丽水")
    officer = wenzhou.person(Role.COUNTY)
    return SimpleNamespace(here=of(wenzhou), county=of(wenzhou, county=True), there=of(lishui), officer=officer)


def issued(things: SimpleNamespace, **said: Any) -> SupervisionNotice:
    about: dict[str, Any] = {"plan": things.plan, "task": things.task, "lead": things.bureau}
    proposal = NoticeProposal(title="督办", demand="请办理。", **about | said)
    made = supervision.propose_notice(proposal, by=things.coordinator, now=NOW)
    return supervision.issue_notice(made, by=things.coordinator, now=NOW)


def told(kind: str) -> set[User]:
    return {one.user for one in Notice.objects.filter(kind=kind).select_related("user")}


def test_an_answer_is_told_to_the_quality_office_of_the_plans_own_region(cities: SimpleNamespace) -> None:
    for things in (cities.here, cities.county):
        notice = supervision.receive_notice(issued(things), by=things.reporter, now=NOW)
        supervision.answer_notice(notice, by=things.reporter, text="已办", now=NOW)
        assert told("supervision_answer") == {things.coordinator}
        Notice.objects.all().delete()


def test_what_is_late_is_told_to_the_leadership_of_the_plans_own_region(cities: SimpleNamespace) -> None:
    for things in (cities.here, cities.county):
        notice = issued(things)
        late = NOW + timedelta(days=60)
        escalate(now=late)
        escalate(now=late + timedelta(days=30))
        notice.refresh_from_db()
        assert notice.level == Level.LEADER.value
        assert told("supervision_escalate") <= {things.leader, things.reporter}
        assert things.leader in told("supervision_escalate")
        SupervisionNotice.objects.filter(pk=notice.pk).update(level="", state="withdrawn", ended_at=NOW)
        Notice.objects.all().delete()


def test_offices_are_reminded_of_their_own_plans_alone(cities: SimpleNamespace) -> None:
    for things in (cities.here, cities.county, cities.there):
        proposal = NoticeProposal(
            plan=things.plan, title="督办", demand="请办理。", task=things.task, lead=things.bureau
        )
        supervision.propose_notice(proposal, by=things.coordinator, now=NOW)
    people = [things.coordinator for things in (cities.here, cities.county, cities.there)]
    found = supervision_matters_of(people, timezone.localdate(NOW) + timedelta(days=1))
    assert [[one.part.details["number"] for one in found[person.pk]] for person in people] == [[1], [1], [1]]


def test_numbers_run_in_the_register_of_each_region(cities: SimpleNamespace) -> None:
    made = [issued(things) for things in (cities.here, cities.there, cities.here, cities.county)]
    assert [one.serial for one in made] == [1, 1, 2, 1]
    assert [one.register for one in made] == [one.plan.region for one in made]


def test_a_unit_of_another_city_is_not_pressed(cities: SimpleNamespace) -> None:
    for said in ({"lead": cities.there.bureau}, {"support": (cities.there.bureau,)}):
        with pytest.raises(ValidationError):
            issued(cities.here, **said)


def test_a_unit_that_the_plan_names_is_pressed_wherever_it_is(cities: SimpleNamespace) -> None:
    cities.here.task.assignments.create(department=cities.there.bureau, role="support")
    assert issued(cities.here, lead=cities.there.bureau).lead == cities.there.bureau


def test_a_unit_of_a_county_is_pressed_by_its_city(cities: SimpleNamespace) -> None:
    assert issued(cities.here, lead=cities.county.bureau).lead == cities.county.bureau


def test_a_unit_of_another_city_is_asked_for_nothing(cities: SimpleNamespace) -> None:
    day = timezone.localdate(NOW)
    with pytest.raises(ValidationError):
        write_comment(cities.here.task, text="请", asked=cities.there.bureau, due=day, by=cities.here.leader, now=NOW)


@pytest.mark.parametrize(("who", "about"), [("here", "there"), ("here", "county"), ("county", "here")])
def test_nobody_acts_for_the_plan_of_another_region(cities: SimpleNamespace, who: str, about: str) -> None:
    by, things = getattr(cities, who), getattr(cities, about)
    notice = issued(things)
    for act in (
        lambda: write_comment(things.task, text="请", by=by.leader, now=NOW),
        lambda: supervision.urge_notice(notice, by=by.coordinator, now=NOW),
        lambda: supervision.withdraw_notice(notice, by=by.coordinator, reason="误", now=NOW),
        lambda: supervision.propose_notice(
            NoticeProposal(plan=things.plan, title="督", demand="办", task=things.task), by=by.coordinator, now=NOW
        ),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_county_s_officer_does_not_answer_for_the_county_s_bureau(cities: SimpleNamespace) -> None:
    asked = write_comment(
        cities.county.task,
        text="请",
        asked=cities.county.bureau,
        due=timezone.localdate(NOW),
        by=cities.county.leader,
        now=NOW,
    )
    with pytest.raises(PermissionDenied):
        answer_comment(asked, text="已办", by=cities.officer, now=NOW)


def test_a_series_runs_on_in_its_own_region(cities: SimpleNamespace) -> None:
    Plan.objects.update(series="quality")
    here, there = (Plan.objects.get(pk=one.plan.pk) for one in (cities.here, cities.there))
    later = plan_of_year(2015, code="plan-later", series="quality", region=there.region)
    assert Plan.objects.following(there) == later
    assert Plan.objects.following(here) is None
    assert Plan.objects.preceding(later) == there
    assert Task.objects.count() == 3
