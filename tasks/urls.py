"""Addresses of promised work."""

from django.urls import path

from tasks.views import next_year, tasks

urlpatterns = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:year>/<slug:code>/", tasks.task, name="task"),
    path("years/<int:year>/", next_year.years, name="years"),
    path("years/<int:year>/propose/", next_year.propose, name="years_propose"),
    path("years/<int:year>/publish/", next_year.publish_draft, name="years_publish"),
    path("years/<int:year>/discard/", next_year.discard, name="years_discard"),
    path("years/<int:year>/<slug:kind>/<int:pk>/", next_year.draft_row, name="draft_row"),
]
