"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path

from qualityplan.answering import old_addresses
from qualityplan.api import api
from qualityplan.health import healthz, readyz
from qualityplan.installation.arriving import ADDRESS, arrived
from qualityplan.manual import views as manual
from qualityplan.watching import views as watching

handler500 = "qualityplan.answering.answers.failed"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", watching.metrics, name="metrics"),
    path("system/", watching.system_status, name="system_status"),
    path("help/", manual.manual, name="help"),
    path("help/pdf/", manual.manual_pdf, name="help_pdf"),
    path("help/<slug:name>/", manual.manual_chapter, name="help_chapter"),
    path(ADDRESS.lstrip("/"), arrived, name="arrived"),
    path("accounts/", include("departments.login.accounts")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("reports.urls")),
    path("", include("targets.urls")),
    path("", include("departments.urls")),
    path("", include("tasks.urls")),
    path("imports/", include("imports.urls")),
    *old_addresses.urlpatterns,
]
