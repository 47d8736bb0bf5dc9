"""What was promised, in its own words."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = _("Plans")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What pages show of plans is watched; other apps name their own tables."""
        from departments.database import triggers
        from departments.people import seeing
        from plans import changes
        from plans.changes import Watch
        from plans.models.plan import departments_named_to

        seeing.register_named_departments(departments_named_to)
        changes.watch_tables(
            Watch("departments_region"),
            Watch("departments_department"),
            Watch("departments_user", only="display_name"),
            Watch("plans_plan", plans=changes.ITSELF),
            Watch("plans_clause", ("plan_id",), changes.ITS_PLAN),
        )
        triggers.register_trigger_family(changes.FAMILY)
