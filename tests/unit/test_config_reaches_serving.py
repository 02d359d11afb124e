"""[server], [teacher], the application and the live part of [traffic]: what a caller gets."""

import asyncio
import contextlib
import gc
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import uvicorn
from gateway_rig import CONFIG_HASH, TICKETS, Rig, build_prompt, rig
from reach_rig import Reach, check, same
from record_builders import make_inference, make_trace
from starlette.applications import Starlette

from understudy.cli.compose import open_session
from understudy.config import Config
from understudy.curate.eligibility import effective_permission
from understudy.errors import ServerError, UpstreamError
from understudy.keys import KEY_HEADER
from understudy.records import Inference, TraceSource, TrainingPermission, Variant
from understudy.serve.http import RefusedError
from understudy.serve.limits import Meter
from understudy.serve.server import address, listen, serving
from understudy.serve.state import ServeState, build_state
from understudy.serve.watch import Watcher
from understudy.store import open_store
from understudy.testing import Behaviour, Received, ScriptedUpstream
from understudy.wire import claude_cli
from understudy.wire.client import FUNCTION_HEADER, ask_teacher

SECTIONS = {"server", "limits", "rules", "teacher", "traffic"}
PROMPT = build_prompt({"text": "my invoice is wrong"})


def application_name(config: Config) -> str:
    file = Path("understudy.toml")
    file.write_text(f'application = "{config.application}"\n')
    return open_session(file).application.name


def spool_folders(config: Config) -> list[Path]:
    with open_store(config.data_dir) as store:
        build_state(config, CONFIG_HASH, TICKETS, store).recorder.close()
    return list(Path().glob("*/spool"))


def listening_at(config: Config) -> str:
    with listen(config.server.model_copy(update={"port": 0})) as listener:
        return address(listener).rpartition(":")[0]


def taken_port(config: Config) -> bool:
    """Whether the server is refused while another listens on 18431."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 18431))
        other.listen()
        try:
            listen(config.server).close()
        except ServerError as refused:
            return "port 18431" in str(refused)
        return False


def grace_s(config: Config) -> list[int | None]:
    """Of the uvicorn server that runs: it is the one object that waits."""
    with serving(Starlette(), config.server.model_copy(update={"port": 0})):
        return [
            one.config.timeout_graceful_shutdown
            for one in gc.get_objects()
            if issubclass(type(one), uvicorn.Server) and one.started and not one.should_exit
        ]


def relayed(config: Config, use: Callable[[Rig], Any]) -> Any:
    """`use` of a gateway that has what the config says, and a scripted upstream."""
    sections = config.model_dump(include=SECTIONS, exclude_unset=True)
    with rig(Path("data"), **sections) as running:
        return use(running)


def keyless(config: Config) -> int:
    return int(relayed(config, lambda running: running.ask("hello", **{KEY_HEADER: ""}).status))


def second(config: Config) -> int:
    """The status of a second request; the first used 1200 tokens and 0.002 USD."""
    return int(relayed(config, lambda running: [running.ask("?").status for _ in range(2)][1]))


def crowded(config: Config) -> bool:
    meter = Meter(config.limits, time.time, lambda _: 0.0)
    with contextlib.suppress(RefusedError):
        meter.admit("key", under_way=3)
        return False
    return True


def ruled(config: Config) -> str:
    """The function of a request that names none."""

    def ask(running: Rig) -> str:
        running.ask("hello", **{FUNCTION_HEADER: ""})
        return running.stop()[0].function

    return str(relayed(config, ask))


def large_body(config: Config) -> int:
    return int(relayed(config, lambda running: running.ask("x" * 2000).status))


def late_answer(config: Config) -> int:
    def ask(running: Rig) -> int:
        running.upstream.behaviour = Behaviour(wait=True)
        return running.ask("hello").status

    return int(relayed(config, ask))


def unreachable(config: Config) -> bool:
    return "127.0.0.2:9" in relayed(config, lambda running: running.ask("hello").body.decode())


def cost_usd(config: Config) -> float:
    """Of 1000 tokens read and 200 written."""

    def ask(running: Rig) -> float:
        running.ask("hello")
        return running.stop()[0].cost_usd

    return float(relayed(config, ask))


def asked(config: Config) -> Received:
    """What the teacher is sent when Understudy itself asks it."""
    with ScriptedUpstream(TICKETS) as upstream:
        teacher = config.teacher.model_copy(update={"base_url": upstream.url})

        async def ask() -> None:
            async with aiohttp.ClientSession() as session:
                # A teacher that is not told which function it plays refuses.
                with contextlib.suppress(UpstreamError):
                    await ask_teacher(session, teacher, PROMPT, function="classify")

        asyncio.run(ask())
        return upstream.received[-1]


def command_words(config: Config) -> tuple[str, ...]:
    return claude_cli.render_call(config.teacher, PROMPT).words[:3]


def body_field(name: str) -> Callable[[Config], Any]:
    return lambda config: orjson.loads(asked(config).body)[name]


def asks_for_logprobs(config: Config) -> bool:
    teacher = config.teacher.model_copy(update={"kind": "openai"})
    return "logprobs" in orjson.loads(asked(config.model_copy(update={"teacher": teacher})).body)


def header(name: str) -> Callable[[Config], str | None]:
    return lambda config: asked(config).headers.get(name)


def permission(config: Config) -> TrainingPermission:
    trace = make_trace(training_permission=TrainingPermission.NONE, source=TraceSource.CAPTURED)
    return effective_permission(trace, config)


def watched(config: Config, look: Callable[[ServeState], Any]) -> Any:
    """What comes of six requests that the student failed at once."""

    async def see(state: ServeState, failed: list[Inference]) -> None:
        watcher = Watcher(state)
        for one in failed:
            watcher.see(one)
        await watcher.close()

    settings = config.model_copy(update={"data_dir": Path("data")})
    with open_store(settings.data_dir) as store:
        state = build_state(settings, CONFIG_HASH, TICKETS, store)
        failed = [_failed(number) for number in range(6)]
        asyncio.run(see(state, failed))
        state.recorder.close()
        return look(state)


def _failed(number: int) -> Inference:
    return make_inference(id=f"id-{number}", function="classify", fallback_from=Variant(1))


def compared(config: Config) -> int:
    return int(watched(config, lambda state: state.store.count_feedback()))


def left_out(config: Config) -> int:
    traffic = config.traffic.model_copy(update={"compare_share": 1.0})
    every = config.model_copy(update={"traffic": traffic})
    return int(watched(every, lambda state: state.metrics.total("watch_dropped")))


SERVING: dict[str, Reach] = {
    "application": Reach("gateway_rig:TICKETS", application_name, "tickets"),
    "data_dir": Reach(Path("elsewhere"), spool_folders, [Path("elsewhere/spool")]),
    "server.host": Reach("127.0.0.2", listening_at, "http://127.0.0.2"),
    "server.port": Reach(18431, taken_port, True),
    "server.max_body_bytes": Reach(1000, large_body, 413),
    "server.grace_s": Reach(3, grace_s, [3]),
    "server.require_key": Reach(False, keyless, 200),
    "limits.max_concurrent": Reach(3, crowded, True),
    "limits.tokens_per_minute": Reach(1000, second, 429),
    "limits.usd_per_day": Reach(0.001, second, 429),
    "rules": Reach(({"function": "escalate", "system_contains": "ticket"},), ruled, "escalate"),
    "teacher.kind": Reach("scripted", header(FUNCTION_HEADER), "classify"),
    "teacher.base_url": Reach("http://127.0.0.2:9", unreachable, True),
    "teacher.command": Reach(("other", "-x"), command_words, ("other", "-x", "-p")),
    "teacher.model": same("claude-other", body_field("model")),
    "teacher.api_key": same("sk-1", header("x-api-key")),
    "teacher.timeout_s": Reach(0.05, late_answer, 504, alone=True),
    "teacher.logprobs": same(True, asks_for_logprobs),
    "teacher.max_tokens": same(77, body_field("max_tokens")),
    "teacher.training_permission": Reach(
        "written_permission", permission, TrainingPermission.WRITTEN
    ),
    "teacher.usd_per_million_input": Reach(10.0, cost_usd, 0.011),
    "teacher.usd_per_million_output": Reach(50.0, cost_usd, 0.011),
    "traffic.compare_share": Reach(1.0, compared, 4),
    "traffic.watch_concurrency": Reach(1, left_out, 5),
}


@pytest.mark.parametrize("name", SERVING)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, SERVING[name], tmp_path, monkeypatch)
