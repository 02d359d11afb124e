"""Default deny: no route but the health checks answers without a key that has its scope."""

import re
from pathlib import Path

import anthropic
import openai
import pytest
from gateway_rig import Rig, rig
from starlette.routing import Route

from understudy.keys import FIRST_KEYS, KEY_HEADER, Scope, make_key
from understudy.serve.app import build_app

TICKET = "my invoice is wrong"
OPEN = {"/healthz", "/readyz"}
NEEDS = {
    "/v1/messages": Scope.INFER,
    "/v1/models": Scope.INFER,
    "/v1/chat/completions": Scope.INFER,
    "/v1/feedback": Scope.FEEDBACK,
    "/v1/traces": Scope.INGEST,
    "/v1/logs": Scope.INGEST,
    "/metrics": Scope.READ,
    "/api/status": Scope.READ,
    "/api/": Scope.ADMIN,
}


def key_with(running: Rig, *scopes: Scope) -> str:
    text, key = make_key(running.state.keys.secret, "one", scopes, 0.0)
    running.state.keys.add(key)
    return text


def test_every_route_but_the_health_checks_needs_its_scope(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        for route in build_app(running.state).routes:
            assert isinstance(route, Route)
            path, (method, *_) = re.sub(r"\{.*\}", "x", route.path), sorted(route.methods or ())
            if path in OPEN:
                assert running.send(method, path, None, {KEY_HEADER: ""}).status == 200
                continue
            needed = next(scope for start, scope in NEEDS.items() if path.startswith(start))
            others = key_with(running, *(scope for scope in Scope if scope is not needed))
            statuses = [
                running.send(method, path, b"{}", {KEY_HEADER: key}).status
                for key in ("", "us_made_up", others)
            ]
            assert statuses == [401, 401, 403], path


def test_a_refusal_is_what_the_callers_own_client_understands(tmp_path: Path) -> None:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}
    with rig(tmp_path) as running:
        with (
            anthropic.Anthropic(base_url=running.url, api_key="sk-own", max_retries=0) as client,
            pytest.raises(anthropic.AuthenticationError, match="understudy keys create"),
        ):
            client.messages.create(**body)
        feedback_only = key_with(running, Scope.FEEDBACK)
        with (
            openai.OpenAI(base_url=f"{running.url}/v1", api_key=feedback_only) as chat,
            pytest.raises(openai.PermissionDeniedError, match="this needs infer"),
        ):
            chat.chat.completions.create(model="m", messages=body["messages"])
        assert running.upstream.received == []


def test_a_client_may_use_its_understudy_key_as_its_own_api_key(tmp_path: Path) -> None:
    """The vendor's key is then the server's, and the key of this server never leaves it."""
    with rig(tmp_path, teacher={"api_key": "sk-server"}) as running:
        with anthropic.Anthropic(
            base_url=running.url,
            api_key=running.key,
            default_headers={"x-understudy-function": "classify"},
            max_retries=0,
        ) as client:
            client.messages.create(
                model="m", max_tokens=9, messages=[{"role": "user", "content": TICKET}]
            )
        (received,) = running.upstream.received
    assert received.headers["x-api-key"] == "sk-server"
    assert running.key not in str(received)


def test_a_callers_own_vendor_key_goes_on(tmp_path: Path) -> None:
    with rig(tmp_path, teacher={"api_key": "sk-server"}) as running:
        running.ask(TICKET, x_api_key="sk-caller")
        (received,) = running.upstream.received
    assert received.headers["x-api-key"] == "sk-caller"
    assert "sk-server" not in str(received)


def test_a_key_is_stored_as_its_digest_and_survives_a_restart(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        made = running.post("/api/keys", {"name": "app", "scopes": ["infer", "feedback"]})
    assert (made.status, made.json["key"].startswith("us_")) == (200, True)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert all(made.json["key"].encode() not in file.read_bytes() for file in files)
    assert (tmp_path / "keys.secret").stat().st_mode & 0o077 == 0
    with rig(tmp_path) as again:
        headers = {**again.headers, KEY_HEADER: made.json["key"]}
        assert again.ask(TICKET, **headers).status == 200
        assert again.post("/api/keys/revoke", {"id": made.json["id"]}).status == 200
        assert again.ask(TICKET, **headers).status == 401
        assert again.post("/api/keys/revoke", {"id": made.json["id"]}).status == 404


def test_where_no_key_is_required_only_this_machine_may_ask(tmp_path: Path) -> None:
    with rig(tmp_path, server={"require_key": False}) as running:
        no_key = {KEY_HEADER: ""}
        assert running.ask(TICKET, **no_key).status == 200
        assert running.get("/api/status", **no_key).status == 200
        assert running.get("/api/status", host="evil.example", **no_key).status == 403
        # Who brings a key is held to it.
        assert running.get("/api/status", **{KEY_HEADER: "us_made_up"}).status == 401


def test_the_applications_first_key_cannot_steer() -> None:
    assert Scope.ADMIN not in FIRST_KEYS["application"]
    assert FIRST_KEYS["operator"] == frozenset(Scope)
