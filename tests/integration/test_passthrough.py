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
