"""A gate before a server: shut, it breaks off whoever comes, as a server does that is going down."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Gate:
    """Listens on a port of its own and carries what comes to another one."""

    def __init__(self, to: int) -> None:
        self.to, self.shut, self.refused = to, False, 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._stand, daemon=True).start()

    def close(self) -> None:
        """Nobody comes in any more."""
        self._door.close()

    def _stand(self) -> None:
        with suppress(OSError):
            while True:
                comer, _address = self._door.accept()
                self._let_in(comer)

    def _let_in(self, comer: socket.socket) -> None:
        if self.shut:
            self.refused += 1
            comer.close()
            return
        server = socket.create_connection(("127.0.0.1", self.to))
        for one, other in ((comer, server), (server, comer)):
            threading.Thread(target=carry, args=[one, other], daemon=True).start()


def carry(one: socket.socket, other: socket.socket) -> None:
    """Everything that the one sends, until it stops; then the other is told so."""
    with suppress(OSError):
        while sent := one.recv(65536):
            other.sendall(sent)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def opened(to: int) -> Iterator[Gate]:
    """A gate before this port."""
    gate = Gate(to)
    try:
        yield gate
    finally:
        gate.close()
