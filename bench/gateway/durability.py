"""What a server loses: killed again and again under load, and with a full disk.

`make bench-durability`; the full disk needs the right to mount a small file system, and is left out
without.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from load import build_request
from proxies import Target, direct, understudy

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Config
from understudy.store import open_store

INFERENCE_HEADER = "x-understudy-inference"
SAFE_S = 0.1
"""An answer older than this when the server dies must be kept."""
BEATS = 3
"""A server from which nothing came while so many answers were due is taken to have stood still, with
its writer, as where a host takes a core away; that time makes no answer older."""
DISK_MB = 48
QUEUE_BYTES = 500_000


@dataclass
class Asked:
    """Ids of whole answers with the time they were complete; requests that failed."""

    done: dict[str, float] = field(default_factory=dict)
    failed: int = 0


async def ask_at_rate(target: Target, rate: float, seconds: float, asked: Asked) -> None:
    url = f"http://127.0.0.1:{target.port}/v1/chat/completions"
    body = build_request(target.port, target.key, stream=False).partition(b"\r\n\r\n")[2]
    headers = {"authorization": f"Bearer {target.key}", "content-type": "application/json"}
    began, tasks = time.monotonic(), []

    async def one(session: aiohttp.ClientSession) -> None:
        try:
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                if answer.status == 200:
                    asked.done[answer.headers[INFERENCE_HEADER]] = time.monotonic()
                    return
        except aiohttp.ClientError:
            pass
        asked.failed += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for number in range(int(rate * seconds)):
            if (wait_s := began + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            tasks.append(asyncio.create_task(one(session)))
        await asyncio.gather(*tasks)


async def kill_under_load(target: Target, rate: float, seconds: float, asked: Asked) -> float:
    """When the server was killed."""
    assert target.pid is not None
    load = asyncio.create_task(ask_at_rate(target, rate, seconds + 0.5, asked))
    await asyncio.sleep(seconds)
    killed_at = time.monotonic()
    os.kill(target.pid, signal.SIGKILL)
    await load
    return killed_at


def kill_again_and_again(folder: Path, upstream: int, rounds: int, rate: float) -> None:
    asked, ready_s, key = Asked(), [], ""
    by_clock, by_beat = set[str](), set[str]()
    for number in range(rounds):
        began = time.monotonic()
        with understudy(folder, upstream, key=key) as target:
            ready_s.append(time.monotonic() - began)
            key = target.key
            before = set(asked.done)
            seconds = random.Random(number).uniform(1.0, 2.0)
            killed_at = asyncio.run(kill_under_load(target, rate, seconds, asked))
        new = {one: at for one, at in asked.done.items() if one not in before}
        by_clock |= {one for one, at in new.items() if at < killed_at - SAFE_S}
        by_beat |= {
            one
            for one, age_s in running_ages(new, killed_at, BEATS / rate).items()
            if age_s > SAFE_S
        }
        say(f"  round {number + 1}: {len(new)} answers, ready after {ready_s[-1]:.1f} s")
    stored = drained(folder / "data")
    lost, twice = by_clock - set(stored), len(stored) - len(set(stored))
    running = by_beat - set(stored)
    say(
        f"kill -9, {rounds} times at {rate:g}/s: {len(asked.done)} answers, {twice} stored twice;"
        f" {len(by_clock)} older than {SAFE_S:g} s when the server died, {len(lost)} of these lost;"
        f" {len(by_beat)} as old by the time that the server ran, {len(running)} of these lost;"
        f" ready again after {max(ready_s):.1f} s at worst"
    )


def running_ages(done: Mapping[str, float], killed_at: float, most_s: float) -> dict[str, float]:
    """How long the server ran after each answer, in seconds; `most_s` is the longest between two."""
    ages_s, age_s, later = {}, 0.0, killed_at
    for one, at in sorted(done.items(), key=lambda entry: -entry[1]):
        age_s += min(max(later - at, 0.0), most_s)
        ages_s[one], later = age_s, at
    return ages_s


def drained(data: Path) -> list[str]:
    config = Config()
    with open_store(data) as store:
        recorder = Recorder(config, {}, store, Spool(data / "spool", config.capture))
        recorder.drain()
        found = [one.id for one in store.find_inferences()]
        recorder.close()
    return found


def fill_the_disk(folder: Path, upstream: int, rate: float, seconds: float) -> None:
    with small_disk(folder) as disk:
        if disk is None:
            say("full disk: left out, this user may not mount a file system")
            return
        capture = f"queue_bytes = {QUEUE_BYTES}"
        with understudy(disk, upstream, capture=capture) as target:
            before, during, after = Asked(), Asked(), Asked()
            asyncio.run(ask_at_rate(target, rate, seconds, before))
            filler = disk / "filler"
            fill(filler)
            asyncio.run(ask_at_rate(target, rate, seconds, during))
            dropped = dropped_of(target)
            filler.unlink()
            time.sleep(3.0)
            asyncio.run(ask_at_rate(target, rate, seconds, after))
            same = dropped_of(target)
        stored = drained(disk / "data")
    asked = len(before.done) + len(during.done) + len(after.done)
    failed = before.failed + during.failed + after.failed
    say(
        f"full disk at {rate:g}/s: {asked} answers, {failed} failed; {dropped:.0f} dropped while it was"
        f" full and {same - dropped:.0f} after; {len(stored)} stored, so that"
        f" {asked - len(stored) - same:.0f} are unaccounted for"
    )


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1_000_000, 1_000):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass


def dropped_of(target: Target) -> float:
    command = ["curl", "-s", "-H", f"x-understudy-key: {target.key}"]
    url = f"http://127.0.0.1:{target.port}/metrics"
    text = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    found = re.search(r"(?m)^understudy_dropped\S* (\S+)$", text)
    return float(found[1]) if found else -1.0


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, check=False, capture_output=True)
    except OSError:
        yield None
        return
    if done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-durability")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of each phase of the full disk"
    )
    plan = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, direct() as stub:
        fill_the_disk(Path(name) / "disk", stub.port, plan.rate, plan.seconds)
        kill_again_and_again(Path(name) / "killed", stub.port, plan.rounds, plan.rate)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
