"""What capture costs the thread that answers a request: CPU microseconds per recorded inference."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Config
from understudy.records import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    Usage,
    new_id,
)
from understudy.store import open_store

COUNT = 2000
TRACE_BYTES = 43_000


def main() -> None:
    with tempfile.TemporaryDirectory() as name, open_store(Path(name)) as store:
        config = Config()
        spool = Spool(Path(name) / "spool", config.capture)
        recorder = Recorder(config, {}, store, spool).start()
        given = [_inference(number) for number in range(COUNT)]
        costs_us = sorted(_cost_us(recorder, one) for one in given)
        recorder.close()
        kept = store.count_inferences()
    p50, p99 = statistics.median(costs_us), costs_us[int(0.99 * COUNT)]
    sys.stdout.write(
        f"{COUNT} inferences of {TRACE_BYTES / 1000:g} kB: p50 {p50:.0f} us, p99 {p99:.0f} us of the "
        f"caller's CPU; {kept} stored, {recorder.dropped} dropped\n"
    )


def _cost_us(recorder: Recorder, inference: Inference) -> float:
    # The thread's own CPU time: what other processes on the machine do is not capture's cost.
    began = time.thread_time()
    recorder.record(inference)
    cost_us = (time.thread_time() - began) * 1e6
    time.sleep(0.002)
    return cost_us


def _inference(number: int) -> Inference:
    thinking = f"Step {number}: the operator asks for a pump. "
    prompt = Prompt("The catalog of widgets and its rules. " * 300, (Message("user", "pump 1?"),))
    rest = TRACE_BYTES - len(prompt.system)
    completion = Completion(
        '{"heading": "Pump 1"}',
        thinking * (rest // len(thinking)),
        ReasoningKind.RAW,
        "end_turn",
        Usage(3000, 7000),
        "teacher",
    )
    return Inference(
        id=new_id(),
        function="select_widgets",
        episode=f"e{number}",
        user="",
        variant=TEACHER,
        propensity=1.0,
        prompt=prompt,
        completion=completion,
        status=InferenceStatus.COMPLETE,
        latency_s=1.0,
        cost_usd=0.0,
        prompt_hash=prompt.hash,
        config_hash="",
        created_at=float(number),
    )


if __name__ == "__main__":
    main()
