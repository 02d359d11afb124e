"""Embeddings by an OpenAI-compatible endpoint, Ollama's among them.

The dimension is that of the first vector it gives; no redirect is followed.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

import numpy as np

from understudy.config import Embedding
from understudy.errors import UpstreamError
from understudy.learn.tier1.tensors import Array

_PROBE = "dimension"
# Fewer in some scripts; a token is never less than one.
_CHARS_A_TOKEN = 4


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class EmbeddingEndpoint:
    """Texts to unit vectors, long ones cut: many models refuse what is beyond their context. `name` holds
    the model, the dimension that it answered with and where texts are cut."""

    def __init__(self, settings: Embedding) -> None:
        """Raises UpstreamError when the endpoint does not answer."""
        self._settings = settings
        self._open = urllib.request.build_opener(_NoRedirect).open
        self._most_chars = _CHARS_A_TOKEN * settings.max_tokens
        self.dimension = int(self._ask([_PROBE]).shape[1])
        self.name = f"{settings.model}-{self.dimension}-{settings.max_tokens}"

    def embed(self, texts: Sequence[str]) -> Array:
        """One row a text. Raises UpstreamError."""
        found = self._ask([text[: self._most_chars] for text in texts])
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.maximum(norms, 1e-12)

    def _ask(self, texts: list[str]) -> Array:
        settings = self._settings
        url = f"{settings.base_url.rstrip('/')}/embeddings"
        headers = {"content-type": "application/json"}
        if settings.api_key:
            headers["authorization"] = f"Bearer {settings.api_key}"
        body = json.dumps({"model": settings.model, "input": texts}).encode()
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with self._open(request, timeout=settings.timeout_s) as reply:
                rows = sorted(json.load(reply)["data"], key=lambda row: row["index"])
            found = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except urllib.error.HTTPError as error:
            reason = error.read(300).decode("utf-8", "replace")
            raise UpstreamError(
                f"{url} answered {error.code}: {reason}; check [embedding] model and api_key"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
            raise UpstreamError(
                f"{url} gave no embeddings ({error}); check embedding.base_url and model"
            ) from error
        if found.shape[:1] != (len(texts),) or found.ndim != 2 or not np.isfinite(found).all():
            raise UpstreamError(
                f"{url} gave vectors of shape {found.shape} for {len(texts)} texts; "
                "set embedding.model to an embedding model"
            )
        return found
