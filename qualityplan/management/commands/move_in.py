"""What another database holds, moved into this empty one: from before 0.1.0, or from SQLite to PostgreSQL and back."""

from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qualityplan.releases import moving
from qualityplan.settings import database

KINDS = ("sqlite:///", "postgres://", "postgresql://")


class Command(BaseCommand):
    """See `qualityplan.releases.moving`. The old database is not changed; the new one gets all or nothing."""

    help = "Move everything from an older database, or one of another kind, into this empty one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The old address, and what of it is not needed any more."""
        parser.add_argument("address", metavar="OLD_DATABASE_URL", help="sqlite:////srv/old.sqlite3, postgres://…")
        lost = "Not moved, because this release has no such thing."
        parser.add_argument("--without", nargs="+", default=[], metavar="TABLE.COLUMN", help=lost)

    def handle(self, *args: object, **options: Any) -> None:
        """Says for each table how many rows came, and what is left to do."""
        try:
            number = self.move(options["address"], options["without"])
        except moving.NotMovedError as error:
            raise CommandError(str(error)) from error
        for line in (
            f"已迁入 {number} 行。 / {number} rows were moved.",
            f"请将旧的附件目录（VAR_DIR/media）复制到 {settings.MEDIA_ROOT}，并沿用原来的 SECRET_KEY 和 AUDIT_KEY。 / "
            f"Copy the attached files (VAR_DIR/media) to {settings.MEDIA_ROOT}, and keep SECRET_KEY and AUDIT_KEY.",
            "然后运行 manage.py recompute_attainment、audit_attainment 和 audit_chain。 / "
            "Then run manage.py recompute_attainment, audit_attainment and audit_chain.",
        ):
            self.stdout.write(line)

    def move(self, address: str, without: list[str]) -> int:
        """The number of rows; whatever does not fit is told before anything is written."""
        moving.demand_empty()
        with moving.open_old_database(described(address)) as old:
            plan = moving.plan_moving(old)
            moving.demand_fit(plan, without)
            for name in plan.new:
                self.stdout.write(f"{name}：新列，填默认值 / new, filled by its default")
            return moving.move_all(plan, lambda table, rows: self.stdout.write(f"{table}: {rows}") if rows else None)


def described(address: str) -> dict[str, Any]:  # of whatever kinds Django's settings are
    """Django's description of the database; CommandError for an address that is none."""
    with suppress(ValueError):
        if address.startswith(KINDS):
            return database(address)
    raise CommandError(
        "地址应形如 sqlite:////srv/old.sqlite3 或 postgres://user:password@host:5432/name。 / "
        "The address should be like sqlite:////srv/old.sqlite3 or postgres://user:password@host:5432/name."
    )
