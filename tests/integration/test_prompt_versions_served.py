"""A prompt evolves behind the gateway: versions are proposed, validated, served, and taken back."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from prompt_rig import BASE, BRIEF, CAREFUL, OTHER, RIGHT, WRONG, Desk, answer_of, desk
from record_builders import make_feedback, make_inference

from understudy.daemon import prompts
from understudy.errors import InputError
from understudy.learn.prompts.versions import (
    Mutation,
    Standing,
    add_version,
    observe,
    settle,
)
from understudy.records import PromptVersion
from understudy.store import Store
from understudy.wire import anthropic, openai


def with_other(one: Desk) -> None:
    """Version 1, never tried, has the rules the other way round."""
    lines = ((CAREFUL, BRIEF),)

    def grown(state: Any) -> Any:
        made = add_version(state, lines, 0, Mutation.REORDER_RULES, one.config.prompts, 1.0)
        return observe(settle(made, 1, True, "told to"), 0, -1.0)

    one.evolver.update("route", grown)


def systems(one: Desk) -> list[Any]:
    return [orjson.loads(request.body).get("system") for request in one.rig.upstream.received]


def standings(one: Desk) -> dict[int, Standing]:
    return {
        version.number: version.standing for version in one.evolver.find("route").state.versions
    }


def test_the_base_is_relayed_byte_for_byte_and_said_to_be_it(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        answer = one.ask("router")
        (received,) = one.rig.upstream.received
        body = orjson.loads(received.body)
        raw = b' {"system": ' + orjson.dumps(BASE) + b', "max_tokens": 3, "messages": '
        raw += b'[{"role": "user", "content": "x"}], "model": "m"}  '
        one.rig.post(anthropic.PATH, raw)
        last = one.rig.upstream.received[-1].body
        stored = one.rig.stop()[0]
    assert answer.headers["x-understudy-prompt"] == "version=0"
    assert body["system"] == BASE
    assert last == raw
    assert stored.prompt_version is not None
    assert (stored.prompt_version.number, stored.prompt_version.chance) == (0, 1.0)


@pytest.mark.parametrize("dialect", [anthropic, openai])
def test_a_version_is_what_the_teacher_reads_and_the_own_prompt_what_is_kept(
    tmp_path: Path, dialect: Any
) -> None:
    kind = "anthropic" if dialect is anthropic else "openai"
    with desk(tmp_path, epsilon=0.0, teacher={"kind": kind}) as one:
        with_other(one)
        answer = one.ask("router", dialect)
        sent = dialect.parse_request(one.rig.upstream.received[-1].body).prompt
        stored = one.rig.stop()[-1]
    assert answer_of(answer, dialect) == RIGHT
    assert answer.headers["x-understudy-prompt"] == "version=1"
    assert sent.system == OTHER
    assert sent.messages[-1].content == "router"
    assert stored.prompt.system == BASE, "what a student learns from is what it will be asked"
    assert stored.prompt_version is not None
    assert stored.prompt_version.number == 1


def test_a_teacher_of_another_format_reads_the_version_too(tmp_path: Path) -> None:
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        answer = one.ask("router", openai)
        assert answer_of(answer, openai) == RIGHT
        assert systems(one) == [OTHER]


def test_a_stream_is_asked_for_under_the_version(tmp_path: Path) -> None:
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        answer = one.ask("router", stream=True)
    assert anthropic.parse_stream(answer.body).answer == RIGHT


@pytest.mark.parametrize(
    "system",
    [
        "Another prompt of this application.",
        [{"type": "text", "text": BASE[:9]}, {"type": "text", "text": BASE[9:]}],
        None,
    ],
)
def test_a_prompt_that_versions_do_not_build_on_stays_as_it_is(tmp_path: Path, system: Any) -> None:
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        answer = one.ask("router", system=system)
        assert systems(one) == [system]
    assert "x-understudy-prompt" not in answer.headers


def test_one_marked_block_keeps_its_mark(tmp_path: Path) -> None:
    marked = {"type": "text", "text": BASE, "cache_control": {"type": "ephemeral"}}
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        one.ask("router", system=[marked])
        assert systems(one) == [[{**marked, "text": OTHER}]]


def test_a_better_version_is_found_validated_and_served(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.ask_and_rate(30)
        one.learner.tick()
        assert standings(one) == {0: Standing.SERVING, 1: Standing.SERVING}
        one.ask_and_rate(30, 30)
        one.learner.tick()
        last = [answer_of(one.ask(f"late {number}")) for number in range(20)]
        base, better = one.evolver.find("route").state.versions
        status = one.learner.status()
    assert base.unjudged.mean is not None
    assert better.unjudged.mean is not None
    assert base.unjudged.mean < 0 < better.unjudged.mean
    assert last.count(RIGHT) > 14, "what is explored is a tenth"
    assert better.reason.startswith("not worse than the base: +1.000")
    assert status["errors"] == {}
    shown = status["functions"]["route"]["versions"][1]
    assert (shown["mutation"], shown["standing"]) == ("reorder rules", "serving")


def test_a_worse_version_never_serves(tmp_path: Path) -> None:
    with desk(tmp_path, good=BRIEF) as one:
        one.ask_and_rate(30)
        one.learner.tick()
        assert standings(one) == {0: Standing.SERVING, 1: Standing.REJECTED}
        rejected = one.evolver.find("route").state.versions[1]
        assert answer_of(one.ask("after")) == RIGHT
    assert rejected.reason.startswith("may be worse than the base: -1.000")
    assert rejected.trials == 0


def test_an_answer_is_one_trial_however_often_it_is_rated(tmp_path: Path) -> None:
    with desk(tmp_path, trials_per_version=99) as one:
        answer = one.ask("router")
        one.rig.drain()
        one.rate(answer, False)
        one.learner.tick()
        one.rate(answer, False, key="again")
        one.learner.tick()
        _, after_restart = one.restarted()
        after_restart.tick()
        assert one.evolver.find("route").state.versions[0].trials == 1
        evolver, _ = one.restarted()
        assert evolver.find("route").state == one.evolver.find("route").state


def test_what_is_said_later_changes_the_reward_of_the_same_trial(tmp_path: Path) -> None:
    with desk(tmp_path, trials_per_version=99) as one:
        answer = one.ask("router")
        one.rig.drain()
        one.rate(answer, True)
        one.learner.tick()
        liked = one.evolver.find("route").state.versions[0].unjudged.mean
        one.rate(answer, False, key="on second thoughts")
        one.learner.tick()
        base = one.evolver.find("route").state.versions[0]
    assert liked is not None
    assert base.unjudged.mean is not None
    assert base.unjudged.mean < 0 < liked
    assert base.trials == 1


def test_a_version_that_nobody_says_anything_of_does_not_keep_the_traffic(tmp_path: Path) -> None:
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        asked = [answer_of(one.ask(f"router {number}")) for number in range(10)]
    assert asked.count(RIGHT) == 4, "as many as make a version's trials"


def test_feedback_that_outran_its_answer_is_counted_when_that_is_stored(tmp_path: Path) -> None:
    with desk(tmp_path, trials_per_version=99) as one:
        state, store = one.evolver.find("route").state, one.rig.store
        base = PromptVersion(state.template, 0, 1.0)
        late = make_inference(id="late", function="route", prompt_version=base)
        store.insert_feedback([make_feedback("rating", True, inference="late")])
        one.learner.tick()
        assert one.evolver.find("route").state.versions[0].trials == 0
        store.insert_inferences([late])
        one.learner.tick()
        one.learner.tick()
        assert one.evolver.find("route").state.versions[0].trials == 1


def test_an_operator_takes_it_back_and_the_next_request_has_the_own_prompt(tmp_path: Path) -> None:
    with desk(tmp_path, epsilon=0.0) as one:
        with_other(one)
        one.rig.state.actions.roll_back_prompt = one.evolver.roll_back
        assert answer_of(one.ask("before")) == RIGHT
        done = one.rig.post("/api/prompts/rollback", {"function": "route"})
        unknown = one.rig.post("/api/prompts/rollback", {"function": "nobody"})
        assert answer_of(one.ask("after")) == WRONG
        evolver, _ = one.restarted()
    assert (done.status, unknown.status) == (200, 404)
    assert "own prompt again" in done.json["message"]
    assert evolver.find("route").state.versions[1].standing is Standing.RETIRED


def test_what_may_not_be_paid_for_is_not_asked_and_said(tmp_path: Path) -> None:
    prices = {"usd_per_million_input": 3.0, "usd_per_million_output": 15.0}
    with desk(tmp_path, teacher=prices, usd_per_day=0.0) as one:
        one.ask_and_rate(30)
        asked = len(one.rig.upstream.received)
        one.learner.tick()
        status = one.learner.status()
        assert len(one.rig.upstream.received) == asked
        assert standings(one)[1] is Standing.CANDIDATE
    assert "prompts.usd_per_day = 0" in status["errors"]["route"]
    assert status["spent_usd"] == 0.0


def test_once_stopping_nothing_is_asked_or_given_up(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.ask_and_rate(30)
        one.learner.stop()
        asked = len(one.rig.upstream.received)
        one.learner.tick()
        assert len(one.rig.upstream.received) == asked
        state = one.evolver.find("route").state
    assert [version.number for version in state.versions] == [0]
    assert state.since == 30, "what is due stays due for the next start"


def test_switched_off_nothing_is_touched(tmp_path: Path) -> None:
    with desk(tmp_path, enabled=False) as one:
        answer = one.ask("router")
        one.learner.start()
        one.learner.stop()
    assert "x-understudy-prompt" not in answer.headers


def test_a_broken_file_is_refused_and_another_prompt_begins_anew(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        with_other(one)
        file = one.evolver.find("route").file
        moved = file.with_name("0123456789ab.json")
        file.rename(moved)
        evolver, _ = one.restarted()
        assert len(evolver.find("route").state.versions) == 1
        moved.rename(file)
        file.write_bytes(b"{}")
        with pytest.raises(InputError, match="move it away"):
            one.restarted()


def test_a_validation_looks_at_the_last_judged_answers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: it looks in the server, beside the requests."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("all inferences are read")

    monkeypatch.setattr(Store, "find_inferences", refuse)
    monkeypatch.setattr(prompts, "LOOKED_AT", 3)
    with desk(tmp_path) as one:
        one.ask_and_rate(30)
        one.learner.tick()
        assert standings(one) == {0: Standing.SERVING, 1: Standing.CANDIDATE}
        monkeypatch.setattr(prompts, "LOOKED_AT", 30)
        one.ask_and_rate(1, 30)
        one.learner.tick()
        assert standings(one) == {0: Standing.SERVING, 1: Standing.SERVING}
        assert one.learner.status()["errors"] == {}
