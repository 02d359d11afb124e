"""What the hook costs the caller's thread per call of a 43 kB trace: `make bench-hook`.

The client is the official one over a transport that answers at once, so that what is measured is
the difference that the hook makes, and the hook's own work apart from the client's.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import orjson

from understudy.capture import instrument, record

CALLS = 2000
PROMPT = "The catalog of widgets and its rules, line by line. " * 580
THINKING = "The operator asks about pump 1, so its vibration matters. " * 160
ANSWER = orjson.dumps({"widgets": [{"id": f"w-{n}", "size": "large"} for n in range(100)]}).decode()
ASKED: dict[str, Any] = {
    "model": "any-model",
    "max_tokens": 300,
    "system": PROMPT,
    "messages": [{"role": "user", "content": "How is pump 1?"}],
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "any-model",
    "content": [
        {"type": "thinking", "thinking": THINKING, "signature": ""},
        {"type": "text", "text": ANSWER},
    ],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9000, "output_tokens": 4000},
}


def main() -> None:
    size = len(PROMPT) + len(THINKING) + len(ANSWER)
    say(f"{CALLS} calls, prompt + thinking + answer = {size / 1000:.0f} kB, microseconds per call")
    # What is still queued at the exit is written after the folder is gone.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = make_client()
        show("client alone", measure(lambda: client.messages.create(**ASKED)))
        hook = instrument(client, function="select_widgets", data_dir=folder)
        # Every part of the hook that runs in the caller's thread, without the client's own work.
        response = client.messages.with_raw_response.create(**ASKED).http_response
        show("client instrumented", measure(lambda: client.messages.create(**ASKED)))
        hook_alone = measure(alone(hook, response), lambda: unmark(response))
        show("hook alone", hook_alone)
        # As long, and nothing but arithmetic: its p99 is the machine's, not the hook's.
        usual_us = statistics.median(wall for _, wall in hook_alone)
        show("as long, sums alone", measure(spin(usual_us)))
        messages = ASKED["messages"]
        show(
            "record()",
            measure(
                lambda: record(messages, ANSWER, system=PROMPT, thinking=THINKING, data_dir=folder)
            ),
        )
        say(f"dropped {hook.dropped}")


def make_client() -> anthropic.Anthropic:
    body = orjson.dumps(MESSAGE)
    headers = {"content-type": "application/json"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body, headers=headers))
    return anthropic.Anthropic(
        base_url="http://upstream", api_key="none", http_client=httpx2.Client(transport=transport)
    )


def alone(hook: Any, response: Any) -> Callable[[], Any]:
    class Raw:
        http_response = response

        def parse(self) -> None:
            return None

    answered = Raw()

    def create(**_: Any) -> Raw:
        return answered

    wrapped = hook.wrap(create)
    return lambda: wrapped(**ASKED)


def unmark(response: Any) -> None:
    """As it came: one that has an inference's id is captured elsewhere."""
    response.headers.pop("x-understudy-inference", None)


def spin(microseconds: float) -> Callable[[], int]:
    """Sums up numbers, so many that it takes about this long."""

    def sum_up(count: int) -> float:
        began = time.perf_counter()
        sum(range(count))
        return (time.perf_counter() - began) * 1e6

    count = 10_000
    count = max(1, int(count * microseconds / min(sum_up(count) for _ in range(200))))
    return lambda: sum(range(count))


def measure(
    call: Callable[[], Any], prepare: Callable[[], object] = lambda: None
) -> list[tuple[float, float]]:
    """The thread's own CPU time and the wall clock's, each in microseconds."""
    for _ in range(50):
        prepare()
        call()
    costs = []
    for _ in range(CALLS):
        prepare()
        wall, own = time.perf_counter(), time.thread_time()
        call()
        costs.append(((time.thread_time() - own) * 1e6, (time.perf_counter() - wall) * 1e6))
        # As between two calls of an application: the writer keeps up, and its work is not ours.
        time.sleep(0.001)
    return costs


def show(name: str, costs: list[tuple[float, float]]) -> None:
    own, wall = (sorted(column) for column in zip(*costs, strict=True))
    middle, last = len(own) // 2, int(0.99 * len(own))
    say(
        f"{name:20} own p50 {own[middle]:7.0f} p99 {own[last]:7.0f}"
        f"   wall p50 {wall[middle]:7.0f} p99 {wall[last]:7.0f}"
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
