"""Where a value comes from, which mistakes are named, and what is never shown."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from understudy.config import Config, Resolved, Setting, Teacher, load_config
from understudy.config.loading import config_hash
from understudy.errors import ConfigError

KEY = "sk-very-secret"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "understudy.toml"


def loaded(file: Path, text: str = "", **environ: str) -> Resolved:
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ)


def setting(resolved: Resolved, name: str) -> Setting:
    return next(one for one in resolved.settings() if one.name == name)


def refusal(file: Path, text: str = "", **environ: str) -> str:
    with pytest.raises(ConfigError) as refused:
        loaded(file, text, **environ)
    return str(refused.value)


def test_without_a_file_every_value_is_the_default(file: Path) -> None:
    resolved = load_config(None, {})
    assert resolved.config == Config()
    assert {one.origin for one in resolved.settings()} == {"default"}


def test_an_empty_file_changes_nothing(file: Path) -> None:
    assert loaded(file).config == Config()


def test_the_file_beside_the_caller_is_read_without_being_named(file: Path) -> None:
    file.write_text("[server]\nport = 9000\n")
    assert load_config(None, {}).config.server.port == 9000


def test_the_environment_names_another_file(file: Path, tmp_path: Path) -> None:
    file.write_text("[server]\nport = 9000\n")
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 9001\n")
    environ = {"UNDERSTUDY_CONFIG": str(other)}
    assert load_config(None, environ).config.server.port == 9001
    assert load_config(file, environ).config.server.port == 9000


def test_the_process_environment_is_read_unless_another_is_given(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_SERVER__PORT", "9002")
    assert load_config().config.server.port == 9002
    assert load_config(None, {}).config.server.port == Config().server.port


def test_every_value_says_where_it_came_from(file: Path) -> None:
    text = 'data_dir = "store"\n[sft]\nlora_rank = 32\nepochs = 2\n'
    resolved = loaded(file, text, UNDERSTUDY_SFT__EPOCHS="5", UNDERSTUDY_APPLICATION="desk:APP")
    expected = {
        "data_dir": (Path("store"), f"file {file}"),
        "sft.lora_rank": (32, f"file {file}"),
        "sft.epochs": (5.0, "environment UNDERSTUDY_SFT__EPOCHS"),
        "application": ("desk:APP", "environment UNDERSTUDY_APPLICATION"),
        "sft.batch_size": (Config().sft.batch_size, "default"),
    }
    for name, found in expected.items():
        shown = setting(resolved, name)
        assert (shown.value, shown.origin) == found


def test_every_setting_is_documented() -> None:
    assert [one.name for one in Resolved(Config(), {}).settings() if not one.meaning] == []


def test_what_kubernetes_says_of_a_service_is_no_setting(file: Path) -> None:
    told = {"SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "8100", "SERVICE_PORT_HTTP": "8100"}
    told |= {"PORT": "tcp://10.0.0.1:8100", "PORT_8100_TCP": "tcp://10.0.0.1:8100"}
    told |= {"PORT_8100_TCP_PROTO": "tcp", "PORT_8100_TCP_PORT": "8100"}
    told |= {"PORT_8100_TCP_ADDR": "10.0.0.1"}
    # Of services that are named `understudy` and `understudy-gateway`.
    names = {
        f"UNDERSTUDY_{of}{name}": value for of in ("", "GATEWAY_") for name, value in told.items()
    }
    assert load_config(None, names).config == Config()


def test_a_setting_written_with_one_underscore_is_still_named(file: Path) -> None:
    sentence = "unknown variable UNDERSTUDY_SERVER_PORT; did you mean server.port?"
    assert sentence in refusal(file, UNDERSTUDY_SERVER_PORT="9000")
    assert "unknown variable UNDERSTUDY_PORT" in refusal(file, UNDERSTUDY_PORT="9000")


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("TRAFFIC__STEPS", "[0.1, 1.0]", "traffic.steps", (0.1, 1.0)),
        ("CAPTURE__TRACES", "true", "capture.traces", True),
        ("STUDENT__BASE", "Qwen/Qwen3-8B", "student.base", "Qwen/Qwen3-8B"),
        ("STUDENT__BASE", '"tiny"', "student.base", "tiny"),
        ("TEACHER__MODEL", "4711", "teacher.model", "4711"),
        ("DATA_DIR", "2026", "data_dir", Path("2026")),
        ("EXPORT__LLAMA_QUANTIZE", "", "export.llama_quantize", ""),
    ],
)
def test_a_variable_holds_any_kind_of_value(
    file: Path, variable: str, text: str, name: str, value: Any
) -> None:
    resolved = load_config(None, {f"UNDERSTUDY_{variable}": text})
    assert setting(resolved, name).value == value


def test_other_programs_variables_are_left_alone(file: Path) -> None:
    assert load_config(None, {"PATH": os.defpath, "UNDERSTUDYING": "1"}).config == Config()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sft]\nlora_rnk = 32\n", "unknown key sft.lora_rnk; did you mean sft.lora_rank?"),
        ("[sfft]\nlora_rank = 32\n", "unknown key sfft.lora_rank; did you mean sft.lora_rank?"),
        ('data_dr = "x"\n', "unknown key data_dr; did you mean data_dir?"),
        ("[qqq]\n", "unknown key qqq; `understudy config` lists them all"),
        ("[qqq]\nzzzzzzzz = 1\n", "unknown key qqq.zzzzzzzz; `understudy config` lists them all"),
        ("server = 3\n", "server is a section; write [server] and its fields below"),
        ("[data_dir]\nx = 1\n", "unknown key data_dir.x; did you mean data_dir?"),
        ("[server\nport = 1\n", "is no valid TOML"),
        ("[server]\nport = 1\nport = 2\n", "is no valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(file: Path, text: str, sentence: str) -> None:
    said = refusal(file, text)
    assert said.startswith(str(file))
    assert sentence in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[server]\nport = "many"\n', "server.port = 'many' (file {file}): Input should be"),
        ("[server]\nport = 70000\n", "server.port = 70000 (file {file}): Input should be less"),
        ("[traffic]\nsteps = [0.1, true, []]\n", "traffic.steps = [] (file {file})"),
        ('[sft]\nadapter = "dora"\n', "sft.adapter = 'dora' (file {file}): Input should be 'none'"),
        ("data_dir = 3\n", "data_dir = 3 (file {file}): Input is not a valid path"),
        ("data_dir = {}\n", "data_dir = {{}} (file {file}): Input is not a valid path"),
        ("[sft]\nepochs = nan\n", "sft.epochs = nan (file {file})"),
        ("[traffic]\nsteps = []\n", "traffic.steps = [] (file {file})"),
        ("[traffic]\nsteps = [5]\n", "traffic.steps = 5 (file {file})"),
        (
            "[traffic]\nsteps = [0.5, 0.25]\n",
            "traffic.steps = [0.5, 0.25] (file {file}): Value error",
        ),
        ("[reward]\nrating = nan\n", "reward.rating = nan (file {file})"),
        ("[student]\nheads = 3\n", "[student]: Value error, 3 heads must divide hidden_size 256"),
    ],
)
def test_a_wrong_value_is_named_with_its_origin(file: Path, text: str, sentence: str) -> None:
    said = refusal(file, text)
    assert said.startswith(sentence.format(file=file))
    assert said.endswith("see `understudy config`")


def test_a_mistake_in_the_environment_is_named(file: Path) -> None:
    unknown = refusal(file, UNDERSTUDY_SFT__LORA_RNK="3")
    assert unknown == (
        "environment: unknown variable UNDERSTUDY_SFT__LORA_RNK; did you mean sft.lora_rank?"
    )
    wrong = refusal(file, UNDERSTUDY_SFT__LORA_RANK="many")
    assert wrong.startswith(
        "sft.lora_rank = 'many' (environment UNDERSTUDY_SFT__LORA_RANK): Input should be"
    )
    assert "unknown variable UNDERSTUDY_SFT" in refusal(file, UNDERSTUDY_SFT="{}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no config file at .*absent.toml; name another"):
        load_config(tmp_path / "absent.toml", {})
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_config(tmp_path, {})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no valid TOML"):
        load_config(binary, {})


def test_a_key_is_never_shown(file: Path) -> None:
    resolved = load_config(None, {"UNDERSTUDY_TEACHER__API_KEY": KEY})
    assert resolved.config.teacher.api_key == KEY
    assert setting(resolved, "teacher.api_key").value == "(set)"
    assert setting(load_config(None, {}), "teacher.api_key").value == ""
    assert KEY not in repr(resolved)
    assert KEY not in repr(list(resolved.settings()))
    assert "4711" not in refusal(file, "[teacher]\napi_key = 4711\n")


@pytest.mark.parametrize("section", ["teacher", "judge", "embedding"])
def test_an_address_that_holds_a_password_is_refused_without_showing_it(
    file: Path, section: str
) -> None:
    said = refusal(file, f'[{section}]\nbase_url = "https://me:hunter2@there"\n')
    assert "api_key" in said
    assert "hunter2" not in said


def test_the_hash_changes_with_every_setting_but_the_key(file: Path) -> None:
    plain = load_config(None, {})
    assert load_config(None, {"UNDERSTUDY_TEACHER__API_KEY": KEY}).hash == plain.hash
    assert load_config(None, {"UNDERSTUDY_SFT__LORA_RANK": "32"}).hash != plain.hash
    assert plain.hash == config_hash(Config())


def test_a_config_cannot_be_changed_and_takes_no_unknown_field() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Config().teacher.model = "other"  # type: ignore[misc]  # what the test is about
    with pytest.raises(ValidationError, match="Extra inputs"):
        Teacher.model_validate({"modell": "other"})
