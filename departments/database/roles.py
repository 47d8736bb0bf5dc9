"""Two roles of PostgreSQL: the owner of the tables, who migrates, and a lesser one under which the service runs.

The lesser role reads and writes rows. It empties, alters, drops and makes no table, drops no trigger, and of what only
grows (`departments.database.append_only`) it adds rows and changes the few columns that a row gets on its way.
"""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection, transaction

from departments.database.append_only import AppendOnly, list_append_only_tables
from departments.models import Link

READ_ONLY = ("django_migrations",)


def statements_granting_rights(role: str) -> Iterator[str]:
    """What gives the lesser role its rights and takes away all others; a second time it changes nothing."""
    name, database = (connection.ops.quote_name(plain) for plain in (role, connection.settings_dict["NAME"]))
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"
    yield f"REVOKE ALL ON SCHEMA public FROM {name}"
    yield f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {name}"
    yield f"GRANT USAGE ON SCHEMA public TO {name}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}"
    for unchanged in READ_ONLY:
        yield f"REVOKE INSERT, UPDATE, DELETE ON {unchanged} FROM {name}"
    for table in sorted(list_append_only_tables(), key=lambda table: table.table):
        yield from _adding(table, name)


def _adding(table: AppendOnly, name: str) -> Iterator[str]:
    """Rows of the table are added; that links let go of rows that were deleted is for the owner to note."""
    yield f"REVOKE UPDATE, DELETE ON {table.table} FROM {name}"
    columns = table.columns([*table.changing, *table.once]) if table.model is not Link else []
    if columns:
        yield f"GRANT UPDATE ({', '.join(columns)}) ON {table.table} TO {name}"


@transaction.atomic
def grant_rights(role: str) -> None:
    """Gives the lesser role all its rights, or none if a statement fails."""
    with connection.cursor() as cursor:
        for line in statements_granting_rights(role):
            cursor.execute(line)


def give_after_migrating(**_sent: object) -> None:
    """After `migrate`, where both roles are named: tables that are new are the service's to use at once."""
    both = settings.AS_OWNER and settings.MIGRATION_DATABASE_URL and connection.vendor == "postgresql"
    role = settings.SERVICE_ROLE
    if both and role_exists(role) and not owns_tables(role):
        grant_rights(role)


def owns_tables(role: str) -> bool:
    """Whether the role could change tables and triggers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_has_role(%s, c.relowner, 'USAGE'))",
            [role],
        )
        return bool(cursor.fetchone()[0])


def role_exists(role: str) -> bool:
    """Whether PostgreSQL knows the role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        return bool(cursor.fetchone()[0])


@register(Tags.database, deploy=True)
def check_role(databases: Sequence[str] | None = None, **_given: object) -> list[CheckMessage]:
    """`check --deploy --database default` warns where the service itself owns its tables."""
    if "default" not in (databases or ()) or connection.vendor != "postgresql" or settings.DEMO:
        return []
    if not owns_tables(settings.SERVICE_ROLE):
        return []
    said = "The service owns its tables: it could drop the triggers that keep the audit log and the history."
    hint = "Give the service a role of its own (README, Two roles of PostgreSQL)."
    return [Warning(said, hint=hint, id="departments.W001")]
