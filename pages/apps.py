"""What every app's pages and files are drawn with."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "pages"
