"""Asks the teacher, of whichever kind, and the student. Follows no redirect; an answer that failed is
not asked for again.
"""

from collections.abc import Mapping

import aiohttp

from understudy.config import Student, Teacher
from understudy.errors import StudentError, UpstreamError
from understudy.records import Completion, Prompt
from understudy.wire import anthropic, claude_cli, openai
from understudy.wire.connections import send
from understudy.wire.messages import Dialect

FUNCTION_HEADER = "x-understudy-function"
# What a scripted upstream is told when a judge is asked; no application has a function of this name.
JUDGE_FUNCTION = "understudy.judge"
# A hundred thousand tokens with their log-probabilities are half of it.
_MOST_BYTES = 32_000_000
_VERSION = {"anthropic-version": "2023-06-01"}
_PLAIN = {"content-type": "application/json", "accept-encoding": "identity"}


async def ask_teacher(
    session: aiohttp.ClientSession,
    teacher: Teacher,
    prompt: Prompt,
    *,
    function: str = "",
    headers: Mapping[str, str] | None = None,
    thinking: int | None = None,
) -> Completion:
    """One answer with Understudy's own key. Only a scripted teacher is told the function's name.

    `thinking` is the budget of extended thinking where the format has one. Raises UpstreamError
    when no answer comes.
    """
    if teacher.kind == "claude_cli":
        return await claude_cli.ask(teacher, prompt)
    dialect = _dialect(teacher)
    sent = {**_PLAIN, **_identification(teacher, function), **(headers or {})}
    url = teacher.base_url.rstrip("/") + dialect.PATH
    body = _render(teacher, prompt, thinking)
    try:
        status, answer, retry_after = await _post(session, url, body, sent, teacher.timeout_s)
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = str(error) or "no answer in time"
        raise UpstreamError(
            f"no teacher at {teacher.base_url} ({reason}); check teacher.base_url"
        ) from error
    if status != 200:
        sentence = f"the teacher answered {status}: {_excerpt(answer)}"
        raise UpstreamError(sentence, status=status, retry_after=retry_after)
    return dialect.parse_response(answer)


def sent_prompt(teacher: Teacher, prompt: Prompt) -> Prompt:
    """What the teacher would read of a prompt: rendered for it and read back.

    Raises UpstreamError for a prompt that it cannot be sent.
    """
    if teacher.kind == "claude_cli":
        return claude_cli.read_call(claude_cli.render_call(teacher, prompt))
    return _dialect(teacher).parse_request(_render(teacher, prompt, None)).prompt


def price_usd(teacher: Teacher, completion: Completion) -> float:
    """By the upstream's own bill, or by its usage and the configured prices."""
    if completion.cost_usd is not None:
        return completion.cost_usd
    usage = completion.usage
    micros = usage.input_tokens * teacher.usd_per_million_input
    micros += usage.output_tokens * teacher.usd_per_million_output
    return micros / 1e6


def key_header(teacher: Teacher) -> tuple[str, str]:
    """How the upstream is told Understudy's own key."""
    if teacher.kind == "openai":
        return "authorization", f"Bearer {teacher.api_key}"
    return "x-api-key", teacher.api_key


async def ask_student(
    session: aiohttp.ClientSession,
    base_url: str,
    student: Student,
    prompt: Prompt,
    grammar: str | None,
    *,
    logprobs: bool = False,
) -> Completion:
    """One answer of a served student; raises StudentError when it is missing or cut short.

    The chat template inside the GGUF decides how much of the system prompt the student reads.
    """
    body = openai.render_request(
        prompt,
        student.name,
        student.max_new_tokens,
        student.temperature,
        grammar=grammar,
        logprobs=logprobs,
    )
    url = base_url.rstrip("/").removesuffix("/v1") + openai.PATH
    try:
        status, answer, _ = await _post(session, url, body, _PLAIN, student.timeout_s)
    except TimeoutError as error:
        raise StudentError(f"no answer within student.timeout_s = {student.timeout_s}") from error
    except aiohttp.ClientError as error:
        raise StudentError(f"the student at {base_url} cannot be reached ({error})") from error
    if status != 200:
        raise StudentError(f"the student answered {status}: {_excerpt(answer)}")
    try:
        completion = openai.parse_response(answer)
    except UpstreamError as error:
        raise StudentError(str(error)) from error
    if completion.stop_reason == "max_tokens":
        raise StudentError("the answer was cut off; raise student.max_new_tokens or context_tokens")
    if not completion.answer.strip():
        raise StudentError("the answer is empty")
    return completion


def _render(teacher: Teacher, prompt: Prompt, thinking: int | None) -> bytes:
    if teacher.kind == "openai":
        return openai.render_request(
            prompt, teacher.model, teacher.max_tokens, None, logprobs=teacher.logprobs
        )
    # Thinking counts towards the limit: the answer keeps the room that it has without.
    limit = teacher.max_tokens + (thinking or 0)
    return anthropic.render_request(prompt, teacher.model, limit, thinking=thinking)


def _dialect(teacher: Teacher) -> Dialect:
    return openai if teacher.kind == "openai" else anthropic


def _identification(teacher: Teacher, function: str) -> dict[str, str]:
    sent = {} if teacher.kind == "openai" else dict(_VERSION)
    if teacher.api_key:
        name, value = key_header(teacher)
        sent[name] = value
    if teacher.kind == "scripted" and function:
        sent[FUNCTION_HEADER] = function
    return sent


async def _post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
) -> tuple[int, bytes, str | None]:
    """Status, body, and how long to wait before asking again where it says so."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    sending = send(
        session, "POST", url, data=body, headers=headers, timeout=timeout, allow_redirects=False
    )
    async with await sending as response:
        answer = await _read(response)
        return response.status, answer, response.headers.get("retry-after")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Raises aiohttp.ClientPayloadError for an answer that no model gives: it may have no end."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_BYTES:
            most = f"{_MOST_BYTES // 1_000_000} MB"
            raise aiohttp.ClientPayloadError(f"its answer is larger than {most}")
    return b"".join(pieces)


def _excerpt(answer: bytes) -> str:
    return answer[:300].decode(errors="replace")
