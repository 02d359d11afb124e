"""Each request is one line, and nothing of what was said is in it."""

import logging
from pathlib import Path

import pytest
from gateway_rig import rig

from understudy.serve import request_log


def test_a_request_is_one_line_without_its_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=request_log.__name__)
    with rig(tmp_path) as running:
        answer = running.ask("my invoice is wrong")
        running.get("/v1/models/a%0Ab?key=hidden")
        running.get("/healthz")
        key = running.key
    asked, listed = [one for one in caplog.records if one.name == request_log.__name__]
    told = vars(asked)
    assert asked.getMessage() == "POST /v1/messages 200"
    assert told["inference"] == answer.headers["x-understudy-inference"]
    assert (told["variant"], told["status"]) == ("teacher", 200)
    assert told["milliseconds"] > 0
    assert listed.getMessage().startswith(r"GET /v1/models/a\nb ")
    everything = repr([vars(one) for one in caplog.records])
    for secret in ("invoice", "hidden", key):
        assert secret not in everything
