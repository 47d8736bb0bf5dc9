"""The first administrator of a new service, who adds everybody else on the page of people."""

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from departments.models import Department
from departments.models.lineage import RegionsAbove, parse_region_ids
from departments.permissions import Role
from departments.services.accounts import add_person


class Command(BaseCommand):
    """Prints the password alone on the standard output; it must be changed at the first log-in."""

    help = "Add an administrator of a region and its parts, in its government office; print the first password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and in which office if there are several."""
        parser.add_argument("username", help="The name for logging in.")
        parser.add_argument("--name", default="", help="What the person is called.")
        parser.add_argument("--staff-number", default="", help="By which the city's log-in knows the person.")
        parser.add_argument("--department", default="", help="The office's code, if there are several.")

    def handle(self, *, username: str, name: str, staff_number: str, department: str, **_options: object) -> None:
        """One person, or one sentence that says why not."""
        office = government_office(department)
        try:
            _person, password = add_person(
                username=username,
                name=name,
                email="",
                staff_number=staff_number,
                department=office,
                roles=[Role.ADMINISTRATOR],
                by=None,
            )
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from refused
        self.stdout.write(password)


def government_office(code: str) -> Department:
    """The government office above whose region there is no other one, or the one with this code."""
    offices = Department.objects.filter(kind=Department.Kind.GOVERNMENT_OFFICE)
    found = list(offices.filter(code=code)) if code else _topmost(offices)
    if len(found) != 1:
        codes = ", ".join(offices.values_list("code", flat=True))
        raise CommandError(
            _("Name one government office with --department. There are: %(codes)s") % {"codes": codes}
            if codes
            else _("There is no government office yet. Load the fixtures first.")
        )
    return found[0]


def _topmost(offices: "QuerySet[Department]") -> list[Department]:
    known = list(offices.annotate(above=RegionsAbove(F("region_id"))))
    regions = {office.region_id for office in known}
    return [office for office in known if not (parse_region_ids(office.above) - {office.region_id}) & regions]
