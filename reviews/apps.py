"""How anything becomes official."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = _("Reviews")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """That nobody approves what they have typed is kept by triggers; the apps above name their own tables."""
        from departments.database import triggers
        from reviews import four_eyes

        triggers.register_trigger_family(four_eyes.FAMILY)
