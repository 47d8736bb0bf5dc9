"""The administration shows and changes the rows of the own region and its parts; regions and days are for all."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from departments.models import ApiToken, AuditEvent, Department, Membership, ProposedRole, Reform, Region, User
from departments.permissions import Role
from departments.tests.cities import province
from plans.models import CalendarDay, Plan
from qualityplan.tests.cities import Possession, Whole, whole_city
from targets.models import Indicator, ReportingDuty, Target
from tasks.models import SupervisionRules, Task

pytestmark = pytest.mark.django_db
SHARED = (Region, CalendarDay)


@pytest.fixture(params=["beside each other", "in one province"])
def cities(request: pytest.FixtureRequest) -> tuple[Whole, Whole]:
    above = province() if request.param == "in one province" else None
    made = whole_city("温州", above), whole_city("丽水", above)
    for whole in made:
        SupervisionRules.objects.create(plan=whole.own.plan, letterhead=f"{whole.name}市政府")
        ReportingDuty.objects.create(indicator=whole.own.indicator, department=whole.own.unit)
        ApiToken.issue(whole.people[Role.REPORTER], name=whole.name)
        ProposedRole.objects.create(
            user=whole.people[Role.REPORTER],
            department=whole.own.unit,
            role=Role.REVIEWER.value,
            proposed_by=whole.people[Role.ADMINISTRATOR],
        )
        reform = Reform.objects.create(kind="renamed", effective_on="2014-03-01", document=f"{whole.name}机构改革")
        reform.before.add(whole.city.unit("市旧局"))
        reform.after.add(whole.city.unit("市新局"))
    return made


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows_of(whole: Whole) -> list[Model]:
    """A row of each kind that is the city's."""
    own = whole.own
    return [
        own.unit,
        own.plan,
        whole.draft,
        own.plan.clauses.get(),
        own.indicator,
        own.target,
        own.task,
        own.plan.supervision_rules,
        ReportingDuty.objects.get(department=own.unit),
        Reform.objects.get(document__startswith=whole.name),
        whole.people[Role.REPORTER],
        ApiToken.objects.get(name=whole.name),
        ProposedRole.objects.get(department=own.unit),
        whole.event,
    ]


def page(model: type[Model] | Model, what: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def told(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


def test_every_kind_of_row_is_looked_at(cities: tuple[Whole, Whole]) -> None:
    kinds = {type(row) for row in rows_of(cities[0])} | set(SHARED)
    assert kinds == set(admin.site._registry)


def test_lists_filters_and_forms_show_nothing_of_another_city(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for user in (here.people[Role.ADMINISTRATOR], here.countys[Role.ADMINISTRATOR]):
        client = inside(user)
        for model in admin.site._registry:
            if model in SHARED:
                continue
            for address in (page(model, "changelist"), page(model, "changelist") + "?q=丽水", page(model, "add")):
                answer = client.get(address)
                assert answer.status_code in (200, 403), address
                text = told(answer).replace("丽水</p>", "").replace('value="丽水"', "")
                assert not [mark for mark in there.marks if mark in text], (address, user)


def test_the_own_rows_are_listed(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    for row in rows_of(here):
        assert f"/{row.pk}/change/" in told(client.get(page(row, "changelist") + "?all=")), row
        assert client.get(page(row, "change", row.pk)).status_code == 200, row


def test_a_row_of_another_city_is_not_there(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for user in (here.people[Role.ADMINISTRATOR], here.countys[Role.ADMINISTRATOR]):
        client = inside(user)
        for row in rows_of(there):
            for what in ("change", "delete", "history"):
                for answer in (
                    client.get(page(row, what, row.pk)),
                    client.post(page(row, what, row.pk), {"post": "yes"}),
                ):
                    assert answer.status_code in (302, 403, 404), (row, what)
                    assert not [mark for mark in there.marks if mark in told(answer)], (row, what)
            assert type(row)._base_manager.filter(pk=row.pk).exists()


def test_an_earlier_state_of_another_citys_row_is_not_shown(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    for row in rows_of(there):
        history = getattr(type(row), "history", None)
        if history is not None:
            version = history.filter(id=row.pk).latest("history_date")
            address = page(row, "simple_history", row.pk, version.pk)
            for answer in (client.get(address), client.post(address, {})):
                assert answer.status_code in (302, 403, 404), row
                assert "丽水" not in told(answer), row


def test_rows_of_another_city_are_neither_suggested_nor_exported(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    for model, registered in admin.site._registry.items():
        for name in registered.autocomplete_fields:
            asked = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name), "field_name": name}
            found = told(client.get(reverse("admin:autocomplete"), asked | {"term": ""}))
            if model._meta.get_field(name).related_model not in SHARED:
                assert not [mark for mark in there.marks if mark in found.encode().decode("unicode_escape")], (
                    model,
                    name,
                )
        if hasattr(registered, "resource_classes") and model not in SHARED:
            fields = {f"{registered.resource_classes[0].__name__.lower()}_{one}": "on" for one in ("code", "name")}
            exported = client.post(page(model, "export"), {"format": "0", "resource": "", **fields})
            assert not [mark for mark in there.marks if mark in told(exported)], model


def test_a_row_of_another_city_is_not_changed_by_several_at_once(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    for row in rows_of(there):
        action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        client.post(page(row, "changelist"), action)
        assert type(row)._base_manager.filter(pk=row.pk).exists(), row
    token = ApiToken.objects.get(name="丽水")
    client.post(page(ApiToken, "changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is None


def upload(client: Client, model: type[Model], text: str) -> Any:
    form = {"import_file": SimpleUploadedFile("f.csv", text.encode()), "format": "0", "resource": ""}
    return client.post(page(model, "import"), form)


def imported(client: Client, model: type[Model], text: str) -> str:
    """A file in both steps, whatever the first one says; what was shown."""
    shown = upload(client, model, text)
    if (form := shown.context.get("confirm_form")) is not None:
        client.post(page(model, "process_import"), form.initial)
    return told(shown)


def test_a_file_neither_changes_a_row_of_another_city_nor_refers_to_one(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client, things = inside(here.people[Role.ADMINISTRATOR]), there.own
    files = {
        Department: f"code,name,short_name,kind,region,aliases\n{things.unit.code},改,改,bureau,330300,[]\n"
        f"mine,新局,新局,bureau,331100,[]\n",
        Indicator: f"code,name\n{things.indicator.code},改\n",
        Target: f"plan,code,threshold\n{things.plan.code},{things.target.code},1\n",
        Task: f"plan,code,title\n{things.plan.code},{things.task.code},改\n",
        ReportingDuty: f"indicator,department,since\n{here.own.indicator.code},{things.unit.code},2014-02\n",
    }
    before = states(things)
    for model, text in files.items():
        shown = imported(client, model, text)
        assert "丽水" not in shown, model
    assert states(things) == before
    assert not Department.objects.filter(code="mine").exists()
    assert not ReportingDuty.objects.filter(indicator=here.own.indicator, department=things.unit).exists()


def states(things: Possession) -> list[object]:
    return [
        Department.objects.get(pk=things.unit.pk).name,
        Indicator.objects.get(pk=things.indicator.pk).name,
        Target.objects.get(pk=things.target.pk).threshold,
        Task.objects.get(pk=things.task.pk).title,
    ]


def test_what_another_city_has_cannot_be_chosen_in_a_form(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client, mine = inside(here.people[Role.ADMINISTRATOR]), here.own
    department = {"code": "new", "name": "新局", "short_name": "新局", "kind": "bureau", "aliases": "[]"}
    client.post(page(Department, "add"), department | {"region": there.city.region.pk})
    assert not Department.objects.filter(code="new").exists()
    client.post(page(Department, "add"), department | {"region": here.city.county.pk})
    assert Department.objects.filter(code="new", region=here.city.county).exists()
    plan = {
        "code": "plan-new",
        "first_month": "2016-01",
        "last_month": "2016-12",
        "title": "新计划",
        "issuer": "市政府",
    }
    plan |= {"pace_tolerance": "0.8", "deadline_day": "5"}
    for place in (there.city.region, here.city.county):
        client.post(page(Plan, "add"), plan | {"region": place.pk})
        assert not Plan.objects.filter(code="plan-new").exists(), place
    client.post(page(Plan, "add"), plan | {"region": here.city.region.pk})
    assert Plan.objects.get(code="plan-new").is_draft
    membership = {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0", "memberships-0-role": "reporter"}
    person = here.people[Role.REPORTER]
    form = {"username": person.username, "is_active": "on", **membership, "memberships-0-user": person.pk}
    client.post(page(User, "change", person.pk), form | {"memberships-0-department": there.city.bureau.pk})
    assert not Membership.objects.filter(user=person, department=there.city.bureau).exists()
    assert mine.unit == here.city.bureau


def test_who_also_holds_a_role_in_another_city_is_only_looked_at(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client, person = inside(here.people[Role.ADMINISTRATOR]), here.people[Role.REPORTER]
    Membership.objects.create(user=person, department=there.city.bureau, role=Role.REPORTER.value)
    shown = told(client.get(page(User, "change", person.pk)))
    assert "丽水" not in shown
    nothing = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    form = {"username": person.username, "is_active": "", **nothing}
    assert client.post(page(User, "change", person.pk), form).status_code == 403
    passwords = {"usable_password": "true", "password1": "another-Horse-8", "password2": "another-Horse-8"}
    assert client.post(f"/admin/departments/user/{person.pk}/password/", passwords).status_code == 403
    assert client.post(f"/people/{person.pk}/reset-password/").status_code == 403
    assert client.post(f"/people/{person.pk}/deactivate/").status_code == 403


def test_a_plan_of_a_county_is_looked_at_by_the_city_and_changed_by_the_county(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    city, county = inside(here.people[Role.ADMINISTRATOR]), inside(here.countys[Role.ADMINISTRATOR])
    address = page(Plan, "change", here.county.plan.pk)
    assert "_save" not in told(city.get(address))
    assert city.post(address, {"title": "改"}).status_code == 403
    assert "_save" in told(county.get(address))
    assert county.get(page(Plan, "change", here.own.plan.pk)).status_code == 302
    assert county.get(page(Plan, "change", here.draft.pk)).status_code == 302


def test_what_another_citys_rows_stand_on_is_not_named_when_something_is_deleted(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    there.own.task.assignments.create(department=here.city.bureau, role="support")
    text = told(inside(here.people[Role.ADMINISTRATOR]).get(page(Department, "delete", here.city.bureau.pk)))
    assert "丽水" not in text


# --- What all share ---------------------------------------------------------------------------------------------------


def region_form(**given: Any) -> dict[str, Any]:
    return {"code": "330399", "name": "新区", "kind": "district", "parent": "", **given}


def test_nobody_makes_another_city_a_part_of_the_own(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client, above = inside(here.people[Role.ADMINISTRATOR]), there.city.region.parent
    for place in (there.city.region, there.city.county):
        before = place.parent_id
        form = region_form(code=place.code, parent=here.city.region.pk)
        assert client.post(page(Region, "change", place.pk), form).status_code == 403
        text = f"code,name,kind,parent\n{place.code},改,city,330300\n"
        imported(client, Region, text)
        place.refresh_from_db()
        assert (place.parent_id, "改" in place.name) == (before, False)
        assert client.post(page(Region, "delete", place.pk), {"post": "yes"}).status_code == 403
    assert there.city.region.parent == above


def test_a_new_region_is_a_part_of_the_own(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    for parent in ("", there.city.region.pk):
        client.post(page(Region, "add"), region_form(parent=parent))
        assert not Region.objects.filter(code="330399").exists(), parent
    client.post(page(Region, "add"), region_form(parent=here.city.region.pk))
    assert Region.objects.get(code="330399").parent == here.city.region


def test_of_what_the_own_region_is_a_part_is_not_for_its_administrator(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    place = here.city.region
    before = place.parent_id
    form = region_form(code=place.code, name=place.name, kind="city", parent=there.city.region.pk)
    inside(here.people[Role.ADMINISTRATOR]).post(page(Region, "change", place.pk), form)
    place.refresh_from_db()
    assert place.parent_id == before


def test_an_administrator_of_a_county_changes_nothing_that_all_share(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    client = inside(here.countys[Role.ADMINISTRATOR])
    assert client.get(page(Region, "changelist")).status_code == 200
    assert client.get(page(Region, "add")).status_code == 403
    assert client.post(page(Region, "change", here.city.county.pk), region_form()).status_code == 403
    assert client.get(page(CalendarDay, "changelist")).status_code == 200
    assert client.get(page(CalendarDay, "add")).status_code == 403


def test_an_administrator_of_a_city_with_nobody_above_enters_working_days(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    client = inside(here.people[Role.ADMINISTRATOR])
    assert client.get(page(CalendarDay, "add")).status_code == 200
    Department.objects.create(code="above", name="省局", short_name="省局", kind="bureau", region=province())
    if here.city.region.parent is not None:
        assert client.get(page(CalendarDay, "add")).status_code == 403


# --- The audit log ----------------------------------------------------------------------------------------------------


def test_the_log_tells_of_the_own_region_and_its_parts(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for user, may in ((here.people[Role.ADMINISTRATOR], True), (here.countys[Role.ADMINISTRATOR], False)):
        client = inside(user)
        for answer in (client.get("/audit/"), client.post("/audit/export/")):
            text = told(answer)
            assert not [mark for mark in there.marks if mark in text], user
            assert (here.people[Role.COORDINATOR].username in text) is may
            assert here.countys[Role.COORDINATOR].username in text


def test_what_concerns_no_region_is_told_to_nobody_of_several_cities(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    event = AuditEvent.objects.create(action="audit.purged", detail={"before": "秘密"})
    assert "秘密" not in told(inside(here.people[Role.ADMINISTRATOR]).get("/audit/"))
    assert event.region is None


def test_every_event_of_the_cities_is_somebodys(cities: tuple[Whole, Whole]) -> None:
    assert not re.search("None", str(set(AuditEvent.objects.values_list("region__code", flat=True))))
