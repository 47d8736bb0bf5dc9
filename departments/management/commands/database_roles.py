"""The rights of the role under which the service runs, on PostgreSQL."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from departments.database import roles


class Command(BaseCommand):
    """To be run after each `migrate` by hand; `migrate` does it itself where both roles are named."""

    help = "Print what gives the role of DATABASE_URL its rights and no others; with --apply do it, as the owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to do it."""
        parser.add_argument("--apply", action="store_true")

    def handle(self, *, apply: bool, **_options: object) -> None:
        """SQL, or nothing if it was done."""
        if connection.vendor != "postgresql":
            raise CommandError(_("Only PostgreSQL has roles."))
        if not apply:
            self.stdout.write(
                "".join(f"{line};\n" for line in roles.statements_granting_rights(settings.SERVICE_ROLE)), ending=""
            )
            return
        if not roles.role_exists(settings.SERVICE_ROLE):
            said = _("There is no role %(role)s yet. Make it first: CREATE ROLE %(role)s LOGIN PASSWORD '…'")
            raise CommandError(said % {"role": settings.SERVICE_ROLE})
        if roles.owns_tables(settings.SERVICE_ROLE):
            said = _("%(role)s owns the tables. Name another in DATABASE_URL, the owner in MIGRATION_DATABASE_URL.")
            raise CommandError(said % {"role": settings.SERVICE_ROLE})
        roles.grant_rights(settings.SERVICE_ROLE)
