"""What an operator sees and may do: status, health, metrics, actions, and who is kept out."""

import contextlib
import socket
from pathlib import Path

import pytest
from gateway_rig import CONFIG_HASH, TICKETS, broken_release, canary, config_for, rig

from understudy.config import Server
from understudy.errors import ConfigError, GateError, NotFoundError, ServerError
from understudy.keys import KEY_HEADER
from understudy.records import TEACHER, Event
from understudy.serve.server import listen
from understudy.serve.state import Actions, build_state
from understudy.store import open_store

TICKET = "my invoice is wrong"


def test_status_shows_functions_releases_counts_and_timeline(tmp_path: Path) -> None:
    with rig(tmp_path, stage=canary(0.25), release=broken_release()) as running:
        running.store.insert_event(Event(1.0, "classify", TEACHER, "canary", 0.25, "passed"))
        running.ask(TICKET, x_understudy_function="escalate")
        running.drain()
        running.state.actions = Actions(trainer_status=lambda: {"training_in_progress": False})
        status = running.get("/api/status").json
    assert status["functions"]["classify"] == {
        "champion": "teacher",
        "candidate": "student@1",
        "share": 0.25,
        "shadow": False,
        "since": 0.0,
    }
    assert status["functions"]["escalate"]["champion"] == "teacher"
    assert [release["name"] for release in status["releases"]] == ["student@1"]
    assert [run["learner"] for run in status["runs"]] == ["sft"]
    assert status["counts"] == {
        "captured": 1,
        "dropped": 0,
        "lost": 0,
        "queued_bytes": 0,
        "inferences": 1,
        "traces": 1,
        "feedback": 0,
        "fallbacks": 0,
        "comparisons_left_out": 0,
    }
    assert status["trainer"] == {"training_in_progress": False}
    assert [event["reason"] for event in status["timeline"]] == ["passed"]
    assert status["config_hash"] == CONFIG_HASH


def test_health_and_metrics_are_there(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.ask(TICKET)
        health = running.get("/healthz")
        metrics = running.get("/metrics")
    assert health.json == {"status": "ok"}
    text = metrics.body.decode()
    labels = 'function="classify",status="complete",variant="teacher"'
    assert f"understudy_requests_total{{{labels}}} 1.0" in text
    assert "understudy_overhead_seconds_count 1.0" in text
    assert 'understudy_first_byte_seconds_count{variant="teacher"} 1.0' in text
    assert "understudy_captured_total 1.0" in text


def test_every_response_is_counted_by_route_and_status(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.ask(TICKET)
        running.ask(TICKET, x_understudy_key="us_unknown")
        running.ask(TICKET, x_understudy_function="nobody")
        running.post("/v1/feedback", {"kind": "boolean"})
        running.drain()
        text = running.get("/metrics").body.decode()
    counted = 'understudy_http_responses_total{route="%s",status="%d"} 1.0'
    for route, status in (("/v1/messages", 200), ("/v1/messages", 401), ("/v1/messages", 404)):
        assert counted % (route, status) in text
    assert counted % ("/v1/feedback", 422) in text
    assert "understudy_drained_total 1.0" in text
    assert "understudy_spool_bytes 0.0" in text


def test_actions_reach_the_trainer_and_its_refusals_reach_the_operator(tmp_path: Path) -> None:
    asked: list[object] = []

    def promote(number: int, force: bool) -> str:
        asked.append((number, force))
        if number == 2:
            raise GateError("release 2 was rejected; see its report")
        raise NotFoundError("no release 3; there are: 1, 2")

    def roll_back(function: str | None, reason: str) -> str:
        asked.append((function, reason))
        return "the teacher serves again"

    with rig(tmp_path) as running:
        without = running.post("/api/train", {})
        running.state.actions = Actions(
            train=lambda: "started", promote=promote, rollback=roll_back
        )
        train = running.post("/api/train", {})
        rejected = running.post("/api/promote", {"release": 2, "force": True})
        unknown = running.post("/api/promote", {"release": 3})
        back = running.post("/api/rollback", {"function": "classify", "reason": "it slipped"})
        nowhere = running.post("/api/rollback", {"function": "clasify"})
    assert (without.status, train.json) == (409, {"message": "started"})
    assert (rejected.status, unknown.status) == (409, 404)
    assert rejected.json["error"] == "release 2 was rejected; see its report"
    assert back.json == {"message": "the teacher serves again"}
    assert (nowhere.status, asked[2:]) == (404, [("classify", "it slipped")])
    assert asked[:2] == [(2, True), (3, False)]


WRONG: list[tuple[str, object, str]] = [
    ("/api/promote", {}, "release"),
    ("/api/promote", {"release": 0}, "release"),
    ("/api/student", {"temperature": -1}, "temperature"),
    ("/api/train", {"now": True}, "now"),
    ("/api/train", [], "the body"),
]


def test_a_wrong_action_names_its_field(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        answers = [running.post(path, body) for path, body, _ in WRONG]
    for answer, (_, _, field) in zip(answers, WRONG, strict=True):
        assert answer.status == 422
        assert answer.json["error"].startswith(field)


def test_a_page_of_another_site_can_neither_read_nor_act(tmp_path: Path) -> None:
    with rig(tmp_path, server={"require_key": False}) as running:
        no_key = {KEY_HEADER: ""}
        rebound = [
            running.get("/api/status", host="evil.example", **no_key),
            running.get("/metrics", host="evil.example:8100", **no_key),
            running.post("/v1/feedback", {}, host="evil.example", **no_key),
        ]
        simple = running.post("/api/train", b"{}", content_type="text/plain", **no_key)
        own = running.get("/api/status", host="localhost:8100")
    assert [one.status for one in rebound] == [403, 403, 403]
    assert (simple.status, own.status) == (415, 200)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::", "example.com"])
def test_a_public_address_without_keys_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"server\.require_key = true"):
        listen(Server(host=host, port=0, require_key=False))


def test_a_public_address_may_be_listened_on_where_keys_are_required() -> None:
    with contextlib.closing(listen(Server(host="0.0.0.0", port=0))) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


def test_the_listener_names_its_protocol_so_that_answers_are_not_delayed() -> None:
    with contextlib.closing(listen(Server(port=0))) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_in_use_is_named(host: str) -> None:
    with contextlib.closing(listen(Server(port=0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} on {host} is in use"):
            listen(Server(host=host, port=port))


def test_everything_that_was_answered_is_in_the_store_after_the_end(tmp_path: Path) -> None:
    slow = {"drain_interval_s": 3600.0, "flush_interval_s": 3600.0}
    with rig(tmp_path, capture=slow) as running:
        answered = [running.ask(TICKET).headers["x-understudy-inference"] for _ in range(20)]
        stored = [inference.id for inference in running.stop()]
        with pytest.raises(ConnectionRefusedError):
            running.get("/healthz")
    assert stored == answered


def test_the_settings_reach_the_server(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        config = config_for(tmp_path, "http://127.0.0.1:9", student={"temperature": 0.7})
        state = build_state(config, CONFIG_HASH, TICKETS, store)
        state.recorder.close()
    assert state.student.temperature == 0.7
    assert set(state.validators) == {"classify", "escalate"}
