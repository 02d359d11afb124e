"""The settings that only llama.cpp's own server can show, and how it shows them.

Beside the tests that use it, because they need an exported release.
"""

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from understudy.config import Config
from understudy.errors import ExportError
from understudy.release.export import Gguf
from understudy.release.llamacpp import LlamaServer


def slots(config: Config, release: Gguf) -> int:
    server = LlamaServer.start(release.path, release.sha256, config.student, Path("log"))
    try:
        with urllib.request.urlopen(f"{server.url}/props") as answer:
            return int(orjson.loads(answer.read())["total_slots"])
    finally:
        server.stop()


def threads(config: Config, release: Gguf) -> set[str]:
    """For prompts and for answers, as llama.cpp's log says them."""
    slots(config, release)
    return set(re.findall(r"n_threads(?:_batch)? = (\d+)", Path("log").read_text()))


def is_given_up(config: Config, release: Gguf) -> bool:
    try:
        slots(config, release)
    except ExportError as error:
        return "did not load" in str(error)
    return False


SERVED: dict[str, tuple[Any, Callable[[Config, Gguf], Any], Any]] = {
    "student.slots": (3, slots, 3),
    "student.threads": (2, threads, {"2"}),
    "student.start_timeout_s": (0.001, is_given_up, True),
}
