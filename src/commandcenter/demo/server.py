"""The server under demonstration: `understudy serve` as a child process, asked over HTTP."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from understudy.errors import ServerError
from understudy.keys import KEY_HEADER

START_S = 180.0


class DemoServer:
    """Owns the child process; `peak_bytes` is the largest memory seen for it and its children."""

    def __init__(self, config: Path | None, data_dir: Path, log: Path) -> None:
        self.data_dir = data_dir
        self.log = log
        self.peak_bytes = 0
        command = ["env", f"UNDERSTUDY_DATA_DIR={data_dir}", sys.executable, "-m", "understudy.cli"]
        command += [] if config is None else ["--config", str(config)]
        with log.open("wb") as sink:
            self._child = subprocess.Popen(
                [*command, "serve", "--port", "0"], stdout=sink, stderr=subprocess.STDOUT
            )
        self.url, self.key = self._await_address()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET, or POST a JSON body. Raises ServerError with what the server said."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", KEY_HEADER: self.key},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                answer: dict[str, Any] = json.load(reply)
                return answer
        except urllib.error.HTTPError as error:
            raise ServerError(f"{path}: {error.read().decode('utf-8', 'replace')}") from error

    def status(self) -> dict[str, Any]:
        self._measure()
        if self._child.poll() is not None:
            raise ServerError(f"the server stopped by itself; its log is {self.log}")
        return self.ask("/api/status")

    def stop(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _await_address(self) -> tuple[str, str]:
        """Where it listens, and the key that it made for this machine's own commands."""
        deadline = time.monotonic() + START_S
        address = self.data_dir / "server.json"
        while time.monotonic() < deadline and self._child.poll() is None:
            if address.exists():
                found = json.loads(address.read_text(encoding="utf-8"))
                return found["url"], found["key"]
            time.sleep(0.1)
        self._child.kill()
        tail = self.log.read_text(encoding="utf-8", errors="replace")[-800:]
        raise ServerError(f"the server did not start; its log {self.log} ends:\n{tail}")

    def _measure(self) -> None:
        try:
            family = psutil.Process(self._child.pid)
            members = [psutil.Process(), family, *family.children(recursive=True)]
            self.peak_bytes = max(self.peak_bytes, sum(m.memory_info().rss for m in members))
        except psutil.NoSuchProcess:
            return
