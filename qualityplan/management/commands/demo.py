"""Made-up plans, accounts and figures with which the service can be tried. A second run keeps what is there and changes
nothing.
"""

from collections.abc import Collection
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from plans.models import Plan
from qualityplan.demonstration import figures
from qualityplan.demonstration.accounts import demo_password, make_accounts
from qualityplan.demonstration.shapes import Scenario
from qualityplan.demonstration.shapes import read_scenario as scenario_of


class Command(BaseCommand):
    """See the module."""

    help = "Make demonstration accounts and made-up figures for every loaded plan that has a scenario."

    def add_arguments(self, parser: CommandParser) -> None:
        """Made-up plans never come among real figures either, so they are loaded here and not with the real one."""
        parser.add_argument("files", nargs="*", metavar="FIXTURE", help="Load these made-up plans first.")

    def handle(self, *args: object, **options: Any) -> None:
        """The accounts, then one scenario after the other; says how to log in at the end."""
        if options["files"] and not figures.real_figures_exist():
            call_command("load_fixtures", *options["files"], keep=True, stdout=self.stdout)
        found = scenarios()
        if not found:
            raise CommandError(_("There is no plan with demonstration data. Load the fixtures first."))
        new = {plan: told for plan, told in found.items() if not figures.scenario_is_imported(told)}
        demand_no_real_figures(new)
        made = make_accounts(official for told in found.values() for official in told.officials)
        self.stdout.write(_("%(made)d demonstration accounts made.") % {"made": made})
        for plan, told in found.items():
            self.demonstrate(plan, told, known=plan not in new)
        self.stdout.write(_("Log in as admin, leader, coordinator, <unit>-reporter, <unit>-reviewer, <region>-county."))
        self.stdout.write(_("Password: %(password)s") % {"password": demo_password()})

    def demonstrate(self, plan: Plan, scenario: Scenario, *, known: bool) -> None:
        """The scenario's figures, unless they are there."""
        if known:
            self.stdout.write(_("%(plan)s: the demonstration data is there already.") % {"plan": plan.code})
            return
        number = import_scenario(plan, scenario)
        told = _("%(plan)s: %(number)d made-up figures imported, marked as demonstration data. The worker judges them.")
        self.stdout.write(told % {"plan": plan.code, "number": number})


def demand_no_real_figures(new: Collection[Plan]) -> None:
    """CommandError for made-up figures among real ones: they would pass for them, and the accounts' password is
    printed."""
    if new and figures.real_figures_exist():
        raise CommandError(_("Real figures have been entered here: no demonstration data beside them. Set DEMO=0."))


def scenarios() -> dict[Plan, Scenario]:
    """The loaded plans that have a scenario."""
    found = {plan: scenario_of(plan.code) for plan in Plan.objects.all()}
    return {plan: told for plan, told in found.items() if told is not None}


def import_scenario(plan: Plan, scenario: Scenario) -> int:
    """How many figures were imported; CommandError with every error if they do not fit."""
    try:
        return figures.make_demonstration(scenario, plan)
    except figures.UnfitFiguresError as error:
        raise CommandError(_("The demonstration data does not fit the plan:") + f"\n{error}") from error
