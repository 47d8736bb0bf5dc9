"""What a file says of figures that are made up, so that nobody who finds it later takes them for real ones."""

from django.utils.translation import gettext as _

from plans.models import Plan
from targets.models import Source


def made_up(plan: Plan) -> tuple[str, str] | None:
    """The mark and the sentence for a file about the plan: the plan itself may be made up, or only figures of it."""
    if plan.demonstration:
        return _("Demonstration plan"), _("This plan and all of its figures are made up: no government has issued it.")
    if Source.objects.filter(demonstration=True).exists():
        return _("Demonstration data"), _("The figures on this page are made up and are no official statistics.")
    return None
