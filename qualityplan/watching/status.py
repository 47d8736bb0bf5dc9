"""How the service is, in sentences for administrators: what is up, what waits, what was done last, what has failed.

Numbers alone are told, of all regions together: no name of a file, a person or a region, since several cities may share
an installation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from qualityplan.version import VERSION
from qualityplan.watching import alarms, failures, marks, notes, parts, waiting

SLOW = timedelta(minutes=10)
"""How long something may wait before the page says that it is too long."""


class Mood(StrEnum):
    """Whether a line is well, asks for something to be done, or only tells."""

    WELL = "well"
    WRONG = "wrong"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One thing and how it is."""

    name: str | Promise
    said: str
    mood: Mood


@dataclass(frozen=True, slots=True)
class StatusSection:
    """A heading with its lines."""

    name: str | Promise
    lines: Sequence[StatusLine]


def read_status(now: datetime) -> list[StatusSection]:
    """The whole page. The database has answered already: without it nobody could have logged in."""
    answers, broker = parts.ask_parts(), waiting.broker_facts(now)
    facts = waiting.database_facts()
    return [
        StatusSection(gettext_lazy("Alarms"), list(_of_alarms())),
        StatusSection(gettext_lazy("Parts of the service"), list(_of_parts(answers, broker, facts))),
        StatusSection(gettext_lazy("What waits"), list(_of_waiting(broker, now))),
        StatusSection(gettext_lazy("What is done each day"), list(_of_days(now))),
        StatusSection(gettext_lazy("Failed in the last seven days"), list(_of_failures(now))),
        StatusSection(gettext_lazy("Room and version"), list(_of_room(facts))),
    ]


def _well(*, well: bool) -> Mood:
    return Mood.WELL if well else Mood.WRONG


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


# --- Alarms and parts -------------------------------------------------------------------------------------------------


def _of_alarms() -> Iterator[StatusLine]:
    standing = alarms.alarms_raised(list(alarms.NAMES))
    for part, alarm in standing.items():
        said = _("Told the administrators at %(at)s, and not over yet.") % {"at": _moment(alarm.at)}
        yield StatusLine(alarms.NAMES[part], said, Mood.WRONG)
    if not standing:
        yield StatusLine(gettext_lazy("Alarms"), _("None: no trouble is known."), Mood.WELL)


def _of_parts(
    answers: dict[str, bool], broker: waiting.BrokerFacts | None, facts: waiting.DatabaseFacts
) -> Iterator[StatusLine]:
    yield _part(gettext_lazy("Web server"), marks.last_started(marks.WEB))
    yield _part(gettext_lazy("Database"), facts.since)
    if broker is None or not answers["broker"]:
        yield _missing(alarms.NAMES[alarms.BROKER], marks.BROKER, _("Messages are not taken. Start Redis again."))
        said = _("Cannot be told without Redis.")
        yield StatusLine(alarms.NAMES[alarms.WORKER], said, Mood.WRONG)
    else:
        yield _part(alarms.NAMES[alarms.BROKER], broker.since)
        yield _of_worker(up=answers["worker"])
    yield _of_beat(up=answers["beat"])


def _part(name: str | Promise, since: datetime | None) -> StatusLine:
    said = _("Up since %(since)s.") % {"since": _moment(since)} if since is not None else _("Up.")
    return StatusLine(name, said, Mood.WELL)


def _missing(name: str | Promise, part: str, advice: str) -> StatusLine:
    """A part that does not answer, and when it was last seen to."""
    seen = marks.last_seen(part)
    last = _("Last seen at %(at)s.") % {"at": _moment(seen)} if seen is not None else _("Never seen.")
    return StatusLine(name, " ".join((_("Does not answer."), last, advice)), Mood.WRONG)


def _of_worker(*, up: bool) -> StatusLine:
    name = alarms.NAMES[alarms.WORKER]
    if up:
        return _part(name, marks.last_started(marks.WORKER))
    return _missing(name, marks.WORKER, _("Start the worker, or the whole service, again."))


def _of_beat(*, up: bool) -> StatusLine:
    name, seen = alarms.NAMES[alarms.BEAT], marks.last_seen(marks.BEAT)
    if not up or seen is None:
        return _missing(name, marks.BEAT, _("Start beat, or the whole service, again."))
    line, last = _part(name, marks.last_started(marks.BEAT)), timezone.localtime(seen).strftime("%H:%M:%S")
    return StatusLine(name, " ".join((line.said, _("Last looked what is due at %(at)s.") % {"at": last})), line.mood)


# --- What waits -------------------------------------------------------------------------------------------------------


def _of_waiting(broker: waiting.BrokerFacts | None, now: datetime) -> Iterator[StatusLine]:
    yield _waits(gettext_lazy("Changes whose lights are not judged anew yet"), waiting.keys_to_recompute(), now)
    if broker is not None:
        yield _waits(gettext_lazy("Messages to the worker"), broker.messages, now)
    yield _waits(gettext_lazy("Mails that are due"), waiting.mails_to_send(now), now)
    yield _waits(gettext_lazy("Imports to be checked or written"), waiting.imports_to_do(), now)


def _waits(name: str | Promise, what: waiting.Waiting, now: datetime) -> StatusLine:
    if not what.number:
        return StatusLine(name, _("None."), Mood.WELL)
    said = ngettext("%(number)d waits.", "%(number)d wait.", what.number) % {"number": what.number}
    if what.oldest is None:
        return StatusLine(name, said, Mood.PLAIN)
    oldest = _("The oldest has waited since %(since)s.") % {"since": _moment(what.oldest)}
    return StatusLine(name, f"{said} {oldest}", _well(well=what.seconds(now) <= SLOW.total_seconds()))


# --- What is done each day --------------------------------------------------------------------------------------------


def _of_days(now: datetime) -> Iterator[StatusLine]:
    yield _of_backup(now)
    yield _of_audit(alarms.NAMES[alarms.CHAIN], notes.CHAIN, now)
    yield _of_audit(alarms.NAMES[alarms.ATTAINMENT], notes.ATTAINMENT, now)


def _of_backup(now: datetime) -> StatusLine:
    name, backup = alarms.NAMES[alarms.BACKUP], notes.last_backup()
    if backup is None:
        said = _(
            "No backup has been made by this service yet. Set one up, or make sure that another system backs up the "
            "database and VAR_DIR/media."
        )
        return StatusLine(name, said, Mood.WRONG)
    told = [_last_backup(backup)]
    if backup.failed and backup.failed_at is not None:
        told.append(_("The attempt at %(at)s has failed: look into its log.") % {"at": _moment(backup.failed_at)})
    elif backup.is_overdue(now):
        told.append(_("That is more than a day ago: make one now, and look why none was made."))
    return StatusLine(name, " ".join(told), _well(well=len(told) == 1))


def _last_backup(backup: notes.LastBackup) -> str:
    if backup.made_at is None:
        return _("None was made yet.")
    told = {"at": _moment(backup.made_at), "size": filesizeformat(backup.size)}
    return _("Last made at %(at)s, %(size)s.") % told


def _of_audit(name: str | Promise, audit: str, now: datetime) -> StatusLine:
    last = notes.last_audit(audit)
    if last is None:
        said = _("Not looked through yet. Beat has it done each night; manage.py %(command)s does it now.")
        return StatusLine(name, said % {"command": audit}, Mood.PLAIN)
    told = [_("Last looked through at %(at)s.") % {"at": _moment(last.made_at)}]
    if last.faults:
        faults = ngettext("%(number)d fault was found.", "%(number)d faults were found.", last.faults)
        told += [faults % {"number": last.faults}, _("manage.py %(command)s lists them.") % {"command": audit}]
    else:
        told.append(_("Nothing was found to be wrong."))
    if overdue := now - last.made_at > notes.OVERDUE:
        told.append(_("That is more than a day ago: look whether worker and timer run."))
    return StatusLine(name, " ".join(told), _well(well=not last.faults and not overdue))


# --- What has failed, and room ----------------------------------------------------------------------------------------


def _of_failures(now: datetime) -> Iterator[StatusLine]:
    jobs, imports = failures.failed_jobs_lately(now), waiting.imports_failed_since(now - failures.LATELY)
    said = ", ".join(f"{job} × {times}" for job, times in sorted(jobs.items())) if jobs else _("None.")
    yield StatusLine(gettext_lazy("Jobs of the worker"), said, _well(well=not jobs))
    number = ngettext("%(number)d has broken off.", "%(number)d have broken off.", imports) % {"number": imports}
    yield StatusLine(gettext_lazy("Imports"), number if imports else _("None."), _well(well=not imports))


def _of_room(facts: waiting.DatabaseFacts) -> Iterator[StatusLine]:
    room = parts.room_on_disk()
    told = {"free": filesizeformat(room.free), "whole": filesizeformat(room.whole)}
    said = [_("%(free)s of %(whole)s are free.") % told]
    if room.little:
        said.append(_("That is little: make room before nothing more can be stored."))
    yield StatusLine(gettext_lazy("Disk"), " ".join(said), _well(well=not room.little))
    yield StatusLine(gettext_lazy("Size of the database"), filesizeformat(facts.size), Mood.PLAIN)
    yield StatusLine(gettext_lazy("Version"), VERSION, Mood.PLAIN)
