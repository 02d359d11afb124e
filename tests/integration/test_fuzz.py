"""Every route, asked with what is nearly right and with what is hostile: no 5xx, no hang."""

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway_rig import Rig, rig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from understudy.serve.app import build_app

EXAMPLES = 40
MEGABYTE = 1_000_000
CHAT = {
    "model": "m",
    "max_tokens": 9,
    "stream": False,
    "system": [{"type": "text", "text": "Sort."}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "my invoice"}]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "a", "function": {"name": "f"}}],
        },
        {"role": "user", "content": "is wrong"},
    ],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
}
FEEDBACK = {
    "inference": "ID",
    "kind": "preference",
    "name": "better",
    "value": {"over": "ID", "chosen": {"a": 1}, "rejected": "b"},
    "source": "user",
    "user": "ann",
    "confidence": 0.5,
    "key": "k",
}
SPAN = {
    "traceId": "0af7651916cd43dd8448eb211c80319c",
    "spanId": "b7ad6b7169203331",
    "name": "chat m",
    "startTimeUnixNano": "1700000000000000000",
    "endTimeUnixNano": "1700000001000000000",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": "[]"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}},
    ],
    "events": [{"name": "gen_ai.evaluation.result", "attributes": []}],
}
SPANS = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "s"}, "spans": [SPAN]}]}]}
LOGGED = {
    "traceId": SPAN["traceId"],
    "spanId": SPAN["spanId"],
    "eventName": "gen_ai.evaluation.result",
    "attributes": [{"key": "gen_ai.evaluation.name", "value": {"stringValue": "tone"}}],
}
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [LOGGED]}]}]}
ACTION = {"function": "classify", "release": 1, "reason": "?", "name": "n", "scopes": ["read"]}
SEEDS: dict[str, Any] = {
    "/v1/messages": CHAT,
    "/v1/chat/completions": CHAT,
    "/v1/feedback": FEEDBACK,
    "/v1/traces": SPANS,
    "/v1/logs": LOGS,
}


def encode(document: Any) -> bytes:
    """As no careful client would: numbers of any size, lone halves of characters."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["", "classify", "text", "user", "\u0000", "\u202e", 10**40, "../../x", "\ud800"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "x-understudy-function",
            "x-understudy-episode",
            "x-understudy-user",
            "content-encoding",
            "accept-encoding",
            "anthropic-beta",
            "connection",
            "host",
        ]
    ),
    st.sampled_from(["", "classify", "gzip", "x" * 3000, "\xff\xfe", "close, x-api-key", "*/*; q"]),
)
# Most routes look at nothing else before the type: three bodies in four are to come further.
TYPES = st.sampled_from(
    ["application/json"] * 9 + ["application/x-protobuf", "text/plain", ""],
)
OF_EVERY_KIND = [None, True, -1, 1.5, "", "x", [], [5], {}, {"a": 1}]


@st.composite
def bent(draw: st.DrawFn, document: Any) -> Any:
    """The document with one to three of its values replaced, dropped or repeated."""
    bending = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(bending))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["replace", "drop", "deepen"]))
        if how == "drop":
            del holder[key]
        else:
            holder[key] = draw(JSON) if how == "replace" else [holder[key], {"x": holder[key]}]
    return bending


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def bodies(path: str) -> st.SearchStrategy[bytes]:
    near = bent(SEEDS.get(path, ACTION)).map(encode)
    return st.one_of(
        near,
        near,
        near.map(lambda body: body[: len(body) // 2]),
        near.map(gzip.compress),
        JSON.map(encode),
        st.binary(max_size=64),
        st.just(b"[" * 2000),
    )


def test_no_request_breaks_the_server(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        for route in build_app(running.state).routes:
            assert isinstance(route, Route)
            fuzz(running, route)
        assert running.get("/readyz").status == 200
        assert running.ask("my invoice is wrong").status == 200


def fuzz(running: Rig, route: Route) -> None:
    method = "POST" if "POST" in (route.methods or ()) else "GET"

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies(route.path), HEADERS, TYPES, st.text(max_size=20))
    def answers(body: bytes, headers: dict[str, str], kind: str, parameter: str) -> None:
        path = route.path.replace("{model}", quote(parameter or "x", safe=""))
        sent = {**headers, "content-type": kind}
        status = running.send(method, path, b"" if method == "GET" else body, sent).status
        assert 200 <= status < 500, (method, path, status)

    answers()


def test_no_value_of_another_kind_breaks_the_server(tmp_path: Path) -> None:
    """Each value of each seed in its turn: chance never bent `over` alone in a body of the right type."""
    broken = []
    with rig(tmp_path) as running:
        identity = running.ask("my invoice is wrong").headers["x-understudy-inference"]
        for route in build_app(running.state).routes:
            assert isinstance(route, Route)
            if "POST" not in (route.methods or ()):
                continue
            for document in replaced(known(SEEDS.get(route.path, ACTION), identity)):
                sent = {**running.headers, "content-type": "application/json"}
                status = running.send("POST", route.path, encode(document), sent).status
                if not 200 <= status < 500:
                    broken.append((route.path, document, status))
    assert broken == []


def replaced(document: Any) -> Iterator[Any]:
    for number in range(len(list(_places(document)))):
        for value in OF_EVERY_KIND:
            bending = copy.deepcopy(document)
            holder, key = list(_places(bending))[number]
            holder[key] = value
            yield bending


def known(document: Any, identity: str) -> Any:
    return json.loads(json.dumps(document).replace('"ID"', json.dumps(identity)))


def test_a_body_of_32_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        for path in ("/v1/messages", "/v1/feedback", "/v1/traces", "/api/keys"):
            connection = running.connect()
            headers = {"content-type": "application/json", **running.headers}
            connection.putrequest("POST", path)
            for name, value in {**headers, "content-length": str(32 * MEGABYTE + 1)}.items():
                connection.putheader(name, value)
            connection.endheaders()
            assert connection.getresponse().status == 413, path
            connection.close()
