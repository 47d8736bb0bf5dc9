"""Who enters the administration, and what is told of a change there."""

from collections.abc import Collection
from typing import Any

import pytest
from django.contrib import admin
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from departments import administration
from departments.auditing.log import line_of_event
from departments.models import ApiToken, AuditEvent, Department, Notice, Region, User
from departments.notices import matters
from departments.notices.mailing import deliver_mails
from departments.permissions import Role
from departments.tests.callers import member, region

pytestmark = pytest.mark.django_db
Heard = list[list[str]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What a listener is told: one list of codes a call."""
    calls: Heard = []

    def listener(objects: Collection[models.Model]) -> None:
        calls.append([getattr(one, "code", str(one)) for one in objects])

    monkeypatch.setattr(administration, "_listeners", [listener])
    return calls


@pytest.fixture
def inside() -> Client:
    return logged_in(member(Role.ADMINISTRATOR))


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, kind: str, text: str) -> Any:
    """The first step of an import: the dry run."""
    form = {"import_file": SimpleUploadedFile("f.csv", text.encode()), "format": "0", "resource": ""}
    return client.post(reverse(f"admin:{kind}_import"), form)


def confirm(client: Client, kind: str, checked: Any) -> Any:
    """The second step."""
    return client.post(reverse(f"admin:{kind}_process_import"), checked.context["confirm_form"].initial)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_enter(role: Role) -> None:
    user = member(role)
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = logged_in(user)
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 403
    assert client.get("/admin/departments/user/").status_code == 302


def test_an_administrator_needs_no_mark(inside: Client) -> None:
    assert not User.objects.get().is_staff
    assert inside.get("/admin/").status_code == 200
    assert inside.get("/admin/login/").headers["Location"] == "/admin/"


def test_whoever_is_not_logged_in_is_sent_to_the_one_log_in() -> None:
    first = Client().get("/admin/departments/user/")
    second = Client().get(first.headers["Location"])
    assert second.headers["Location"] == "/accounts/login/?next=/admin/departments/user/"


def test_every_list_and_every_form_opens(inside: Client) -> None:
    ApiToken.issue(User.objects.get())
    AuditEvent.objects.create(action="test")
    for model, shown in admin.site._registry.items():
        assert inside.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")).status_code == 200
        names = [("change", first.pk)] if (first := model._default_manager.first()) else []
        request: Any = inside.get("/admin/").wsgi_request
        names += [("add", None)] if shown.has_add_permission(request) else []
        for name, key in names:
            address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{name}", args=[key] if key else [])
            assert inside.get(address).status_code == 200, address


def test_what_is_derived_or_reviewed_is_not_in_the_administration() -> None:
    registered = {model._meta.label for model in admin.site._registry}
    closed = ("Observation", "Revision", "Attainment", "DirtyKey", "Source", "Group", "Permission")
    assert not [label for label in registered if label.split(".")[1] in closed]


def test_the_audit_record_is_only_read(inside: Client) -> None:
    event = AuditEvent.objects.create(action="test")
    assert inside.get("/admin/departments/auditevent/add/").status_code == 403
    assert inside.post(f"/admin/departments/auditevent/{event.pk}/change/", {"action": "x"}).status_code == 403
    assert inside.post(f"/admin/departments/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_token_is_revoked_and_that_is_recorded(inside: Client) -> None:
    token, key = ApiToken.issue(User.objects.get())
    page = inside.get(f"/admin/departments/apitoken/{token.pk}/change/").content.decode()
    assert token.key_hash not in page
    inside.post("/admin/departments/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert Client(headers={"Authorization": f"Bearer {key}"}).get("/api/v1/plans").status_code == 401
    assert AuditEvent.objects.filter(action="api_token.revoked").count() == 1


def test_a_person_gets_a_role_by_membership(inside: Client) -> None:
    form = inside.get("/admin/departments/user/add/")
    assert "is_superuser" not in form.content.decode()
    user, unit = User.objects.create_user("new"), Department.objects.get()
    data = {
        "username": "new",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": user.pk,
        "memberships-0-department": unit.pk,
        "memberships-0-role": "leader",
    }
    assert inside.post(f"/admin/departments/user/{user.pk}/change/", data).status_code == 302
    assert User.objects.get(username="new").roles == {Role.LEADER}


def change(client: Client, user: User, **data: Any) -> Any:
    """The person's form, with the roles as they are unless said otherwise."""
    held = list(user.memberships.all())
    form = {"username": user.username, "is_active": "on", "memberships-TOTAL_FORMS": len(held) + 1}
    form |= {"memberships-INITIAL_FORMS": len(held)}
    for number, one in enumerate(held):
        row = {"id": one.pk, "user": user.pk, "department": one.department_id, "role": one.role}
        form |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    answer = client.post(f"/admin/departments/user/{user.pk}/change/", form | data)
    assert answer.status_code == 302
    return answer


def heard_of(user: User) -> list[tuple[str, str | None]]:
    """What the audit log says of the person: action and role."""
    events = AuditEvent.objects.filter(subject=f"departments.user:{user.pk}").order_by("pk")
    assert {one.actor for one in events} <= {User.objects.earliest("pk")}
    return [(one.action, one.detail.get("role")) for one in events]


def test_a_role_given_changed_and_taken_is_recorded(inside: Client) -> None:
    user, unit = User.objects.create_user("new"), Department.objects.get()
    first = {"user": user.pk, "department": unit.pk, "role": "leader"}
    change(inside, user, **{f"memberships-0-{name}": value for name, value in first.items()})
    change(inside, user, **{"memberships-0-role": "coordinator"})
    change(inside, user)
    change(inside, user, **{"memberships-0-DELETE": "on"})
    assert heard_of(user) == [
        ("people.role_granted", "leader"),
        ("people.role_revoked", "leader"),
        ("people.role_granted", "coordinator"),
        ("people.role_revoked", "coordinator"),
    ]


@pytest.mark.parametrize("new", ["new@example.cn", ""])
def test_a_person_whose_address_was_changed_is_told_at_the_old_one_too(new: str) -> None:
    user, chief = User.objects.create_user("li", email="old@example.cn"), member(Role.ADMINISTRATOR)
    change(logged_in(chief), user, email=new)
    told = Notice.objects.get(user=user)
    assert "如非本人要求，请告知计划牵头办公室" in matters.lines_of_notice(told)[0].text
    Notice.objects.update(read_at=told.created_at)  # perhaps by whoever has changed it
    deliver_mails(timezone.now())
    assert [one.to for one in mail.outbox] == [["old@example.cn"]]


def test_even_an_own_address_is_not_changed_unseen() -> None:
    chief = member(Role.ADMINISTRATOR)
    User.objects.filter(pk=chief.pk).update(email="old@example.cn")
    change(logged_in(chief), chief, email="new@example.cn")
    deliver_mails(timezone.now())
    assert sorted(one.to for one in mail.outbox) == [["new@example.cn"], ["old@example.cn"]]


def test_a_first_address_is_told_nowhere_else() -> None:
    user = User.objects.create_user("li")
    change(logged_in(member(Role.ADMINISTRATOR)), user, email="new@example.cn")
    deliver_mails(timezone.now())
    assert [one.to for one in mail.outbox] == [["new@example.cn"]]


def test_closing_and_opening_an_account_is_recorded(inside: Client) -> None:
    user = User.objects.create_user("new")
    change(inside, user, is_active="")
    change(inside, user, is_active="on")
    assert heard_of(user) == [("people.deactivated", None), ("people.reactivated", None)]


def test_what_is_changed_of_an_account_is_recorded_before_and_after(inside: Client) -> None:
    user = User.objects.create_user("new", email="old@example.cn")
    change(inside, user, username="newer", email="new@example.cn", display_name="李")
    event = AuditEvent.objects.get(action="people.changed")
    assert event.detail["before"] == {"username": "new", "display_name": "", "email": "old@example.cn"}
    assert event.detail["after"] == {"username": "newer", "display_name": "李", "email": "new@example.cn"}
    assert "变更前 (" in line_of_event(event).detail
    change(inside, User.objects.get(pk=user.pk), email="new@example.cn", display_name="李")
    assert AuditEvent.objects.filter(action="people.changed").count() == 1
    change(inside, user, username="newer", email="new@example.cn", display_name="李", is_active="")
    closed = AuditEvent.objects.latest("pk").detail
    assert (closed["before"], closed["after"]) == ({"is_active": True}, {"is_active": False})
    known = str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert user.password not in known


def test_a_new_person_and_a_set_password_are_recorded_and_must_be_changed(inside: Client) -> None:
    passwords = {"usable_password": "true", "password1": "another-Horse-8", "password2": "another-Horse-8"}
    nothing = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    inside.post("/admin/departments/user/add/", {"username": "new", **passwords, **nothing})
    user = User.objects.get(username="new")
    assert user.must_change_password
    User.objects.update(must_change_password=False)
    passwords |= {"password1": "third-Horse-99", "password2": "third-Horse-99"}
    assert inside.post(f"/admin/departments/user/{user.pk}/password/", passwords).status_code == 302
    assert heard_of(user) == [("people.added", None), ("people.password_reset", None)]
    user.refresh_from_db()
    assert user.must_change_password
    assert user.check_password("third-Horse-99")
    change(inside, user, must_change_password="")
    assert User.objects.get(username="new").must_change_password


def test_a_bad_password_is_neither_set_nor_recorded(inside: Client) -> None:
    user = User.objects.create_user("new", password="right")
    weak = {"usable_password": "true", "password1": "weak", "password2": "weak"}
    assert inside.post(f"/admin/departments/user/{user.pk}/password/", weak).status_code == 200
    assert heard_of(user) == []


def test_nobody_is_deleted(inside: Client) -> None:
    user = User.objects.create_user("new")
    assert inside.post(f"/admin/departments/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    inside.post("/admin/departments/user/", action)
    assert User.objects.filter(pk=user.pk).exists()


def test_an_export_is_recorded(inside: Client) -> None:
    answer = inside.post(
        "/admin/departments/region/export/", {"format": "0", "resource": "", "regionresource_code": "on"}
    )
    assert answer.headers["Content-Disposition"].startswith("attachment")
    event = AuditEvent.objects.get(action="administration.exported")
    assert (event.actor, event.detail) == (User.objects.get(), {"model": "地区"})


def test_the_own_password_is_changed_on_the_one_page_for_it(inside: Client) -> None:
    assert inside.get("/admin/password_change/").headers["Location"] == "/accounts/password/"


def test_second_factors_are_not_in_the_administration(inside: Client) -> None:
    registered = {model._meta.app_label for model in admin.site._registry}
    assert not {"mfa", "account"} & registered


def test_a_saved_form_is_announced_with_what_was_before(inside: Client, heard: Heard) -> None:
    place = region()
    inside.post(
        f"/admin/departments/region/{place.pk}/change/", {"code": "100109", "name": "新", "kind": "city", "parent": ""}
    )
    assert heard == [["100100", "100109"]]
    assert Region.history.count() == 2
    assert Region.history.first().history_user == User.objects.get()


def test_what_is_deleted_is_announced_first(inside: Client, heard: Heard) -> None:
    one, two, three = region("200100"), region("200101"), region("200102")
    inside.post(f"/admin/departments/region/{one.pk}/delete/", {"post": "yes"})
    inside.post(
        "/admin/departments/region/",
        {"action": "delete_selected", "_selected_action": [two.pk, three.pk], "post": "yes"},
    )
    assert heard == [["200100"], ["200101", "200102"]]
    assert Region.objects.count() == 1


def test_a_file_is_checked_first_and_announced_once(inside: Client, heard: Heard) -> None:
    file = "code,name,kind,parent\n200100,甲,city,\n200101,乙,county,200100\n100100,100100,city,\n"
    checked = upload(inside, "departments_region", file)
    assert not checked.context["result"].has_validation_errors()
    assert Region.objects.count() == 1
    assert heard == []
    assert confirm(inside, "departments_region", checked).status_code == 302
    assert Region.objects.get(code="200101").parent == Region.objects.get(code="200100")
    assert heard == [["200100", "200101"]]


def test_every_bad_row_of_a_file_is_shown(inside: Client) -> None:
    file = "code,name,kind,parent\n2001,甲,city,\n200101,乙,nonsense,\n200102,丙,city,999999\n200103,丁,city,\n"
    result = upload(inside, "departments_region", file).context["result"]
    assert [row.number for row in result.invalid_rows] == [1, 2]
    assert [row.number for row in result.error_rows] == [3]
    assert Region.objects.count() == 1


def test_a_file_that_has_become_bad_since_its_check_stores_nothing(inside: Client, heard: Heard) -> None:
    checked = upload(
        inside,
        "departments_department",
        "code,name,short_name,kind,region,aliases\na,A,A,bureau,100100,[]\nb,B,B,bureau,100100,[]\n",
    )
    Department.objects.create(code="c", name="B", short_name="C", kind="bureau", region=region())
    answer = confirm(inside, "departments_department", checked)
    assert answer.headers["Location"] == "../import/"
    assert not Department.objects.filter(code__in="ab").exists()


def test_the_import_is_closed_to_everybody_else() -> None:
    client = logged_in(member(Role.COORDINATOR))
    assert client.get(reverse("admin:departments_region_import")).status_code == 302
    assert client.get(reverse("admin:departments_region_export")).status_code == 302
