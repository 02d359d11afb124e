"""[judge] and [signals]: who judges, how often, for how much, and how far it is trusted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from judge_rig import FREE, NOON, served
from reach_rig import Reach, check, same

from commandcenter.application import APPLICATION
from understudy.config import Config, Teacher
from understudy.curate.agreement import Agreement, trust_of
from understudy.curate.signals.extract import find_all
from understudy.curate.signals.findings import Observation
from understudy.errors import ConfigError
from understudy.evaluate.doubts import claim_of
from understudy.evaluate.judge import judging_teacher
from understudy.evaluate.judging import Judging
from understudy.evaluate.opinions import ask_opinions
from understudy.store import open_store
from understudy.testing import Received, ScriptedUpstream

ON = {"enabled": True, "usd_per_day": 9.0}


def asked(config: Config, ticks: int, on: dict[str, Any], **teacher: Any) -> list[Received]:
    """What the judge is asked in so many looks at four answers; what a test changes stands above
    `on`."""
    with ScriptedUpstream(APPLICATION) as upstream, open_store(Path("data")) as store:
        store.insert_inferences([served(f"pump {number}?") for number in range(1, 5)])
        sections = config.model_dump(exclude_unset=True)
        judge = {**on, **sections.get("judge", {})}
        if judge.get("kind", "teacher") != "teacher":
            judge |= {"base_url": upstream.url, "model": "another"}
        scripted = {"kind": "scripted", "base_url": upstream.url, **teacher}
        settings = Config.model_validate({"data_dir": "data", "teacher": scripted, "judge": judge})
        judging = Judging(store, APPLICATION.functions, settings, lambda: NOON)
        for _ in range(ticks):
            judging.tick()
        return upstream.received


def count(ticks: int = 1, *, without: str = "", **given: Any) -> Callable[[Config], int]:
    on = {name: value for name, value in {**ON, **given}.items() if name != without}
    return lambda config: len(asked(config, ticks, on))


def another(field: str) -> Callable[[Config], Any]:
    """Of another judge, as it is asked."""

    def probe(config: Config) -> Any:
        known = {"kind": "openai", "base_url": "http://localhost:1", "model": "another"}
        given = {**known, **config.model_dump(exclude_unset=True).get("judge", {})}
        return getattr(judging_teacher(Config.model_validate({"judge": given})), field)

    return probe


def asked_about_signals(config: Config) -> int:
    """How many questions a reply with a doubtful finding makes."""
    observation = Observation(thinking="It is probably pump 3.")
    claims = [claim_of(found, observation) for found in find_all(observation)]
    with ScriptedUpstream(APPLICATION) as upstream:
        given = {"base_url": upstream.url, "kind": "scripted", **FREE}
        settings = config.model_copy(update={"teacher": Teacher.model_validate(given)})
        ask_opinions(Path(), [claims], settings, lambda: NOON, lambda _: None)
        return len(upstream.received)


JUDGE: dict[str, Reach] = {
    "judge.enabled": Reach(True, count(without="enabled"), 1),
    "judge.kind": Reach(
        "openai", lambda config: asked(config, 1, ON)[0].path, "/v1/chat/completions"
    ),
    "judge.base_url": same("http://localhost:2", another("base_url")),
    "judge.model": same("a-judge", another("model")),
    "judge.api_key": same("judge-key", another("api_key")),
    "judge.usd_per_million_input": same(7.0, another("usd_per_million_input")),
    "judge.usd_per_million_output": same(8.0, another("usd_per_million_output")),
    "judge.max_tokens": same(
        777, lambda config: orjson.loads(asked(config, 1, ON)[0].body)["max_tokens"]
    ),
    "judge.per_minute": Reach(2, count(ticks=2, concurrency=9), 2),
    "judge.concurrency": Reach(3, count(), 3),
    "judge.usd_per_day": Reach(1.0, count(without="usd_per_day"), 1),
    "signals.judge": Reach(True, asked_about_signals, 1),
    "judge.min_common": Reach(5, lambda config: trust_of(Agreement(10, 4), config.judge), 0.0),
    "judge.min_agreement": Reach(
        0.5, lambda config: trust_of(Agreement(100, 60), config.judge), 0.6
    ),
}


@pytest.mark.parametrize("name", JUDGE)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, JUDGE[name], tmp_path, monkeypatch)


def test_the_teacher_judges_unless_another_is_named() -> None:
    teacher = Teacher(kind="scripted", base_url="http://localhost:1", api_key="teachers", **FREE)
    found = judging_teacher(Config(teacher=teacher))
    assert found == teacher.model_copy(update={"max_tokens": Config().judge.max_tokens})
    judge = {"kind": "openai", "base_url": "http://localhost:2", "model": "another"}
    other = judging_teacher(Config.model_validate({"teacher": teacher, "judge": judge}))
    assert (other.base_url, other.api_key) == ("http://localhost:2", "")


@pytest.mark.parametrize(
    ("judge", "missing"),
    [
        ({"model": "another"}, "judge.kind"),
        ({"api_key": "x"}, "judge.kind"),
        ({"kind": "anthropic"}, "judge.model"),
        ({"kind": "openai", "model": "another"}, "judge.base_url"),
    ],
)
def test_a_judge_that_is_named_by_halves_is_refused(judge: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        judging_teacher(Config.model_validate({"judge": judge}))
