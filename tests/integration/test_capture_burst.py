"""A burst of large records through the real spool, its writer and its drainer."""

from pathlib import Path

from record_builders import APPLICATION, make_completion, make_inference

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Capture, Config
from understudy.records import Message, Prompt
from understudy.store import open_store

LONG = Prompt("The catalog of widgets and its rules. " * 200, (Message("user", "How is pump 1?"),))


def test_a_burst_of_long_records_is_captured_whole(tmp_path: Path) -> None:
    config = Config(capture=Capture(traces=True, trace_share=1.0))
    with open_store(tmp_path) as store:
        spool = Spool(tmp_path / "spool", config.capture)
        recorder = Recorder(config, APPLICATION.functions, store, spool).start()
        for number in range(1000):
            completion = make_completion(thinking=f"thought {number} " * 50)
            recorder.record(make_inference(prompt=LONG, completion=completion))
        recorder.close()
        assert store.count_inferences() == store.count_traces() == 1000
    assert (recorder.captured, recorder.dropped, recorder.lost) == (1000, 0, 0)
