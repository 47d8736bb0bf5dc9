"""Reading everything; it owns no facts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

PAGES = ("home", "plan_text", "target", "departments", "department", "counties", "county")


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pages.links import offer_page

        for subject in PAGES:
            offer_page(subject, url_name=subject)
