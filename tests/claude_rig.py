"""A command that answers as the Claude command does: an executable that prints recorded lines.

It notes the words that it was called with, what it read and was given as a file, and can be told to
fail.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

MODEL = "claude-haiku-4-5-20251001"
USAGE = {
    "input_tokens": 3,
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 10,
    "output_tokens": 21,
}

SCRIPT = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path({folder!r})
with (here / "calls").open("a") as calls:
    read = "" if "--version" in sys.argv else sys.stdin.read()
    files = [word.partition("=")[2] for word in sys.argv if word.startswith("--system-prompt-file=")]
    call = {{"words": sys.argv[1:], "read": read, "folder": os.getcwd(), "beside": os.listdir()}}
    call["filed"] = [pathlib.Path(file).read_bytes().decode() for file in files]
    calls.write(json.dumps(call) + "\\n")
sys.stderr.write({complaint!r})
sys.stdout.write((here / "output").read_text())
sys.stdout.flush()
if {hangs}:
    child = os.fork()
    if child:
        (here / "pids").write_text(f"{{os.getpid()}} {{child}}")
    time.sleep(600)
sys.exit({code})
"""


@dataclass(frozen=True, slots=True)
class Command:
    path: Path

    @property
    def calls(self) -> list[dict[str, Any]]:
        file = self.path.parent / "calls"
        return [orjson.loads(line) for line in file.read_text().splitlines() if line]

    @property
    def pids(self) -> list[int]:
        return [int(pid) for pid in (self.path.parent / "pids").read_text().split()]


def install(
    folder: Path, output: str, *, code: int = 0, complaint: str = "", hangs: bool = False
) -> Command:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "output").write_text(output)
    path = folder / "claude"
    path.write_text(
        SCRIPT.format(
            python=sys.executable, folder=str(folder), complaint=complaint, hangs=hangs, code=code
        )
    )
    path.chmod(0o755)
    return Command(path)


def printed(*lines: object) -> str:
    """A text stands for a line that is no JSON."""
    return "".join(
        (line if isinstance(line, str) else orjson.dumps(line).decode()) + "\n" for line in lines
    )


INIT = {"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": MODEL}


def said(*blocks: dict[str, Any], model: str = MODEL) -> dict[str, Any]:
    """The command prints one line for each block of a message."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": list(blocks),
        "stop_reason": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    return {"type": "assistant", "message": message, "parent_tool_use_id": None, "session_id": "s"}


def thought(text: str) -> dict[str, str]:
    return {"type": "thinking", "thinking": text, "signature": "c2ln"}


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def result(answer: str | None, **fields: Any) -> dict[str, Any]:
    plain = {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "duration_ms": 2100,
        "num_turns": 1,
        "result": answer,
        "stop_reason": "end_turn",
        "session_id": "s",
        "total_cost_usd": 0.0123,
        "usage": USAGE,
        "permission_denials": [],
    }
    return {**plain, **fields}


def answering(answer: str, thinking: str = "the words point there") -> str:
    return printed(INIT, said(thought(thinking)), said(text(answer)), result(answer))
