"""Accounts and figures with which the service can be tried. A second run keeps what is there and changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from departments.models import User
from plans.models import Plan
from qualityplan.demonstration import figures
from qualityplan.demonstration.accounts import demo_password, make_accounts
from qualityplan.demonstration.shapes import Scenario, scenario


class Command(BaseCommand):
    """See the module."""

    help = "Make demonstration accounts and made-up figures for every loaded plan that has a scenario."

    def handle(self, *args: Any, **options: Any) -> None:
        """One scenario after the other; says how to log in at the end."""
        found = scenarios()
        if not found:
            raise CommandError(_("There is no plan with demonstration data. Load the fixtures first."))
        for plan, one in found.items():
            self.demonstrate(plan, one)
        self.stdout.write(_("Log in as admin, leader, coordinator, <unit>-reporter, <unit>-reviewer, <region>-county."))
        self.stdout.write(_("Password: %(password)s") % {"password": demo_password()})

    def demonstrate(self, plan: Plan, one: Scenario) -> None:
        """Never among real figures: made-up ones would pass for them, and the accounts' password is printed."""
        known = figures.is_there(one)
        if not known and figures.real_figures_exist():
            raise CommandError(_("Real figures have been entered here: no demonstration data beside them. Set DEMO=0."))
        made = make_accounts(one.accounts)
        self.stdout.write(_("%(made)d demonstration accounts made.") % {"made": made})
        if known:
            self.stdout.write(_("%(plan)s: the demonstration data is there already.") % {"plan": plan.code})
            return
        number = imported(plan, one)
        told = _("%(plan)s: %(number)d made-up figures imported, marked as demonstration data. The worker judges them.")
        self.stdout.write(told % {"plan": plan.code, "number": number})


def scenarios() -> dict[Plan, Scenario]:
    """The loaded plans that have a scenario."""
    found = {plan: scenario(plan.code) for plan in Plan.objects.all()}
    return {plan: one for plan, one in found.items() if one is not None}


def imported(plan: Plan, one: Scenario) -> int:
    """How many figures were imported; CommandError with every error if they do not fit."""
    try:
        return figures.make(one, plan, User.objects.get(username="coordinator"))
    except figures.RefusedError as error:
        raise CommandError(_("The demonstration data does not fit the plan:") + f"\n{error}") from error
