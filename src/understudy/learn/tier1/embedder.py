"""What turns texts into vectors, and a cache in front of it."""

import hashlib
import threading
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
    """Keeps the vectors of the last `limit` texts by their hash, and the dimension of the first.
    Any thread may ask; nobody waits while another one's texts are embedded."""

    def __init__(self, embedder: Embedder, limit: int) -> None:
        self._embedder = embedder
        self._limit = limit
        self._vectors: OrderedDict[bytes, Array] = OrderedDict()
        self._turn = threading.Lock()
        self.name = embedder.name
        self.dimension = embedder.dimension

    def embed(self, texts: Sequence[str]) -> Array:
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        known = self._recall(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        fresh = self._fetch(missing) if missing else {}
        if fresh:
            self._keep(fresh)
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for place, key in enumerate(keys):
            found[place] = fresh[key] if key in fresh else known[key]
        return found

    def _recall(self, keys: Sequence[bytes]) -> dict[bytes, Array]:
        with self._turn:
            known = {key: self._vectors[key] for key in keys if key in self._vectors}
            for key in known:
                self._vectors.move_to_end(key)
        return known

    def _keep(self, fresh: dict[bytes, Array]) -> None:
        with self._turn:
            self._vectors.update(fresh)
            while len(self._vectors) > self._limit:
                self._vectors.popitem(last=False)

    def _fetch(self, missing: dict[bytes, str]) -> dict[bytes, Array]:
        vectors = self._embedder.embed(list(missing.values()))
        if vectors.shape != (len(missing), self.dimension):
            raise ConfigError(
                f"{self.name} gave vectors of {vectors.shape[-1]} numbers, not {self.dimension}; "
                "start the ranker anew with `understudy tier1 reset` if the model was changed"
            )
        return dict(zip(missing, np.asarray(vectors, dtype=np.float32), strict=True))
