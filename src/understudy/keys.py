"""API keys: made here, shown once, recognised afterwards by their HMAC alone.

The text of a key is never stored; whoever reads the store cannot ask with what stands there.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from understudy.errors import StoreError

PREFIX = "us_"
"""By this a key is told from a vendor's; it lets secret scanners find one that got out."""
KEY_HEADER = "x-understudy-key"
SECRET_FILE = "keys.secret"
_SECRET_BYTES = 32


class Scope(Enum):
    """What a key may be used for."""

    INFER = "infer"
    FEEDBACK = "feedback"
    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


APPLICATION_SCOPES = frozenset({Scope.INFER, Scope.FEEDBACK})
EVERY_SCOPE = frozenset(Scope)
FIRST_KEYS = {"application": APPLICATION_SCOPES, "operator": EVERY_SCOPE}
"""What a store without keys is given: one for the application's code, one for its operator."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored of a key; `digest` is its HMAC-SHA256 under the data folder's secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: str
    created_at: float
    revoked_at: float | None = None


def make_key(secret: bytes, name: str, scopes: Iterable[Scope], at: float) -> tuple[str, ApiKey]:
    """The key's text, which nothing keeps, and its record."""
    identity = secrets.token_hex(4)
    text = f"{PREFIX}{identity}_{secrets.token_urlsafe(32)}"
    return text, ApiKey(identity, name, frozenset(scopes), digest(secret, text), at)


def find_key(value: str) -> str:
    """The Understudy key in a header's value, alone or behind `Bearer`; empty where there is none."""
    bare = value.strip()
    if bare[:7].lower() == "bearer ":
        bare = bare[7:].strip()
    return bare if bare.startswith(PREFIX) else ""


def digest(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def load_secret(data_dir: Path) -> bytes:
    """The folder's HMAC secret, made on first use. Raises StoreError when the file is not whole."""
    path = data_dir / SECRET_FILE
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return _make_secret(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); mend its rights") from error
    if len(secret) != _SECRET_BYTES:
        raise StoreError(f"{path} is damaged; remove it and make new keys: understudy keys create")
    return secret


def _make_secret(path: Path) -> bytes:
    secret = secrets.token_bytes(_SECRET_BYTES)
    temporary = path.with_suffix(".new")
    try:
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
            to.write(secret)
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); free space") from error
    return secret
