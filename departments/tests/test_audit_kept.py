"""The audit log is kept: by the models, by the database, and until the law allows letting go of it."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from departments.models import AuditEvent
from departments.services.accounts import record

pytestmark = pytest.mark.django_db

CHANGE = "UPDATE departments_auditevent SET action = 'x' WHERE id = %s"
DELETE = "DELETE FROM departments_auditevent WHERE id = %s"


def ago(days: float) -> AuditEvent:
    """An event of so many days before."""
    moment = timezone.now() - timedelta(days=days)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr("django.utils.timezone.now", lambda: moment)
        return record("month.locked", by=None, month="2014-01")


def run(sql: str, *parameters: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def test_no_way_of_the_models_changes_or_deletes_events() -> None:
    event = record("month.locked", by=None)
    for attempt in (
        lambda: AuditEvent.objects.update(action="x"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.bulk_update([event], ["action"]),
        lambda: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"action": "x"}),
        event.delete,
        event.save,
    ):
        with pytest.raises(TypeError), transaction.atomic():
            attempt()
    assert AuditEvent.objects.get().action == "month.locked"


def test_the_database_refuses_to_change_an_event_however_old() -> None:
    ago(400)
    record("month.locked", by=None)
    for row in AuditEvent.objects.all():
        with pytest.raises(DatabaseError, match="never changed"):
            run(CHANGE, row.pk)
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"month.locked"}


@pytest.mark.postgres_only
def test_the_database_refuses_to_delete_an_event_that_must_still_be_kept() -> None:
    young = [record("month.locked", by=None), ago(182)]
    old = ago(184)
    for row in young:
        with pytest.raises(DatabaseError, match="183 days"):
            run(DELETE, row.pk)
    assert run(DELETE, old.pk) == 1
    with pytest.raises(DatabaseError):
        run("DELETE FROM departments_auditevent")
    assert AuditEvent.objects.count() == 2


def test_old_events_are_purged_and_that_is_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    kept, _old, _older = ago(190), ago(201), ago(900)
    call_command("purge_audit_log", older_than_days=200)
    assert "2" in capsys.readouterr().out
    last = AuditEvent.objects.latest("pk")
    assert set(AuditEvent.objects.values_list("pk", flat=True)) == {kept.pk, last.pk}
    assert (last.action, last.actor, last.detail["count"]) == ("audit.purged", None, 2)


@pytest.mark.parametrize("days", [182, 0, -1, 10**9])
def test_what_must_be_kept_is_not_purged(days: int) -> None:
    ago(400)
    with pytest.raises(CommandError, match="六个月"):
        call_command("purge_audit_log", older_than_days=days)
    with pytest.raises(ValueError, match="183"):
        AuditEvent.objects.purge(timezone.now() - timedelta(days=182))
    assert AuditEvent.objects.count() == 1
