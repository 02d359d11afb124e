"""Models and token counts: what an SDK asks besides answers."""

from pathlib import Path

import orjson
from gateway_rig import rig


def test_token_counts_come_from_the_teacher_unchanged(tmp_path: Path) -> None:
    body = b'{ "model":"m",  "messages":[{"role":"user","content":"x"}], "new":1}'
    with rig(tmp_path) as running:
        answer = running.post("/v1/messages/count_tokens?beta=true", body, x_api_key="k")
        (received,) = running.upstream.received
        assert running.stop() == []
    assert (received.path, received.body) == ("/v1/messages/count_tokens", body)
    assert received.headers["x-api-key"] == "k"
    assert answer.json == {"input_tokens": len(body) // 4}


def test_models_are_those_of_the_teacher(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        listed = running.get("/v1/models?limit=5", x_understudy_user="u-1")
        missing = running.get("/v1/models/none%2Dsuch")
        received = running.upstream.received[0]
    assert [model["id"] for model in listed.json["data"]] == ["scripted-teacher"]
    assert "x-understudy-user" not in received.headers
    assert missing.status == 404


def test_no_other_path_of_the_teacher_can_be_reached(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        for path in ("/v1/models/..", "/v1/models/%2e%2e", "/v1/models/a/b", "/v1/files", "/x"):
            assert running.get(path).status == 404, path
        assert running.upstream.received == []


def test_a_teacher_that_is_away_is_named(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.__exit__()
        answer = running.get("/v1/models")
    assert answer.status == 502
    assert "check teacher.base_url" in orjson.loads(answer.body)["error"]["message"]


def test_a_path_that_is_not_served_is_told_in_the_callers_format(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        openai = running.post("/v1/embeddings", {"input": "x"})
        anthropic = running.post("/v1/messages/batches", {})
        versioned = running.get("/v1/files", anthropic_version="2023-06-01")
        other = running.get("/api/nothing")
        assert running.upstream.received == []
    assert openai.json["error"]["type"] == "not_found_error"
    assert openai.json["error"]["code"] is None
    assert "/v1/embeddings" in openai.json["error"]["message"]
    assert "/v1/chat/completions" in openai.json["error"]["message"]
    for answer in (anthropic, versioned):
        assert (answer.json["type"], answer.json["error"]["type"]) == ("error", "not_found_error")
    assert other.json == {"error": "nothing is served at /api/nothing"}
    assert [one.status for one in (openai, anthropic, versioned, other)] == [404] * 4


def test_a_method_that_a_path_does_not_take_is_told_with_those_it_takes(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        answer, hostile = (
            running.get("/v1/chat/completions"),
            running.get("/v1/%0d%0aA" + "b" * 9000),
        )
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json["error"]["message"] == "/v1/chat/completions takes POST, not GET"
    assert (hostile.status, len(hostile.body) < 1000) == (404, True)
