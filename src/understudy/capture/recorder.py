"""Records inferences without ever hurting the request, and drains the spool into the store.

Fails open: what cannot be captured is counted and logged once a minute. Draining is idempotent, so
a crash between insert and removal of a segment costs nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Self

from understudy.capture.segments import SUFFIX, parse_segment
from understudy.capture.spool import Spool
from understudy.capture.throttle import Throttle
from understudy.capture.traces import has_reasoning, is_sampled, trace_of
from understudy.config import Config
from understudy.errors import InputError, StoreError
from understudy.function import Function
from understudy.records import Feedback, Inference, Trace, TraceSource
from understudy.records.codec import decode_inference, encode_inference, id_of
from understudy.redaction.batches import Elsewhere, Refusal, one_by_one
from understudy.redaction.records import Redactor
from understudy.store import Store

logger = logging.getLogger(__name__)

FLUSH_TIMEOUT_S = 5.0
QUARANTINE = "quarantine"
# After a record, and after a batch three times what it worked: the thread that answers goes first, and the
# spool is there to wait in. Not what it took: it mostly waits for that thread (experiments 67, 85).
_BREATH_S = 0.0001
_REST, _MOST_REST_S = 3.0, 0.5
# When more waits there is no rest: it would grow for good.
_MOST_WAITING_BYTES = 256_000_000


class Recorder:
    """`captured` were accepted, `dropped` refused (queue full, not redactable, too large: of an
    overlong answer the rest of the record is captured all the same), `lost` unreadable;
    `pending` are the ids of those that are on their way into the store."""

    def __init__(
        self,
        config: Config,
        functions: Mapping[str, Function],
        store: Store,
        spool: Spool,
        *,
        elsewhere: Elsewhere = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`elsewhere` redacts, where it can, in place of the spool's thread."""
        self.captured = 0
        self.lost = 0
        self.pending: set[str] = set()
        self.drained = 0
        self._unencodable = 0
        self._overlong = 0
        self._config = config
        self._functions = functions
        self._store = store
        self._spool = spool
        # In the writer thread, before the disk: the request does not wait for it.
        self.redactor = Redactor(config.capture)
        self._elsewhere, self._here = elsewhere, one_by_one(self.redactor.redact_payload)
        spool.fit = self._redacted
        self._throttle = Throttle(logger, clock)
        self._drain_guard = threading.Lock()
        self._count_guard = threading.Lock()
        self._waiting = 0
        self._haste = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        return self._spool.dropped + self._unencodable + self._overlong

    @property
    def queued_bytes(self) -> int:
        return self._spool.queued_bytes

    def record(self, inference: Inference) -> None:
        """Encode and enqueue; never raises, never waits for a disk."""
        try:
            payload = encode_inference(inference)
        except (TypeError, ValueError) as error:
            self._unencodable += 1
            self._throttle.warning(f"capture dropped a record that is no JSON: {error}")
            return
        self.pending.add(inference.id)
        if self._spool.append(payload):
            with self._count_guard:
                self.captured += 1
        else:
            self.pending.discard(inference.id)

    def count_overlong(self) -> None:
        """An answer was larger than what may wait here; its record is about to come without it."""
        self._overlong += 1
        self._throttle.warning(
            "capture keeps nothing of answers larger than capture.queue_bytes",
            dropped=self.dropped,
        )

    def drain(self, *, gently: bool = False) -> int:
        """Move everything recorded so far into the store; how many inferences were new. `gently`
        leaves most of the time to other threads, unless too much waits or somebody does."""
        with nullcontext() if gently else self._in_haste(), self._drain_guard:
            self._spool.flush(FLUSH_TIMEOUT_S)
            new = 0
            try:
                segments = self._spool.closed_segments()
                sizes = [path.stat().st_size for path in segments]
                waiting = sum(sizes)
                for path, size in zip(segments, sizes, strict=True):
                    rest = _REST if waiting <= _MOST_WAITING_BYTES else 0.0
                    waiting -= size
                    new += self._drain_segment(path, gently, rest)
            except (StoreError, OSError) as error:
                self._throttle.warning(f"capture keeps its spool files: {error}")
            self.drained += new
            return new

    @contextmanager
    def _in_haste(self) -> Iterator[None]:
        """Whoever waits for a drain ends the rests of the one under way."""
        with self._count_guard:
            self._waiting += 1
            self._haste.set()
        try:
            yield
        finally:
            with self._count_guard:
                self._waiting -= 1
                if not self._waiting:
                    self._haste.clear()

    def keep_confident(self, feedback: Feedback) -> bool:
        """Make a trace of an inference that was evaluated with high confidence."""
        capture = self._config.capture
        if feedback.name != "evaluation" or feedback.inference is None or not capture.traces:
            return False
        if feedback.confidence <= capture.trace_min_confidence:
            return False
        found = self._store.find_inference(feedback.inference)
        if found is None:
            # The drain under way may have stored it while this one waited.
            self.drain()
            found = self._store.find_inference(feedback.inference)
        trace = None if found is None else self._trace(found)
        return trace is not None and self._store.insert_traces([trace]) == 1

    def start(self) -> Self:
        """Drain in the background until closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._drain_on, name="drain", daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and drain what is left; idempotent. The store stays open: its owner closes it."""
        self._stop.set()
        with self._in_haste():
            if self._thread is not None:
                self._thread.join()
                self._thread = None
            self._spool.close()
            self.drain()

    def _drain_on(self) -> None:
        while not self._stop.wait(self._config.capture.drain_interval_s):
            try:
                self.drain(gently=True)
            except Exception as error:  # noqa: BLE001 the boundary: this thread must outlive everything
                self._throttle.warning(f"capture could not drain ({error!r}) and will try again")

    def _redacted(self, payloads: Sequence[bytes]) -> Sequence[bytes | Refusal]:
        redacted = self._elsewhere(payloads)
        if redacted is None:
            redacted = self._here(payloads)
        for payload, one in zip(payloads, redacted, strict=True):
            if isinstance(one, Refusal):
                self.pending.discard(id_of(payload))
        return redacted

    def _drain_segment(self, path: Path, gently: bool, rest: float) -> int:
        segment = parse_segment(path.read_bytes())
        for torn in segment.torn:
            self._quarantine(path, f"{torn.offset}", torn.content)
        new, size = 0, self._config.capture.drain_batch
        for at in range(0, len(segment.records), size):
            began = time.thread_time()
            found = self._decoded(path, segment.records[at : at + size], at, gently)
            new += self._insert(list(found))
            if gently:
                took_s = time.thread_time() - began
                self._haste.wait(min(rest * took_s, _MOST_REST_S))
        path.unlink()
        return new

    def _decoded(
        self, path: Path, records: Sequence[bytes], first: int, gently: bool
    ) -> Iterator[Inference]:
        for number, payload in enumerate(records, first):
            if gently and not self._haste.is_set():
                time.sleep(_BREATH_S)
            try:
                yield decode_inference(payload)
            except InputError:
                self._quarantine(path, f"record-{number}", payload)

    def _insert(self, batch: Sequence[Inference]) -> int:
        new = self._store.insert_inferences(batch)
        self.pending.difference_update(one.id for one in batch)
        capture = self._config.capture
        if capture.traces:
            sampled = [one for one in batch if is_sampled(one.id, capture.trace_share)]
            made = [trace for trace in map(self._trace, sampled) if trace is not None]
            if made:
                self._store.insert_traces(made)
        return new

    def _trace(self, inference: Inference) -> Trace | None:
        function = self._functions.get(inference.function)
        if function is None or not has_reasoning(inference):
            return None
        try:
            return trace_of(inference, function, self._config.teacher, TraceSource.CAPTURED)
        except Exception:
            # The domain's `family` may fail on a prompt that it did not build: no trace, no harm.
            logger.exception("no trace of an inference", extra={"inference": inference.id})
            return None

    def _quarantine(self, path: Path, where: str, content: bytes) -> None:
        folder = path.parent / QUARANTINE
        folder.mkdir(exist_ok=True)
        target = folder / f"{path.name.removesuffix(SUFFIX)}-{where}.torn"
        if not target.exists():
            target.write_bytes(content)
            self.lost += 1
        logger.warning("spool record quarantined", extra={"file": str(target)})
