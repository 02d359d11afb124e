"""Embeddings over HTTP: unit vectors in the order asked, and errors that say what to do."""

import numpy as np
import pytest
from embedding_rig import embedding_endpoint
from starlette.responses import JSONResponse, RedirectResponse, Response

from understudy.config import Embedding
from understudy.errors import UpstreamError
from understudy.learn.tier1.endpoint import EmbeddingEndpoint


def test_vectors_are_of_length_one_and_in_the_order_asked() -> None:
    with embedding_endpoint() as server:
        endpoint = EmbeddingEndpoint(Embedding(base_url=server.url, api_key="secret"))
        both = endpoint.embed(["red pump", "blue fan"])
        alone = endpoint.embed(["blue fan"])
    assert (endpoint.dimension, endpoint.name) == (24, "all-minilm-24-128")
    assert np.linalg.norm(both, axis=1) == pytest.approx([1, 1])
    assert both[1] == pytest.approx(alone[0])
    assert server.asked[1] == ("Bearer secret", ["red pump", "blue fan"])


def test_a_text_longer_than_a_models_context_is_cut() -> None:
    with embedding_endpoint() as server:
        EmbeddingEndpoint(Embedding(base_url=server.url, max_tokens=8)).embed(["word " * 99])
    assert server.asked[1][1] == [("word " * 99)[:32]]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (JSONResponse({"error": "no such model"}, 404), "no such model"),
        (JSONResponse({"data": []}), "shape"),
        (JSONResponse({"data": [{"index": 0, "embedding": []}] * 3}), "shape"),
        (JSONResponse({"data": [{"index": 0, "embedding": ["x"]}]}), "check embedding.base_url"),
        (Response("<html>"), "check embedding.base_url"),
        (RedirectResponse("http://127.0.0.1:9/"), "answered 307"),
    ],
)
def test_what_is_no_embedding_is_refused_in_words(answer: Response, said: str) -> None:
    with embedding_endpoint() as server:
        server.answer = answer
        with pytest.raises(UpstreamError, match=said):
            EmbeddingEndpoint(Embedding(base_url=server.url))


def test_an_endpoint_that_is_not_there_is_named() -> None:
    with pytest.raises(UpstreamError, match="check embedding"):
        EmbeddingEndpoint(Embedding(base_url="http://127.0.0.1:9/v1", timeout_s=2))
