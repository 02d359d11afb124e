"""Measures a release beside the teacher and the champion, through the artifacts that are served.

Writes nothing to the store. Refuses a question that the release was trained on.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from understudy.config import Config
from understudy.daemon.context import Context, Progress
from understudy.errors import ExportError, InputError, TrainingError
from understudy.evaluate.report import UNQUANTISED
from understudy.evaluate.suite import Ask, Price, evaluate
from understudy.function import Function, Question
from understudy.records import TEACHER, Completion, Prompt, Release, Variant
from understudy.release.export import load_gguf
from understudy.release.llamacpp import LlamaServer
from understudy.wire.client import ask_student
from understudy.wire.connections import open_session

STAGE = "evaluating"
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Match:
    """What is compared: the releases in order, the last of them the candidate."""

    function: Function
    questions: Sequence[Question]
    releases: tuple[Release, ...]
    champion: Variant


def measure(config: Config, context: Context, match: Match) -> dict[str, Any]:
    """The suite's report of the teacher and the releases, naming the champion and candidate."""
    report = asyncio.run(_measure(config, context, match))
    return {
        **report,
        "config_hash": context.config_hash,
        "champion": str(match.champion),
        "candidate": str(match.releases[-1].variant) if match.releases else str(TEACHER),
    }


def refuse_trained(
    function: Function, questions: Sequence[Question], trained: frozenset[str]
) -> None:
    """Raises InputError when the hash of a question's prompt is among the trained ones."""
    seen = [q.id for q in questions if function.build_prompt(q.request).hash in trained]
    if seen:
        raise InputError(
            f"{len(seen)} of {len(questions)} evaluation questions for {function.name} were "
            f"trained on (first: {seen[0]}); mend the function's family() and train again"
        )


async def _measure(config: Config, context: Context, match: Match) -> dict[str, Any]:
    name = match.function.name
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session())

        def teacher(prompt: Prompt) -> Any:
            return context.ask_teacher(session, name, prompt)

        variants: dict[str, Ask] = {str(TEACHER): teacher}
        for variant, release in servable(match, config):
            asking = student_serving(config, session, release, name)
            variants[variant] = await stack.enter_async_context(asking)

        def tell(variant: str, done: int, total: int) -> None:
            message = f"{name}: {variant} {done}/{total}"
            context.on_progress(Progress(STAGE, done / total, message))

        price = Price(config.teacher.usd_per_million_input, config.teacher.usd_per_million_output)
        work = evaluate(
            match.function,
            match.questions,
            variants,
            config.evaluation,
            prices={str(TEACHER): price},
            on_progress=tell,
        )
        return await _unless_stopped(work, context.stop)


def servable(match: Match, config: Config) -> Iterator[tuple[str, Release]]:
    """Each release under its name, and the candidate once more as it was before quantisation."""
    for release in match.releases:
        yield str(release.variant), release
    if not match.releases or not config.evaluation.unquantised:
        return
    release = match.releases[-1]
    made = None if release.gguf is None else load_gguf(release.gguf.parent)
    if made is not None and made.sha256 != made.f16_sha256:
        before = replace(release, gguf=made.f16_path, gguf_sha256=made.f16_sha256)
        yield f"{release.variant}{UNQUANTISED}", before


async def _unless_stopped(
    work: Coroutine[None, None, dict[str, Any]], stop: threading.Event
) -> dict[str, Any]:
    """A server that shuts down does not wait for hundreds of answers of a slow teacher."""
    task = asyncio.ensure_future(work)
    while not (await asyncio.wait({task}, timeout=_POLL_S))[0]:
        if stop.is_set():
            task.cancel()
            await asyncio.wait({task})
            raise TrainingError("the evaluation was stopped; train or evaluate again")
    return task.result()


@contextlib.asynccontextmanager
async def student_serving(
    config: Config,
    session: aiohttp.ClientSession,
    release: Release,
    function: str,
    *,
    logprobs: bool = False,
) -> AsyncIterator[Ask]:
    """The release's own GGUF, pinned by its sha256, behind its own llama.cpp server.

    `logprobs` asks how sure it is of its tokens, which the server that answers users does not.
    """
    if release.gguf is None:
        raise ExportError(f"{release.variant} has no GGUF; export it first")
    grammar = _load_grammar(release.gguf.parent / "grammars" / f"{function}.gbnf")
    logs = config.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"evaluation-{release.number}-{release.gguf_sha256[:8]}.log"
    server = await asyncio.to_thread(
        LlamaServer.start, release.gguf, release.gguf_sha256, config.student, log
    )
    try:

        async def ask(prompt: Prompt) -> Completion:
            return await ask_student(
                session, server.url, config.student, prompt, grammar, logprobs=logprobs
            )

        yield ask
    finally:
        await asyncio.to_thread(server.stop)


def _load_grammar(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ExportError(f"{path} cannot be read; export the release again") from error
