"""One setting at a time: change it, and look at the real object that uses it.

A probe builds the consumer from the config that it is given and tells what the consumer does. Run
on the defaults as well it must tell something else, so that a consumer with a default of its own
fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from understudy.config import Config

Probe = Callable[[Config], Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """A value that is not the default, a probe, and what the probe tells of that value. `alone`
    where the default cannot be tried: it would wait long, or ask the internet."""

    value: Any
    probe: Probe
    seen: Any
    alone: bool = False


def same(value: Any, probe: Probe) -> Reach:
    """The consumer holds the very value."""
    return Reach(value, probe, value)


def config_with(name: str, value: Any) -> Config:
    section, _, field = name.rpartition(".")
    return Config.model_validate({section: {field: value}} if section else {field: value})


def check(name: str, reach: Reach, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of the probe has an empty working directory of its own."""
    config = config_with(name, reach.value)
    assert config != Config(), f"{reach.value!r} is the default of {name}"
    assert _run(reach.probe, config, folder / "changed", monkeypatch) == reach.seen
    if not reach.alone:
        assert _run(reach.probe, Config(), folder / "default", monkeypatch) != reach.seen


def _run(probe: Probe, config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder.mkdir()
    monkeypatch.chdir(folder)
    return probe(config)
