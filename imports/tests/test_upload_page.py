"""The page on which coordinators import files."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from departments.models import User
from departments.permissions import Role
from imports.models import ImportBatch
from imports.services import import_observations
from imports.tests.tables import csv_bytes, uploaded, xlsx_bytes
from targets.models import Indicator, Observation
from targets.tests import factories

pytestmark = pytest.mark.django_db
OTHERS = [role for role in Role if role is not Role.COORDINATOR]


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


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_file_is_imported_and_the_counts_are_shown(client: Client, coordinator: User, houses: Indicator) -> None:
    page = send(client, csv_bytes([(houses.code, factories.region().code, "2014-01", 40)]))
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.source.by, page.status_code) == ("applied", coordinator, 200)
    assert "一月.csv" in text(page)
    assert page.request["PATH_INFO"] == reverse("imports_batch", args=[batch.pk])


def test_a_workbook_is_imported(client: Client, coordinator: User, houses: Indicator) -> None:
    send(client, xlsx_bytes([(houses.code, factories.region().code, "2014-01", 40)]), "一月.xlsx")
    assert Observation.objects.get().value == 40


def test_errors_are_shown_with_row_and_column(client: Client, coordinator: User, houses: Indicator) -> None:
    page = text(send(client, csv_bytes([(houses.code, factories.region().code, "2014-13", "<b>viel</b>")])))
    assert 'id="errors"' in page
    assert "2014-13" in page
    assert "&lt;b&gt;viel" in page
    assert "<b>viel" not in page
    assert not Observation.objects.exists()


def test_a_file_that_cannot_be_read_says_so_beside_the_field(client: Client, coordinator: User) -> None:
    page = send(client, b"%PDF\0")
    assert page.status_code == 200
    assert page.context["form"].errors["file"]
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("data", [{}, {"file": ""}])
def test_no_file_says_so_beside_the_field(data: dict[str, str], client: Client, coordinator: User) -> None:
    page = client.post(reverse("imports_upload"), data)
    assert page.context["form"].errors["file"]


def test_a_file_that_is_too_large_is_refused(client: Client, coordinator: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert send(client, b"x" * 1001).context["form"].errors["file"]


def test_the_last_imports_are_listed(client: Client, coordinator: User, houses: Indicator) -> None:
    file = uploaded(csv_bytes([(houses.code, factories.region().code, "2014-01", 40)]), "演示.csv")
    import_observations(file, by=coordinator, demonstration=True)
    page = text(client.get(reverse("imports_upload")))
    assert "演示.csv" in page
    assert "badge" in page


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_a_coordinator_comes_in(role: Role, client: Client, houses: Indicator) -> None:
    by = factories.coordinator()
    batch = import_observations(uploaded(csv_bytes([(houses.code, factories.region().code, "2014-01", 40)])), by=by)
    client.force_login(factories.person(role))
    assert client.get(reverse("imports_upload")).status_code == 403
    assert client.get(reverse("imports_batch", args=[batch.pk])).status_code == 403
    assert send(client, csv_bytes([(houses.code, factories.region().code, "2014-02", 40)])).status_code == 403
    assert Observation.objects.count() == 1


def test_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get(reverse("imports_upload")).headers["Location"].startswith(reverse("login"))


def test_an_unknown_batch_is_not_found(client: Client, coordinator: User) -> None:
    assert client.get(reverse("imports_batch", args=[1])).status_code == 404
