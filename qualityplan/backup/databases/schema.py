"""Which tables and files a database has after certain migrations, told by the migrations themselves.

So a backup of an older release is read as that release has written it, and what stands in the same database without
being ours is let alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext_lazy as _

from qualityplan.backup.refusals import BackupRefusedError

Migrations = Sequence[tuple[str, str]]
"""App and name of each migration, in the order in which they were applied."""
APPLIED = "django_migrations"
FILLED_BY_MIGRATE = frozenset(
    {APPLIED, "django_content_type", "auth_permission", "targets_appliedformulas", "plans_change"}
)
"""The tables that have rows although nobody has entered anything yet."""
UPLOADS = ("imports_importbatch", "file", "imports/")
"""Uploaded files of figures, named without their folder."""


def demand_known(migrations: Migrations) -> None:
    """BackupRefusedError if this release lacks one of the migrations."""
    unknown = sorted(".".join(found) for found in set(migrations) - set(_loader().disk_migrations))
    if unknown:
        raise BackupRefusedError(
            _("The database was migrated further than this release knows (%(names)s). Use the release that it is of."),
            names=", ".join(unknown[:5]),
        )


def demand_whole(migrations: Migrations) -> None:
    """BackupRefusedError if a migration is named without one that it follows."""
    nodes, there = _loader().graph.node_map, set(migrations)
    if any(parent.key not in there for key in there for parent in nodes[key].parents):
        raise BackupRefusedError(
            _("The archive's list of contents cannot be read. It was changed, or made by another program or release.")
        )


def tables_after(migrations: Migrations) -> list[str]:
    """Every table that the migrations have made, by name."""
    made = {str(model._meta.db_table) for model in _models_after(migrations)}
    return sorted({*made, APPLIED})


def newest_tables() -> list[str]:
    """Every table of this release."""
    return tables_after(newest_migrations())


def newest_migrations() -> Migrations:
    """Every migration of this release."""
    return list(_loader().disk_migrations)


def file_columns_after(migrations: Migrations) -> list[tuple[str, str, str]]:
    """Table, column and folder of whatever names a file below MEDIA_ROOT."""
    found = [
        (str(model._meta.db_table), str(field.column), "")
        for model in _models_after(migrations)
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField)
    ]
    return sorted([*found, *([UPLOADS] if UPLOADS[0] in tables_after(migrations) else [])])


def migrate_to(migrations: Migrations) -> None:
    """Makes the tables of an empty database as they were after these migrations. No trigger is made beside those of
    the migrations themselves, because `migrate` does not run."""
    nodes, there = _loader().graph.node_map, set(migrations)
    last = [
        key for key in there if not any(child.key in there for child in nodes[key].children if child.key[0] == key[0])
    ]
    MigrationExecutor(connection).migrate(sorted(last))


@lru_cache(maxsize=1)
def _loader() -> MigrationLoader:
    """The migrations of this release, whatever a database has of them."""
    return MigrationLoader(None)


def _models_after(migrations: Migrations) -> list[type[models.Model]]:
    return _models_after_all(tuple(migrations))


@lru_cache(maxsize=4)
def _models_after_all(migrations: tuple[tuple[str, str], ...]) -> list[type[models.Model]]:
    loader = _loader()
    state = loader.project_state([key for key in migrations if key in loader.graph.nodes])
    found = state.apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def foreign_keys_among(tables: Sequence[str]) -> list[models.ForeignKey]:
    """The foreign keys of this release's models that lie in these tables."""
    found = (model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in tables)
    fields = (field for model in found for field in model._meta.local_concrete_fields)
    return [field for field in fields if isinstance(field, models.ForeignKey)]


def demand_nothing_held(tables: Sequence[str]) -> None:
    """BackupRefusedError if the installation has rows in these tables."""
    if tables:
        raise BackupRefusedError(
            _(
                "This installation holds data already (%(tables)s). A backup is restored into an empty one alone: name "
                "a new database, or drop this one and create it anew."
            ),
            tables=", ".join(tables[:5]),
        )


def demand_same_tables(differing: Sequence[str]) -> None:
    """BackupRefusedError if these tables are not as the backup says."""
    if differing:
        raise BackupRefusedError(
            _("What was restored is not what the backup says (%(tables)s). Nothing was kept; take another copy of it."),
            tables=", ".join(sorted(differing)[:5]),
        )


def demand_migrated(migrations: Migrations) -> None:
    """BackupRefusedError for a database in which there is nothing yet."""
    if not migrations:
        raise BackupRefusedError(_("The database has no tables of this service yet: there is nothing to back up."))


@contextmanager
def use_database(name: str) -> Iterator[None]:
    """The service's connection leads to another database within the block."""
    former = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former
        ContentType.objects.clear_cache()
