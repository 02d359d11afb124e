"""report.json and report.html from what the run stored; computes no figure of its own."""

import itertools
import json
import operator
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, select_autoescape

from commandcenter.measures import MEASURES
from understudy.daemon.tier1 import CURVE
from understudy.errors import NotFoundError
from understudy.evaluate.report import UNQUANTISED
from understudy.learn.tier1.rankers import FOLDER as TIER1
from understudy.records import Dataset, Release, Run
from understudy.store import open_store

if TYPE_CHECKING:
    from commandcenter.demo.run import Stage

VENDORED = ("d3-7.9.2.min.js", "plot-0.6.17.umd.min.js")
COMPARED = ("json_valid", "schema_valid", *MEASURES, "agreement", "plan_exact")
GOALS = {
    "total seconds": ("<=", 360.0),
    "memory GB": ("<=", 4.0),
    "student json_valid": (">=", 1.0),
    "teacher_agreement": (">=", 0.90),
    "latency p50 ms": ("<=", 150.0),
    "agreement gained by training": (">", 0.0),
    "similarity gained by training": (">", 0.0),
    "real r_precision below teacher": ("<=", 0.05),
    "real first_expected below teacher": ("<=", 0.05),
}


_BARS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What the store holds of the release that the demonstration trained."""

    release: Release
    run: Run
    dataset: Dataset
    stored: frozenset[str]
    """Ids of every inference in the store."""


def load_ran(data_dir: Path, number: int) -> Ran:
    """Raises NotFoundError when the store lacks the release, its run or its dataset."""
    with open_store(data_dir, read_only=True) as store:
        release = store.find_release(number)
        run = store.find_run(release.run) if release else None
        dataset = store.find_dataset(run.dataset) if run else None
        stored = frozenset(one.id for one in store.find_inferences())
    if release is None or run is None or dataset is None:
        raise NotFoundError(f"the store in {data_dir} has no whole release {number}; run again")
    return Ran(release, run, dataset, stored)


def write_report(
    stage: "Stage",
    status: Mapping[str, Any],
    ran: Ran,
    measured: Mapping[str, Mapping[str, Any]],
    began_at: float,
) -> Path:
    """Write both files into the demonstration's folder and return the page's path.

    `measured` is what the command line found: `real_questions` and `training`, as they came.
    """
    report = build_report(stage, status, ran, measured, began_at)
    folder = stage.plan.folder
    text = json.dumps(report, indent=1, allow_nan=False)
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(render(report), encoding="utf-8")
    return folder / "report.html"


def build_report(
    stage: "Stage",
    status: Mapping[str, Any],
    ran: Ran,
    measured: Mapping[str, Mapping[str, Any]],
    began_at: float,
) -> dict[str, Any]:
    release = ran.release
    name = str(release.variant)
    evaluation = release.report["functions"][stage.function.name]
    answered = set(stage.tally.inferences)
    report: dict[str, Any] = {
        "seconds": stage.seconds | _rounded(release.report["seconds"]),
        "memory_gb": round(stage.server.peak_bytes / 1e9, 2),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "asked": stage.tally.asked,
        "captured": len(answered & ran.stored),
        "lost": len(answered - ran.stored),
        "failed": stage.tally.failed,
        "rated": stage.tally.rated,
        "spoken": stage.tally.spoken,
        "answered": stage.tally.answered,
        "student": _measures(evaluation["variants"][name])
        | {
            "release": name,
            "gguf_sha256": release.gguf_sha256,
            "size_bytes": release.size_bytes,
            "teacher_agreement": evaluation["variants"][name]["agreement"]["mean"],
        },
        "teacher": _measures(evaluation["variants"]["teacher"]),
        "evaluation": {key: evaluation[key] for key in ("n", "variants", "slices", "examples")},
        "quantisation": _quantisation(evaluation, name),
        **measured,
        "gate": release.report["gate"][stage.function.name],
        "timeline": _timeline(stage, status, began_at),
        "learning": learning_curve(ran.run.folder / "metrics.jsonl"),
        "tier1": _tier1(stage, status),
        "prompts": status["prompts"],
        "funnel": {"counts": dict(ran.dataset.counts), "skipped": dict(ran.dataset.skipped)},
    }
    report["goals"] = goals(report)
    return report


def goals(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each promised figure beside the measured one; a figure that is missing is not reached."""
    student, real = report["student"], report["real_questions"]
    found: dict[str, float | None] = {
        "total seconds": report["seconds"]["total"],
        "memory GB": report["memory_gb"],
        "student json_valid": student["json_valid"],
        "teacher_agreement": student["teacher_agreement"],
        "latency p50 ms": student["latency_ms"]["p50"],
    }
    for measure in ("r_precision", "first_expected"):
        gap = real["teacher"][measure] - real["student"][measure] if real["n"] else None
        found[f"real {measure} below teacher"] = gap
    for measure in ("agreement", "similarity"):
        found[f"{measure} gained by training"] = report["training"].get("gained", {}).get(measure)
    return [
        {"goal": name, "bar": f"{sign} {bar:g}", "value": found[name], "reached": ok}
        for name, (sign, bar) in GOALS.items()
        for ok in [_reached(found[name], sign, bar)]
    ]


def _tier1(stage: "Stage", status: Mapping[str, Any]) -> dict[str, Any]:
    """What the ranker says of itself, and its fits: one line each, as they were made."""
    found: Mapping[str, Any] = status["trainer"]["tier1"] or {"off": "no trainer", "functions": {}}
    name = stage.function.name
    file = stage.plan.config.data_dir / TIER1 / name / CURVE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    fits = [json.loads(line) for line in lines]
    totals = itertools.accumulate(fit["learned"] for fit in fits)
    return {
        "off": found["off"],
        "ranker": found["functions"].get(name, {}),
        "fits": [fit | {"in_all": total} for fit, total in zip(fits, totals, strict=True)],
    }


def learning_curve(metrics: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics file that carry a loss; a run that went on from a checkpoint tells
    the steps after it twice, and the last word counts."""
    lines = metrics.read_text(encoding="utf-8").splitlines() if metrics.exists() else []
    by_step = {row["step"]: row for row in map(json.loads, lines) if row.get("loss") is not None}
    return [by_step[step] for step in sorted(by_step)]


def render(report: Mapping[str, Any]) -> str:
    """The page, with the libraries and the figures inside: it needs no network."""
    environment = Environment(
        loader=PackageLoader("commandcenter", "web"), autoescape=select_autoescape()
    )
    vendor = Path(__file__).parents[1] / "web" / "vendor"
    scripts = [(vendor / file).read_text(encoding="utf-8") for file in VENDORED]
    # "<" cannot open a tag inside the embedded JSON.
    embedded = json.dumps(report, allow_nan=False).replace("<", "\\u003c")
    page = environment.get_template("report.html")
    return page.render(report=report, scripts=scripts, embedded=embedded, compared=COMPARED)


def _measures(variant: Mapping[str, Any]) -> dict[str, Any]:
    means = {name: variant[name]["mean"] for name in COMPARED if name in variant}
    return means | {"latency_ms": variant["latency_ms"]}


def _quantisation(evaluation: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What quantising cost: the served GGUF's measures minus those of the one before it."""
    lost = evaluation["differences"][name].get(f"{name}{UNQUANTISED}", {})
    return {measure: lost[measure] for measure in COMPARED if measure in lost}


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in seconds.items()}


def _timeline(
    stage: "Stage", status: Mapping[str, Any], began_at: float
) -> Sequence[Mapping[str, Any]]:
    """The store's events and the demonstration's own notes, in order, share carried forward."""
    events = [event for event in status["timeline"] if event["function"] == stage.function.name]
    rows = [*({"share": e["student_share"], **e} for e in events), *stage.notes]
    share, shown = 0.0, []
    for row in sorted(rows, key=lambda row: row["at"]):
        share = row.get("share", share)
        shown.append(
            {
                "t": round(row["at"] - began_at, 2),
                "event": row["event"],
                "student_share": share,
                "reason": row["reason"],
            }
        )
    return shown


def _reached(value: float | None, sign: str, bar: float) -> bool:
    if value is None:
        return False
    return _BARS[sign](value, bar)
