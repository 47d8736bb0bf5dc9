"""No change of a rule gives a closed month another light, by whatever door; and every change is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.urls import reverse

from departments.auditing.log import line_of_event
from departments.models import AuditEvent, User
from departments.permissions import Role
from plans.periods import Month
from targets.judging.audit import differences
from targets.models import Attainment, ReportingDuty, Target
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.ruling import LASTING, RULES, demand_judged_alike
from targets.tests import factories as f
from targets.tests.test_admin import form_of, upload

pytestmark = pytest.mark.django_db
MARCH = Month(2014, 3)


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def promise() -> Target:
    """A promise with a step, of a plan whose March is closed."""
    measured = f.indicator("count", department=f.department(), direction="higher")
    made = f.target(measured, "at_least", 400, coverage="quotas")
    f.step(made, "2014-06-30", 200)
    f.official(f.entry(measured, "2014-03", 90))
    f.judged_anew(made)
    close_plan_month(made.plan, MARCH, by=f.coordinator())
    return made


def lights() -> list[Any]:
    return list(Attainment.objects.order_by("target", "region", "month").values_list("month", "signal", "verdict"))


def is_sound() -> bool:
    f.recompute()
    return list(differences()) == []


# --- The doors: each changes one field of something, as a person would ------------------------------------------------


IN_ALL_MONTHS: dict[str, object] = {"holds_from": ""}
"""The form of a target offers the first open month: here none is named."""


def form(client: Client, promise: Target, **fields: object) -> Any:
    return saved(client, f"/admin/targets/target/{promise.pk}/change/", **IN_ALL_MONTHS | fields)


def saved(client: Client, address: str, **fields: object) -> Any:
    return client.post(address, form_of(client, address) | fields)


def file(client: Client, promise: Target, **fields: object) -> Any:
    (name, value), *_others = fields.items()
    checked = upload(client, "target", f"plan,code,{name}\nplan-2014,{promise.code},{value}\n")
    if checked.context["result"].has_validation_errors():
        return checked
    return client.post(reverse("admin:targets_target_process_import"), checked.context["confirm_form"].initial)


def earlier_state(client: Client, promise: Target, **fields: object) -> Any:
    """The state before is brought back, with these values."""
    address = f"/admin/targets/target/{promise.pk}/"
    values = form_of(client, f"{address}change/")
    return client.post(f"{address}history/{promise.history.last().pk}/", values | IN_ALL_MONTHS | fields)


def of_indicator(client: Client, promise: Target, **fields: object) -> Any:
    return saved(client, f"/admin/targets/indicator/{promise.indicator_id}/change/", **fields)


def of_plan(client: Client, promise: Target, **fields: object) -> Any:
    return saved(client, f"/admin/plans/plan/{promise.plan_id}/change/", **fields)


def of_step(client: Client, promise: Target, **fields: object) -> Any:
    named = {f"steps-0-{name}": value for name, value in fields.items()}
    return form(client, promise, **named)


def new_step(client: Client, promise: Target, **fields: object) -> Any:
    return form(
        client, promise, **{f"steps-1-{name}": value for name, value in fields.items()}, **{"steps-TOTAL_FORMS": 2}
    )


def duty(client: Client, promise: Target, **fields: object) -> Any:
    address = "/admin/targets/reportingduty/add/"
    mine = {"indicator": promise.indicator_id, "department": promise.indicator.department_id}
    return saved(client, address, **mine, **fields)


def part(client: Client, promise: Target, **fields: object) -> Any:
    named = {"name": "新区", "kind": "county", "parent": promise.plan.region_id}
    return saved(client, "/admin/departments/region/add/", **named, **fields)


def day_off(client: Client, promise: Target, **fields: object) -> Any:
    """The figures of March are due on Saturday, 5 April 2014, and so on Monday the 7th, unless that is off too."""
    return saved(client, "/admin/plans/calendarday/add/", **{"kind": "holiday", "name": "清明节"} | fields)


def gone(client: Client, promise: Target) -> Any:
    return client.post(f"/admin/targets/target/{promise.pk}/delete/", {"post": "yes"})


def several_gone(client: Client, promise: Target) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": [promise.pk], "post": "yes"}
    return client.post("/admin/targets/target/", chosen)


REFUSED: list[tuple[Callable[..., Any], dict[str, object]]] = [
    (form, {"threshold": "300"}),
    (form, {"due": "2014-11-30"}),
    (form, {"first_month": "2014-02"}),
    (file, {"threshold": "300"}),
    (earlier_state, {"threshold": "300"}),
    (of_indicator, {"direction": "lower"}),
    (of_plan, {"pace_tolerance": "0.5"}),
    (of_plan, {"deadline_day": "9"}),
    (of_step, {"threshold": "150"}),
    (of_step, {"DELETE": "on"}),
    (new_step, {"due": "2014-09-30", "threshold": "250"}),
    (duty, {"since": "2014-03"}),
    (part, {"code": "100109"}),
    (day_off, {"day": "2014-04-07"}),
    (gone, {}),
    (several_gone, {}),
]


@pytest.mark.parametrize(("door", "fields"), REFUSED, ids=lambda one: getattr(one, "__name__", str(one)))
def test_what_would_judge_a_closed_month_otherwise_waits_until_it_is_open(
    inside: Client, promise: Target, door: Callable[..., Any], fields: dict[str, object]
) -> None:
    before, known = lights(), Target.history.count()
    told = door(inside, promise, **fields)
    assert told.status_code == 200
    assert "2014-03 已封账，此项修改会改变该月的评判结果" in told.content.decode()
    assert is_sound()
    assert (lights(), Target.history.count()) == (before, known)
    assert not AuditEvent.objects.filter(action__startswith="row.").exists()
    reopen_plan_month(promise.plan, MARCH, by=f.coordinator(), reason="更正目标")
    assert door(inside, promise, **fields).status_code == 302
    event = AuditEvent.objects.filter(action__startswith="row.").latest("pk")
    assert event.actor == User.objects.get(memberships__role="administrator")
    assert is_sound()


WORDS: list[tuple[Callable[..., Any], dict[str, object], dict[str, object]]] = [
    (form, {"name": "新名称"}, {"name": "新名称"}),
    (file, {"order": "7"}, {"order": 7}),
    (of_indicator, {"definition": "口径"}, {"definition": "口径"}),
    (of_plan, {"title": "新标题"}, {"title": "新标题"}),
]


@pytest.mark.parametrize(("door", "fields", "after"), WORDS)
def test_words_may_change_and_are_told(
    inside: Client, promise: Target, door: Callable[..., Any], fields: dict[str, object], after: dict[str, object]
) -> None:
    before = lights()
    assert door(inside, promise, **fields).status_code == 302
    event = AuditEvent.objects.get(action="row.changed")
    assert event.detail["after"] == after
    assert event.detail["before"].keys() == after.keys()
    assert is_sound()
    assert lights() == before


def test_a_duty_of_open_months_is_entered(inside: Client, promise: Target) -> None:
    assert duty(inside, promise, since="2014-04").status_code == 302
    entered = AuditEvent.objects.get(action="row.added")
    assert entered.detail["after"]["since"] == "2014-04"
    assert "起始月: 2014-04" in line_of_event(entered).detail


@pytest.mark.parametrize(("day", "kind"), [("2014-05-05", "holiday"), ("2014-04-06", "workday")])
def test_a_day_that_moves_no_closed_month_s_deadline_is_entered(
    inside: Client, promise: Target, day: str, kind: str
) -> None:
    close_plan_month(promise.plan, Month(2014, 2), by=f.coordinator())
    reopen_plan_month(promise.plan, MARCH, by=f.coordinator(), reason="节假日安排")
    assert day_off(inside, promise, day=day, kind=kind).status_code == 302


def test_an_indicator_is_asked_about_for_every_plan_that_compares_with_it(promise: Target) -> None:
    other = f.indicator("count")
    f.target(promise.indicator, "at_least", threshold_kind="indicator", operand=other)
    changed = type(other).objects.get(pk=other.pk)
    changed.frequency = "annual"
    with pytest.raises(ValidationError, match="2014-03"):
        demand_judged_alike(other, changed)


def test_a_duty_decides_about_the_months_that_change_hands(promise: Target) -> None:
    stored = ReportingDuty.objects.create(indicator=promise.indicator, department=promise.indicator.department)
    shorter = ReportingDuty.objects.get()
    shorter.until = Month(2014, 6)
    demand_judged_alike(stored, shorter)
    shorter.until = Month(2014, 2)
    with pytest.raises(ValidationError, match="2014-03"):
        demand_judged_alike(stored, shorter)


@pytest.mark.parametrize(("model", "fields"), RULES.items())
def test_every_field_judges_or_names(model: type[models.Model], fields: Any) -> None:
    """Whoever adds a field says here which of the two it does."""
    assert fields.judging | fields.naming == {field.name for field in model._meta.concrete_fields}
    assert not fields.judging & fields.naming


def test_all_by_which_a_target_is_judged_may_change_from_a_month_on_but_what_is_measured_and_for_which_plan() -> None:
    assert {"plan", "indicator"} == LASTING
