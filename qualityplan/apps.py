"""The composition: what stands around every page is drawn here, because it leads to pages of all apps."""

from django.apps import AppConfig


class QualityplanConfig(AppConfig):
    name = "qualityplan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pages.slots import draw_template, fill_slot
        from qualityplan.releases import inspection  # noqa: F401 - registers its check

        fill_slot("header", draw_template("qualityplan/header.html"))
        fill_slot("footer", draw_template("qualityplan/footer.html"))
