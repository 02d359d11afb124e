"""Tier 1 on labelled queries: accuracy of the first item, robustness, speed; peers in the same run.

Every *.jsonl in the folder, in the format of docs/experiments.md 28; a synthetic stream where the
folder is absent. One thread. `--seeds 1 --peers none` for a quick look.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import orjson
from peers import PEERS, ceiling, installed
from policies import Cosine, Understudy
from speed import measure_speed
from streams import (
    FLIPS,
    SHOWN,
    Data,
    Part,
    Policy,
    accuracy,
    build_data,
    load_data,
    nearest,
    play,
    synthetic_rows,
)

from understudy.config import Config
from understudy.config import Ranker as Settings
from understudy.learn.tier1.minilm import MiniLM

EVENTS = 10_000
CHECK_EVENTS = 400
NOISY_EVENTS, NOISY_FLIPS = 1_000, 0.3
DRIFT_BEFORE, DRIFT_AFTER, DRIFT_SHARE = 6_000, 3_000, 0.3


def main() -> None:
    options = _read_arguments()
    settings = Config().ranker
    report: dict[str, Any] = {"datasets": {}, "protocol": {
        "events": EVENTS, "shown": SHOWN, "flips": FLIPS, "seeds": options.seeds,
        "candidates": "the 20 items nearest by cosine, the true one or not",
    }}  # fmt: skip
    for data in _load(options):
        report["datasets"][data.name] = found = _measure(data, settings, options)
        _show(data.name, found)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    sys.stdout.write(f"\nwritten to {options.json}\n")


def _measure(data: Data, settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    seeds = range(options.seeds)
    cosine = accuracy(Cosine(data), data.test)
    found: dict[str, Any] = {"accuracy": {"cosine": [cosine]}, "missing": []}
    runs = [_learn(Understudy(data, _seeded(settings, seed)), data, seed) for seed in seeds]
    found["accuracy"]["understudy"] = [one["last"] for one in runs]
    found["curve"] = runs[0]["curve"]
    found["worst_against_cosine"] = min(value - cosine for one in runs for _, value in one["curve"])
    found["never_shown"] = [_never_shown(data, settings, seed) for seed in seeds]
    found["flipped"] = [_flipped(data, settings, seed) - cosine for seed in seeds]
    found["drift"] = [_drift(data, settings, seed) for seed in seeds]
    found["speed"] = measure_speed(data, settings)
    sys.stdout.write(f"{data.name}: understudy measured; now its peers\n")
    wanted = PEERS if options.peers == "all" else {}
    for name, (package, build) in wanted.items():
        if not installed(package):
            found["missing"].append(name)
            continue
        found["accuracy"][name] = [
            _learn(build(data, _seeded(settings, seed)), data, seed, curve=False)["last"]
            for seed in seeds
        ]
    if wanted:
        found["accuracy"]["logistic_ceiling"] = [ceiling(data)]
    return found


def _learn(policy: Policy, data: Data, seed: int, *, curve: bool = True) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    stream = _shuffled(data.train, draw, EVENTS)
    _keep(policy, data.test)
    points = []
    for events, _ in play(policy, stream, FLIPS, draw):
        if curve and (events <= CHECK_EVENTS or events % CHECK_EVENTS == 0):
            points.append((events, accuracy(policy, data.test)))
    return {"curve": points, "last": accuracy(policy, data.test)}


def _never_shown(data: Data, settings: Settings, seed: int) -> dict[str, float]:
    """A fifth of the items appears nowhere in the stream; measured on the queries that want them."""
    draw = np.random.default_rng(seed)
    hidden = draw.permutation(len(data.items))[: len(data.items) // 5]
    seen = np.setdiff1d(np.arange(len(data.items)), hidden)
    stream = data.train.take(np.flatnonzero(~np.isin(data.train.labels, hidden)))
    stream = _shuffled(stream, draw, EVENTS)
    stream = replace(stream, candidates=seen[nearest(stream.vectors, data.item_vectors[seen])])
    test = data.test.take(np.flatnonzero(np.isin(data.test.labels, hidden)))
    policy = Understudy(data, _seeded(settings, seed))
    for _ in play(policy, stream, FLIPS, draw):
        pass
    return {"cosine": accuracy(Cosine(data), test), "understudy": accuracy(policy, test)}


def _flipped(data: Data, settings: Settings, seed: int) -> float:
    draw = np.random.default_rng(seed)
    policy = Understudy(data, _seeded(settings, seed))
    for _ in play(policy, _shuffled(data.train, draw, NOISY_EVENTS), NOISY_FLIPS, draw):
        pass
    return accuracy(policy, data.test)


def _drift(data: Data, settings: Settings, seed: int) -> dict[str, float]:
    """The items of some intents change places; against a ranker that knows only the new ones."""
    draw = np.random.default_rng(seed)
    moved = draw.permutation(len(data.items))[: int(DRIFT_SHARE * len(data.items))]
    meaning = np.arange(len(data.items))
    meaning[moved] = np.roll(moved, 1)
    count = min(DRIFT_AFTER, len(data.train.texts) // 3)
    stream = _shuffled(data.train, draw, min(DRIFT_BEFORE + count, len(data.train.texts)))
    early = stream.take(np.arange(len(stream.texts) - count))
    late = stream.take(np.arange(len(stream.texts) - count, len(stream.texts)))
    late = late.with_truth(meaning[late.labels])
    test = data.test.with_truth(meaning[data.test.labels])
    policy, scratch = (Understudy(data, _seeded(settings, seed)) for _ in range(2))
    for _ in play(policy, early, FLIPS, draw):
        pass
    at_once = accuracy(policy, test)
    for ranker in (policy, scratch):
        for _ in play(ranker, late, FLIPS, np.random.default_rng(seed)):
            pass
    return {
        "at_once": at_once,
        "understudy": accuracy(policy, test),
        "from_scratch": accuracy(scratch, test),
    }


def _shuffled(part: Part, draw: np.random.Generator, count: int) -> Part:
    return part.take(draw.permutation(len(part.texts))[:count])


def _seeded(settings: Settings, seed: int) -> Settings:
    return settings.model_copy(update={"seed": seed})


def _keep(policy: Policy, part: Part) -> None:
    keep = getattr(policy, "keep", None)
    if keep is not None:
        keep(part)


def _load(options: argparse.Namespace) -> Sequence[Data]:
    config = Config().embedding
    embedder = MiniLM(
        options.cache, int8=config.int8, max_tokens=config.max_tokens, threads=config.threads
    )
    files = sorted(options.data.glob("*.jsonl"))
    if files:
        return [load_data(file, embedder, options.cache) for file in files]
    sys.stdout.write(f"no *.jsonl in {options.data}: a synthetic stream\n")
    labels, rows = synthetic_rows(0)
    return [build_data("synthetic", labels, rows, embedder, options.cache)]


def _show(name: str, found: dict[str, Any]) -> None:
    lines = [f"\n{name}", "  accuracy of the first item after the stream (mean of the seeds)"]
    for who, values in found["accuracy"].items():
        spread = f"  ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
        lines.append(f"    {who:18} {np.mean(values):.3f}{spread}")
    unseen, drift = found["never_shown"], found["drift"]
    lines += [
        f"  worst checkpoint against cosine     {found['worst_against_cosine']:+.3f}",
        f"  items never shown: cosine {_mean(unseen, 'cosine'):.3f}, "
        f"understudy {_mean(unseen, 'understudy'):.3f}",
        f"  30 % flipped, 1,000 events, against cosine {np.mean(found['flipped']):+.3f} "
        f"(worst {min(found['flipped']):+.3f})",
        f"  drift: at once {_mean(drift, 'at_once'):.3f}, 3,000 events later "
        f"{_mean(drift, 'understudy'):.3f}, from scratch {_mean(drift, 'from_scratch'):.3f}",
    ]
    lines += [f"  {key}: {value:.4g}" for key, value in found["speed"].items()]
    if found["missing"]:
        lines.append(f"  not installed, left out: {', '.join(found['missing'])}")
    sys.stdout.write("\n".join(lines) + "\n")


def _mean(rows: Sequence[dict[str, float]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tier1"))
    parser.add_argument("--cache", type=Path, default=Path("build/bench-tier1"))
    parser.add_argument("--json", type=Path, default=Path("build/bench-tier1/report.json"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peers", choices=("all", "none"), default="all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
