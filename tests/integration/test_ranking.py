"""Tier 1 in the request path: feedback comes in, the next answers are in another order."""

from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import Answer, broken_release
from shop_rig import NAMES, TEACHERS, TOOLS, shop

from understudy.config import Embedding, Tier1
from understudy.daemon.user_cap import WORDS_ON_ONE
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.rankers import Rankers
from understudy.records import Traffic, Variant
from understudy.testing import Behaviour
from understudy.wire import anthropic, openai
from understudy.wire.answers import parse_answer


def tools_of(answer: Answer, dialect: Any = anthropic) -> list[str]:
    assert answer.status == 200
    found = parse_answer(dialect.parse_response(answer.body).answer)
    assert found is not None
    return list(found["tools"])


def test_feedback_on_items_puts_them_first_within_one_fit(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        assert tools_of(one.ask("dull knife")) == list(NAMES)
        for number in range(60):
            one.rate(f"dull thing {number}", f"user-{number % 9}")
        one.rig.drain()
        one.learner.learn()
        after = one.ask("dull knife")
        inferences = one.rig.stop()
    assert tools_of(after)[0] == "drill"
    assert after.headers["x-understudy-ranking"].startswith("version=1; order=3")
    last = inferences[-1]
    assert last.completion.answer == TEACHERS, "what the teacher said is what is recorded"
    assert last.ranking is not None
    assert (last.ranking.version, last.ranking.items) == (1, NAMES)
    assert last.ranking.shown[0] == 3
    assert last.ranking.chances == (1.0,) * 4
    assert last.ranking.relevance == pytest.approx([0.9, 0.8, 0.7, 0.6])


def test_both_formats_are_put_in_order_and_nothing_else_of_them_changes(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        first = one.ask("dull knife")
        chat = one.ask("dull knife", dialect=openai)
    assert tools_of(first)[0] == tools_of(chat, openai)[0] == "drill"
    message = orjson.loads(first.body)
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["thinking"] == "all of them"


def test_the_teachers_bytes_are_relayed_where_order_is_left_to_students(tmp_path: Path) -> None:
    with shop(tmp_path, order="students") as one:
        one.teach_drill(60)
        answer = one.ask("dull knife")
    assert tools_of(answer) == list(NAMES)
    assert TEACHERS in anthropic.parse_response(answer.body).answer
    assert "x-understudy-ranking" not in answer.headers


def test_a_ranked_answer_of_the_teacher_is_the_teachers_after_a_student_failed(
    tmp_path: Path,
) -> None:
    stage = Traffic("pick", Variant(), Variant(1), 1.0, shadow=False, since=0.0)
    staged = {"stage": stage, "release": broken_release(), "traffic": {"compare_share": 1.0}}
    with shop(tmp_path, staged) as one:
        one.teach_drill(60)
        while (answer := one.ask("dull knife")) and not one.rig.state.metrics.total("fallbacks"):
            pass
        last = one.rig.stop()[-1]
        (agreement,) = one.rig.store.find_feedback(inference=[last.id])
    assert tools_of(answer)[0] == "drill"
    assert answer.headers["x-understudy-variant"] == "teacher"
    assert (last.variant, last.fallback_from) == (Variant(), Variant(1))
    assert (agreement.name, agreement.value) == ("agreement", 0.0)


def test_a_stream_is_relayed_as_it_comes(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        answer = one.ask("dull knife", stream=True)
    assert anthropic.parse_stream(answer.body).answer == TEACHERS
    assert "x-understudy-ranking" not in answer.headers


@pytest.mark.parametrize("text", ["no JSON at all", '{"tools": ["unknown"]}', '{"tools": 3}', "{}"])
def test_an_answer_that_is_no_list_of_the_catalog_passes_untouched(
    tmp_path: Path, text: str
) -> None:
    with shop(tmp_path) as one:
        one.rig.upstream.behaviour = Behaviour(answer=text)
        answer = one.ask("dull knife")
    assert answer.status == 200
    assert anthropic.parse_response(answer.body).answer == text


def test_an_error_of_the_teacher_passes_untouched(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.rig.upstream.behaviour = Behaviour(status=529)
        answer = one.ask("dull knife")
    assert answer.status == 529


def test_without_its_packages_tier_1_is_off_and_says_so(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        gone = Embedding(kind="openai", base_url="http://127.0.0.1:9/v1", timeout_s=1)
        build = partial(build_embedder, gone, tmp_path)
        # A cap would have it ranked before anything was learned.
        capped = one.rig.state.config.model_copy(
            update={"tier1": Tier1(order="all", max_items=2, max_wait_s=60)}
        )
        rankers = Rankers(capped, TOOLS.functions, build)
        one.rig.state.rankers = rankers
        rankers.warm()
        answer = one.ask("dull knife")
        status = rankers.status()
    assert tools_of(answer) == list(NAMES)
    assert "embedding.base_url" in status["off"]


def test_no_request_waits_for_a_fit(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        with one.rankers._desks["pick"].lock:
            answer = one.ask("dull knife")
    assert tools_of(answer) == list(NAMES)


def test_what_was_learned_outlives_the_server_and_is_not_learned_twice(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        one.learner.close()
        before = one.rankers.status()["functions"]["pick"]
    with shop(tmp_path) as again:
        again.learner.learn()
        answer = again.ask("dull knife")
        after = again.rankers.status()["functions"]["pick"]
        curve = (again.learner_folder / "fits.jsonl").read_bytes().splitlines()
    assert tools_of(answer)[0] == "drill"
    assert [orjson.loads(line)["learned"] for line in curve] == [before["replay"]]
    drill = next(row for row in after["entries"] if row["key"] == "drill")
    assert (drill["liked"], drill["disliked"]) == (before["replay"], 0)
    assert after["fits"] == before["fits"] == 1


def test_one_user_cannot_teach_beyond_the_daily_cap(tmp_path: Path) -> None:
    with shop(tmp_path, user_events=2) as one:
        one.teach_drill(60)
        status = one.learner.status()
    # Nine users, two answers each.
    assert status["beyond_user_cap"] == 60 - 18


def test_second_thoughts_on_an_answer_are_no_second_answer_and_soon_too_many(
    tmp_path: Path,
) -> None:
    with shop(tmp_path, user_events=2) as one:
        for _ in range(3):
            one.rate("dull knife", "ann")
        one.rig.drain()
        one.learner.learn()
        assert one.learner.status()["beyond_user_cap"] == 1
        first = one.rig.store.find_inferences()[0].id
        for number in range(WORDS_ON_ONE + 1):
            about = {"inference": first, "user": "ann", "key": f"again {number}"}
            value = {"drill": 0.1 * number}
            items = {"kind": "items", "name": "items", "value": value, "source": "user"}
            assert one.rig.post("/v1/feedback", about | items).status == 200
            one.learner.learn()
        # The first word about it and four more were learned; the other two were not.
        assert one.learner.status()["beyond_user_cap"] == 3


def test_a_cap_shows_fewer_and_logs_every_chance(tmp_path: Path) -> None:
    with shop(tmp_path, max_items=2, exploration=0.4) as one:
        answers = [tools_of(one.ask(f"thing {number}")) for number in range(20)]
        inferences = one.rig.stop()
    assert {len(tools) for tools in answers} == {2}
    assert {tools[0] for tools in answers} == {"anvil"}
    assert len({tools[1] for tools in answers}) > 1
    for tools, inference in zip(answers, inferences, strict=True):
        assert inference.ranking is not None
        assert [inference.ranking.items[place] for place in inference.ranking.shown] == tools
        assert inference.ranking.chances == pytest.approx([1.0, 0.6 + 0.4 / 3, 0.4 / 3, 0.4 / 3])
