"""Which function a request is for that names none."""

from pathlib import Path

import orjson
import pytest
from gateway_rig import Rig, request_body, rig

from understudy.config import load_config
from understudy.errors import ConfigError

TICKET = "my invoice is wrong"
RULES = (
    {"function": "escalate", "model": "claude-opus-*"},
    {"function": "classify", "system_contains": "Route the ticket"},
)


def ask(running: Rig, model: str, system: str | None = None, **headers: str) -> None:
    body = orjson.loads(request_body(TICKET)) | {"model": model}
    body |= {} if system is None else {"system": system}
    running.post("/v1/messages", body, **headers)


def test_the_first_rule_that_fits_names_the_function(tmp_path: Path) -> None:
    with rig(tmp_path, rules=RULES) as running:
        ask(running, "claude-opus-4-5")
        ask(running, "claude-haiku-4-5")
        ask(running, "claude-haiku-4-5", "Write a poem.")
        ask(running, "claude-opus-4-5", x_understudy_function="classify")
        functions = [inference.function for inference in running.stop()]
    assert functions == ["escalate", "classify", "unnamed", "classify"]


def test_a_rule_for_an_unknown_function_is_refused_at_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="no function 'nobody'; tickets has classify, escalate"),
        rig(tmp_path, rules=({"function": "nobody", "model": "*"},)),
    ):
        pass


def test_a_rule_that_fits_everything_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "understudy.toml"
    file.write_text('[[rules]]\nfunction = "classify"\n')
    with pytest.raises(ConfigError, match="needs model or system_contains"):
        load_config(file, {})
    file.write_text('[[rules]]\nfunction = "classify"\nmodell = "x"\n')
    with pytest.raises(ConfigError, match=r"rules\.0"):
        load_config(file, {})
