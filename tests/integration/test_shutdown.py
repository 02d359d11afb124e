"""The server is told to stop while answers are under way."""

import contextlib
import threading
from http.client import HTTPResponse
from pathlib import Path

from gateway_rig import Rig, request_body, rig

from understudy.records import InferenceStatus
from understudy.testing import Behaviour
from understudy.wire import anthropic

STREAMS = 50


def begin_stream(running: Rig, number: int, opened: contextlib.ExitStack) -> HTTPResponse:
    """A stream of which the first event has come."""
    connection = opened.enter_context(contextlib.closing(running.connect()))
    body = request_body(f"my invoice {number} is wrong", stream=True)
    headers = {"content-type": "application/json", **running.headers}
    connection.request("POST", anthropic.PATH, body, headers)
    response = connection.getresponse()
    assert response.readline().startswith(b"event: message_start")
    return response


def test_open_streams_end_with_an_error_event_and_are_recorded(tmp_path: Path) -> None:
    with rig(tmp_path, server={"grace_s": 1}) as running, contextlib.ExitStack() as opened:
        running.upstream.behaviour = Behaviour(wait=True)
        streams = [begin_stream(running, number, opened) for number in range(STREAMS)]
        inferences = running.stop()
        rests = [stream.read() for stream in streams]
    for rest in rests:
        event = rest.strip().rpartition(b"\n\n")[2]
        assert event.startswith(b"event: error\ndata: ")
        assert b"the server is stopping" in event
    assert len(inferences) == STREAMS
    assert {one.status for one in inferences} == {InferenceStatus.INCOMPLETE}


def test_streams_that_end_in_time_are_whole(tmp_path: Path) -> None:
    with rig(tmp_path, server={"grace_s": 60}) as running, contextlib.ExitStack() as opened:
        running.upstream.behaviour = Behaviour(wait=True)
        streams = [begin_stream(running, number, opened) for number in range(STREAMS)]
        stopping = threading.Thread(target=running.serving.close)
        stopping.start()
        running.upstream.go_on()
        rests = [stream.read() for stream in streams]
        stopping.join()
        inferences = running.store.find_inferences()
    assert all(b"event: message_stop" in rest for rest in rests)
    assert len(inferences) == STREAMS
    assert {one.status for one in inferences} == {InferenceStatus.COMPLETE}
