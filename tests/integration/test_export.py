"""Export by llama.cpp's own converter: what a release folder holds, and what is refused."""

from pathlib import Path

import orjson
import pytest
from gguf import GGUFReader
from student_rig import find_unit, student

from understudy.config import Export
from understudy.errors import ExportError
from understudy.learn.job import RunResult
from understudy.release.export import Gguf, export_release, load_gguf
from understudy.release.grammar import build_grammar, load_grammars
from understudy.release.llamacpp import file_sha256

pytestmark = pytest.mark.slow


def test_a_release_folder_holds_what_serving_needs(small_release: Gguf) -> None:
    folder = small_release.path.parent
    names = {path.name for path in folder.iterdir()} - {"server.log"}
    assert names == {"model.gguf", "model.f16.gguf", "grammars", "manifest.json"}
    assert load_grammars(folder) == {
        "find_unit": build_grammar(find_unit().schema, student()),
    }


def test_the_manifest_pins_the_artifact(small_release: Gguf) -> None:
    assert load_gguf(small_release.path.parent) == small_release
    assert small_release.sha256 == file_sha256(small_release.path)
    assert small_release.size_bytes == small_release.path.stat().st_size
    manifest = orjson.loads((small_release.path.parent / "manifest.json").read_bytes())
    assert manifest["quantisation"] == "q4_k_m"


def test_quantising_makes_it_smaller(small_release: Gguf) -> None:
    assert small_release.size_bytes < 0.5 * small_release.f16_path.stat().st_size


def test_the_gguf_names_its_pre_tokenizer_and_its_template(small_release: Gguf) -> None:
    fields = GGUFReader(small_release.path).fields
    assert fields["tokenizer.ggml.pre"].contents() == "llama-bpe"
    assert not fields["tokenizer.ggml.add_bos_token"].contents()
    assert "<|assistant|>" in str(fields["tokenizer.chat_template"].contents())
    assert fields["general.file_type"].contents() == 15


def test_a_folder_without_a_student_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="holds no trained student"):
        export_release(tmp_path, tmp_path / "out", Export(), {}, student())


def test_a_failed_export_leaves_nothing_behind(small_run: RunResult, tmp_path: Path) -> None:
    broken = tmp_path / "merged"
    broken.mkdir()
    (broken / "config.json").write_bytes((small_run.merged / "config.json").read_bytes())
    with pytest.raises(ExportError, match=r"converter failed on .*exit 1.*check that the folder"):
        export_release(broken, tmp_path / "out", Export(), {}, student())
    assert {path.name for path in tmp_path.iterdir()} == {"merged"}


def test_an_existing_release_is_never_overwritten(
    small_run: RunResult, small_release: Gguf
) -> None:
    with pytest.raises(ExportError, match="exists already; name a new folder"):
        export_release(small_run.merged, small_release.path.parent, Export(), {}, student())
    assert file_sha256(small_release.path) == small_release.sha256


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is no exported release"):
        load_gguf(tmp_path)
