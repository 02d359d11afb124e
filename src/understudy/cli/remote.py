"""Finds the server that holds the store and asks it over HTTP; nothing is cached."""

import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from understudy.errors import GateError, ServerError

ADDRESS_FILE = "server.json"


def find_server(data_dir: Path) -> str | None:
    """The address of the server on this store, or None when none answers there."""
    try:
        url: str = json.loads((data_dir / ADDRESS_FILE).read_text(encoding="utf-8"))["url"]
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as reply:
            return url if reply.status == 200 else None
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return None


def save_address(data_dir: Path, url: str, pid: int) -> None:
    temporary = data_dir / f"{ADDRESS_FILE}.new"
    temporary.write_text(json.dumps({"url": url, "pid": pid}), encoding="utf-8")
    temporary.replace(data_dir / ADDRESS_FILE)


def ask_server(url: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET (no body) or POST JSON. Raises GateError on 409, ServerError on any other refusal."""
    request = urllib.request.Request(
        f"{url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        raise (GateError if error.code == 409 else ServerError)(_reason(text)) from error
    except (OSError, ValueError) as error:
        raise ServerError(f"the server at {url} did not answer ({error}); see its log") from error


def _reason(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text[:300]
    return str(found.get("error", found)) if isinstance(found, dict) else text[:300]
