"""What turns texts into vectors, and a cache in front of it."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from understudy.errors import ConfigError
from understudy.learn.tier1.tensors import Array


class Embedder(Protocol):
    """One unit vector a text. `name` changes whenever the same text would get another vector."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Array: ...


class CachedEmbedder:
    """Keeps the vectors of the last `limit` texts by their hash, and the dimension of the first."""

    def __init__(self, embedder: Embedder, limit: int) -> None:
        self._embedder = embedder
        self._limit = limit
        self._vectors: OrderedDict[bytes, Array] = OrderedDict()
        self.name = embedder.name
        self.dimension = embedder.dimension

    def embed(self, texts: Sequence[str]) -> Array:
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors
        }
        fresh = self._fetch(missing) if missing else {}
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for place, key in enumerate(keys):
            if key in fresh:
                found[place] = fresh[key]
            else:
                self._vectors.move_to_end(key)
                found[place] = self._vectors[key]
        self._vectors.update(fresh)
        while len(self._vectors) > self._limit:
            self._vectors.popitem(last=False)
        return found

    def _fetch(self, missing: dict[bytes, str]) -> dict[bytes, Array]:
        vectors = self._embedder.embed(list(missing.values()))
        if vectors.shape != (len(missing), self.dimension):
            raise ConfigError(
                f"{self.name} gave vectors of {vectors.shape[-1]} numbers, not {self.dimension}; "
                "start the ranker anew with `understudy tier1 reset` if the model was changed"
            )
        return dict(zip(missing, np.asarray(vectors, dtype=np.float32), strict=True))
