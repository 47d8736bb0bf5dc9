"""What was only ever added is neither changed nor deleted, whatever asks the database for it."""

import pytest
from django.db import DatabaseError, connection, transaction
from simple_history.models import HistoricalChanges

from departments.database.append_only import AppendOnly, list_append_only_tables, rewriting
from departments.models import AuditEvent
from departments.permissions import Role
from targets.models import Decision, Revision
from targets.services.reviewing import approve_revision
from targets.tests import factories as f
from tasks.models import MilestoneReport, ProgressReport, ReportDecision
from tasks.tests.cast import approved, cast, said

pytestmark = pytest.mark.django_db
WITH_ROWS = {AuditEvent, Decision, Revision, MilestoneReport, ProgressReport, ReportDecision}


def run(statement: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


@pytest.fixture
def rows() -> None:
    """An approved figure and an approved report, with all that was kept of their way."""
    city = cast()
    approved(city.place, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": "50"}))
    reporter = f.person(Role.REPORTER, city.lead)
    offered = f.entry(f.indicator(department=city.lead), "2014-01", 180, 200)
    approve_revision(f.handed_in(offered, by=reporter), by=city.reviewer)


@pytest.mark.usefixtures("rows")
def test_no_kept_column_is_changed_and_no_row_deleted() -> None:
    filled = [
        one for one in list_append_only_tables() if one.model in WITH_ROWS or issubclass(one.model, HistoricalChanges)
    ]
    filled = [one for one in filled if one.model._base_manager.exists()]
    assert {one.model for one in filled} >= WITH_ROWS
    another = "NULL" if connection.vendor == "postgresql" else "-1"
    for one in filled:
        for column in [*one.frozen, *one.columns(one.once)]:
            if one.model._base_manager.filter(**{f"{field_of(one, column)}__isnull": False}).exists():
                with pytest.raises(DatabaseError, match="never changed"):
                    run(f'UPDATE {one.table} SET "{column}" = {another}')  # noqa: S608
        with pytest.raises(DatabaseError, match=r"never deleted|kept for"):
            run(f"DELETE FROM {one.table}")  # noqa: S608


def field_of(one: AppendOnly, column: str) -> str:
    return next(str(field.name) for field in one.model._meta.concrete_fields if field.column == column)


@pytest.mark.postgres_only
def test_no_table_that_is_kept_is_emptied() -> None:
    for one in list_append_only_tables():
        with pytest.raises(DatabaseError, match=r"never deleted|kept for"):
            run(f"TRUNCATE {one.table} CASCADE")


@pytest.mark.usefixtures("rows")
def test_the_owner_may_rewrite_what_it_says_it_rewrites_and_no_longer() -> None:
    with rewriting():
        assert run("UPDATE targets_decision SET reason = 'x'") > 0
    with pytest.raises(DatabaseError), rewriting():
        run("UPDATE targets_decision SET nothing = 'x'")
    with pytest.raises(DatabaseError, match="never changed"):
        run("UPDATE targets_decision SET reason = 'y'")
