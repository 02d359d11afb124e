"""Runs the `understudy` command on a folder of its own: as a process, or inside this one where a
process adds nothing. Nothing of the surrounding environment or folder reaches it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from understudy.cli import app

TIMEOUT_S = 600
NO_TEACHER = {"kind": "anthropic", "base_url": "http://127.0.0.1:9"}
"""Nobody listens at the discard port."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the shell sees of a command that ended."""

    code: int
    out: str
    err: str

    def refused(self, *words: str, code: int = 1) -> None:
        """One sentence on stderr with all the words, no traceback, and the exit code."""
        assert self.code == code, (self.code, self.out, self.err)
        assert "Traceback" not in self.out + self.err
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1, self.err
        for word in words:
            assert word in self.err, (word, self.err)


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder with an understudy.toml and the data_dir that it names."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "understudy.toml"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def settings(self, **sections: Mapping[str, Any] | str) -> None:
        document = {
            "data_dir": str(self.data_dir),
            "teacher": NO_TEACHER,
            "trainer": {"enabled": False, "bootstrap_traces": 0},
            "server": {"port": 0},
            **sections,
        }
        self.config.write_text("".join(_toml_lines(document)))

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *arguments: str | Path, before: Callable[[], None] | None = None) -> Done:
        """The real command, in a process of its own."""
        command = [sys.executable, "-m", "understudy.cli", *self._settled(arguments)]
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            preexec_fn=before,
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def call(self, *arguments: str | Path) -> Done:
        """The same command inside this process; an error that it does not know fails the test."""
        ended = CliRunner(env=unset()).invoke(app, self._settled(arguments), catch_exceptions=False)
        return Done(ended.exit_code, ended.stdout, ended.stderr)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "understudy.cli", *self._settled(arguments)]
        return subprocess.Popen(
            command, cwd=self.folder, env=environment(), stdout=subprocess.PIPE, text=True
        )

    def _settled(self, arguments: tuple[str | Path, ...]) -> list[str]:
        given = [str(one) for one in arguments]
        return given if "--config" in given else ["--config", str(self.config), *given]


def trace_line(number: int, filling: str = "") -> str:
    answer = {"heading": "Pumps", "widgets": []}
    return json.dumps(
        {
            "trace_id": f"t{number}",
            "prompt": f"How is pump {number}?",
            "timestamp": "2026-02-08T20:01:20",
            "claude_thinking": f"Pump {number} is asked for. {filling}",
            "claude_answer": json.dumps(answer),
            "model": "claude-haiku-4-5",
        }
    )


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in unset()}
    return {**kept, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


def unset() -> dict[str, str | None]:
    return {name: None for name in os.environ if name.startswith("UNDERSTUDY_")}


def _toml_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Texts, numbers and truth values are written alike in JSON and TOML."""
    sections = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    for name in document.keys() - sections.keys():
        yield f"{name} = {json.dumps(document[name])}\n"
    for section, fields in sections.items():
        yield f"[{section}]\n"
        yield from (f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
