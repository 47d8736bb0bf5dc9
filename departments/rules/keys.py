"""Keys that open something to whoever holds them: random, shown once, stored as their SHA-256 (pure)."""

import hashlib
import secrets


def new_key() -> str:
    """256 random bits, as text that may stand in an address."""
    return secrets.token_urlsafe(32)


def digest_of_key(key: str) -> str:
    """What is stored of a key. SHA-256 is enough for 256 random bits; no salt is needed to resist guessing."""
    return hashlib.sha256(key.encode()).hexdigest()
