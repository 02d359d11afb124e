"""The servers under test, each a process of its own over the same stub; what they cost is read from
the system's own figures."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_S = 600
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
LITELLM_KEY = "sk-bench"


@dataclass(frozen=True)
class Target:
    """`pid` is None for the direct call, whose server is the stub."""

    name: str
    port: int
    key: str
    pid: int | None

    def cpu_s(self) -> float:
        return 0.0 if self.pid is None else sum(map(_cpu_s, _family(self.pid)))

    def resident_mb(self) -> float:
        return 0.0 if self.pid is None else sum(map(_resident_mb, _family(self.pid)))


@contextlib.contextmanager
def direct() -> Iterator[Target]:
    command = [sys.executable, str(HERE / "stub.py")]
    with _running(command, subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Target("direct", int(process.stdout.readline()), "none", None)


@contextlib.contextmanager
def bare(upstream: int) -> Iterator[Target]:
    """A relay of the same libraries that does nothing else."""
    command = [sys.executable, str(HERE / "bare.py"), str(upstream)]
    with _running(command, subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Target("bare relay", int(process.stdout.readline()), "none", process.pid)


@contextlib.contextmanager
def understudy(
    folder: Path, upstream: int, *, capture: str = "", key: str = ""
) -> Iterator[Target]:
    """With keys, parsing and capture to disk, as it comes. `capture` is more of that section's
    TOML; with a `key` the folder is one that a server had before."""
    folder.mkdir(exist_ok=True)
    settings = folder / "understudy.toml"
    settings.write_text(
        f'''application = "example_tickets:APPLICATION"
data_dir = "{folder / "data"}"
[teacher]
kind = "openai"
base_url = "http://127.0.0.1:{upstream}"
[capture]
traces = true
{capture}
[trainer]
enabled = false
'''
    )
    log = folder / "log"
    command = [sys.executable, "-m", "understudy.cli", "--config", str(settings), "serve"]
    paths = os.pathsep.join([str(ROOT / "docs"), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
    with (
        log.open("wb") as output,
        _running([*command, "--port", "0"], output, environment) as process,
    ):
        port = int(_wait_for(log, r"listening on http://127.0.0.1:(\d+)", process))
        # The operator's: it may read the figures too.
        key = key or _wait_for(log, r"(?s)operator.*?\n\s+(us_\S+)", process)
        yield Target("understudy", port, key, process.pid)


@contextlib.contextmanager
def litellm(folder: Path, upstream: int, environment: Path) -> Iterator[Target]:
    """Its proxy in an environment of its own, without a database, with a master key."""
    folder.mkdir()
    settings = folder / "litellm.yaml"
    settings.write_text(
        f"""model_list:
  - model_name: stub
    litellm_params:
      model: openai/stub
      api_base: http://127.0.0.1:{upstream}/v1
      api_key: none
general_settings:
  master_key: {LITELLM_KEY}
"""
    )
    port = _free_port()
    command = [str(environment / "bin" / "litellm"), "--config", str(settings)]
    command += ["--port", str(port), "--host", "127.0.0.1", "--num_workers", "1"]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with (
        (folder / "log").open("wb") as output,
        _running(command, output, {**os.environ, **quiet}) as process,
    ):
        _wait_until_live(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "log")
        yield Target("litellm", port, LITELLM_KEY, process.pid)


@contextlib.contextmanager
def _running(
    command: list[str], output: IO[bytes] | int, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(log: Path, pattern: str, process: "subprocess.Popen[bytes]") -> str:
    for _ in range(START_S * 10):
        text = log.read_text(errors="replace")
        if found := re.search(pattern, text):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"a server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _wait_until_live(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_S * 2):
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=5)
            return
        if process.poll() is not None:
            break
        time.sleep(0.5)
    sys.exit(f"LiteLLM did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _resident_mb(pid: int) -> float:
    """Its share of pages that others hold too counts in part (PSS), so that the sum over processes
    counts each page once."""
    found = re.search(r"Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) / 1000 if found else 0.0
