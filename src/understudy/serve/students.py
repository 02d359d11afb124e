"""The llama.cpp servers behind the releases: started on demand, started again when dead.

No request waits for a model to load. Refuses a release whose GGUF is missing or not the pinned one.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from understudy.config import Config
from understudy.errors import ExportError, StoreError, StudentError
from understudy.release.grammar import load_grammars
from understudy.release.llamacpp import LlamaServer
from understudy.store import Store

logger = logging.getLogger(__name__)


class StartingError(StudentError):
    """The student is being loaded: no fault of its answers, the teacher serves meanwhile."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running release: its address and the grammar of each function it learned."""

    url: str
    grammars: Mapping[str, str]


class Students:
    """`on_stage` lists the releases that serve now; a start stops the servers of all others."""

    def __init__(
        self, config: Config, store: Store, on_stage: Callable[[], Collection[int]]
    ) -> None:
        self._config = config
        self._store = store
        self._on_stage = on_stage
        self._running: dict[int, tuple[LlamaServer, Served]] = {}
        self._starting: dict[int, asyncio.Task[Served]] = {}
        # Why a release did not start, and how the traffic stood: it is tried again after a change.
        self._refused: dict[int, tuple[int, str]] = {}

    @property
    def running(self) -> list[int]:
        return sorted(self._running)

    def find(self, release: int) -> Served:
        """A running release at once. Raises StartingError while it loads, else StudentError."""
        server, served = self._running.get(release, (None, None))
        if server is not None and served is not None and server.alive():
            return served
        version, refusal = self._refused.get(release, (-1, ""))
        if version == self._store.traffic_version:
            raise StudentError(refusal)
        self._begin(release)
        raise StartingError(f"student@{release} is still starting")

    def warm(self) -> None:
        """Begin to load what is on stage, before the first request asks for it."""
        for release in self._on_stage():
            with contextlib.suppress(StudentError):
                self.find(release)

    @property
    def starting(self) -> list[int]:
        return sorted(self._starting)

    async def close(self) -> None:
        await asyncio.gather(*self._starting.values(), return_exceptions=True)
        await self._keep(())

    def _begin(self, release: int) -> None:
        if release in self._starting:
            return
        task = asyncio.ensure_future(self._start(release))
        self._starting[release] = task
        task.add_done_callback(lambda done: self._settle(release, done))

    def _settle(self, release: int, done: asyncio.Task[Served]) -> None:
        del self._starting[release]
        if done.cancelled() or (error := done.exception()) is None:
            return
        self._refused[release] = self._store.traffic_version, str(error)
        logger.error("student did not start", extra={"release": release, "reason": str(error)})

    async def _start(self, release: int) -> Served:
        await self._keep({*self._on_stage()} - {release})
        server, served = await asyncio.to_thread(self._launch, release)
        self._running[release] = server, served
        logger.info("student started", extra={"release": release, "url": served.url})
        return served

    async def _keep(self, releases: Collection[int]) -> None:
        """Stop all but these; one that died is stopped as well, which frees its pipes."""
        for release in set(self._running) - set(releases):
            server, _ = self._running.pop(release)
            await asyncio.to_thread(server.stop)

    def _launch(self, number: int) -> tuple[LlamaServer, Served]:
        logs = self._config.data_dir / "logs"
        try:
            release = self._store.find_release(number)
            if release is None or release.gguf is None:
                raise StudentError(f"release {number} has no GGUF; export it first")
            logs.mkdir(parents=True, exist_ok=True)
            grammars = load_grammars(release.gguf.parent)
            server = LlamaServer.start(
                release.gguf,
                release.gguf_sha256,
                self._config.student,
                logs / f"student-{number}.log",
            )
        except (ExportError, StoreError, OSError) as error:
            raise StudentError(f"student@{number} cannot be served: {error}") from error
        return server, Served(server.url, grammars)
