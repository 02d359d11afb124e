"""Where an application's own process leaves its calls: the spool of a data folder, which the server
that runs on that folder drains. Opens no store, and never raises into the application.
"""

import atexit
import functools
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from understudy.capture.endings import NO_COMPLETION
from understudy.capture.observation import Labels, Observation, inference_of
from understudy.capture.spool import Spool
from understudy.capture.throttle import Throttle
from understudy.config import Config, Resolved, load_config
from understudy.errors import UnderstudyError
from understudy.records import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    Usage,
    new_id,
)
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction.batches import one_by_one
from understudy.redaction.records import Redactor, pseudonym
from understudy.wire.messages import text_of

logger = logging.getLogger(__name__)
throttle = Throttle(logger, time.monotonic)

SPOOL_FOLDER = "spool"
EXIT_S = 2.0
# Between two records the application's threads may run: they would else wait until Python takes the turn
# from this one. Not with a long queue: it would grow for good (experiments 82).
_BREATH_S, _BACKLOG_BYTES = 0.0001, 1_000_000
UNNAMED = "unnamed"
"""The function of a call that names none: kept, never learned."""


class Outlet:
    """One per data folder and process. `captured` were accepted, `dropped` refused (queue full)."""

    def __init__(self, config: Config, config_hash: str) -> None:
        self.captured = 0
        self.open: dict[str, Callable[[], None]] = {}
        """How to end each stream that the application still reads, by the inference's id."""
        self._teacher = config.teacher
        self._config_hash = config_hash
        self._redactor = Redactor(config.capture)
        self._spool = Spool(config.data_dir / SPOOL_FOLDER, config.capture)
        self._spool.fit = one_by_one(self._inference, self._rest)
        atexit.register(self.close)
        _close_with_process(self)
        os.register_at_fork(after_in_child=self._restart)

    @property
    def dropped(self) -> int:
        return self._spool.dropped

    def observe(self, seen: Observation) -> None:
        self._append(seen)

    def insert(self, inference: Inference) -> None:
        self._append(encode_inference(inference))

    def flush(self, timeout_s: float = EXIT_S) -> bool:
        """Write what was captured so far and let the server see it; whether all is on disk."""
        written = self._spool.flush(timeout_s)
        self._spool.closed_segments()
        return written

    def close(self) -> None:
        """What is on disk after EXIT_S stays; an application's exit waits no longer."""
        with Harmless():
            for end in list(self.open.values()):
                end()
            self._spool.close(EXIT_S)

    def _restart(self) -> None:
        # The streams that are open are the parent's to record.
        self.open.clear()
        self.captured = 0
        self._spool.restart_after_fork()
        if (util := _multiprocessing()) is not None:
            # It forgets every ending on the way into its child, after this and before that.
            util.register_after_fork(self, _close_with_process)

    def _append(self, payload: Observation | bytes) -> None:
        if self._spool.append(payload):
            self.captured += 1

    def _rest(self) -> None:
        if self._spool.queued_bytes < _BACKLOG_BYTES:
            time.sleep(_BREATH_S)

    def _inference(self, payload: Observation | bytes) -> bytes:
        """In the writer thread, which no record may end: what cannot be read says so instead."""
        if isinstance(payload, bytes):
            return self._finished(decode_inference(payload))
        try:
            return self._finished(inference_of(payload))
        except Exception as error:
            logger.exception("a captured call cannot be read")
            return encode_inference(_unread(payload, error))

    def _finished(self, inference: Inference) -> bytes:
        teacher, usage = self._teacher, inference.completion.usage
        micros = usage.input_tokens * teacher.usd_per_million_input
        micros += usage.output_tokens * teacher.usd_per_million_output
        whole = replace(
            inference,
            cost_usd=micros / 1e6,
            prompt_hash=inference.prompt.hash,
            config_hash=self._config_hash,
        )
        return encode_inference(self._redactor.redact(whole))


def _close_with_process(outlet: Outlet) -> None:
    """A child of multiprocessing ends without atexit. Nothing of it is imported for this."""
    if (util := _multiprocessing()) is not None:
        util.Finalize(None, outlet.close, exitpriority=0)


def _multiprocessing() -> ModuleType | None:
    return sys.modules.get("multiprocessing.util")


def find_outlet(config: Path | str | None, data_dir: Path | str | None) -> Outlet:
    """Raises ConfigError or StoreError when the settings or the folder cannot be used."""
    return _open_outlet(
        None if config is None else Path(config), None if data_dir is None else Path(data_dir)
    )


# The one thing a process has one of: two spools for one folder would cost two threads.
@functools.cache
def _open_outlet(config: Path | None, data_dir: Path | None) -> Outlet:
    resolved = load_config(config)
    if data_dir is None:
        return Outlet(resolved.config, resolved.hash)
    moved = resolved.config.model_copy(update={"data_dir": data_dir})
    return Outlet(moved, Resolved(moved, resolved.origins).hash)


def record(  # noqa: PLR0913 all but two by name, and none without a use
    messages: str | Sequence[Mapping[str, Any]],
    answer: str,
    *,
    system: str = "",
    thinking: str | None = None,
    stop_reason: str = "end_turn",
    model: str = "",
    usage: Usage = Usage(),  # noqa: B008 frozen
    latency_s: float = 0.0,
    function: str = UNNAMED,
    episode: str = "",
    user: str = "",
    config: Path | str | None = None,
    data_dir: Path | str | None = None,
) -> str:
    """Capture a call that some other client made; the inference's id, for feedback about it.

    `thinking` is the reasoning as the model wrote it. An empty `stop_reason` says that the answer
    was cut off: it is kept as incomplete. Never raises: what cannot be captured is logged.
    """
    identity = new_id()
    with Harmless():
        kind = ReasoningKind.RAW if thinking else ReasoningKind.OMITTED
        status = InferenceStatus.COMPLETE if stop_reason else InferenceStatus.INCOMPLETE
        completion = Completion(answer, thinking or None, kind, stop_reason, usage, model)
        plain = _plain(identity, Labels(function, episode, user), time.time())
        prompt = _prompt(messages, system)
        outlet = find_outlet(config, data_dir)
        outlet.insert(
            replace(plain, prompt=prompt, completion=completion, status=status, latency_s=latency_s)
        )
    return identity


class Harmless:
    """Capture fails open: the application goes on, and the log says why it is not seen."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: object
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        tell_left_out(error)
        return True


def tell_left_out(error: Exception) -> None:
    """What Harmless says. Where every call comes through, a plain `try` costs it less."""
    if isinstance(error, UnderstudyError):
        throttle.warning(f"capture leaves a call out: {error}")
    else:
        throttle.warning(f"capture leaves a call out ({error!r}); please report it")


def _prompt(messages: str | Sequence[Mapping[str, Any]], system: str) -> Prompt:
    given = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    systems, turns = [system] if system else [], []
    for message in given:
        content, _ = text_of(message.get("content"))
        if message["role"] in ("system", "developer"):
            systems.append(content)
        else:
            turns.append(Message(message["role"], content))
    return Prompt("\n\n".join(systems), tuple(turns))


def _unread(seen: Observation, error: Exception) -> Inference:
    user, episode = pseudonym(seen.labels.user), pseudonym(seen.labels.episode, "episode")
    return replace(
        _plain(seen.id, Labels(seen.labels.function, episode, user), seen.created_at),
        latency_s=seen.latency_s,
        error=f"this call was captured and cannot be read ({type(error).__name__}); see the log",
    )


def _plain(identity: str, labels: Labels, created_at: float) -> Inference:
    return Inference(
        id=identity,
        function=labels.function,
        episode=labels.episode or identity,
        user=labels.user,
        variant=TEACHER,
        propensity=1.0,
        prompt=Prompt("", ()),
        completion=NO_COMPLETION,
        status=InferenceStatus.FAILED,
        latency_s=0.0,
        cost_usd=0.0,
        prompt_hash="",
        config_hash="",
        created_at=created_at,
    )
