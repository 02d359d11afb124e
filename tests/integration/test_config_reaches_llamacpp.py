"""How a student is served reaches llama.cpp; the other settings are in tests/unit."""

from pathlib import Path

import pytest
from reach_rig import Reach, check
from reach_served import SERVED

from understudy.release.export import Gguf

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SERVED)
def test_a_setting_reaches_its_user(
    name: str, small_release: Gguf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, probe, seen = SERVED[name]
    check(
        name, Reach(value, lambda config: probe(config, small_release), seen), tmp_path, monkeypatch
    )
