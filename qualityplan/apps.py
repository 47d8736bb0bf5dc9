"""The composition: what stands around every page is drawn here, because it leads to pages of all apps."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class QualityplanConfig(AppConfig):
    name = "qualityplan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from departments.notices import matters
        from pages.slots import draw_template, fill_slot
        from qualityplan.answering.forwarding import check_proxy
        from qualityplan.releases import inspection  # noqa: F401 - registers its check
        from qualityplan.watching import alarms, slow_queries

        fill_slot("header", draw_template("qualityplan/header.html"))
        fill_slot("footer", draw_template("qualityplan/footer.html"))
        matters.register_wordings(alarms.WORDINGS, alarms.HEADINGS)
        slow_queries.tell_slow_queries()
        register(check_proxy, Tags.security, deploy=True)
