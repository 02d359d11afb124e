"""Which weights get how many bits, and what happens where no tool can do it."""

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize

from understudy.config import Export
from understudy.errors import ExportError
from understudy.release.quantise import mixture, probe, quantise

Q4_K, Q6_K = GGMLQuantizationType.Q4_K, GGMLQuantizationType.Q6_K
LAYERS = 2


@pytest.fixture(autouse=True)
def no_tool_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def f16(tmp_path: Path) -> Path:
    """A GGUF with the tensors of a Llama, and no vocabulary."""
    path = tmp_path / "f16.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_chat_template("{{ messages }}")
    chance = np.random.default_rng(0)
    names = [f"blk.{i}.{part}.weight" for i in range(LAYERS) for part in ("attn_q", "attn_v")]
    # More rows than one chunk, so that several threads have work.
    writer.add_tensor("token_embd.weight", chance.normal(size=(9000, 256)).astype(np.float16))
    for name in names:
        writer.add_tensor(name, chance.normal(size=(64, 256)).astype(np.float16))
    writer.add_tensor("blk.0.ffn_down.weight", chance.normal(size=(16, 96)).astype(np.float16))
    writer.add_tensor("output_norm.weight", np.ones(256, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("layers", "six_bits"),
    [(2, [1]), (4, [2, 3]), (8, [0, 3, 6, 7]), (32, [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27])],
)
def test_the_costly_layers_get_six_bits(layers: int, six_bits: list[int]) -> None:
    # The last eighth of 32 is 28 to 31 and left out of the list above for its length.
    found = [
        i for i in range(layers) if mixture(f"blk.{i}.attn_v.weight", layers, tied=True) is Q6_K
    ]
    assert [i for i in found if layers < 32 or i < 28] == six_bits


def test_the_embedding_gets_six_bits_only_where_it_is_the_output_too() -> None:
    assert mixture("token_embd.weight", 4, tied=True) is Q6_K
    assert mixture("token_embd.weight", 4, tied=False) is Q4_K
    assert mixture("output.weight", 4, tied=False) is Q6_K
    assert mixture("blk.0.attn_q.weight", 4, tied=True) is Q4_K


def test_q4_k_m_is_written_without_a_compiler(f16: Path, tmp_path: Path) -> None:
    assert quantise(f16, tmp_path / "q4.gguf", Export()) == "ggml_quantize_chunk"
    types = {t.name: t.tensor_type.name for t in GGUFReader(tmp_path / "q4.gguf").tensors}
    assert types == {
        "token_embd.weight": "Q6_K",
        "blk.0.attn_q.weight": "Q4_K",
        "blk.0.attn_v.weight": "Q4_K",
        "blk.1.attn_q.weight": "Q4_K",
        "blk.1.attn_v.weight": "Q6_K",
        "blk.0.ffn_down.weight": "Q5_0",
        "output_norm.weight": "F32",
    }


@pytest.mark.parametrize(("kind", "limit"), [("f16", 0.0), ("q8_0", 0.01), ("q4_k_m", 0.1)])
def test_weights_stay_close_to_what_they_were(
    f16: Path, tmp_path: Path, kind: str, limit: float
) -> None:
    quantise(f16, tmp_path / "out.gguf", Export.model_validate({"quantisation": kind}))
    before, after = (
        {t.name: t for t in GGUFReader(p).tensors} for p in (f16, tmp_path / "out.gguf")
    )
    for name, tensor in before.items():
        exact = dequantize(tensor.data, tensor.tensor_type)
        close = dequantize(after[name].data, after[name].tensor_type)
        assert np.sqrt(np.mean((exact - close) ** 2)) <= limit * np.std(exact) + 1e-9, name


def test_every_field_is_carried_over(f16: Path, tmp_path: Path) -> None:
    quantise(f16, tmp_path / "q4.gguf", Export())
    fields = GGUFReader(tmp_path / "q4.gguf").fields
    assert fields["tokenizer.chat_template"].contents() == "{{ messages }}"
    assert fields["llama.block_count"].contents() == LAYERS
    assert fields["general.file_type"].contents() == 15


def test_threads_do_not_change_the_result(f16: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        quantise(f16, tmp_path / f"{threads}.gguf", Export(threads=threads))
    assert (tmp_path / "1.gguf").read_bytes() == (tmp_path / "3.gguf").read_bytes()


def test_a_tool_that_cannot_be_run_is_named(f16: Path, tmp_path: Path) -> None:
    missing = Export(llama_quantize=str(tmp_path / "llama-quantize"))
    with pytest.raises(ExportError, match=r"cannot be run .*mend export.llama_quantize"):
        quantise(f16, tmp_path / "q4.gguf", missing)


def test_a_tool_that_fails_is_quoted(f16: Path, tmp_path: Path) -> None:
    tool = tmp_path / "llama-quantize"
    tool.write_text("#!/bin/sh\necho 'out of luck' >&2\nexit 3\n")
    tool.chmod(0o755)
    with pytest.raises(ExportError, match=r"failed \(exit 3\): out of luck"):
        quantise(f16, tmp_path / "q4.gguf", Export(llama_quantize=str(tool)))


def test_the_probe_says_which_tool_there_is() -> None:
    assert "xllamacpp" in probe(Export()) or "llama-quantize" in probe(Export())
