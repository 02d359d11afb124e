"""The recorder: fails open, drains once however often it is asked, keeps traces that are asked for."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from capture_rig import CAPTURE, CONFIG, Rig
from hypothesis import given
from hypothesis import strategies as st
from record_builders import make_completion, make_inference
from sqlalchemy import text

from understudy.capture import recorder as recorder_module
from understudy.capture.segments import frame
from understudy.errors import InputError
from understudy.records import (
    Message,
    Prompt,
    Variant,
)
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction import records as redactor
from understudy.store import open_store


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    opened = Rig(tmp_path, CONFIG)
    yield opened
    opened.close()


def test_every_field_survives_the_codec() -> None:
    inference = make_inference(
        variant=Variant(4), fallback_from=Variant(3), shadow=True, error="late", propensity=0.25
    )
    assert decode_inference(encode_inference(inference)) == inference


@given(st.text(), st.none() | st.text())
def test_any_text_survives_the_codec(answer: str, thinking: str | None) -> None:
    inference = make_inference(completion=make_completion(answer=answer, thinking=thinking))
    assert decode_inference(encode_inference(inference)) == inference


def test_broken_characters_cost_no_record() -> None:
    inference = make_inference(completion=make_completion(answer="half a \ud83d pair"))
    decoded = decode_inference(encode_inference(inference))
    assert decoded.completion.answer == "half a ? pair"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"\xff", b'{"id": 1}'])
def test_a_record_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(InputError, match="quarantined"):
        decode_inference(payload)


def test_a_null_where_text_belongs_is_refused() -> None:
    plain = orjson.loads(encode_inference(make_inference()))
    for name in ("answer", "id", "propensity", "created_at"):
        with pytest.raises(InputError):
            decode_inference(orjson.dumps({**plain, name: None}))
    with pytest.raises(InputError, match="no number of tokens"):
        decode_inference(orjson.dumps({**plain, "usage": [2**63, 0]}))


def test_what_is_recorded_is_in_the_store_after_a_drain(rig: Rig) -> None:
    inferences = [make_inference(f"question {i}", created_at=float(i)) for i in range(7)]
    for inference in inferences:
        rig.recorder.record(inference)

    assert rig.recorder.drain() == 7

    assert rig.store.find_inferences() == inferences
    assert rig.segments() == []
    assert (rig.recorder.captured, rig.recorder.dropped, rig.recorder.lost) == (7, 0, 0)
    assert rig.recorder.drain() == 0


def test_a_segment_that_comes_back_is_drained_without_duplicates(rig: Rig) -> None:
    inference = make_inference()
    rig.recorder.record(inference)
    rig.spool.flush(1.0)
    (path,) = rig.spool.closed_segments()
    content = path.read_bytes()
    rig.recorder.drain()
    # As after a crash between the insert and the removal of the segment.
    path.write_bytes(content)

    assert rig.recorder.drain() == 0
    assert rig.store.find_inferences() == [inference]
    assert rig.store.count_traces() == 1
    assert not path.exists()


def test_secrets_do_not_reach_the_disk(rig: Rig) -> None:
    key = "sk-" + "ant-api03-" + "Ab1_" * 6
    prompt = Prompt("s", (Message("user", f"I am ann@plant.example, key {key}"),))
    rig.recorder.record(
        make_inference(prompt=prompt, completion=make_completion(thinking="call +49 170 1234567"))
    )
    rig.spool.flush(1.0)
    on_disk = rig.segments()[0].read_bytes()
    rig.recorder.drain()

    for secret in (b"ann@plant", key.encode(), b"170 1234"):
        assert secret not in on_disk
    (kept,) = rig.store.find_inferences()
    assert kept.prompt.messages[0].content == "I am [redacted: e-mail], key [redacted: key]"


def test_a_record_that_cannot_be_redacted_is_dropped_and_capture_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_long(text: str) -> str:
        if len(text) > 1000:
            raise ValueError("[E088] a text is too long")
        return text

    monkeypatch.setattr(redactor, "load_presidio", lambda model, min_score: refuse_long)
    quick = {"redact_presidio": True, "flush_interval_s": 0.001, "drain_interval_s": 0.001}
    rig = Rig(tmp_path, CONFIG.model_copy(update={"capture": CAPTURE.model_copy(update=quick)}))
    rig.recorder.start()
    long = make_inference(completion=make_completion(answer="secret words " * 100))
    for inference in (long, make_inference(), long, make_inference()):
        rig.recorder.record(inference)
        while rig.spool.queued_bytes:
            os.sched_yield()
    rig.close()
    with open_store(tmp_path, read_only=True) as store:
        assert store.count_inferences() == 2
    assert (rig.recorder.captured, rig.recorder.dropped, rig.recorder.lost) == (4, 2, 0)
    assert not rig.recorder.pending
    assert not any(b"secret words" in file.read_bytes() for file in tmp_path.rglob("*.*"))


def test_damage_is_set_apart_and_everything_else_kept(rig: Rig) -> None:
    first, second = make_inference(created_at=1.0), make_inference(created_at=2.0)
    whole = (
        frame(encode_inference(first)) + frame(b"no inference") + frame(encode_inference(second))
    )
    (rig.folder / "spool" / "000000000099.spool").write_bytes(whole + frame(b"torn")[:-1])

    assert rig.recorder.drain() == 2

    assert rig.store.find_inferences() == [first, second]
    set_apart = sorted((rig.folder / "spool" / "quarantine").iterdir())
    assert [path.name for path in set_apart] == [
        f"000000000099-{len(whole)}.torn",
        "000000000099-record-1.torn",
    ]
    assert set_apart[1].read_bytes() == b"no inference"
    assert rig.recorder.lost == 2
    assert rig.segments() == []


def test_a_store_that_is_full_keeps_the_spool_and_goes_on_by_itself(rig: Rig) -> None:
    big = make_inference(completion=make_completion(answer="x" * 400_000))
    with rig.database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    rig.recorder.record(big)

    assert rig.recorder.drain() == 0
    assert len(rig.segments()) == 1
    with rig.database.begin() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert rig.recorder.drain() == 1

    assert rig.store.find_inferences() == [big]
    assert rig.recorder.lost == 0


def test_the_background_thread_drains_by_itself(tmp_path: Path) -> None:
    quick = CAPTURE.model_copy(update={"flush_interval_s": 0.001, "drain_interval_s": 0.001})
    rig = Rig(tmp_path, CONFIG.model_copy(update={"capture": quick}))
    rig.recorder.start()
    rig.recorder.record(make_inference())
    while rig.store.count_inferences() == 0:
        assert rig.recorder.lost == 0
    rig.close()


def test_closing_drains_what_is_left(tmp_path: Path) -> None:
    rig = Rig(tmp_path, CONFIG)
    rig.recorder.record(make_inference())
    rig.recorder.close()
    assert rig.store.count_inferences() == 1
    rig.recorder.record(make_inference())
    assert rig.recorder.dropped == 1
    rig.store.close()


def test_the_database_is_sound_after_all_this(rig: Rig) -> None:
    for i in range(50):
        rig.recorder.record(make_inference(f"q{i}"))
    rig.recorder.drain()
    rig.close()
    with sqlite3.connect(rig.folder / "understudy.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_whoever_waits_for_a_drain_ends_its_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_MOST_REST_S", 3600.0)
    monkeypatch.setattr(recorder_module, "_REST", 1e9)
    one = Rig(
        tmp_path,
        CONFIG.model_copy(update={"capture": CAPTURE.model_copy(update={"drain_batch": 1})}),
    )
    for number in range(20):
        one.recorder.record(make_inference(id=f"id-{number}"))
    gentle = threading.Thread(target=lambda: one.recorder.drain(gently=True))
    gentle.start()
    while not one.store.count_inferences():
        os.sched_yield()
    assert one.store.count_inferences() == 1, "it rests after the first"
    one.recorder.drain()
    assert one.store.count_inferences() == 20
    gentle.join()
    one.close()


def test_a_recorder_that_closes_does_not_wait_for_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_MOST_REST_S", 3600.0)
    monkeypatch.setattr(recorder_module, "_REST", 1e9)
    settings = CAPTURE.model_copy(update={"drain_batch": 1, "drain_interval_s": 0.001})
    one = Rig(tmp_path, CONFIG.model_copy(update={"capture": settings}))
    for number in range(20):
        one.recorder.record(make_inference(id=f"id-{number}"))
    one.recorder.start()
    while not one.store.count_inferences():
        os.sched_yield()
    one.recorder.close()
    assert one.store.count_inferences() == 20
    one.close()
