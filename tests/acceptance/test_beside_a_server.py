"""A real server in a process of its own: what it answers, and what other commands say beside it."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from cli_rig import Shell, trace_line


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, str, int]]:
    """A shell whose store a real server holds, its address and its process."""
    shell = Shell(tmp_path_factory.mktemp("served"))
    shell.settings()
    with shell.start("serve") as server:
        assert server.stdout is not None
        url = server.stdout.readline().removeprefix("listening on ").strip()
        yield shell, url, server.pid
        server.terminate()
    assert server.returncode == 0


def test_a_second_server_names_the_process_that_holds_the_store(
    served: tuple[Shell, str, int],
) -> None:
    shell, _, pid = served
    shell.call("serve").refused(f"in use by process {pid}", f"kill {pid}", "data_dir")


def test_a_port_in_use_is_named(shell: Shell, served: tuple[Shell, str, int]) -> None:
    port = urlsplit(served[1]).port
    shell.call("serve", "--port", str(port)).refused(f"port {port}", "in use", "server.port")


def test_an_import_beside_a_server_says_to_stop_it(served: tuple[Shell, str, int]) -> None:
    shell, url, _ = served
    file = shell.write("traces.jsonl", trace_line(1))
    shell.call("import", file).refused(url, "holds the store; stop it")


def test_commands_beside_a_server_pass_on_its_refusals(served: tuple[Shell, str, int]) -> None:
    shell = served[0]
    shell.call("promote", "student@9").refused("no release 9")
    shell.call("rollback").refused("nothing to roll back")


def test_feedback_for_an_unknown_id_is_answered_with_404(served: tuple[Shell, str, int]) -> None:
    feedback = {"inference": "nobody", "kind": "boolean", "name": "rating", "value": True}
    status, body = post(served[1], "/v1/feedback", feedback)
    assert status == 404
    assert body == {"error": "no inference 'nobody'; use the id that came with the answer"}


def test_an_unknown_function_is_answered_with_404(served: tuple[Shell, str, int]) -> None:
    question = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}
    status, body = post(served[1], "/v1/messages", question, "x-understudy-function", "nowhere")
    assert status == 404
    assert "nowhere" in body["error"]["message"]
    assert "select_widgets" in body["error"]["message"]


def post(url: str, path: str, document: object, *header: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    headers = {"content-type": "application/json", **({header[0]: header[1]} if header else {})}
    try:
        connection.request("POST", path, json.dumps(document), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
