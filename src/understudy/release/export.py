"""Makes a trained student servable: safetensors -> GGUF f16 -> quantised -> sha256 -> grammars.

The folder appears whole, its manifest last; a failed export leaves nothing behind.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from understudy.config import Export, Student
from understudy.errors import ExportError
from understudy.function import Function
from understudy.release.grammar import SUFFIX, build_grammar
from understudy.release.llamacpp import file_sha256
from understudy.release.quantise import quantise

MODEL = "model.gguf"
MODEL_F16 = "model.f16.gguf"
MANIFEST = "manifest.json"
_TAIL_CHARS = 600


@dataclass(frozen=True, slots=True)
class Gguf:
    """The pinned artifact, and the unquantised file it was made of."""

    path: Path
    sha256: str
    size_bytes: int
    quantisation: str
    f16_path: Path
    f16_sha256: str


def export_release(
    merged: Path,
    out: Path,
    settings: Export,
    functions: Mapping[str, Function],
    student: Student,
) -> Gguf:
    """Write the release folder `out`. Raises ExportError with the end of the converter's output."""
    if not (merged / "config.json").is_file():
        raise ExportError(f"{merged} holds no trained student; train again")
    if out.exists():
        raise ExportError(f"{out} exists already; name a new folder, or remove that one")
    work = out.with_name(f".{out.name}.partial")
    shutil.rmtree(work, ignore_errors=True)
    (work / "grammars").mkdir(parents=True)
    try:
        _convert(merged, work / MODEL_F16)
        tool = quantise(work / MODEL_F16, work / MODEL, settings)
        for name, function in functions.items():
            grammar = build_grammar(function.schema, student)
            (work / "grammars" / f"{name}{SUFFIX}").write_text(grammar)
        manifest = {
            "name": student.name,
            "sha256": file_sha256(work / MODEL),
            "size_bytes": (work / MODEL).stat().st_size,
            "f16_sha256": file_sha256(work / MODEL_F16),
            "f16_size_bytes": (work / MODEL_F16).stat().st_size,
            "quantisation": settings.quantisation,
            "quantised_by": tool,
            "functions": sorted(functions),
        }
        (work / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        work.rename(out)
    except OSError as error:
        raise ExportError(
            f"{out} could not be written ({error.strerror or error}); free the disk or remove the "
            "folder, then export again"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_gguf(out)


def load_gguf(out: Path) -> Gguf:
    """What an earlier export made. Raises ExportError when its manifest is missing."""
    try:
        manifest = orjson.loads((out / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise ExportError(f"{out} is no exported release ({error}); export again") from error
    return Gguf(
        path=out / MODEL,
        sha256=manifest["sha256"],
        size_bytes=manifest["size_bytes"],
        quantisation=manifest["quantisation"],
        f16_path=out / MODEL_F16,
        f16_sha256=manifest["f16_sha256"],
    )


def _convert(merged: Path, out: Path) -> None:
    command = [sys.executable, "-m", "understudy.release.convert", str(merged), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not out.is_file():
        lines = (done.stderr or done.stdout).strip()[-_TAIL_CHARS:].splitlines()
        raise ExportError(
            f"llama.cpp's converter failed on {merged} (exit {done.returncode}): "
            f"{' | '.join(lines)}; check that the folder is whole, then export again"
        )
