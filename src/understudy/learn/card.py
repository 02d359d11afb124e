"""The papers of a run: its environment, what it read, and the model card."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import psutil

from understudy.config.loading import config_hash
from understudy.curate.samples import Sample
from understudy.learn.job import Job

_PACKAGES = ("understudy", "torch", "transformers", "trl", "peft", "tokenizers", "datasets")


def write_environment(folder: Path) -> None:
    """env.json: what would have to be the same for the same result."""
    document = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "packages": {name: version(name) for name in _PACKAGES},
    }
    (folder / "env.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def write_manifest(folder: Path, samples: Sequence[Sample]) -> None:
    """data_manifest.jsonl: the way from a release back to the traces that it learned from."""
    lines = [
        {
            "trace_id": sample.trace_id,
            "hash": sample.key,
            "kind": sample.kind.value,
            "function": sample.function,
            "source": sample.source.value,
            "split": "train",
            "replay": sample.replay,
        }
        for sample in samples
    ]
    content = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
    (folder / "data_manifest.jsonl").write_bytes(content)


def write_card(job: Job, metrics: Mapping[str, Any], samples: Sequence[Sample]) -> None:
    """README.md of the run: base, data and whose terms they came under."""
    student, teacher = job.config.student, job.config.teacher
    counts = Counter(f"{sample.source.value} {sample.kind.value}" for sample in samples)
    data = "\n".join(f"- {name}: {count}" for name, count in sorted(counts.items()))
    functions = ", ".join(sorted({sample.function for sample in samples}))
    text = f"""# {student.name}

Learned the role of `{teacher.model}` in: {functions}.

| | |
|---|---|
| base | {job.base or student.base} |
| weights | {metrics["parameters"]:,} |
| adapter | {job.config.sft.adapter} |
| seed | {job.seed} |
| config | {config_hash(job.config)} |
| dataset | {job.dataset_folder.name} |
| tokens | {metrics["tokens"]:,} |
| training time | {metrics["seconds"]:.0f} s |
| final mean loss | {metrics["loss"]:.4f} |

## Data

{data}

Teacher: `{teacher.model}` ({teacher.kind}); training permission: `{teacher.training_permission}`.
Samples dropped for their length: {metrics["dropped"]}; for a mark of the student's (end of turn, role)
in their text: {metrics["marked"]}.

## Limits

Trained for the functions above alone. Loss is no measure of quality: the evaluation report of the
release that carries this run's weights is.
"""
    (job.folder / "README.md").write_text(text)
