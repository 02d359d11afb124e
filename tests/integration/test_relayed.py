"""What goes through the gateway unchanged, and whose keys do not."""

import contextlib
import http.client
from pathlib import Path

import pytest
from gateway_rig import request_body, rig

from understudy.testing import Behaviour
from understudy.wire import anthropic

TICKET = "my invoice is wrong"


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-api-key", "sk-ant-bonus_4711"), ("authorization", "Bearer nexus_live")],
)
def test_a_vendors_key_that_holds_our_prefix_goes_on(tmp_path: Path, name: str, value: str) -> None:
    with rig(tmp_path, teacher={"api_key": "sk-server"}) as running:
        assert running.ask(TICKET, **{name.replace("-", "_"): value}).status == 200
        (received,) = running.upstream.received
    assert received.headers[name] == value
    assert "sk-server" not in str(received)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_a_key_of_this_server_never_leaves_it(tmp_path: Path, scheme: str) -> None:
    with rig(tmp_path) as running:
        given = {"authorization": f"{scheme}{running.key}", "x_understudy_key": ""}
        assert running.ask(TICKET, **given).status == 200
        (received,) = running.upstream.received
    assert running.key not in str(received)


@pytest.mark.parametrize("value", [b"Caf\xc3\xa9 \xe2\x82\xac", b"plain", b"caf\xe9"])
def test_a_header_is_the_same_text_behind_the_gateway(tmp_path: Path, value: bytes) -> None:
    with rig(tmp_path) as running:
        running.ask(TICKET, x_note=value.decode("latin-1"))
        (received,) = running.upstream.received
    seen = received.headers["x-note"].encode("latin-1")
    # A header that is no UTF-8 goes on as the UTF-8 of its letters.
    assert seen in (value, value.decode("latin-1").encode())
    assert seen.decode() == (value.decode(errors="replace") if seen == value else "café")


def test_half_of_a_compressed_stream_is_given_no_plain_event(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(events=3, headers={"content-encoding": "gzip"})
        with contextlib.closing(running.connect()) as connection:
            body = request_body(TICKET, stream=True)
            connection.request("POST", anthropic.PATH, body, running.headers)
            with pytest.raises(http.client.IncompleteRead) as broken:
                connection.getresponse().read()
    assert b"message_start" in broken.value.partial
    assert b"event: error" not in broken.value.partial
