"""The service as it is deployed: web server and worker connect with a role of PostgreSQL that owns nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from conftest import database_url
from departments.permissions import Role
from plans.periods import Month
from qualityplan.tests.firstview import gunicorn
from qualityplan.tests.visitors import Visitor, let_them_log_in
from targets.models import Attainment, Revision
from targets.tests import factories as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@pytest.fixture
def service() -> Iterator[str]:
    """The address of the database for the lesser role, with the rights that the command gives."""
    owner, role = database_url(), f"service_of_{connection.settings_dict['NAME']}"
    lesser = owner.replace("//postgres@", f"//{role}@")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN")
    managed("database_roles", "--apply", DATABASE_URL=lesser, MIGRATION_DATABASE_URL=owner)
    yield lesser
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [role])
        cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def managed(*command: str, **environment: str) -> str:
    """A command of manage.py, in a process of its own."""
    program = [sys.executable, "manage.py", *command]
    env = {**os.environ, **environment}
    done = subprocess.run(program, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def cast() -> SimpleNamespace:
    unit = f.department()
    houses = f.indicator("count", department=unit)
    promise = f.target(houses, "at_least", 4081)
    f.judged_anew(promise)
    people = {one: f.person(one, unit) for one in (Role.REPORTER, Role.REVIEWER)}
    let_them_log_in()
    return SimpleNamespace(
        unit=unit, houses=houses, promise=promise, **{str(role): one for role, one in people.items()}
    )


@pytest.mark.usefixtures("deaf_worker")
def test_a_figure_goes_all_the_way_and_what_is_kept_is_beyond_reach(
    service: str, cast: SimpleNamespace, spawn_worker: Callable[..., Any], eventually: Callable[..., None]
) -> None:
    spawn_worker(DATABASE_URL=service)
    with gunicorn(DATABASE_URL=service, DEBUG="1") as port:
        figure = {f"{cast.houses.pk}-value": 310, f"{cast.houses.pk}-note": "核对无误", f"{cast.houses.pk}-version": 0}
        sheet = f"/worksheet/{cast.unit.code}/2014-01/"
        Visitor(port, cast.reporter.username).open(sheet, figure | {"do": "hand_in"})
        reviewer = Visitor(port, cast.reviewer.username)
        (entry,) = set(re.findall(r"/revisions/\d+/approve/", reviewer.open("/reviews/")))
        reviewer.open(entry, {})
    assert Revision.objects.get().approved_by == cast.reviewer
    eventually(lambda: Attainment.objects.get(target=cast.promise, month=Month(2014, 1)).actual == 310, timeout=60)
    managed("audit_attainment", DATABASE_URL=service)
    demand_out_of_reach(service)


OUT_OF_REACH = {
    "TRUNCATE departments_auditevent": "permission denied",
    "TRUNCATE targets_revision CASCADE": "permission denied",
    "DELETE FROM targets_decision": "permission denied",
    "UPDATE targets_revision SET value = 4081": "permission denied",
    "UPDATE targets_revision SET approved_by_id = author_id": "never changed|Nobody approves",
    "ALTER TABLE targets_decision DISABLE TRIGGER ALL": "must be owner",
    "SET session_replication_role = replica": "permission denied",
}


def demand_out_of_reach(service: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname ~ '^(kept|four_eyes|plan_changed)_'"
        )
        triggers = {f"DROP TRIGGER {name} ON {table}": "must be owner" for name, table in cursor.fetchall()}
    assert len(triggers) > 50
    with closing(psycopg2.connect(service)) as own:
        for statement, reason in {**OUT_OF_REACH, **triggers, backdated(): "Now is not at"}.items():
            with pytest.raises(psycopg2.Error, match=reason), own, own.cursor() as cursor:
                cursor.execute(statement)


def backdated() -> str:
    """An audit event as there is one, put a month into the past."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM departments_auditevent LIMIT 0")
        names = [one.name for one in cursor.description]
    changed = {"id": "999999", "at": "at - interval '30 days'"}
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO departments_auditevent ({columns}) SELECT {values} FROM departments_auditevent LIMIT 1"  # noqa: S608
