"""One request to the gateway, identified: whose it is, which function, and its record to be.

Refuses a function that the application does not have. Which variant answers is decided elsewhere.
"""

import time
from dataclasses import dataclass, field, replace

from starlette.requests import Request

from understudy.capture.observation import NO_PROMPT
from understudy.errors import InputError
from understudy.records import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    PromptVersion,
    Ranking,
    Usage,
    Variant,
    new_id,
)
from understudy.serve.access import key_of
from understudy.serve.http import header
from understudy.serve.naming import Naming, lacks_fields
from understudy.serve.state import ServeState
from understudy.wire.client import FUNCTION_HEADER, price_usd
from understudy.wire.marks import holds_marks
from understudy.wire.messages import Dialect, WireRequest

EPISODE_HEADER = "x-understudy-episode"
USER_HEADER = "x-understudy-user"
INFERENCE_HEADER = "x-understudy-inference"
VARIANT_HEADER = "x-understudy-variant"
RANKING_HEADER = "x-understudy-ranking"
"""The ranker's version, and the model's places (from zero) in the order shown."""
PROMPT_HEADER = "x-understudy-prompt"
"""The version of the function's prompt that the teacher was asked with; 0 is the application's own."""
_CHARS_A_TOKEN = 4


@dataclass(slots=True)
class Call:
    """Its body is parsed, and its function told from that, when someone first asks: the relay does not, and
    the answer need not wait for it."""

    id: str
    naming: Naming
    episode: str
    user: str
    dialect: Dialect
    body: bytes
    created_at: float
    began: float
    key: str = ""
    """Id of the API key that asked."""
    variant: Variant = TEACHER
    propensity: float = 1.0
    fallback_from: Variant | None = None
    failure: str = ""
    ranking: Ranking | None = None
    prompt_version: PromptVersion | None = None
    _wire: WireRequest | None = field(default=None, repr=False)
    _function: str = ""

    @property
    def function(self) -> str:
        if not self._function:
            self._function = self.naming.name("", self.wire)
        return self._function

    def wire(self) -> WireRequest:
        """Raises InputError when the body is no request in the caller's format."""
        if self._wire is None:
            self._wire = self.dialect.parse_request(self.body)
        return self._wire

    @property
    def text_only(self) -> bool:
        """Whether nothing but text is sent and asked for."""
        try:
            return self.wire().text_only
        except InputError:
            return False

    def headers(self, variant: Variant) -> dict[str, str]:
        found = {INFERENCE_HEADER: self.id, VARIANT_HEADER: str(variant)}
        if self.ranking is not None:
            order = ",".join(map(str, self.ranking.shown))
            found[RANKING_HEADER] = f"version={self.ranking.version}; order={order}"
        if self.prompt_version is not None:
            found[PROMPT_HEADER] = f"version={self.prompt_version.number}"
        return found


def identify(state: ServeState, request: Request, dialect: Dialect, body: bytes) -> Call:
    """Raises RefusedError (404) for a function that the application does not have."""
    identity, named = new_id(), header(request, FUNCTION_HEADER).strip()
    call = Call(
        id=identity,
        naming=state.naming,
        episode=header(request, EPISODE_HEADER).strip() or identity,
        user=header(request, USER_HEADER).strip(),
        dialect=dialect,
        body=body,
        created_at=state.clock(),
        began=time.perf_counter(),
        key=key_of(request).id,
    )
    if named:
        call._function = state.naming.name(named, call.wire)
    return call


def suits_student(state: ServeState, call: Call) -> bool:
    """Whether a student could read the request and write what it asks for, as its function does."""
    if not call.text_only or holds_marks(call.wire().prompt):
        return False
    function = state.application.functions.get(call.function)
    return function is not None and not lacks_fields(function, call.wire().fields)


def announce(state: ServeState, call: Call) -> None:
    """While an answer is under way its ids are known, so that early feedback finds them."""
    state.open_inferences.add(call.id)
    state.open_episodes[call.episode] = state.open_episodes.get(call.episode, 0) + 1


def withdraw(state: ServeState, call: Call) -> None:
    state.open_inferences.discard(call.id)
    left = state.open_episodes.pop(call.episode, 1) - 1
    if left > 0:
        state.open_episodes[call.episode] = left


def finish(
    state: ServeState,
    call: Call,
    variant: Variant,
    completion: Completion,
    status: InferenceStatus,
    error: str = "",
) -> Inference:
    """Record what a call came to, count it, and return the record."""
    try:
        prompt = call.wire().prompt
    except InputError as unread:
        # Passed on all the same; but an answer to an unknown prompt must teach nothing.
        prompt, status = NO_PROMPT, InferenceStatus.FAILED
        error = error or str(unread)
    latency_s = time.perf_counter() - call.began
    usage = _used(call, completion, status)
    told = usage is completion.usage
    priced = completion if told else replace(completion, usage=usage)
    inference = Inference(
        id=call.id,
        function=call.function,
        episode=call.episode,
        user=call.user,
        variant=variant,
        propensity=call.propensity,
        prompt=prompt,
        completion=completion,
        status=status,
        latency_s=latency_s,
        cost_usd=cost(state, priced) if variant == TEACHER else 0.0,
        prompt_hash=prompt.hash,
        config_hash=state.config_hash,
        created_at=call.created_at,
        fallback_from=call.fallback_from,
        error=error or call.failure,
        ranking=call.ranking,
        prompt_version=call.prompt_version,
    )
    state.recorder.record(inference)
    withdraw(state, call)
    state.meter.add(call.key, usage.input_tokens + usage.output_tokens, inference.cost_usd)
    state.metrics.count_answer(call.function, str(variant), status.value, latency_s)
    return inference


def cost(state: ServeState, completion: Completion) -> float:
    return price_usd(state.config.teacher, completion)


def _used(call: Call, completion: Completion, status: InferenceStatus) -> Usage:
    """What the upstream told; where it did not (a stream of OpenAI's format tells only who asks it
    to, one that was cut off never comes to it) a guess from the length, so that limits hold."""
    told = completion.usage
    if status is InferenceStatus.FAILED or (told.input_tokens and completion.stop_reason):
        return told
    said = len(completion.answer) + len(completion.thinking or "")
    return Usage(
        told.input_tokens or len(call.body) // _CHARS_A_TOKEN,
        max(told.output_tokens, said // _CHARS_A_TOKEN),
    )
