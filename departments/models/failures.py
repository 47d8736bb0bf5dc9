"""What counts against whoever guesses passwords."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Failures(models.Model):
    """Wrong passwords or codes of a name at an address, of a name, or of an address
    (`departments.credentials.lockout`).

    `key` and `whose`, the name's, are digests. `level` is what counted at the time `at` of the last one. A pair of name
    and address also keeps when the person last came in from there.
    """

    key = models.CharField(_("key"), max_length=64, primary_key=True)
    whose = models.CharField(_("whose"), max_length=64, blank=True, db_index=True)
    level = models.DecimalField(_("level"), max_digits=9, decimal_places=3, default=0)
    at = models.DateTimeField(_("at"), db_index=True)
    let_in_at = models.DateTimeField(_("let in at"), null=True, blank=True)

    class Meta:
        verbose_name = _("failures to log in")
        verbose_name_plural = _("failures to log in")

    def __str__(self) -> str:
        return f"{self.key[:8]} · {self.level:f}"
