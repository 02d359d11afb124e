"""A small ticket application and a real server over it; the upstream LLM is the only fake."""

import contextlib
import http.client
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from understudy.config import (
    Capture,
    Config,
    Limits,
    Rule,
    Server,
    Student,
    Teacher,
    TrafficSettings,
)
from understudy.function import Application, Function
from understudy.keys import EVERY_SCOPE, KEY_HEADER, make_key
from understudy.records import (
    Completion,
    CycleState,
    Dataset,
    Inference,
    Message,
    Prompt,
    ReasoningKind,
    Release,
    Traffic,
    Usage,
    Variant,
)
from understudy.serve.app import build_app
from understudy.serve.server import serving
from understudy.serve.state import ServeState, build_state
from understudy.store import Store, open_store
from understudy.testing import ScriptedUpstream
from understudy.wire import anthropic

PATIENCE_S = 300
"""Against a hang; no test is about how fast this machine is."""
SYSTEM = "Route the ticket to a team.\nAnswer in JSON."
TEAMS = ("billing", "network")
CONFIG_HASH = "0123456789abcdef"


def build_prompt(request: Mapping[str, Any]) -> Prompt:
    return Prompt(SYSTEM, (Message("user", str(request["text"])),))


def answer_of(prompt: Prompt) -> Completion:
    team = "billing" if "invoice" in prompt.messages[-1].content else "network"
    answer = orjson.dumps({"team": team}).decode()
    thought = f"the words point to {team}"
    return Completion(answer, thought, ReasoningKind.RAW, "end_turn", Usage(1000, 200), "scripted")


def function(name: str) -> Function:
    return Function(
        name=name,
        schema={
            "type": "object",
            "properties": {"team": {"enum": list(TEAMS)}},
            "required": ["team"],
            "additionalProperties": False,
        },
        build_prompt=build_prompt,
        items=lambda answer: [answer["team"]],
        family=lambda prompt: prompt.hash,
    )


TICKETS = Application(
    name="tickets",
    functions={name: function(name) for name in ("classify", "escalate")},
    scripted_teacher=lambda _name, prompt: answer_of(prompt),
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Rig:
    """A running server, its upstream and its store; `key` may do everything."""

    url: str
    key: str
    upstream: ScriptedUpstream
    state: ServeState
    store: Store
    serving: contextlib.ExitStack

    @property
    def headers(self) -> dict[str, str]:
        """What a caller of `classify` sends, for tests that speak HTTP themselves."""
        return {"x-understudy-function": "classify", KEY_HEADER: self.key}

    def stop(self) -> list[Inference]:
        """End the server as a signal would; what it recorded, in the order it was made."""
        self.serving.close()
        return self.store.find_inferences()

    def drain(self) -> None:
        """Into the store, once every answer that a caller has in hand is recorded too."""
        deadline = time.monotonic() + PATIENCE_S
        while self.state.open_inferences:
            assert time.monotonic() < deadline, self.state.open_inferences
            self.get("/healthz")
        self.state.recorder.drain()

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.send("POST", path, raw, {"content-type": "application/json", **named(headers)})

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, named(headers))

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """With the rig's own key, unless the headers bring one (an empty one is not sent)."""
        sent = {name: value for name, value in {KEY_HEADER: self.key, **headers}.items() if value}
        connection = self.connect()
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            lowered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lowered, response.read())

    def connect(self) -> http.client.HTTPConnection:
        place = urllib.parse.urlsplit(self.url)
        return http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE_S)

    def ask(self, text: str, *, stream: bool = False, **headers: str) -> Answer:
        """One request of the application for `classify`, unless a header says otherwise."""
        given = {"x_understudy_function": "classify", **headers}
        return self.post(anthropic.PATH, request_body(text, stream=stream), **given)


def named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def request_body(text: str, *, stream: bool = False) -> bytes:
    body = orjson.loads(anthropic.render_request(build_prompt({"text": text}), "any-model", 300))
    return orjson.dumps({**body, "stream": True} if stream else body)


def config_for(folder: Path, upstream: str, **sections: Any) -> Config:
    teacher = {"kind": "scripted", "base_url": upstream, "timeout_s": 20.0}
    return Config(
        application="gateway_rig:TICKETS",
        data_dir=folder,
        server=Server(port=0, **sections.get("server", {})),
        teacher=Teacher.model_validate({**teacher, **sections.get("teacher", {})}),
        capture=Capture(**{"traces": True, "trace_share": 1.0, **sections.get("capture", {})}),
        student=Student(**sections.get("student", {})),
        traffic=TrafficSettings(**sections.get("traffic", {})),
        limits=Limits(**sections.get("limits", {})),
        rules=tuple(Rule(**rule) for rule in sections.get("rules", ())),
    )


@contextlib.contextmanager
def rig(
    folder: Path,
    *,
    application: Application = TICKETS,
    stage: Traffic | None = None,
    release: Release | None = None,
    **sections: Any,
) -> Iterator[Rig]:
    """A server on a free port; `stop` ends it before the block does."""
    with (
        ScriptedUpstream(application) as upstream,
        open_store(folder) as store,
        contextlib.ExitStack() as running,
    ):
        config = config_for(folder, upstream.url, **sections)
        state = build_state(config, CONFIG_HASH, application, store)
        text, key = make_key(state.keys.secret, "rig", EVERY_SCOPE, 0.0)
        state.keys.add(key)
        if stage is not None:
            store.save_traffic(stage)
        if release is not None:
            save_release(store, release)
        url = running.enter_context(serving(build_app(state), config.server))
        made = Rig(url, text, upstream, state, store, running)
        while made.get("/readyz").status != 200:
            pass
        yield made


def save_release(store: Store, release: Release) -> None:
    """The release, with the dataset and the run that the store wants to know of."""
    functions = tuple(TICKETS.functions)
    store.insert_dataset(Dataset("d", Path("d"), functions, (), {}, {}, 0.0))
    run = store.insert_run("sft", "d", CONFIG_HASH, 0, Path("runs"), 0.0)
    made = store.insert_release(run.id, functions, 0.0, CycleState.SHADOW)
    assert (made.number, run.id) == (release.number, release.run)
    store.update_release(release)


def broken_release(gguf: Path | None = None) -> Release:
    """Release 1, whose file cannot be served."""
    functions = tuple(TICKETS.functions)
    return Release(1, 1, functions, CycleState.CANARY, gguf, "0" * 64, 9, {}, "", 0.0)


def canary(share: float = 1.0, *, shadow: bool = False) -> Traffic:
    return Traffic("classify", Variant(), Variant(1), share, shadow, 0.0)
