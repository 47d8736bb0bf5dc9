"""What must be counted for as long as it protects."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """An entry of the cache that lies in the database (`qualityplan.cache.Counters`): codes that were used, forms
    and requests sent. A memory that may be lost with its server, or be away, could not lock anybody out.

    `value` is as Django's DatabaseCache writes it, which asks for these columns by name.
    """

    cache_key = models.CharField(_("key"), max_length=255, primary_key=True)
    value = models.TextField(_("value"))
    expires = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return self.cache_key
