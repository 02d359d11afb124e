"""Reads the TOML file, then the environment, and remembers where each value came from.

Unknown keys are errors that suggest the nearest name; nothing is guessed.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from understudy.config.section import HELD_SECRET, Section
from understudy.config.sections import Config
from understudy.errors import ConfigError
from understudy.records import content_hash

DEFAULT_FILE = Path("understudy.toml")
PREFIX = "UNDERSTUDY_"
# What Kubernetes puts into every pod of a namespace with a service called `understudy` or
# `understudy-...`: its address, and no setting. The values of *_PORT are addresses too.
_OF_A_SERVICE = re.compile(
    r"UNDERSTUDY_(\w+_)?"
    r"(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")
SECRETS = frozenset({"teacher.api_key", "embedding.api_key", "judge.api_key"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One resolved value: its dotted name, where it came from and what it means."""

    name: str
    value: Any
    origin: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The config, and the origin (`file NAME`, `environment NAME`) of each value that was set."""

    config: Config
    origins: Mapping[str, str]

    @property
    def hash(self) -> str:
        """Changes with every setting but the secrets."""
        return config_hash(self.config)

    def settings(self) -> Iterator[Setting]:
        for name, value, meaning in _walk(self.config):
            shown = "(set)" if name in SECRETS and value else value
            yield Setting(name, shown, self.origins.get(name, "default"), meaning)


def load_config(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Resolved:
    """Read `path` (default: understudy.toml, if there) and UNDERSTUDY_SECTION__FIELD variables.

    Raises ConfigError naming the key, the value and the nearest valid name.
    """
    given = os.environ if environ is None else environ
    if path is None and "UNDERSTUDY_CONFIG" in given:
        path = Path(given["UNDERSTUDY_CONFIG"])
    file = path if path is not None else DEFAULT_FILE
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if path is not None or file.exists():
        values = _read_toml(file)
        origins = dict.fromkeys(_check_names(values, str(file)), f"file {file}")
    for name, text, variable in _environment(given):
        section, _, field = name.rpartition(".")
        target = values.setdefault(section, {}) if section else values
        target[field] = _environment_value(name, text)
        origins[name] = f"environment {variable}"
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, origins)) from error
    return Resolved(config, origins)


def config_hash(config: Config) -> str:
    shown = config.model_dump(mode="json")
    for name in SECRETS:
        section, _, field = name.partition(".")
        shown[section].pop(field)
    return content_hash(shown)[:16]


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no config file at {file}; name another with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is no valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}); name another file") from error


def _known() -> dict[str, Any]:
    return {name: value for name, value, _ in _walk(Config())}


def _walk(config: Config) -> Iterator[tuple[str, Any, str]]:
    for key, info in type(config).model_fields.items():
        value = getattr(config, key)
        if not isinstance(value, Section):
            yield key, value, _one_line(info.description)
            continue
        for field, field_info in type(value).model_fields.items():
            yield f"{key}.{field}", getattr(value, field), _one_line(field_info.description)


def _one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ")


def _check_names(values: Mapping[str, Any], where: str) -> list[str]:
    """The dotted names in a TOML document. Raises ConfigError on the first unknown one."""
    known, sections = _known(), {name.split(".")[0] for name in _known() if "." in name}
    found = []
    for key, value in values.items():
        if key in sections and not isinstance(value, dict):
            raise ConfigError(f"{where}: {key} is a section; write [{key}] and its fields below")
        names = [f"{key}.{field}" for field in value] if isinstance(value, dict) else [key]
        if not names and key not in sections:
            names = [key]
        for name in names:
            if name not in known:
                raise ConfigError(f"{where}: unknown key {name}{_nearest(name, known)}")
            found.append(name)
    return found


def _environment(given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    known = _known()
    for variable, text in sorted(given.items()):
        if not variable.startswith(PREFIX) or variable == "UNDERSTUDY_CONFIG":
            continue
        if _tells_of_a_service(variable, text):
            continue
        name = variable.removeprefix(PREFIX).lower().replace("__", ".")
        if name not in known:
            raise ConfigError(f"environment: unknown variable {variable}{_nearest(name, known)}")
        yield name, text, variable


def _tells_of_a_service(variable: str, text: str) -> bool:
    if variable.endswith("_PORT") and _SERVICE_ADDRESS.match(text):
        return True
    return _OF_A_SERVICE.fullmatch(variable) is not None


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else "; `understudy config` lists them all"


def _environment_value(name: str, text: str) -> Any:
    """A key or a name that happens to be all digits is still text."""
    value = _toml_value(text)
    is_text = isinstance(_known()[name], str | Path)
    return text if is_text and not isinstance(value, str) else value


def _toml_value(text: str) -> Any:
    """A variable's text as a TOML value where it is one (`[0.1, 1.0]`), else as it stands."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][:2])
    origin = origins.get(name, "default")
    if first["type"] == "value_error" and isinstance(first["input"], dict):
        # Of several fields together; the message names their values.
        return f"[{name}]: {first['msg']}; see `understudy config`"
    # An address is refused where it holds a password.
    hidden = name in SECRETS or HELD_SECRET in first["msg"]
    shown = "(hidden)" if hidden else repr(first["input"])
    return f"{name} = {shown} ({origin}): {first['msg']}; see `understudy config`"
