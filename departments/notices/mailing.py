"""Notices by e-mail.

Sending cannot be undone, so a notice is claimed before it is sent: its `mail_at` is moved into the future in one
statement, which only one of several workers wins. If the process dies between claim and note, the notice is sent once
more when that time has come: at most one mail an attempt, and a second one only where it cannot be known whether the
first left. Both bear the same Message-ID, by which mail systems recognise them.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, F, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from departments.models import Notice
from departments.notices import matters
from departments.notices.matters import NoticeLine

logger = logging.getLogger(__name__)

LOT = 50
"""How many notices one call takes on: few enough to be through before the first of them is due again."""

AGAIN = timedelta(minutes=15)
"""How long after a claim an attempt is given up for lost; doubled with each attempt."""

TOO_LATE = timedelta(days=1)
"""After that a notice is not sent any more: the next digest says what still holds, and the page has kept it."""

QUIET = timedelta(minutes=10)
"""How long a person is left alone after a mail; what comes meanwhile goes together in the next one."""


@dataclass(frozen=True, slots=True)
class MailingOutcome:
    """How many mails were sent and how many failed, and whether there may be more to send."""

    sent: int = 0
    failed: int = 0
    more: bool = False


def deliver_mails(now: datetime) -> MailingOutcome:
    """Sends what waits, one mail a person. A mail that fails is tried again later and does not hold up the others;
    a server that cannot be reached leaves everything as it is.
    """
    _give_up(now)
    rows = list(_waiting(now)[:LOT])
    sent = failed = 0
    connection = get_connection()
    for _person, lot in groupby(rows, lambda row: row.user_id):
        if not _reached(connection):
            return MailingOutcome(sent, failed)
        notices = [row for row in lot if _claimed(row, now)]
        if notices and _sent(notices, connection, now):
            sent += 1
        elif notices:
            failed += 1
    _close(connection)
    return MailingOutcome(sent, failed, len(rows) == LOT)


def _waiting(now: datetime) -> "QuerySet[Notice]":
    lately = Notice.objects.filter(user=OuterRef("user"), mailed_at__gt=now - QUIET)
    rows = Notice.objects.to_mail(now).exclude(Exists(lately))
    return rows.select_related("user").order_by("user_id", "pk")


def _give_up(now: datetime) -> None:
    late = Notice.objects.filter(mail_at__isnull=False, created_at__lt=now - TOO_LATE).update(mail_at=None)
    if late:
        logger.warning("notices not sent in time", extra={"notices": late})


def _claimed(notice: Notice, now: datetime) -> bool:
    """Whether it is ours to send: nobody has claimed it since we read it."""
    again = now + AGAIN * 2**notice.mail_attempts
    same = Notice.objects.filter(pk=notice.pk, mail_at=notice.mail_at, mail_attempts=notice.mail_attempts)
    return bool(same.update(mail_at=again, mail_attempts=F("mail_attempts") + 1))


def _reached(connection: BaseEmailBackend) -> bool:
    try:
        connection.open()
    except OSError as error:
        logger.warning("mail server not reached, the sweep will try again", extra={"error": type(error).__name__})
        return False
    return True


def _close(connection: BaseEmailBackend) -> None:
    with suppress(OSError):
        connection.close()


def _sent(notices: Sequence[Notice], connection: BaseEmailBackend, now: datetime) -> bool:
    """Sends one person's notices. The log names the notices, never a person or an address."""
    keys = [notice.pk for notice in notices]
    own = [notice for notice in notices if notice.read_at is None and notice.user.email]
    try:
        _tell_further_addresses(notices, connection)
        if own:
            connection.send_messages([message_of(own, own[0].user.email)])
    except (OSError, ValueError) as error:
        _close(connection)
        logger.warning("mail not sent, it will be tried again", extra={"notices": keys, "error": type(error).__name__})
        return False
    Notice.objects.filter(pk__in=keys).update(mail_at=None, mailed_at=now)
    return True


def _tell_further_addresses(notices: Sequence[Notice], connection: BaseEmailBackend) -> None:
    """Sends to the further addresses, each once, before the person's own address, which may take no mail at all."""
    for notice in notices:
        if notice.mail_also:
            connection.send_messages([message_of([notice], notice.mail_also)])
            Notice.objects.filter(pk=notice.pk).update(mail_also="")


# --- The mail --------------------------------------------------------------------------------------------------------


def message_of(notices: Sequence[Notice], address: str) -> EmailMultiAlternatives:
    """One mail with a person's notices: plain text, and the same as HTML. In the service's own language: which one a
    person prefers only the browser knows."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "site": settings.SITE_URL,
            "notices": [
                (matters.heading_of_notice(notice), [_absolute(line) for line in matters.lines_of_notice(notice)])
                for notice in notices
            ],
        }
        message = EmailMultiAlternatives(
            _subject(notices),
            render_to_string("departments/mail/notices.txt", context),
            to=[address],
            headers=_headers(notices[0]),
        )
        message.attach_alternative(render_to_string("departments/mail/notices.html", context), "text/html")
    return message


def _absolute(line: NoticeLine) -> NoticeLine:
    return NoticeLine(line.text, settings.SITE_URL + line.link)


def _subject(notices: Sequence[Notice]) -> str:
    headings = dict.fromkeys(matters.heading_of_notice(notice) for notice in notices)
    return " · ".join((_("Plan Monitor"), *headings))


def _headers(notice: Notice) -> dict[str, str]:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return {"Message-ID": f"<notice-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated", "Precedence": "bulk"}
