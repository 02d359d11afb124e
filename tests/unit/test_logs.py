"""A server's own lines: for a person on a terminal, for a machine as JSON."""

import io
import logging
from typing import Any

import orjson
import pytest
from reach_rig import Reach, check

from understudy.config import Config, Log
from understudy.serve.logs import logging_to

logger = logging.getLogger("understudy.anything")


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
