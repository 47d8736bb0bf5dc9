"""Who: departments, regions, people and what they may do."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DepartmentsConfig(AppConfig):
    name = "departments"
    verbose_name = _("Departments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from departments import lookups, matters, signals, telling  # noqa: F401 - connects the receivers

        lookups.register()
        matters.word(telling.WORDINGS, telling.HEADINGS)
