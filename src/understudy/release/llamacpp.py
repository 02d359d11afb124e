"""The embedded llama.cpp server, as a child process: a bad GGUF cannot take the gateway with it.

Refuses a GGUF whose sha256 is not the pinned one, or that llama.cpp cannot load.
"""

import hashlib
import selectors
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson

from understudy.config import Student
from understudy.errors import ExportError

_STOP_TIMEOUT_S = 5.0
_TAIL_LINES = 8


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(slots=True)
class LlamaServer:
    """A running server; the child ends when this process does, however that happens."""

    url: str
    child: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.child.pid

    @classmethod
    def start(cls, gguf: Path, sha256: str, student: Student, log: Path) -> "LlamaServer":
        """Blocks until the model is loaded. Raises ExportError with the end of the log."""
        _check(gguf, sha256)
        settings = {
            "gguf": str(gguf.resolve()),
            "name": student.name,
            "slots": student.slots,
            "context_tokens": student.context_tokens,
            "threads": student.threads,
        }
        command = [sys.executable, "-m", "understudy.release.llamacpp_child"]
        with log.open("wb") as stderr:
            child = subprocess.Popen(
                [*command, orjson.dumps(settings).decode()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        server = cls("", child)
        server.url = _read_line(child, student.start_timeout_s)
        if not server.url:
            server.stop()
            raise ExportError(
                f"llama.cpp did not load {gguf} (exit {child.returncode}); export the release "
                f"again. Its log {log} ends: {_tail(log)}"
            )
        return server

    def alive(self) -> bool:
        return self.child.poll() is None

    def stop(self) -> None:
        """Returns when the child has ended; harmless when it already has."""
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.child.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def _check(gguf: Path, sha256: str) -> None:
    if not gguf.is_file():
        raise ExportError(f"{gguf} is missing; export the release again")
    found = file_sha256(gguf)
    if found != sha256:
        raise ExportError(
            f"{gguf} has sha256 {found}, the release pinned {sha256}: it was cut short or changed; "
            "put a copy of the file back, or roll the release back and train again"
        )


def _read_line(child: subprocess.Popen[bytes], timeout_s: float) -> str:
    """The child's one line; empty when it ended or took too long."""
    if child.stdout is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        if not selector.select(timeout_s):
            return ""
    return child.stdout.readline().decode().strip()


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(line.strip() for line in lines[-_TAIL_LINES:]) or "(empty)"
