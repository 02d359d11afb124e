"""The student that a release was before its training, servable, to see what the training changed."""

from collections.abc import Mapping
from dataclasses import replace

from understudy.config import Config
from understudy.errors import NotFoundError
from understudy.function import Function
from understudy.learn.job import BEFORE
from understudy.records import Release, Run
from understudy.release.export import export_release, load_gguf

FOLDER = "gguf-before"


def before_training(
    config: Config, functions: Mapping[str, Function], release: Release, run: Run
) -> Release:
    """The release with the GGUF of its beginnings, exported at the first call.

    Raises NotFoundError where the run kept none: only a student made from scratch does.
    """
    weights, out = run.folder / BEFORE, run.folder / FOLDER
    if not weights.is_dir():
        raise NotFoundError(
            f"{run.folder} keeps no weights from before the training of {release.variant}: only "
            f"a student made from scratch has them, and this one began from {config.student.base}; "
            "compare it with an earlier release"
        )
    if not out.exists():
        named = {name: functions[name] for name in release.functions}
        export_release(weights, out, config.export, named, config.student)
    gguf = load_gguf(out)
    return replace(release, gguf=gguf.path, gguf_sha256=gguf.sha256, size_bytes=gguf.size_bytes)
