"""What is saved in the administration is judged anew."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from departments.permissions import Role
from plans.periods import Month
from targets.judging.audit import differences
from targets.models import Attainment, DirtyKey, Target
from targets.services.locking import close_plan_month
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def promise() -> Target:
    measured = f.indicator("ratio")
    made = f.target(measured, "at_least", 92)
    f.official(f.entry(measured, "2014-01", 90, 100))
    return made


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The values of a form as a browser would send them back."""
    context = client.get(address).context
    formsets = [one.formset for one in context["inline_admin_formsets"]]
    forms = [context["adminform"].form, *(one.management_form for one in formsets)]
    forms += [form for one in formsets for form in one.initial_forms]
    fields = {field.html_name: field.value() for form in forms for field in form}
    return {name: "" if value is None else value for name, value in fields.items() if value is not False}


def upload(client: Client, kind: str, text: str) -> Any:
    form = {"import_file": SimpleUploadedFile("f.csv", text.encode()), "format": "0", "resource": ""}
    return client.post(reverse(f"admin:targets_{kind}_import"), form)


def test_a_changed_target_is_judged_anew(inside: Client, promise: Target) -> None:
    address = f"/admin/targets/target/{promise.pk}/change/"
    assert inside.post(address, form_of(inside, address) | {"threshold": "90"}).status_code == 302
    f.recompute()
    assert f.attainment(promise, "2014-01").verdict == "met"
    assert list(differences()) == []


def test_a_changed_indicator_is_judged_anew(inside: Client, promise: Target) -> None:
    address = f"/admin/targets/indicator/{promise.indicator_id}/change/"
    assert inside.post(address, form_of(inside, address) | {"scale": "1000"}).status_code == 302
    f.recompute()
    assert f.attainment(promise, "2014-01").actual == 900
    assert list(differences()) == []


def test_a_changed_plan_is_judged_anew(inside: Client, promise: Target) -> None:
    address = f"/admin/plans/plan/{promise.plan_id}/change/"
    assert inside.post(address, form_of(inside, address) | {"pace_tolerance": "0.9"}).status_code == 302
    assert DirtyKey.objects.exists()
    f.recompute()
    assert list(differences()) == []


def test_a_new_part_of_the_region_is_judged(inside: Client) -> None:
    measured = f.indicator("ratio", region_rule="pooled")
    promise = f.target(measured, "at_least", 92, coverage="parts")
    data = {"code": "100101", "name": "新区", "kind": "county", "parent": f.region().pk}
    assert inside.post("/admin/departments/region/add/", data).status_code == 302
    f.recompute()
    assert set(Attainment.objects.filter(target=promise).values_list("region__code", flat=True)) == {"100100", "100101"}


def test_a_deleted_target_takes_its_attainments_with_it(inside: Client, promise: Target) -> None:
    assert inside.post(f"/admin/targets/target/{promise.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Attainment.objects.exists()
    f.recompute()
    assert list(differences()) == []


def test_a_rule_that_spans_rows_holds_in_a_form(inside: Client, promise: Target) -> None:
    address = f"/admin/targets/target/{promise.pk}/change/"
    answer = inside.post(address, form_of(inside, address) | {"quote": "not its words"})
    assert "quote" in answer.context["adminform"].form.errors


def test_a_clause_that_is_quoted_cannot_be_rewritten(inside: Client, promise: Target) -> None:
    address = f"/admin/plans/clause/{promise.clause_id}/change/"
    inside.post(address, {"order": "1", "text": "Something else", "path": "九"})
    promise.clause.refresh_from_db()
    assert (promise.clause.path, promise.quote in promise.clause.text) == ("一", True)


def test_an_exported_file_changes_nothing(inside: Client, promise: Target) -> None:
    for kind in ("indicator", "target"):
        shown = admin.site._registry[type(promise) if kind == "target" else type(promise.indicator)]
        text = shown.resource_classes[0]().export().csv  # type: ignore[attr-defined]  # django-import-export has no types here
        result = upload(inside, kind, text).context["result"]
        assert not result.has_errors()
        assert not result.has_validation_errors()
        assert result.totals["skip"] == 1


def test_an_imported_file_is_announced_once_and_its_dry_run_never(inside: Client, promise: Target) -> None:
    second = f.target(promise.indicator, "at_least", 95)
    text = f"plan,code,threshold\nplan-2014,{promise.code},89\nplan-2014,{second.code},88\n"
    f.recompute()
    DirtyKey.objects.all().delete()
    checked = upload(inside, "target", text)
    assert not DirtyKey.objects.exists()
    inside.post(reverse("admin:targets_target_process_import"), checked.context["confirm_form"].initial)
    assert DirtyKey.objects.count() == 1
    f.recompute()
    assert f.attainment(promise, "2014-01").verdict == "met"
    assert list(differences()) == []


def test_every_bad_row_of_a_file_is_shown(inside: Client, promise: Target) -> None:
    text = (
        "plan,code,quote,clause\n"
        f"plan-2014,{promise.code},not its words,一\n"
        f"plan-2014,{promise.code},{promise.quote},九\n"
        f"2015,{promise.code},{promise.quote},一\n"
    )
    result = upload(inside, "target", text).context["result"]
    assert [row.number for row in result.invalid_rows] == [1]
    assert [row.number for row in result.error_rows] == [2, 3]


def inline(client: Client, promise: Target, prefix: str, **fields: object) -> Any:
    """The form of a target with one more row of an inline."""
    address = f"/admin/targets/target/{promise.pk}/change/"
    form = form_of(client, address)
    number = form[f"{prefix}-TOTAL_FORMS"]
    row = {f"{prefix}-{number}-{name}": value for name, value in fields.items()}
    return client.post(address, form | row | {f"{prefix}-TOTAL_FORMS": int(number) + 1})


def test_a_new_step_is_judged_by(inside: Client, promise: Target) -> None:
    """90 % is too little for the year, and enough until June."""
    assert f.attainment(promise, "2014-01").signal == "red"
    assert inline(inside, promise, "steps", due="2014-06-30", threshold="90").status_code == 302
    f.recompute()
    assert f.attainment(promise, "2014-01").signal == "green"
    assert list(differences()) == []


@pytest.mark.parametrize(
    "fields", [{"due": "2015-01-31", "threshold": "90"}, {"due": "soon", "threshold": "90"}, {"due": "2014-06-30"}]
)
def test_a_step_that_is_none_is_refused(inside: Client, promise: Target, fields: dict[str, str]) -> None:
    answer = inline(inside, promise, "steps", **fields)
    assert answer.status_code == 200
    assert not promise.steps.exists()


@pytest.fixture
def divided() -> Target:
    city = f.region()
    houses = f.indicator("count", region_rule="sum")
    promise = f.target(houses, "at_least", 400, coverage="quotas")
    f.official(f.entry(houses, "2014-03", 60, place=f.region("100101", city)))
    return promise


def test_a_new_quota_is_judged_by(inside: Client, divided: Target) -> None:
    part = f.region("100101")
    assert f.attainment(divided, "2014-03").signal == "red"
    row = {"region": part.pk, "threshold": "200", "from_month": "2014-01", "source": "1号", "reason": "其余待分"}
    assert inline(inside, divided, "quotas", **row).status_code == 302
    f.recompute()
    assert f.attainment(divided, "2014-03", part).signal == "green"
    assert list(differences()) == []


def test_a_quota_of_a_closed_month_is_refused(inside: Client, divided: Target) -> None:
    close_plan_month(divided.plan, Month(2014, 3), by=f.coordinator())
    row = {"region": f.region("100101").pk, "threshold": "400", "source": "1号"}
    answer = inline(inside, divided, "quotas", **row, from_month="2014-03")
    assert answer.status_code == 200
    assert not divided.quotas.exists()
    assert inline(inside, divided, "quotas", **row, from_month="2014-04").status_code == 302


def test_a_quota_by_which_the_whole_is_not_reached_needs_a_reason_here_too(inside: Client, divided: Target) -> None:
    row = {"region": f.region("100101").pk, "threshold": "399", "from_month": "2014-01"}
    answer = inline(inside, divided, "quotas", **row)
    assert "各地分解指标合计 399，比总目标 400 少 1。" in answer.content.decode()
    assert not divided.quotas.exists()
    assert inline(inside, divided, "quotas", **row, reason="余1户由市本级承担").status_code == 302


def test_a_promise_is_not_raised_beyond_its_quotas_without_a_reason(inside: Client, divided: Target) -> None:
    f.quota(divided, f.region("100101"), 400)
    address = f"/admin/targets/target/{divided.pk}/change/"
    assert inside.post(address, form_of(inside, address) | {"threshold": "401"}).status_code == 200
    assert inside.post(address, form_of(inside, address) | {"threshold": "399"}).status_code == 302


def test_a_promise_is_divided_once_it_is_there(inside: Client) -> None:
    shown = inside.get("/admin/targets/target/add/").context["inline_admin_formsets"]
    assert [one.formset.prefix for one in shown] == ["assignments"]
