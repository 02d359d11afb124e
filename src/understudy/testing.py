"""Public fakes: an upstream LLM over HTTP that the application's scripted teacher answers for.

It asserts nothing; it can be told to fail, to wait, to break off or to answer nonsense. Run as
`python -m understudy.testing --application module:NAME` it prints its address and serves.
"""

import argparse
import asyncio
import contextlib
import os
import stat
import sys
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from understudy.config import Server
from understudy.errors import InputError
from understudy.function import Application, load_application
from understudy.records import Completion, Prompt
from understudy.serve.server import address, build_server, listen, serving
from understudy.wire import anthropic
from understudy.wire.client import FUNCTION_HEADER, JUDGE_FUNCTION
from understudy.wire.dialects import DIALECTS
from understudy.wire.messages import Dialect

MODEL = "scripted-teacher"
"""What answers, whichever model was asked for: a scripted answer is nobody else's."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the upstream answers: as scripted, unless a field says otherwise."""

    status: int = 200
    """Any other status is answered with an error in the upstream's format."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to every answer."""
    body: bytes | None = None
    """Sent in place of the answer."""
    answer: str | None = None
    """The text said in place of the scripted teacher's."""
    silent: bool = False
    """The answer comes without its reasoning, as an upstream sends it that omits it."""
    events: int | None = None
    """A stream breaks off after so many events."""
    wait: bool = False
    """Answer only after `go_on` (a stream: its events after the first)."""


class ScriptedUpstream:
    """Anthropic's Messages and OpenAI's chat completions on a free loopback port, in a thread of
    its own."""

    def __init__(self, application: Application) -> None:
        self.url = ""
        self.received: list[Received] = []
        self.behaviour = Behaviour()
        self._application = application
        self._served = contextlib.ExitStack()
        self._gate = threading.Event()

    def __enter__(self) -> Self:
        self.url = self._served.enter_context(serving(self.app(), Server(port=0)))
        return self

    def __exit__(self, *_: object) -> None:
        self._gate.set()
        self._served.close()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                *(
                    Route(dialect.PATH, partial(self._answer, dialect), methods=["POST"])
                    for dialect in DIALECTS
                ),
                Route(f"{anthropic.PATH}/count_tokens", self._count, methods=["POST"]),
                Route("/v1/models", self._list, methods=["GET"]),
            ]
        )

    def go_on(self) -> None:
        """Let the answers that wait, and those after them, be given."""
        self._gate.set()

    async def _answer(self, dialect: Dialect, request: Request) -> Response:
        behaviour, body = self.behaviour, await request.body()
        self.received.append(Received(request.url.path, dict(request.headers), body))
        if behaviour.body is not None or behaviour.status != 200:
            return await self._refuse(dialect, behaviour)
        try:
            wire = dialect.parse_request(body)
            completion = self._complete(request.headers.get(FUNCTION_HEADER, ""), wire.prompt)
        except InputError as error:
            return _json(400, dialect.render_error(str(error), "invalid_request_error"), {})
        if behaviour.answer is not None:
            completion = replace(completion, answer=behaviour.answer)
        if behaviour.silent:
            completion = replace(completion, thinking=None)
        if wire.stream:
            events = list(dialect.render_stream(completion, MODEL, "scripted"))
            stream = self._stream(events, behaviour)
            headers = dict(behaviour.headers)
            return StreamingResponse(stream, headers=headers, media_type="text/event-stream")
        if behaviour.wait:
            await self._wait()
        answer = dialect.render_response(completion, MODEL, "scripted")
        return _json(200, answer, behaviour.headers)

    async def _count(self, request: Request) -> Response:
        """A quarter of the body's bytes: a scripted teacher has no tokens."""
        body = await request.body()
        self.received.append(Received(request.url.path, dict(request.headers), body))
        return _json(200, orjson.dumps({"input_tokens": len(body) // 4}), self.behaviour.headers)

    async def _list(self, request: Request) -> Response:
        self.received.append(Received(request.url.path, dict(request.headers), b""))
        models = [{"type": "model", "id": MODEL, "display_name": "Scripted teacher"}]
        answer = {"data": models, "has_more": False, "first_id": None, "last_id": None}
        return _json(200, orjson.dumps(answer), self.behaviour.headers)

    async def _refuse(self, dialect: Dialect, behaviour: Behaviour) -> Response:
        if behaviour.wait:
            await self._wait()
        error = dialect.render_error("told to fail", "api_error")
        body = error if behaviour.body is None else behaviour.body
        return _json(behaviour.status, body, behaviour.headers)

    async def _stream(self, events: Sequence[bytes], behaviour: Behaviour) -> AsyncIterator[bytes]:
        for number, event in enumerate(events):
            if number == behaviour.events:
                raise ConnectionError("told to break off")
            if number == 1 and behaviour.wait:
                await self._wait()
            yield event
            # Each event is a chunk of its own on the wire.
            await asyncio.sleep(0)

    async def _wait(self) -> None:
        await asyncio.to_thread(self._gate.wait)

    def _complete(self, named: str, prompt: Prompt) -> Completion:
        """Raises InputError when it cannot tell which function is asked."""
        if named == JUDGE_FUNCTION:
            return self._judge(prompt)
        teacher, functions = self._application.scripted_teacher, self._application.functions
        if teacher is None:
            raise InputError(f"{self._application.name} has no scripted teacher; give it one")
        if named in functions:
            return teacher(named, prompt)
        if len(functions) == 1:
            return teacher(next(iter(functions)), prompt)
        known = ", ".join(functions)
        raise InputError(f"name the function in {FUNCTION_HEADER}: one of {known}")

    def _judge(self, prompt: Prompt) -> Completion:
        judge = self._application.scripted_judge
        if judge is None:
            raise InputError(f"{self._application.name} has no scripted judge; give it one")
        return judge(prompt)


def _json(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(body, status, dict(headers), media_type="application/json")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m understudy.testing", description=__doc__)
    parser.add_argument("--application", required=True, help="module:NAME of an Application")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    given = parser.parse_args(arguments)
    upstream = ScriptedUpstream(load_application(given.application))
    settings = Server(port=given.port, grace_s=1)
    with listen(settings) as listener:

        def ready() -> None:
            sys.stdout.write(f"{address(listener)}\n")
            sys.stdout.flush()

        server = build_server(upstream.app(), settings.grace_s, ready)
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            # Started by another program: end with it, however it ends.
            def follow() -> None:
                # Not by way of sys.stdin: its lock, held here, would abort the interpreter's end.
                while os.read(0, 4096):
                    pass
                server.should_exit = True

            threading.Thread(target=follow, daemon=True).start()
        server.run([listener])


if __name__ == "__main__":
    main(sys.argv[1:])
