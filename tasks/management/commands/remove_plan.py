"""A plan that is taken away for good, with everything about it but the figures."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Plan
from tasks.services.removing import remove_plan


class Command(BaseCommand):
    """`manage.py remove_plan CODE`: tells what would go; with `--yes` it goes."""

    help = "Remove a plan with its targets, tasks, reports, supervision and lights; figures and other plans stay."

    def add_arguments(self, parser: CommandParser) -> None:
        """The code as in the plan's address."""
        parser.add_argument("code", metavar="CODE")
        parser.add_argument("--yes", action="store_true", help="Do it; without this it is only told.")

    @transaction.atomic
    def handle(self, *args: object, **options: Any) -> None:
        """Tells how many rows of each kind would go; removes nothing without `--yes`."""
        plan = plan_called(options["code"])
        try:
            removed = remove_plan(plan, by=None)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        for label, number in sorted(removed.items()):
            self.stdout.write(f"{number:8} {apps.get_model(label)._meta.verbose_name} ({label})")
        if options["yes"]:
            self.stdout.write(_("%(plan)s was removed. Figures stay.") % {"plan": plan.title})
        else:
            transaction.set_rollback(True)
            self.stdout.write(_("Nothing was removed. Add --yes to remove %(plan)s.") % {"plan": plan.title})


def plan_called(code: str) -> Plan:
    """Finds the plan of a code; CommandError names the codes that there are."""
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        known = ", ".join(Plan.objects.order_by("code").values_list("code", flat=True))
        told = {"code": code, "known": known or "—"}
        raise CommandError(_("There is no plan %(code)s. There are: %(known)s.") % told)
    return plan
