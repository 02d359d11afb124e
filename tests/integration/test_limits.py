"""What one request too many is told, and that students still answer when the money is spent."""

from pathlib import Path

import pytest
from gateway_rig import request_body, rig

from understudy.config import Limits
from understudy.serve.http import RefusedError
from understudy.serve.limits import Meter
from understudy.testing import Behaviour

TICKET = "my invoice is wrong"
USED = 1200
"""Tokens of one answer of the rig's teacher."""


def test_tokens_are_counted_by_key_and_forgotten_after_a_minute() -> None:
    now = [1000.0]
    meter = Meter(Limits(tokens_per_minute=100), lambda: now[0], lambda _: 0.0)
    meter.add("a", 60, 0.0)
    now[0] += 20
    meter.add("a", 60, 0.0)
    meter.admit("b", 0)
    with pytest.raises(RefusedError, match="120 tokens") as refusal:
        meter.admit("a", 0)
    assert (refusal.value.status, refusal.value.retry_after_s) == (429, 40)
    now[0] += 41
    meter.admit("a", 0)


def test_the_days_money_is_counted_from_midnight_utc() -> None:
    now, asked = [86_400.0 * 5 + 7], []

    def spent_since(at: float) -> float:
        asked.append(at)
        return 0.5

    meter = Meter(Limits(usd_per_day=1.0), lambda: now[0], spent_since)
    meter.admit_teacher()
    meter.add("a", 0, 0.4)
    assert meter.spent_usd() == 0.9
    meter.add("a", 0, 0.2)
    with pytest.raises(RefusedError, match=r"1\.10 USD") as refusal:
        meter.admit_teacher()
    assert (refusal.value.status, refusal.value.retry_after_s) == (429, 86_393)
    now[0] += 86_400
    meter.add("a", 0, 0.1)
    assert asked == [86_400.0 * 5, 86_400.0 * 6]
    assert meter.spent_usd() == 0.6


def test_a_key_that_used_its_tokens_gets_a_429_in_its_clients_format(tmp_path: Path) -> None:
    with rig(tmp_path, limits={"tokens_per_minute": USED}) as running:
        first, second = running.ask(TICKET), running.ask(TICKET)
        (inference,) = running.stop()
    assert (first.status, second.status) == (200, 429)
    assert second.json["error"]["type"] == "rate_limit_error"
    assert "limits.tokens_per_minute" in second.json["error"]["message"]
    assert int(second.headers["retry-after"]) >= 1
    assert inference.id == first.headers["x-understudy-inference"]


def test_the_teacher_is_not_asked_beyond_the_days_money_even_after_a_restart(
    tmp_path: Path,
) -> None:
    with rig(tmp_path, limits={"usd_per_day": 0.002}) as running:
        assert [running.ask(TICKET).status for _ in range(3)] == [200, 429, 429]
        assert len(running.upstream.received) == 1
    with rig(tmp_path, limits={"usd_per_day": 0.002}) as again:
        refused = again.ask(TICKET)
        assert again.upstream.received == []
    assert refused.status == 429
    assert "limits.usd_per_day = 0.002" in refused.json["error"]["message"]


def test_one_answer_more_than_allowed_at_once_is_refused(tmp_path: Path) -> None:
    with rig(tmp_path, limits={"max_concurrent": 1}) as running:
        running.upstream.behaviour = Behaviour(wait=True)
        connection = running.connect()
        body = request_body(TICKET, stream=True)
        connection.request("POST", "/v1/messages", body, running.headers)
        connection.getresponse()
        refused = running.ask(TICKET)
        running.upstream.go_on()
        connection.close()
    assert refused.status == 429
    assert "limits.max_concurrent = 1" in refused.json["error"]["message"]
