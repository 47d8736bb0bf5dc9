"""Those who use the service meanwhile, over the network alone: each does one thing after the other and writes down what
was acknowledged, what nobody knows about, and how every request was answered."""

import http.client
import itertools
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from benchmarks.tormented.ledger import NO_ANSWER, SERVER_ERROR, Act, Answer, Closed

PATIENCE = 60
"""Seconds for an answer: longer than anything is frozen, so that hardly a request outlives its client."""
TRIES = 8
DRAFTED = ("2014-10", "2014-11", "2014-12")
"""Months of drafts that nobody hands in; in the others people get in one another's way."""
CONTESTED = tuple(f"2014-{number:02}" for number in range(1, 10))
PLAN = "plan-2014"
REGION = "100100"
DONE = ("applied", "undone")
ENDED = (*DONE, "failed")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class Unit:
    """A bureau: its code, the region's id, and the codes and ids of what it reports."""

    code: str
    region_id: int
    indicators: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request, read to its end; status 0 if there was none."""

    status: int
    body: bytes = b""

    @property
    def good(self) -> bool:
        """It was done, or the next page tells how it went."""
        return NO_ANSWER < self.status < 400

    @property
    def unknown(self) -> bool:
        """Nobody can tell whether it was done."""
        return self.status == NO_ANSWER or self.status >= SERVER_ERROR

    @property
    def told(self) -> Any:
        """What the JSON says."""
        return json.loads(self.body)


NOTHING = Reply(NO_ANSWER)


@dataclass
class Client:
    """Somebody with a log-in and a token. `number` gives figures that nobody has sent before."""

    port: int
    cookies: dict[str, str]
    token: str
    unit: Unit
    chance: random.Random
    number: Callable[[], int]
    acts: list[Act] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    # --- Asking ------------------------------------------------------------------------------------------------------

    def ask(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One request on a connection of its own, written down."""
        begun, reply = time.monotonic(), NOTHING
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, address, body, dict(headers))
            answer = line.getresponse()
            reply = Reply(answer.status, answer.read())
            self._keep_cookies(answer.msg.get_all("Set-Cookie", []))
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        finally:
            line.close()
        self.answers.append(Answer(begun, time.monotonic(), reply.status, f"{method} {address}"))
        return reply

    def _keep_cookies(self, said: Sequence[str]) -> None:
        """As a browser does: what a page tells once lies in one."""
        for text in said:
            name, _equals, value = text.split(";", 1)[0].partition("=")
            self.cookies[name] = value

    def page(self, address: str, form: Mapping[str, object] | None = None) -> Reply:
        """A page as a browser asks for it, or a form that is sent with its token."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is None:
            return self.ask("GET", address, b"", headers)
        headers |= {"X-CSRFToken": self.cookies["csrftoken"], "Content-Type": FORM}
        return self.ask("POST", address, urlencode(form).encode(), headers)

    def sent(self, address: str, form: Mapping[str, object]) -> bool | None:
        """A form that leads to a page which says how it went: done, refused, or None if nobody knows."""
        self.cookies.pop("messages", None)  # of a page that was never seen
        reply = self.page(address, form)
        if reply.unknown:
            return None
        if reply.status != 302:
            return False
        shown = self.page("/")
        if b"alert-success" in shown.body:
            return True
        return False if b"alert-danger" in shown.body or b"alert-warning" in shown.body else None

    def api(self, method: str, address: str, body: bytes = b"", kind: str = JSON, key: str = "") -> Reply:
        """A request to the API; with a key it is sent again until somebody knows."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        if key:
            headers["Idempotency-Key"] = key
        reply = NOTHING
        for _try in range(TRIES if key or method == "GET" else 1):
            reply = self.ask(method, f"/api/v1{address}", body, headers)
            if not reply.unknown:
                break
            time.sleep(0.5)
        return reply

    def done(self, what: str, subject: object, known: bool, said: str = "") -> None:
        """Writes an act down."""
        self.acts.append(Act(what, str(subject), known, said))

    # --- Living ------------------------------------------------------------------------------------------------------

    def live(self, over: threading.Event) -> None:
        """One thing after the other until it is over."""
        while not over.is_set():
            try:
                self.do_something()
            except Exception as error:  # an answer that nobody expects is a fault of the service
                self.surprises.append(f"not understood: {self.answers[-1].asked}: {error!r}")
            time.sleep(self.chance.uniform(0.05, 0.3))

    def do_something(self) -> None:
        """What such a person does."""
        raise NotImplementedError

    def settle(self) -> None:
        """When everything stands again: looks up what was left open."""


@dataclass
class Importer(Client):
    """Whoever brings files: an upload, its confirmation, now and then its undoing."""

    open: dict[int, list[int]] = field(default_factory=dict)
    """Confirmed files, and the figures that they bring."""

    def bring(self) -> None:
        """A file of a few figures, all the way."""
        figures = [self.number() for _row in range(self.chance.randint(1, 4))]
        pk = self._uploaded(figures)
        if pk is None or self._waited(pk, ("ready", "rejected", *ENDED)) != "ready":
            return self._unwritten(pk, figures)
        reply = self.api("POST", f"/imports/{pk}/confirm", b'{"reason": "Correction"}', key=str(uuid.uuid4()))
        if not reply.good and not reply.unknown:
            return self._unwritten(pk, figures)
        self.open[pk] = figures
        self.done("confirm", pk, known=reply.good)
        if self._waited(pk, ("ready", "rejected", *ENDED)) in DONE:
            self._written(pk)
            if self.chance.random() < 0.5:
                self._undo(pk)
        return None

    def _uploaded(self, figures: list[int]) -> int | None:
        name = f"{figures[0]}.csv"
        places = itertools.product([code for code, _pk in self.unit.indicators], CONTESTED)
        chosen = self.chance.sample(list(places), len(figures))
        rows = [f"{code},{REGION},{month},{figure},note" for (code, month), figure in zip(chosen, figures, strict=True)]
        text = "\n".join(["indicator,region,month,value,note", *rows])
        edge = uuid.uuid4().hex
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/csv\r\n\r\n{text}\r\n--{edge}--\r\n"
        )
        kind = f"multipart/form-data; boundary={edge}"
        reply = self.api("POST", "/imports", body.encode(), kind, key=str(uuid.uuid4()))
        if reply.good or reply.unknown:
            self.done("upload", name, known=reply.good)
        return int(reply.told["id"]) if reply.good else None

    def _waited(self, pk: int, states: Sequence[str]) -> str:
        """The state in which the file ends up; empty if that takes too long."""
        for _try in range(30):
            reply = self.api("GET", f"/imports/{pk}")
            if reply.good and reply.told["state"] in states:
                return str(reply.told["state"])
            time.sleep(0.4)
        return ""

    def _unwritten(self, pk: int | None, figures: list[int]) -> None:
        """Nothing was confirmed: none of the figures may ever appear, so none is written down."""
        if pk is not None and self.chance.random() < 0.7:
            reply = self.api("POST", f"/imports/{pk}/cancel", key=str(uuid.uuid4()))
            if reply.good or reply.unknown:
                self.done("cancel", pk, known=reply.good)

    def _written(self, pk: int) -> None:
        for figure in self.open.pop(pk):
            self.done("figure", figure, known=True)

    def _undo(self, pk: int) -> None:
        reply = self.api("POST", f"/imports/{pk}/undo", b'{"reason": "wrong file"}', key=str(uuid.uuid4()))
        if reply.good or reply.unknown:
            self.done("undo", pk, known=reply.good)

    def settle(self) -> None:
        """What has become of the files whose end was not seen."""
        for pk in list(self.open):
            if self._waited(pk, ("ready", "rejected", *ENDED)) in DONE:
                self._written(pk)


@dataclass
class Reporter(Importer):
    """Enters figures by the API and on the page, hands them in, keeps drafts that are nobody else's, brings files."""

    versions: dict[str, int] = field(default_factory=dict)
    place: int = 0
    """Which of the unit's indicators this person keeps drafts of."""

    def do_something(self) -> None:
        """A hand-in most of the time."""
        deeds = (self.hand_in, self.hand_in_on_page, self.draft, self.draft_on_page, self.bring)
        self.chance.choices(deeds, (5, 2, 2, 2, 1))[0]()

    def hand_in(self) -> None:
        """One to three figures at once, all or none."""
        places = list(itertools.product([code for code, _pk in self.unit.indicators], CONTESTED))
        chosen = [(*place, self.number()) for place in self.chance.sample(places, self.chance.randint(1, 3))]
        rows = [self._row(code, month, figure) | {"reason": "Correction"} for code, month, figure in chosen]
        body = json.dumps({"observations": rows, "mode": "submit"}).encode()
        reply = self.api("POST", "/observations", body, key=str(uuid.uuid4()))
        if reply.good or reply.unknown:
            for _code, _month, figure in chosen:
                self.done("figure", figure, known=reply.good)

    def _row(self, code: str, month: str, figure: int) -> dict[str, Any]:
        return {"indicator": code, "region": REGION, "month": month, "value": str(figure), "note": "note"}

    def hand_in_on_page(self) -> None:
        """One figure on the worksheet, which has no key: sent once."""
        (_code, pk), month, figure = (
            self.chance.choice(self.unit.indicators),
            self.chance.choice(CONTESTED),
            self.number(),
        )
        form = {
            f"{pk}-value": figure,
            f"{pk}-note": "note",
            f"{pk}-version": 0,
            "do": "hand_in",
            "reason": "Correction",
        }
        done = self.sent(f"/worksheet/{self.unit.code}/{month}/", form)
        if done is not False:
            self.done("figure", figure, known=bool(done))

    def draft(self) -> None:
        """A draft by the API."""
        (code, _pk), month, figure = self.unit.indicators[self.place], self.chance.choice(DRAFTED), self.number()
        body = json.dumps({"observations": [self._row(code, month, figure)], "mode": "draft"}).encode()
        reply = self.api("POST", "/observations", body, key=str(uuid.uuid4()))
        self._drafted(code, month, figure, reply)
        if reply.good:
            self.versions[month] = reply.told["observations"][0]["version"]

    def draft_on_page(self) -> None:
        """A field of the worksheet, as it is kept while somebody types."""
        (code, pk), month, figure = self.unit.indicators[self.place], self.chance.choice(DRAFTED), self.number()
        version = self.versions.get(month, 0)
        form = {"indicator": pk, "region": self.unit.region_id, "version": version, "value": figure, "note": "note"}
        reply = self.page(f"/worksheet/{self.unit.code}/{month}/cell/", form)
        self._drafted(code, month, figure, reply)
        if reply.status in (200, 409):
            self.versions[month] = reply.told["version"]

    def _drafted(self, code: str, month: str, figure: int, reply: Reply) -> None:
        if reply.good or reply.unknown:
            self.done("draft", f"{code} {month}", known=reply.good, said=str(figure))


class Reviewer(Client):
    """Approves and returns on the pages."""

    def do_something(self) -> None:
        """One entry, or all that the page shows."""
        shown = self.page("/reviews/")
        waiting = sorted({int(pk) for pk in re.findall(rb"/revisions/(\d+)/approve/", shown.body)})
        if not waiting:
            return
        pk = self.chance.choice(waiting)
        if self.chance.random() < 0.3:
            self._noted("return", pk, self.sent(f"/revisions/{pk}/return/", {"reason": "Look again"}))
        else:
            self._noted("approve", pk, self.sent(f"/revisions/{pk}/approve/", {}))

    def _noted(self, verb: str, pk: int, done: bool | None) -> None:
        if done is not False:
            self.done(verb, pk, known=bool(done))


@dataclass
class Coordinator(Importer):
    """Brings official files, and closes and reopens months that are nobody else's to close."""

    months: Sequence[str] = ()
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    """The figures of each month that is closed for certain, as they were then."""
    closed: list[Closed] = field(default_factory=list)

    def do_something(self) -> None:
        """Files and months in turn."""
        self.chance.choice((self.bring, self.close, self.reopen))()

    def close(self) -> None:
        """Closes a month and reads what is official in it."""
        month = self.chance.choice(self.months)
        done = self._told("lock", month, {})
        figures = self.figures_of(month) if done else None
        if figures is not None:
            self.seen[month] = figures

    def reopen(self) -> None:
        """Reads once more what is official in the month, then opens it."""
        month = self.chance.choice(self.months)
        self._look_again(month)
        self._told("reopen", month, {"reason": "Correction"})

    def _look_again(self, month: str) -> None:
        then = self.seen.pop(month, None)
        later = self.figures_of(month) if then is not None else None
        if then is not None and later is not None:
            self.closed.append(Closed(month, then, later))

    def _told(self, verb: str, month: str, form: Mapping[str, object]) -> bool:
        """What nobody knows about gets time to be over before this person goes on."""
        done = self.sent(f"/plans/{PLAN}/months/{month}/{verb}/", form)
        if done is not False:
            self.done(verb, month, known=bool(done))
        if done is None:
            time.sleep(2)
        return bool(done)

    def figures_of(self, month: str) -> dict[str, str] | None:
        """The official figures of a month; None if nobody answers."""
        reply = self.api("GET", f"/observations?from={month}&to={month}&limit=1000")
        if not reply.good:
            return None
        return {one["indicator"]: f"{one['value']} of revision {one['revision']}" for one in reply.told["items"]}

    def settle(self) -> None:
        """The files, and the months that are closed still."""
        super().settle()
        for month in list(self.seen):
            self._look_again(month)
