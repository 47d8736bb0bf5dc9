"""Looking through the chain of audit events and decisions: has anybody removed, changed or put in a row?"""

from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from departments.auditing import chain

SHOWN = 100


class Command(BaseCommand):
    """Exit code 0: everything stands as the service has written it."""

    help = "Look for audit events and decisions that were removed, changed or put in by hand; exit code 1 if any were."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What else is asked than the whole."""
        parser.add_argument("--head", action="store_true", help="Print the end of the chain and nothing else.")
        parser.add_argument(
            "--holds", metavar="HEAD", help="Is this head, printed or mailed before, still in the chain?"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """A sentence for each fault, the number of rows that wait to be linked, and the head."""
        if options["head"]:
            self.stdout.write(str(chain.read_chain_head()))
            return
        found = list(islice(_found(options["holds"]), SHOWN + 1))
        for sentence in found[:SHOWN]:
            self.stderr.write(sentence)
        if len(found) > SHOWN:
            self.stderr.write("…")
        self._tell_waiting()
        self.stdout.write(_("Head of the chain: %(head)s") % {"head": chain.read_chain_head()})
        if found:
            raise CommandError(_("The chain does not hold. If every row is named, AUDIT_KEY is another one."))

    def _tell_waiting(self) -> None:
        count = sum(chain.rows_to_link(table).count() for table in chain.list_sealed_tables())
        told = ngettext("%(count)d row is not linked yet.", "%(count)d rows are not linked yet.", count)
        self.stdout.write(told % {"count": count})


def _found(told: str | None) -> Iterator[str]:
    if told and not chain.chain_holds_head(told):
        yield _("The head %(head)s does not stand in the chain: its end was removed.") % {"head": told}
    yield from chain.find_chain_faults()
