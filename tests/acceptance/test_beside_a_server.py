"""A real server in a process of its own: what it answers, and what other commands say beside it."""

import http.client
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from cli_rig import Shell, trace_line

from understudy.keys import KEY_HEADER


@dataclass(frozen=True, slots=True)
class Served:
    """A shell whose store a real server holds, and the key that it showed for the application."""

    shell: Shell
    url: str
    key: str
    pid: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shell = Shell(tmp_path_factory.mktemp("served"))
    shell.settings()
    captured = shell.write("captured.jsonl", "\n".join(map(trace_line, (1, 2))))
    assert shell.call("import", captured).code == 0
    with shell.start("serve") as server:
        assert server.stdout is not None
        # The keys of the first start come before the address.
        told = list(itertools.takewhile(lambda line: "listening" not in line, server.stdout))
        assert "shown this once" in told[0]
        url = json.loads((shell.data_dir / "server.json").read_text())["url"]
        yield Served(shell, url, told[1].strip(), server.pid)
        server.terminate()
    assert server.returncode == 0


def test_a_second_server_names_the_process_that_holds_the_store(
    served: Served,
) -> None:
    pid = served.pid
    served.shell.call("serve").refused(f"in use by process {pid}", f"kill {pid}", "data_dir")


def test_a_port_in_use_is_named(shell: Shell, served: Served) -> None:
    port = urlsplit(served.url).port
    shell.call("serve", "--port", str(port)).refused(f"port {port}", "in use", "server.port")


def test_an_import_beside_a_server_says_to_stop_it(served: Served) -> None:
    file = served.shell.write("traces.jsonl", trace_line(1))
    served.shell.call("import", file).refused(served.url, "holds the store; stop it")


def test_commands_beside_a_server_pass_on_its_refusals(served: Served) -> None:
    shell = served.shell
    shell.call("promote", "student@9").refused("no release 9")
    shell.call("rollback").refused("nothing to roll back")


def test_a_training_that_a_server_cannot_begin_is_no_success(served: Served) -> None:
    done = served.shell.call("train")
    done.refused("teacher.training_permission is 'none'", "written_permission")


def test_the_status_of_a_server_tells_of_its_trainer(served: Served) -> None:
    said = served.shell.call("status").out
    assert "2 of 100 (min_traces)" in said
    assert "never (trainer.enabled)" in said


def test_feedback_for_an_unknown_id_is_answered_with_404(served: Served) -> None:
    feedback = {"inference": "nobody", "kind": "boolean", "name": "rating", "value": True}
    status, body = post(served, "/v1/feedback", feedback)
    assert status == 404
    assert body == {"error": "no inference 'nobody'; use the id that came with the answer"}


def test_an_unknown_function_is_answered_with_404(served: Served) -> None:
    question = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}
    status, body = post(served, "/v1/messages", question, "x-understudy-function", "nowhere")
    assert status == 404
    assert "nowhere" in body["error"]["message"]
    assert "select_widgets" in body["error"]["message"]


def test_keys_are_made_listed_and_revoked_beside_a_server(served: Served) -> None:
    shell = served.shell
    made = shell.call("keys", "create", "importer", "--scope", "feedback").out.strip()
    assert post(replace(served, key=made), "/v1/feedback", [])[0] == 200
    status, body = post(replace(served, key=made), "/api/train", {})
    assert status == 403
    assert "has feedback, and this needs admin" in body["error"]

    identity = made.split("_")[1]
    assert identity in shell.call("keys", "list").out
    assert "opens nothing any more" in shell.call("keys", "revoke", identity).out
    assert post(replace(served, key=made), "/v1/feedback", [])[0] == 401
    shell.call("keys", "revoke", identity).refused(f"no open key '{identity}'", "keys list")


def post(served: Served, path: str, document: object, *header: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=300)
    headers = {"content-type": "application/json", KEY_HEADER: served.key}
    headers |= {header[0]: header[1]} if header else {}
    try:
        connection.request("POST", path, json.dumps(document), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_server_whose_address_cannot_be_written_serves_and_says_so(shell: Shell) -> None:
    shell.settings(log={"format": "json"})
    # As on a full disk: everything else is there, this one file cannot be.
    (shell.data_dir / "server.json" / "in the way").mkdir(parents=True)
    with shell.start("serve") as server:
        assert server.stdout is not None
        told = list(itertools.takewhile(lambda line: "listening" not in line, server.stdout))
        left = list(shell.data_dir.glob("server.json.*"))
        server.terminate()
    assert "shown this once" in told[0]
    assert (server.returncode, left) == (0, [])
