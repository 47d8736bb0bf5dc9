"""What was acknowledged, held against what is there (pure: imports nothing of the product).

Every act has a name of its own: a figure that was never sent before, a revision, a file. So it can be counted: what was
acknowledged is there once, what nobody knows about is there at most once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

NO_ANSWER = 0
"""In place of a status: the connection was refused, broke off, or nothing came for long."""
SERVER_ERROR = 500
EXCUSING = frozenset({"web", "postgresql"})
"""Without these nobody can be answered; without the others everybody is."""

Name = tuple[str, str]
"""What was done to what: ("hand in", "1017")."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a client; `known` if it was acknowledged, else nobody knows whether it was done. What was refused is
    no act. `said` is what a draft is to say."""

    what: str
    subject: str
    known: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request, when it was begun and ended (monotonic), and how it was answered."""

    begun: float
    ended: float
    status: int
    asked: str


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when something was killed, frozen or restarted, until it answered again."""

    begun: float
    ended: float
    who: str
    how: str

    def meets(self, answer: Answer) -> bool:
        """Whether the request was under way in it."""
        return answer.begun <= self.ended and self.begun <= answer.ended


@dataclass(frozen=True, slots=True)
class Closed:
    """The official figures of a month when its closing had been acknowledged, and when it was last seen closed."""

    month: str
    then: Mapping[str, str]
    later: Mapping[str, str]


def lost_or_doubled(acts: Iterable[Act], found: Mapping[Name, int]) -> Iterator[str]:
    """What was acknowledged and is not there, and what is there more often than anybody has done it."""
    known: Counter[Name] = Counter()
    unknown: Counter[Name] = Counter()
    for act in acts:
        (known if act.known else unknown)[act.what, act.subject] += 1
    for name in sorted({*known, *found}):
        there, least, most = found.get(name, 0), known[name], known[name] + unknown[name]
        if there < least:
            yield f"lost: {' '.join(name)}: acknowledged {least}, found {there}"
        elif there > most:
            yield f"doubled: {' '.join(name)}: done at most {most}, found {there}"


def lost_drafts(acts: Iterable[Act], found: Mapping[str, str]) -> Iterator[str]:
    """Drafts that say neither what was acknowledged last nor what was sent since. Each has one client alone."""
    allowed: dict[str, set[str]] = defaultdict(set)
    certain = set()
    for act in acts:
        if act.known:
            allowed[act.subject] = {act.said}
            certain.add(act.subject)
        else:
            allowed[act.subject].add(act.said)
    for place in sorted(certain):
        if found.get(place) not in allowed[place]:
            yield f"lost: draft {place}: found {found.get(place)} instead of {' or '.join(sorted(allowed[place]))}"


def changed_while_closed(months: Iterable[Closed]) -> Iterator[str]:
    """Figures that are not what they were when the closing of their month had been acknowledged."""
    for closed in months:
        for figure in sorted({*closed.then, *closed.later}):
            before, after = closed.then.get(figure), closed.later.get(figure)
            if before != after:
                yield f"changed in the closed month {closed.month}: {figure}: {before} became {after}"


def failed(answers: Iterable[Answer], spans: Sequence[Span]) -> Iterator[str]:
    """Requests that failed while web server and database stood, whatever else was away."""
    excused = [span for span in spans if span.who in EXCUSING]
    for answer in answers:
        bad = answer.status == NO_ANSWER or answer.status >= SERVER_ERROR
        if bad and not any(span.meets(answer) for span in excused):
            away = ", ".join(sorted({f"{span.who} ({span.how})" for span in spans if span.meets(answer)}))
            yield f"failed: {answer.asked}: {answer.status or 'no answer'} while away: {away or 'nothing'}"
