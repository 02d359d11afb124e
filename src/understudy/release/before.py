"""The student that a release was before it saw the first captured answer, servable, to see what
training changed."""

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from understudy.config import Config
from understudy.errors import NotFoundError
from understudy.learn.job import BEFORE
from understudy.records import Release, Run
from understudy.release.export import Gguf, export_release, load_gguf
from understudy.release.llamacpp import file_sha256


def before_training(config: Config, release: Release, run: Run) -> Release:
    """The release with the GGUF of its beginnings, exported at the first call: quantised as the
    release was, with the release's own grammars, so that the weights alone differ.

    Raises NotFoundError where the run kept no such weights, or the release has no GGUF.
    """
    weights = run.folder / BEFORE
    if not weights.is_dir():
        raise NotFoundError(
            f"{run.folder} keeps no weights from before the training of {release.variant}: it began "
            "from other weights than random ones, or was trained by an earlier version; train "
            "again, or compare it with an earlier release"
        )
    if release.gguf is None:
        raise NotFoundError(f"{release.variant} has no GGUF to be compared with; train again")
    # By what the weights are: a run that was begun anew has others in the same folder.
    name = file_sha256(weights / "model.safetensors")[:16]
    out = run.folder / f"gguf-before-{name}"
    gguf = load_gguf(out) if out.exists() else _export(config, release.gguf.parent, weights, out)
    return replace(release, gguf=gguf.path, gguf_sha256=gguf.sha256, size_bytes=gguf.size_bytes)


def _export(config: Config, released: Path, weights: Path, out: Path) -> Gguf:
    settings = config.export.model_copy(update={"quantisation": load_gguf(released).quantisation})
    # A name of its own: two comparisons may begin at once, and the first to be done stays.
    made = out.with_name(f".{out.name}-{secrets.token_hex(4)}")
    try:
        export_release(weights, made, settings, {}, config.student)
        shutil.copytree(released / "grammars", made / "grammars", dirs_exist_ok=True)
        made.rename(out)
    except OSError:
        if not out.exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return load_gguf(out)
