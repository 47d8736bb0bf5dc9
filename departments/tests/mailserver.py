"""A mail server for tests: speaks as much SMTP as it takes to receive, and can refuse, hang up, or be away."""

import socket
import socketserver
from threading import Thread
from typing import Any, Self


class MailServer:
    """Listens on a port of its own while it is entered; `taken` are (recipients, data) of the mails it took.

    `refused`: recipients it does not know; `hangs_up_after`: how many mails it takes before it ends connections.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.refused: set[str] = set()
        self.hangs_up_after: int | None = None
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    @property
    def closed_port(self) -> int:
        """A port on which nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                Conversation(server, self.rfile, self.wfile).hold()

        return Handler


class Conversation:
    """One connection."""

    def __init__(self, server: MailServer, reading: Any, writing: Any) -> None:
        self.server, self.reading, self.writing = server, reading, writing
        self.recipients: list[str] = []

    def hold(self) -> None:
        self._say("220 tests")
        while line := self.reading.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb == b"DATA" and not self._take():
                return
            if verb != b"DATA":
                self._say(self._answer(verb, line.decode()))

    def _answer(self, verb: bytes, line: str) -> str:
        if verb == b"RCPT":
            recipient = line[line.index("<") + 1 : line.index(">")]
            if recipient in self.server.refused:
                return "550 unknown"
            self.recipients.append(recipient)
        if verb in (b"MAIL", b"RSET"):
            self.recipients = []
        return "250 ok"

    def _take(self) -> bool:
        """Receives one mail; False if the server hangs up instead."""
        if self.server.hangs_up_after is not None and len(self.server.taken) >= self.server.hangs_up_after:
            return False
        self._say("354 go on")
        lines = []
        while (line := self.reading.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.taken.append((self.recipients, b"".join(lines)))
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.writing.write(text.encode() + b"\r\n")
