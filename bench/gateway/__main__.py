"""Direct, through a bare relay, through Understudy and through LiteLLM: added latency, first token, peak, memory."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxies import HERE, Target, bare, direct, litellm, understudy

RATE = 300.0
CONNECTIONS = 32
MOST_S = 120.0
ENVIRONMENT = HERE.parents[1] / "build" / "litellm"
# Its proxy needs an older FastAPI than its own metadata allows: in a second step pip only warns.
LITELLM = ("litellm[proxy]==1.95.1", "fastapi==0.128.0")
COLUMNS = "{:12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}"


@dataclass(frozen=True)
class Measured:
    """Milliseconds at the fixed rate (whole answers, and the first token of streams), and of one
    request at a time; requests a second as fast as it goes, CPU microseconds a request, megabytes."""

    name: str
    p50_ms: float
    p99_ms: float
    first_p50_ms: float
    first_p99_ms: float
    alone_ms: float
    alone_first_ms: float
    peak: float
    cpu_us: float
    resident_mb: float
    failed: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-gateway")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--litellm-rate", type=float, default=20.0, help="what its proxy can bear")
    parser.add_argument("--without-litellm", action="store_true")
    plan = parser.parse_args()
    if not plan.without_litellm:
        install_litellm()
    with tempfile.TemporaryDirectory() as name, direct() as stub:
        folder = Path(name)
        measured = [measure(stub, plan.rate, plan.seconds)]
        # One after the other: beside a second idle server each would have less of the machine.
        with bare(stub.port) as target:
            measured.append(measure(target, plan.rate, plan.seconds))
        with understudy(folder / "understudy", stub.port) as target:
            measured.append(measure(target, plan.rate, plan.seconds))
            backlog = wait_for_store(target)
        if not plan.without_litellm:
            with litellm(folder / "litellm", stub.port, ENVIRONMENT) as target:
                measured.append(measure(target, plan.litellm_rate, plan.seconds))
    show(measured, plan)
    say(backlog)


def wait_for_store(target: Target) -> str:
    """What the peak left in the spool, and how long it takes from there into the store."""
    began = time.monotonic()
    waited, captured, dropped = captured_now(target)
    left = waited
    while left and time.monotonic() - began < MOST_S:
        time.sleep(0.1)
        left, _, dropped = captured_now(target)
    took_s = time.monotonic() - began
    return (
        f"capture: {captured:.0f} taken up, {dropped:.0f} dropped; {waited:.0f} were in the spool when "
        f"the peak ended, {left:.0f} after {took_s:.1f} s more"
    )


def captured_now(target: Target) -> tuple[float, float, float]:
    """Taken up and not in the store yet; taken up; dropped."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{target.port}/metrics",
        headers={"authorization": f"Bearer {target.key}"},
    )
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode()
    values = dict(re.findall(r"(?m)^understudy_(captured|drained|dropped)\S* (\S+)$", text))
    captured, drained, dropped = (float(values[one]) for one in ("captured", "drained", "dropped"))
    return captured - drained, captured, dropped


def install_litellm() -> None:
    """Into an environment of its own: it is a peer, never a dependency."""
    if (ENVIRONMENT / "bin" / "litellm").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--no-compile"]
    for package in LITELLM:
        subprocess.run([*pip, package], check=True)


def measure(target: Target, rate: float, seconds: float) -> Measured:
    whole = load(target, seconds, rate=rate)
    streamed = load(target, seconds, rate=rate, stream=True)
    # Waits for nobody: its median is the proxy's own time even where the machine often stands still.
    alone = load(target, seconds, connections=1)
    alone_streamed = load(target, seconds, connections=1, stream=True)
    before = target.cpu_s()
    fast = load(target, seconds)
    cpu_s = target.cpu_s() - before
    done = len(fast["total_s"])
    return Measured(
        name=target.name,
        p50_ms=quantile_ms(whole["total_s"], 0.5),
        p99_ms=quantile_ms(whole["total_s"], 0.99),
        first_p50_ms=quantile_ms(streamed["first_s"], 0.5),
        first_p99_ms=quantile_ms(streamed["first_s"], 0.99),
        alone_ms=quantile_ms(alone["total_s"], 0.5),
        alone_first_ms=quantile_ms(alone_streamed["first_s"], 0.5),
        peak=done / seconds,
        cpu_us=cpu_s / done * 1e6 if done else 0.0,
        resident_mb=target.resident_mb(),
        failed=whole["failed"] + streamed["failed"] + fast["failed"],
    )


def load(
    target: Target,
    seconds: float,
    *,
    rate: float = 0.0,
    connections: int = CONNECTIONS,
    stream: bool = False,
) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "load.py"), "--port", str(target.port)]
    command += ["--key", target.key, "--seconds", str(seconds), "--rate", str(rate)]
    command += ["--connections", str(connections)]
    command += ["--stream"] if stream else []
    found = subprocess.run(command, check=True, capture_output=True)
    document: dict[str, Any] = json.loads(found.stdout)
    return document


def quantile_ms(values_s: Sequence[float], share: float) -> float:
    ordered = sorted(values_s)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 if ordered else 0.0


def show(measured: Sequence[Measured], plan: argparse.Namespace) -> None:
    say(
        f"2 kB requests at {plan.rate:g}/s (LiteLLM {plan.litellm_rate:g}/s), {plan.seconds:g} s each"
    )
    heads = ("p50 ms", "p99 ms", "first p50", "first p99", "added p50", "added p99", "peak/s")
    say(COLUMNS.format("", *heads, "CPU us", "MB"))
    base, *_ = measured
    for one in measured:
        say(
            COLUMNS.format(
                one.name,
                *(f"{x:.2f}" for x in (one.p50_ms, one.p99_ms, one.first_p50_ms, one.first_p99_ms)),
                *(f"{x:.2f}" for x in (one.p50_ms - base.p50_ms, one.p99_ms - base.p99_ms)),
                f"{one.peak:.0f}",
                f"{one.cpu_us:.0f}",
                f"{one.resident_mb:.0f}",
            )
        )
    for one in measured:
        if one.failed:
            say(f"{one.name}: {one.failed} requests failed")
    ours = next(one for one in measured if one.name == "understudy")
    say(f"first token: + {ours.first_p50_ms - base.first_p50_ms:.2f} ms (p50) over the direct call")
    for one in measured[1:]:
        say(
            f"one request at a time, medians: {one.name} + {one.alone_ms - base.alone_ms:.2f} ms, "
            f"first token + {one.alone_first_ms - base.alone_first_ms:.2f} ms over the direct call's "
            f"{base.alone_ms:.2f} and {base.alone_first_ms:.2f}"
        )
    for peer in measured[1:]:
        if peer is not ours:
            say(
                f"peak: {ours.peak / peer.peak:.2f} times that of {peer.name}, "
                f"which takes {peer.cpu_us / ours.cpu_us:.2f} times the CPU"
            )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
