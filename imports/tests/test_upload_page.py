"""The pages of the imports: handing over, watching, looking, confirming, undoing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from departments.models import User
from departments.permissions import PERMISSIONS, Action, Role
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.models import ImportBatch
from imports.services.whole import import_observations
from imports.tests.tables import csv_bytes, uploaded, xlsx_bytes
from targets.judging import judge_while_writing
from targets.models import Indicator, Observation
from targets.tests import factories

pytestmark = pytest.mark.django_db
OTHERS = [role for role in Role if role not in PERMISSIONS[Action.IMPORT_OBSERVATIONS]]


@pytest.fixture
def coordinator(client: Client) -> User:
    user = factories.coordinator()
    client.force_login(user)
    return user


@pytest.fixture
def houses() -> Indicator:
    return factories.indicator("count")


def send(client: Client, data: bytes, name: str = "一月.csv") -> Any:
    return client.post(reverse("imports_upload"), {"file": uploaded(data, name)}, follow=True)


def checked(client: Client, data: bytes, name: str = "一月.csv") -> ImportBatch:
    """Handed over on the page, and checked as a worker does it."""
    send(client, data, name)
    batch = ImportBatch.objects.latest_first()[0]
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def page_of(client: Client, batch: ImportBatch, **query: int) -> str:
    return text(client.get(reverse("imports_batch", args=[batch.pk]), query))


def do(client: Client, what: str, batch: ImportBatch, **data: object) -> Any:
    return client.post(reverse(f"imports_{what}", args=[batch.pk]), data, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


def row(indicator: Indicator, month: str, value: object) -> tuple[object, ...]:
    return indicator.code, factories.region().code, month, value


def test_a_file_is_handed_over_and_can_be_watched(client: Client, coordinator: User, houses: Indicator) -> None:
    page = send(client, csv_bytes([row(houses, "2014-01", 40)]))
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.source.by, page.status_code) == ("uploaded", coordinator, 200)
    assert page.request["PATH_INFO"] == reverse("imports_batch", args=[batch.pk])
    assert "<progress" in text(page)
    assert not Observation.objects.exists()


def test_watching_does_not_count_as_the_persons_work(client: Client, coordinator: User, houses: Indicator) -> None:
    page = text(send(client, csv_bytes([row(houses, "2014-01", 40)])))
    assert """hx-headers='{"X-Background": "1"}'""" in page
    assert 'hx-trigger="every 1s"' in page


def test_the_end_of_the_check_reloads_the_page(client: Client, coordinator: User, houses: Indicator) -> None:
    send(client, csv_bytes([row(houses, "2014-01", 40)]))
    batch = ImportBatch.objects.get()
    address, asked = reverse("imports_batch", args=[batch.pk]), {"HX-Request": "true"}
    assert "HX-Refresh" not in client.get(address, headers=asked).headers
    check_import_batch(batch.pk)
    assert client.get(address, headers=asked).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(("make", "name"), [(csv_bytes, "一月.csv"), (xlsx_bytes, "一月.xlsx")])
def test_what_is_confirmed_becomes_official(
    make: Any, name: str, client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = checked(client, make([row(houses, "2014-01", 40)]), name)
    assert "imports_confirm" not in page_of(client, batch)
    assert reverse("imports_confirm", args=[batch.pk]) in page_of(client, batch)
    do(client, "confirm", batch)
    write_confirmed_batch(batch.pk)
    assert Observation.objects.get().value == 40
    batch.refresh_from_db()
    assert (batch.state, batch.confirmed_by) == ("applied", coordinator)
    assert reverse("imports_undo", args=[batch.pk]) in page_of(client, batch)


def test_changed_figures_stand_old_beside_new(client: Client, coordinator: User, houses: Indicator) -> None:
    factories.official(factories.entry(houses, "2014-01", 40))
    page = page_of(client, checked(client, csv_bytes([row(houses, "2014-01", 4300)])))
    assert 'id="changed"' in page
    assert "40" in page
    assert "4 300" in page or "4300" in page or "4\u202f300" in page


def test_the_lights_that_would_change_are_shown(client: Client, coordinator: User, houses: Indicator) -> None:
    promise = factories.target(houses, "at_least", 10)
    page = page_of(client, checked(client, csv_bytes([row(houses, "2014-01", 40)])))
    assert 'id="lights"' in page
    assert promise.name in page


def test_errors_are_shown_with_row_and_column(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = checked(client, csv_bytes([row(houses, "2014-13", "<b>viel</b>")]))
    page = page_of(client, batch)
    assert 'id="errors"' in page
    assert "2014-13" in page
    assert "&lt;b&gt;viel" in page
    assert "<b>viel" not in page
    assert reverse("imports_confirm", args=[batch.pk]) not in page


def test_errors_come_a_page_at_a_time(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = checked(client, csv_bytes([row(houses, "2014-13", number) for number in range(60)]))
    first, second = (page_of(client, batch, errors=number).split('id="recognised"')[0] for number in (1, 2))
    assert (first.count("2014-13"), second.count("2014-13")) == (50, 10)


def test_without_leave_a_file_with_errors_is_not_imported(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = checked(client, csv_bytes([row(houses, "2014-01", 40), row(houses, "2014-02", "viel")]))
    assert "alert-danger" in text(do(client, "confirm", batch))
    batch.refresh_from_db()
    assert batch.state == "rejected"
    do(client, "confirm", batch, skip_rejected="on")
    write_confirmed_batch(batch.pk)
    assert [one.value for one in Observation.objects.all()] == [40]


def test_a_cancelled_import_says_so(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = checked(client, csv_bytes([row(houses, "2014-01", 40)]))
    assert "已取消" in text(do(client, "cancel", batch))
    assert "alert-danger" in text(do(client, "confirm", batch))
    assert not Observation.objects.exists()


@pytest.mark.usefixtures("deaf_worker")
def test_an_import_says_whether_the_lights_show_it(
    client: Client, coordinator: User, houses: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do once all is judged, be it beside the writing or after it."""
    monkeypatch.setattr(judge_while_writing, "judge_while_publishing", lambda publication: False)
    batch = checked(client, csv_bytes([row(houses, "2014-01", 40)]))
    do(client, "confirm", batch)
    write_confirmed_batch(batch.pk)
    assert "红黄绿灯随即更新" in page_of(client, batch)
    factories.recompute()
    assert "红黄绿灯已更新" in page_of(client, batch)


def test_an_import_is_undone_on_its_page(client: Client, coordinator: User, houses: Indicator) -> None:
    file = uploaded(csv_bytes([row(houses, "2014-01", 40)]))
    batch = import_observations(file, by=coordinator)
    assert "alert-success" in text(do(client, "undo", batch, reason="误传"))
    assert not Observation.objects.official().exists()


def test_a_file_that_cannot_be_read_says_so(client: Client, coordinator: User) -> None:
    batch = checked(client, b"%PDF\0")
    assert (batch.state, batch.failure, batch.read) == ("rejected", "no_table", 0)
    assert "CSV" in page_of(client, batch)


@pytest.mark.parametrize("data", [{}, {"file": ""}])
def test_no_file_says_so_beside_the_field(data: dict[str, str], client: Client, coordinator: User) -> None:
    page = client.post(reverse("imports_upload"), data)
    assert page.context["form"].errors["file"]


def test_a_file_that_is_too_large_is_refused(client: Client, coordinator: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert send(client, b"x" * 1001).context["form"].errors["file"]
    assert not ImportBatch.objects.exists()


def test_the_last_imports_are_listed(client: Client, coordinator: User, houses: Indicator) -> None:
    file = uploaded(csv_bytes([row(houses, "2014-01", 40)]), "演示.csv")
    import_observations(file, by=coordinator, demonstration=True)
    page = text(client.get(reverse("imports_upload")))
    assert "演示.csv" in page
    assert "badge" in page


def test_the_same_file_is_noticed_and_not_forbidden(client: Client, coordinator: User, houses: Indicator) -> None:
    data = csv_bytes([row(houses, "2014-01", 40)])
    first = import_observations(uploaded(data), by=coordinator)
    again = checked(client, data)
    assert (again.state, again.unchanged) == ("ready", 1)
    assert reverse("imports_batch", args=[first.pk]) in page_of(client, again)


@pytest.mark.parametrize("role", OTHERS)
def test_whoever_does_not_import_does_not_come_in(role: Role, client: Client, houses: Indicator) -> None:
    by = factories.coordinator()
    batch = import_observations(uploaded(csv_bytes([row(houses, "2014-01", 40)])), by=by)
    client.force_login(factories.person(role))
    assert client.get(reverse("imports_upload")).status_code == 403
    assert client.get(reverse("imports_batch", args=[batch.pk])).status_code == 403
    assert send(client, csv_bytes([row(houses, "2014-02", 40)])).status_code == 403
    assert Observation.objects.count() == 1


@pytest.mark.parametrize("role", [Role.REPORTER, Role.COUNTY])
def test_others_files_are_not_found(role: Role, client: Client, houses: Indicator) -> None:
    batch = import_observations(uploaded(csv_bytes([row(houses, "2014-01", 40)])), by=factories.coordinator())
    client.force_login(factories.person(role))
    for what in ("batch", "marked"):
        assert client.get(reverse(f"imports_{what}", args=[batch.pk])).status_code == 404
    for what in ("confirm", "cancel", "undo"):
        assert do(client, what, batch).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "applied"
    assert batch.file_name not in text(client.get(reverse("imports_upload")))


def test_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get(reverse("imports_upload")).headers["Location"].startswith(reverse("login"))


def test_an_unknown_batch_is_not_found(client: Client, coordinator: User) -> None:
    assert client.get(reverse("imports_batch", args=[1])).status_code == 404
