"""Write the secrets of this installation once, into VAR_DIR/env, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def write_missing(path: Path) -> None:
    """Add what the file does not hold yet; what it holds stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        os.fchmod(file.fileno(), 0o600)
        known = {line.split("=", 1)[0] for line in file.read().splitlines()}
        file.writelines(f"{name}={value}\n" for name, value in new_secrets().items() if name not in known)


def read_kept_secret(path: Path, name: str) -> str:
    """What the file holds under a name, written now if it was not there."""
    write_missing(path)
    lines = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return dict(lines)[name]


def new_secrets() -> dict[str, str]:
    """A signing key, and the password of the demonstration accounts."""
    return {"SECRET_KEY": secrets.token_urlsafe(50), "DEMO_PASSWORD": secrets.token_urlsafe(9)}


if __name__ == "__main__":
    write_missing(Path(os.environ["VAR_DIR"]) / "env")
