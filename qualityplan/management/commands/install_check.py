"""Is the service installed as it should be? Each thing that can be wrong is tried and told in a line."""

import logging

from django.core.management.base import BaseCommand, CommandError, CommandParser

from qualityplan.installation import proxies
from qualityplan.installation.checks import check_all
from qualityplan.installation.findings import Finding, Verdict, look


class Command(BaseCommand):
    """Tells what holds and what is to be mended; changes nothing."""

    help = "Tell line by line what of the installation holds and what to mend; exit code 1 if something must be mended."
    # The database may be what is wrong: it is one of the checks.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The way that people take to the service."""
        parser.add_argument("--url", default="", help="Also ask through the proxy: https://plan.intranet")
        parser.add_argument("--ca", metavar="FILE", help="The root certificate of the city, if the system lacks it.")

    def handle(self, *, url: str, ca: str | None, **_options: object) -> None:
        """Every check, whatever the others find. What the service would log of it stands in the lines already."""
        logging.disable()
        try:
            found = [*check_all(), *way_to_service(url, ca)]
        finally:
            logging.disable(logging.NOTSET)
        for finding in found:
            self.stdout.write(str(finding))
        wrong = sum(finding.verdict is Verdict.MEND for finding in found)
        if wrong:
            raise CommandError(f"有 {wrong} 项须改正。 / {wrong} must be mended.")
        self.stdout.write("没有须改正的问题。 / Nothing must be mended.")


def way_to_service(url: str, authority: str | None) -> list[Finding]:
    """What is found on the way through the proxy, if one is named."""
    if not url:
        return [look("未检查反向代理；请加 --url https://域名", "The proxy was not tried; add --url https://NAME")]
    try:
        return proxies.try_way(url, authority)
    except ValueError as error:
        raise CommandError(str(error)) from None
