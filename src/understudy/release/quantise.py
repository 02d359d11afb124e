"""Makes the served GGUF out of the f16 one: q8_0 in Python, q4_k_m through llama.cpp's own code.

Uses llama-quantize where there is one, else ggml's function out of xllamacpp's shared object; no
compiler is needed. Refuses when neither is there.
"""

import ctypes
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from gguf import (
    GGML_QUANT_SIZES,
    GGMLQuantizationType,
    GGUFReader,
    GGUFValueType,
    GGUFWriter,
    Keys,
    LlamaFileType,
)
from gguf.quants import dequantize, quantize
from numpy.typing import NDArray

from understudy.config import Export
from understudy.errors import ExportError

Floats = NDArray[np.float32]
Quantise = Callable[[Floats, GGMLQuantizationType], NDArray[np.uint8]]

_Q4_K, _Q6_K = GGMLQuantizationType.Q4_K, GGMLQuantizationType.Q6_K
_Q5_0, _Q8_0 = GGMLQuantizationType.Q5_0, GGMLQuantizationType.Q8_0
# llama.cpp's own choice for rows that a K-quant's block of 256 does not divide.
_FALLBACK = {_Q4_K: _Q5_0, _Q6_K: _Q8_0}
_FILE_TYPES = {
    "q4_k_m": LlamaFileType.MOSTLY_Q4_K_M,
    "q8_0": LlamaFileType.MOSTLY_Q8_0,
}
_KEPT = (Keys.General.ARCHITECTURE, Keys.General.FILE_TYPE)
_CHUNK_WEIGHTS = 1 << 21


def quantise(f16: Path, out: Path, settings: Export) -> str:
    """Write `out` in the configured format; says which tool did it. Raises ExportError."""
    kind = settings.quantisation
    if kind == "f16":
        shutil.copyfile(f16, out)
        return "copy"
    tool = settings.llama_quantize or shutil.which("llama-quantize")
    if tool:
        _run_tool(tool, f16, out, kind)
        return tool
    if kind == "q8_0":
        _rewrite(f16, out, kind, lambda rows, to: quantize(rows, to))
        return "gguf"
    with ThreadPoolExecutor(settings.threads) as pool:
        _rewrite(f16, out, kind, _native(pool))
    return "ggml_quantize_chunk"


def probe(settings: Export) -> str:
    """Which tool would make K-quants here; raises ExportError with the next step when none."""
    tool = settings.llama_quantize or shutil.which("llama-quantize")
    if tool:
        return f"llama-quantize ({tool})"
    _load_ggml()
    return "ggml_quantize_chunk (xllamacpp)"


def mixture(tensor: str, layers: int, *, tied: bool) -> GGMLQuantizationType:
    """llama.cpp's q4_k_m: six bits where four would cost most (src/llama-quant.cpp)."""
    if tensor == "output.weight" or (tied and tensor == "token_embd.weight"):
        return _Q6_K
    found = re.fullmatch(r"blk\.(\d+)\.(attn_v|ffn_down)\.weight", tensor)
    if found is None:
        return _Q4_K
    layer, eighth = int(found[1]), layers // 8
    more = layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
    return _Q6_K if more else _Q4_K


def _run_tool(tool: str, f16: Path, out: Path, kind: str) -> None:
    command = [tool, str(f16), str(out), kind.upper()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ExportError(
            f"{tool} cannot be run ({error}); mend export.llama_quantize or leave it empty"
        ) from error
    if done.returncode != 0 or not out.is_file():
        tail = (done.stderr or done.stdout).strip()[-400:]
        raise ExportError(f"{tool} failed (exit {done.returncode}): {tail}")


def _rewrite(f16: Path, out: Path, kind: str, convert: Quantise) -> None:
    """Copy every field, convert tensor by tensor: an 8B model needs only one tensor's memory."""
    reader = GGUFReader(f16)
    architecture = _architecture(reader)
    writer = GGUFWriter(out, architecture)
    for name, field in reader.fields.items():
        if name in _KEPT or name.startswith("GGUF."):
            continue
        is_list = field.types[0] == GGUFValueType.ARRAY
        element = field.types[-1] if is_list else None
        writer.add_key_value(name, field.contents(), field.types[0], sub_type=element)
    writer.add_file_type(_FILE_TYPES[kind])
    types = dict(_choose_types(reader, kind))
    for tensor in reader.tensors:
        to = types[tensor.name]
        shape = tensor.data.shape
        if to is not None:
            block, size = GGML_QUANT_SIZES[to]
            shape = (*shape[:-1], shape[-1] // block * size)
        dtype = tensor.data.dtype if to is None else np.dtype(np.uint8)
        nbytes = int(np.prod(shape)) * dtype.itemsize
        writer.add_tensor_info(tensor.name, shape, dtype, nbytes, to or tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        to = types[tensor.name]
        writer.write_tensor_data(tensor.data if to is None else convert(_floats(tensor), to))
    writer.close()


def _choose_types(
    reader: GGUFReader, kind: str
) -> Iterator[tuple[str, GGMLQuantizationType | None]]:
    """The target type of each tensor; None leaves it as it is (norms, and rows no block fits)."""
    layers = int(reader.fields[f"{_architecture(reader)}.block_count"].contents())
    tied = all(tensor.name != "output.weight" for tensor in reader.tensors)
    for tensor in reader.tensors:
        row = int(tensor.shape[0])
        if len(tensor.shape) < 2:
            yield tensor.name, None
            continue
        to: GGMLQuantizationType | None = _Q8_0
        if kind == "q4_k_m":
            to = mixture(tensor.name, layers, tied=tied)
            to = to if row % 256 == 0 else _FALLBACK[to]
        yield tensor.name, to if row % 32 == 0 else None


def _architecture(reader: GGUFReader) -> str:
    return str(reader.fields[Keys.General.ARCHITECTURE].contents())


def _floats(tensor: Any) -> Floats:
    return np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)


def _native(pool: ThreadPoolExecutor) -> Quantise:
    """ggml's quantiser over chunks of rows; ctypes lets the threads run side by side."""
    ggml = _load_ggml()

    def convert(values: Floats, to: GGMLQuantizationType) -> NDArray[np.uint8]:
        block, size = GGML_QUANT_SIZES[to]
        row = values.shape[-1]
        source = values.reshape(-1, row)
        result = np.empty((source.shape[0], row // block * size), dtype=np.uint8)
        step = max(1, _CHUNK_WEIGHTS // row)

        def chunk(start: int) -> None:
            rows = min(step, source.shape[0] - start)
            ggml.ggml_quantize_chunk(
                int(to), source.ctypes.data, result.ctypes.data, start * row, rows, row, None
            )

        list(pool.map(chunk, range(0, source.shape[0], step)))
        return result.reshape(*values.shape[:-1], -1)

    return convert


def _load_ggml() -> ctypes.CDLL:
    advice = "install understudy[local], put llama-quantize on the PATH, or set export.quantisation = 'q8_0'"
    found = importlib.util.find_spec("xllamacpp")
    if found is None or not found.submodule_search_locations:
        raise ExportError(f"nothing here makes K-quants (xllamacpp is not installed); {advice}")
    libraries = sorted(Path(found.submodule_search_locations[0]).glob("xllamacpp*.so"))
    try:
        ggml = ctypes.CDLL(str(libraries[0]))
        chunk = ggml.ggml_quantize_chunk
    except (IndexError, OSError, AttributeError) as error:
        raise ExportError(
            f"xllamacpp's library does not export ggml_quantize_chunk ({error}); {advice}"
        ) from error
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    return ggml
