"""Many figures at once."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("Imports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pages.links import offer_page

        offer_page("upload", url_name="imports_upload")
        offer_page("prefilled_file", url_name="imports_template")
        offer_page("quota_sheet", url_name="quota_sheet")
