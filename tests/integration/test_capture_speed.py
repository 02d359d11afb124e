"""What capture costs the caller, measured on the real spool with its real writer and drainer."""

import time
from pathlib import Path

from record_builders import APPLICATION, make_completion, make_inference

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Capture, Config
from understudy.records import Message, Prompt
from understudy.store import open_store

LONG = Prompt("The catalog of widgets and its rules. " * 200, (Message("user", "How is pump 1?"),))


def test_recording_costs_the_caller_less_than_a_millisecond(tmp_path: Path) -> None:
    config = Config(capture=Capture(traces=True, trace_share=1.0))
    store = open_store(tmp_path)
    spool = Spool(tmp_path / "spool", config.capture)
    recorder = Recorder(config, APPLICATION.functions, store, spool).start()
    inferences = [
        make_inference(prompt=LONG, completion=make_completion(thinking=f"thought {i} " * 50))
        for i in range(2000)
    ]

    costs_s = []
    for inference in inferences:
        began = time.thread_time()
        recorder.record(inference)
        costs_s.append(time.thread_time() - began)
    recorder.close()

    # The thread's own CPU time: what other processes on the machine do is not capture's cost.
    assert sorted(costs_s)[int(0.99 * len(costs_s))] < 0.001
    assert store.count_inferences() == store.count_traces() == 2000
    assert (recorder.captured, recorder.dropped, recorder.lost) == (2000, 0, 0)
    store.close()
