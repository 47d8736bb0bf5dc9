"""Django's command, which refuses a database of a newer release and tells where migrations cannot mend the tables."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from qualityplan.releases import inspection


class Command(migrate.Command):
    """See the module. Older code on a newer database would replace its triggers and take rights away."""

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:  # as Django's, whose stubs name every kind of value
        """Does not ask whether the database is that of this release: this command makes it so."""
        return super().get_check_kwargs(options) | {"databases": []}

    def handle(self, *args: object, **options: Any) -> None:
        """CommandError before anything was done, or after everything was."""
        connection = connections[options["database"]]
        if newer := inspection.newer_migrations(MigrationExecutor(connection)):
            raise CommandError(str(inspection.newer_fault(", ".join(newer))))
        super().handle(*args, **options)
        faults = inspection.find_installation_faults(options["database"])
        for fault in faults:
            if fault.code == "differing":
                raise CommandError(str(fault))
