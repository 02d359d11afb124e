"""Which function a request is for that names none."""

from pathlib import Path

import orjson
import pytest
from gateway_rig import CONFIG_HASH, TICKETS, Rig, config_for, request_body, rig

from understudy.cli.doctor import examine_functions
from understudy.config import Config, load_config
from understudy.config import Trainer as TrainerSettings
from understudy.errors import ConfigError
from understudy.serve.state import build_state
from understudy.store import open_store

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


def test_a_function_to_learn_that_is_unknown_is_refused_at_the_start(tmp_path: Path) -> None:
    settings = TrainerSettings(functions=("clasify",))
    config = config_for(tmp_path, "http://127.0.0.1:9").model_copy(update={"trainer": settings})
    sentence = r"trainer\.functions: no function 'clasify'; tickets has classify, escalate"
    with open_store(tmp_path) as store, pytest.raises(ConfigError, match=sentence):
        build_state(config, CONFIG_HASH, TICKETS, store)


def test_doctor_finds_a_setting_that_names_no_function() -> None:
    good, unknown = Config(), {"function": "nobody", "model": "*"}
    learned = Config(trainer=TrainerSettings(functions=("clasify",)))
    ruled = Config.model_validate({"rules": [unknown]})
    found = [examine_functions(TICKETS, config) for config in (good, learned, ruled)]
    assert [(one.ok, one.required) for one in found] == [(True, True), (False, True), (False, True)]
    assert "no function 'clasify'" in found[1].found
    assert "no function 'nobody'" in found[2].found


def test_a_rule_that_fits_everything_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "understudy.toml"
    file.write_text('[[rules]]\nfunction = "classify"\n')
    with pytest.raises(ConfigError, match="needs model or system_contains"):
        load_config(file, {})
    file.write_text('[[rules]]\nfunction = "classify"\nmodell = "x"\n')
    with pytest.raises(ConfigError, match=r"rules\.0"):
        load_config(file, {})
