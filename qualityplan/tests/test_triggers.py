"""Triggers of the database stand after every `migrate`, whatever became of them before."""

from copy import copy

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, models
from django.db.migrations import Migration

from departments.database.append_only import rewriting
from departments.database.triggers import DROP, LIST, renew_triggers
from departments.models import Department
from departments.permissions import Role
from targets.models import Revision
from targets.tests import factories as f
from tasks.models import ReportDecision, Task

FAMILIES = ("kept_", "plan_changed_", "four_eyes_")
MADE_ANEW = {Department: "name", Revision: "reason", ReportDecision: "reason", Task: "title"}
"""Each with a field that a migration makes longer: one table for which something is watched, one that only grows, and
those that the rules of four eyes look at."""


def triggers() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(LIST[connection.vendor])
        return {name: table for name, table in cursor.fetchall() if name.startswith(FAMILIES)}


@pytest.mark.django_db
@pytest.mark.parametrize("family", FAMILIES)
def test_triggers_are_made_once_and_made_again_when_lost(family: str) -> None:
    before = triggers()
    renew_triggers()
    assert triggers() == before
    lost = {name: table for name, table in before.items() if name.startswith(family)}
    assert lost
    with connection.cursor() as cursor:
        for name, table in lost.items():
            cursor.execute(DROP[connection.vendor].format(name=name, table=table))
    assert not triggers().keys() & lost.keys()
    renew_triggers()
    assert triggers() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL alters tables as they stand")
def test_tables_that_a_migration_makes_anew_keep_their_triggers() -> None:
    before = triggers()
    plan = [(Migration("0002_longer", "tasks"), False)]
    emit_pre_migrate_signal(0, False, "default", plan=plan)
    for model, name in MADE_ANEW.items():
        make_anew(model, name)
    emit_post_migrate_signal(0, False, "default", plan=plan)
    assert triggers() == before
    refuse_an_author()


def make_anew(model: type[models.Model], name: str) -> None:
    """The field is made longer and then as it was: two migrations, after which the table is as before."""
    field = next(one for one in model._meta.concrete_fields if one.name == name)
    longer = copy(field)
    longer.max_length = 900
    for old, new in ((field, longer), (longer, field)):
        with connection.schema_editor() as editor:
            editor.alter_field(model, old, new)


def refuse_an_author() -> None:
    department = f.department()
    reporter = f.person(Role.REPORTER, department)
    entered = f.entry(f.indicator(department=department), "2014-01", 180, 200)
    revision = f.handed_in(entered, by=reporter)
    with pytest.raises(DatabaseError, match="Nobody approves"), rewriting():
        Revision.objects.filter(pk=revision.pk).update(approved_by=reporter)
