"""What every request asks is planned once for a connection, and answered the same on every database."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from departments.database.prepared import prepare_query

SQL = "SELECT COUNT(*) FROM departments_user WHERE id > %s AND username <> %s"
PLANNED = "SELECT COUNT(*) FROM pg_prepared_statements WHERE name = 'people_beyond'"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test has a connection that knows nothing yet of what is asked here."""
    yield
    connection.close()


def one(sql: str, *parameters: int | str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def people(beyond: int = 0) -> object:
    return one(prepare_query("people_beyond", SQL), beyond, "50%s")


@pytest.mark.django_db(transaction=True)
def test_it_is_answered_as_if_it_were_asked_plainly() -> None:
    assert people() == one(SQL, 0, "50%s")
    assert people(10**9) == 0


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_it_is_planned_once_for_a_connection() -> None:
    assert one(PLANNED) == 0
    for _number in range(3):
        people()
        assert one(PLANNED) == 1


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_it_is_planned_anew_where_the_connection_was_lost() -> None:
    people()
    connection.close()
    assert one(PLANNED) == 0
    assert people(10**9) == 0


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_it_outlives_a_transaction_that_is_taken_back() -> None:
    with transaction.atomic():
        people()
        transaction.set_rollback(True)
    assert people(10**9) == 0


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_planned_is_refused_each_time_as_django_says_it() -> None:
    for _number in range(2):
        with pytest.raises(DatabaseError, match="nowhere"):
            prepare_query("wrong", "SELECT nowhere")
