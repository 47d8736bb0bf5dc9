"""Django's command for fixtures, refused: it stores what the models would not take, and histories of equal rows."""

from django.core.management import CommandError
from django.core.management.commands import loaddata
from django.utils.translation import gettext as _


class Command(loaddata.Command):
    """See the module. Who knows Django types this name by habit, and is told the other one."""

    def handle(self, *args: object, **options: object) -> None:
        """Nothing is read."""
        raise CommandError(_("This command stores rows unchecked and is refused here. Use load_fixtures."))
