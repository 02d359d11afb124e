"""Finds the server that holds the store and asks it over HTTP; nothing is cached."""

import contextlib
import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.errors import GateError, NotFoundError, ServerError
from understudy.keys import KEY_HEADER

ADDRESS_FILE = "server.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, and the key it made for the commands of whoever owns the folder."""

    url: str
    key: str


def find_server(data_dir: Path) -> Running | None:
    """The server on this store, or None when none answers there."""
    try:
        found = json.loads((data_dir / ADDRESS_FILE).read_text(encoding="utf-8"))
        running = Running(str(found["url"]), str(found["key"]))
        with urllib.request.urlopen(f"{running.url}/healthz", timeout=5) as reply:
            return running if reply.status == 200 else None
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return None


def save_address(data_dir: Path, url: str, key: str, pid: int) -> None:
    """Readable by the owner alone: with the key in it everything may be asked. Raises OSError, and
    leaves nothing then, not even what an earlier server left."""
    temporary = data_dir / f"{ADDRESS_FILE}.new"
    try:
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as to:
            json.dump({"url": url, "key": key, "pid": pid}, to)
        temporary.replace(data_dir / ADDRESS_FILE)
    except OSError:
        for file in (temporary.name, ADDRESS_FILE):
            with contextlib.suppress(OSError):
                (data_dir / file).unlink(missing_ok=True)
        raise


def remove_address(data_dir: Path) -> None:
    # Left behind, it names a server that does not answer: none is found.
    with contextlib.suppress(OSError):
        (data_dir / ADDRESS_FILE).unlink(missing_ok=True)


def ask_server(running: Running, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET (no body) or POST JSON. Raises GateError on 409, NotFoundError on 404, ServerError on any
    other refusal."""
    request = urllib.request.Request(
        f"{running.url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", KEY_HEADER: running.key},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        kind = {404: NotFoundError, 409: GateError}.get(error.code, ServerError)
        raise kind(_reason(text)) from error
    except (OSError, ValueError) as error:
        sentence = f"the server at {running.url} did not answer ({error}); see its log"
        raise ServerError(sentence) from error


def _reason(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text[:300]
    return str(found.get("error", found)) if isinstance(found, dict) else text[:300]
