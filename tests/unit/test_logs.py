"""A server's own lines: for a person on a terminal, for a machine as JSON."""

import io
import logging
import threading
from typing import Any

import orjson
import pytest
from reach_rig import Reach, check

from understudy.config import Config, Log
from understudy.serve.logs import logging_to

logger = logging.getLogger("understudy.anything")
PATIENCE_S = 300


def written(settings: Log, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    with logging_to(settings, stream):
        logger.info("segment %s drained", "7", extra={"records": 3})
        logging.getLogger("elsewhere").info("not ours")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            logger.exception("it failed", extra={"inference": "i-1"})
    return stream.getvalue()


def test_json_has_one_object_a_line_with_every_field() -> None:
    first, second = map(orjson.loads, written(Log(format="json")).splitlines())
    assert first | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "understudy.anything",
        "message": "segment 7 drained",
        "records": 3,
    }
    assert (second["inference"], second["level"]) == ("i-1", "ERROR")
    assert "ValueError: two" in second["exc_info"]


def test_text_has_the_fields_behind_the_message() -> None:
    first, second, *_ = written(Log(format="text")).splitlines()
    assert first.endswith("INFO segment 7 drained records=3")
    assert second.endswith("ERROR it failed inference=i-1")


def test_a_field_of_a_text_line_begins_no_other_line_and_sends_no_commands() -> None:
    stream = io.StringIO()
    with logging_to(Log(format="text"), stream):
        logger.info("traffic changed", extra={"reason": "für \x1b[2J\nERROR forged", "by": "für"})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r"reason=f\xfcr \x1b[2J\nERROR forged by=für")


def test_a_warning_is_written_at_once_and_after_what_came_before_it() -> None:
    stream = io.StringIO()
    with logging_to(Log(format="text"), stream):
        logger.info("first")
        logger.warning("second")
        lines = stream.getvalue().splitlines()
    assert [line.split()[-1] for line in lines] == ["first", "second"]


def test_a_line_is_written_soon_without_another_one_behind_it() -> None:
    written = threading.Event()

    class Stream(io.StringIO):
        def flush(self) -> None:
            written.set()

    with logging_to(Log(), Stream()):
        logger.info("alone")
        assert written.wait(PATIENCE_S)


def test_many_threads_lose_no_line() -> None:
    stream = io.StringIO()

    def log(name: int) -> None:
        for number in range(200):
            logger.info("%d of %d", number, name)

    with logging_to(Log(format="text"), stream):
        threads = [threading.Thread(target=log, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = [line.split("INFO ")[1] for line in stream.getvalue().splitlines()]
    assert sorted(lines) == sorted(f"{n} of {name}" for n in range(200) for name in range(4))


def test_a_stream_that_nobody_reads_any_more_stops_nothing() -> None:
    tried: list[str] = []

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            tried.append(text)
            raise BrokenPipeError

    with logging_to(Log(), Gone()):
        logger.warning("first")
        logger.warning("second")
    assert ["first" in tried[0], "second" in tried[1]] == [True, True]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_auto_is_text_on_a_terminal_and_json_elsewhere() -> None:
    assert not written(Log(), Terminal()).startswith("{")
    assert written(Log()).startswith("{")


def test_afterwards_the_process_logs_as_before() -> None:
    before = list(logging.getLogger().handlers), logging.getLogger("understudy").level
    written(Log(level="debug"))
    assert before == (logging.getLogger().handlers, logging.getLogger("understudy").level)


def lines(config: Config) -> int:
    return len(written(config.log).splitlines())


def is_json(config: Config) -> bool:
    return written(config.log, Terminal()).startswith("{")


LOGS: dict[str, Reach] = {
    "log.level": Reach("error", lines, 1),
    "log.format": Reach("json", is_json, True),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_setting_reaches_its_user(name: str, tmp_path: Any, monkeypatch: Any) -> None:
    check(name, LOGS[name], tmp_path, monkeypatch)
