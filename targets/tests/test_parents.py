"""Whatever is written points to something: PostgreSQL refuses orphans once a statement, however they come about.

On SQLite the same columns are ordinary foreign keys.
"""

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from departments.database.append_only import rewriting
from departments.permissions import Role
from targets.models import Decision, DirtyKey, Observation, Revision
from targets.services.reviewing import approve_revision
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db, pytest.mark.postgres_only]

NOBODY = 999_999_999
POINTING = [
    pytest.param(model, field, id=f"{model._meta.model_name}.{field.attname}")
    for model in (Observation, Revision, Decision, DirtyKey)
    for field in model._meta.concrete_fields
    if isinstance(field, models.ForeignKey)
]


@pytest.fixture
def approved() -> Revision:
    """An approved figure, with a row in every table that points to something."""
    office = f.department()
    reporter = f.person(Role.REPORTER, office)
    offered = f.entry(f.indicator(department=office), "2014-01", 180, 200)
    revision = f.handed_in(offered, by=reporter)
    made = approve_revision(revision, by=f.person(Role.REVIEWER, office))
    connection.check_constraints()  # nothing is left to be looked at later: PostgreSQL empties no table before
    return made


def run(statement: str) -> None:
    with rewriting(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(("model", "field"), POINTING)
def test_nothing_is_changed_to_point_nowhere(approved: Revision, model: Any, field: Any) -> None:
    nowhere = f"{model._meta.db_table}.{field.attname} points to no row"
    with pytest.raises(IntegrityError, match=nowhere):
        run(f"UPDATE {model._meta.db_table} SET {field.attname} = {NOBODY}")  # noqa: S608


@pytest.mark.parametrize(("model", "field"), POINTING)
def test_nothing_that_points_nowhere_is_inserted(approved: Revision, model: Any, field: Any) -> None:
    row = model.objects.values().last() | {"id": None}
    if model is Revision:
        row |= {"state": "superseded", "ended_at": row["official_at"]}
    if model is Observation:
        row |= {"month": row["month"].shifted(1)}
        row |= {} if field.attname == "official_id" else dict.fromkeys(("official_id", "numerator", "denominator"))
    made = model(**row | {field.attname: NOBODY})
    with (
        pytest.raises(IntegrityError, match=f"{model._meta.db_table}.{field.attname} points to no row"),
        transaction.atomic(),
    ):
        model.objects.bulk_create([made])


@pytest.mark.parametrize(("model", "field"), POINTING)
def test_nothing_that_is_pointed_at_goes(approved: Revision, model: Any, field: Any) -> None:
    parent = field.related_model._meta.db_table
    for statement in (f"DELETE FROM {parent}", f"TRUNCATE {parent} CASCADE"):  # noqa: S608
        with pytest.raises(IntegrityError, match=f"still points to {parent}"):
            run(statement)
    with pytest.raises(IntegrityError, match=f"the id of a row of {parent} never changes"):
        run(f"UPDATE {parent} SET id = id + {NOBODY}")  # noqa: S608


def table_pointed_at(field: object) -> str:
    assert isinstance(field, models.ForeignKey)
    return str(field.related_model._meta.db_table)


def test_what_nothing_points_at_may_go() -> None:
    for parent in sorted({table_pointed_at(one.values[1]) for one in POINTING}):
        run(f"DELETE FROM {parent} WHERE id = {NOBODY}")  # noqa: S608
    measured = f.indicator()
    run(f"DELETE FROM targets_indicator WHERE id = {measured.pk}")  # noqa: S608
