"""POST /v1/feedback over real HTTP: all or nothing, at once or late, once or again."""

import contextlib
from pathlib import Path
from typing import Any

from gateway_rig import request_body, rig

from understudy.curate.values import latest_per_user
from understudy.records import FeedbackKind, FeedbackSource
from understudy.testing import Behaviour
from understudy.wire import anthropic

TICKET = "my invoice is wrong"
THUMB = {"kind": "boolean", "name": "rating", "value": True}
PATH = "/v1/feedback"


def test_feedback_may_come_right_after_the_answer(tmp_path: Path) -> None:
    slow = {"drain_interval_s": 3600.0, "flush_interval_s": 3600.0}
    with rig(tmp_path, capture=slow) as running:
        identity = ""
        for _ in range(5):
            identity = running.ask(TICKET).headers["x-understudy-inference"]
            answer = running.post(PATH, {**THUMB, "inference": identity, "user": "u-1"})
            assert (answer.status, answer.json["inserted"]) == (200, 1)
        (feedback,) = running.store.find_feedback(inference=[identity])
    assert (feedback.kind, feedback.name, feedback.value) == (FeedbackKind.BOOLEAN, "rating", True)
    assert (feedback.source, feedback.user, feedback.confidence) == (FeedbackSource.USER, "u-1", 1)


def test_feedback_may_come_while_the_answer_is_still_streaming(tmp_path: Path) -> None:
    with rig(tmp_path) as running, contextlib.closing(running.connect()) as connection:
        running.upstream.behaviour = Behaviour(wait=True)
        headers = {**running.headers, "x-understudy-episode": "e-1"}
        connection.request("POST", anthropic.PATH, request_body(TICKET, stream=True), headers)
        response = connection.getresponse()
        identity = response.headers["x-understudy-inference"]
        about = [{**THUMB, "inference": identity}, {**THUMB, "episode": "e-1"}]
        answer = running.post(PATH, about)
        running.upstream.go_on()
        response.read()
    assert answer.json["inserted"] == 2


EVERY_KIND: list[dict[str, Any]] = [
    {"kind": "boolean", "name": "rating", "value": False},
    {"kind": "float", "name": "follow_up", "value": -0.3, "source": "implicit"},
    {"kind": "comment", "name": "remark", "value": "wrong team"},
    {"kind": "demonstration", "name": "correction", "value": {"team": "network"}},
    {"kind": "demonstration", "name": "list", "value": ["network"]},
    {"kind": "preference", "name": "choice", "value": {"chosen": "a", "rejected": "b"}},
    {"kind": "items", "name": "items", "value": {"billing": 0.2}, "source": "judge"},
]


def test_every_kind_is_taken_about_an_inference_and_an_episode(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        identity = running.ask(TICKET, x_understudy_episode="e-1").headers["x-understudy-inference"]
        about = [{"inference": identity}, {"episode": "e-1"}]
        answer = running.post(PATH, [kind | one for kind in EVERY_KIND for one in about])
        stored = running.store.find_feedback(inference=[identity])
        stored += running.store.find_feedback(episode=["e-1"])
    assert answer.json["inserted"] == len(stored) == 2 * len(EVERY_KIND)
    assert [one.value for one in stored[: len(EVERY_KIND)]] == [
        kind["value"] for kind in EVERY_KIND
    ]


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        identity = running.ask(TICKET).headers["x-understudy-inference"]
        same = {**THUMB, "inference": identity}
        keyed = [{**same, "value": value, "key": "click-1"} for value in (True, False)]
        counts = [running.post(PATH, body).json for body in (same, same, *keyed)]
        stored = running.store.find_feedback(inference=[identity])
    assert [count["inserted"] for count in counts] == [1, 0, 1, 0]
    assert counts[1]["repeated"] == 1
    assert len(stored) == 2


def test_a_changed_mind_is_kept_however_often_it_changes(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        identity = running.ask(TICKET, x_understudy_episode="e-1").headers["x-understudy-inference"]
        counts = []
        for about in ({"inference": identity}, {"episode": "e-1"}):
            thumbs = [{**THUMB, **about, "value": value} for value in (True, False, True, True)]
            counts += [running.post(PATH, thumb).json["inserted"] for thumb in thumbs]
            # All in one: after true, a repeat and two changes of mind.
            counts.append(running.post(PATH, thumbs).json["inserted"])
            others = {**thumbs[0], "user": "u-2"}, {**thumbs[0], "confidence": 0.5}
            counts += [running.post(PATH, other).json["inserted"] for other in others]
        stored = running.store.find_feedback(inference=[identity])
        (latest,) = latest_per_user([one for one in stored if not one.user])
    assert counts == [1, 1, 1, 0, 2, 1, 1] * 2
    assert (latest.value, latest.confidence) == (True, 0.5)


def test_a_clients_key_is_one_answers_own(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        first, second = (running.ask(TICKET).headers["x-understudy-inference"] for _ in range(2))
        keyed = {**THUMB, "key": "click-1"}
        about = [{**keyed, "inference": one} for one in (first, second, first)]
        counts = [running.post(PATH, one).json["inserted"] for one in about]
    assert counts == [1, 1, 0]


def test_an_unknown_id_is_a_404_and_stores_nothing_of_the_batch(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        identity = running.ask(TICKET).headers["x-understudy-inference"]
        known = {**THUMB, "inference": identity}
        choice = {"kind": "preference", "name": "p", "value": {"over": "nobody"}}
        answers = [
            running.post(PATH, [known, other])
            for other in (
                {**THUMB, "inference": "nobody"},
                {**THUMB, "episode": "nobody"},
                {**choice, "inference": identity},
            )
        ]
        stored = running.store.count_feedback()
    assert [answer.status for answer in answers] == [404, 404, 404]
    assert all("'nobody'" in answer.json["error"] for answer in answers)
    assert stored == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "thumb"}, "kind"),
    ({"name": ""}, "name"),
    ({"value": "yes"}, "value"),
    ({"kind": "float", "value": True}, "value"),
    ({"kind": "comment", "value": " "}, "value"),
    ({"kind": "demonstration", "value": {}}, "value"),
    ({"kind": "demonstration", "value": []}, "value"),
    ({"kind": "preference", "value": {"chosen": 1}}, "value"),
    *(
        ({"kind": "preference", "value": {"over": over, "chosen": 1, "rejected": 2}}, "value")
        for over in (None, {"a": 1}, 5, " ", [])
    ),
    ({"kind": "items", "value": 3}, "value"),
    ({"source": "boss"}, "source"),
    ({"confidence": 1.5}, "confidence"),
    ({"confidence": None}, "confidence"),
    ({"episode": "e"}, "inference"),
    ({"inference": None}, "inference"),
    ({"inferense": "x"}, "inferense"),
]


def test_a_wrong_field_is_named_and_nothing_of_the_batch_is_stored(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        right = {**THUMB, "inference": running.ask(TICKET).headers["x-understudy-inference"]}
        answers = [running.post(PATH, [right, {**right, **wrong}]) for wrong, _ in WRONG]
        stored = running.store.count_feedback()
    for answer, (_, field) in zip(answers, WRONG, strict=True):
        assert answer.status == 422
        assert answer.json["error"].startswith(f"feedback 1: {field}")
    assert stored == 0


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        broken = running.post(PATH, b'{"kind": ')
        text = running.post(PATH, b"{}", content_type="text/plain")
        number = running.post(PATH, 7)
    assert [one.status for one in (broken, text, number)] == [400, 415, 422]


def test_a_confident_evaluation_keeps_the_inference_as_a_trace(tmp_path: Path) -> None:
    evaluation = {"kind": "float", "name": "evaluation", "value": 0.9, "source": "judge"}
    with rig(tmp_path, capture={"trace_share": 0.0}) as running:
        identity = running.ask(TICKET).headers["x-understudy-inference"]
        sure = running.post(PATH, {**evaluation, "inference": identity, "confidence": 0.95})
        traces = running.store.find_traces()
    assert sure.json["traces"] == 1
    assert [trace.inference for trace in traces] == [identity]


def test_feedback_does_not_wait_until_its_answer_is_stored(tmp_path: Path) -> None:
    with rig(tmp_path, capture={"drain_interval_s": 3600.0}) as running:
        inference = running.ask("the invoice is wrong").headers["x-understudy-inference"]
        while inference in running.state.open_inferences:
            running.get("/healthz")
        body = {"inference": inference, "kind": "boolean", "name": "rating", "value": True}
        taken = running.post("/v1/feedback", {**body, "source": "user"})
        assert running.store.find_inference(inference) is None
        running.drain()
        assert running.store.find_inference(inference) is not None
        assert not running.state.recorder.pending
    assert taken.status == 200


def test_an_episode_named_by_an_address_takes_feedback_and_keeps_no_address(tmp_path: Path) -> None:
    episode = "chat of ann@plant.example"
    with rig(tmp_path) as running:
        running.ask(TICKET, x_understudy_episode=episode)
        running.drain()
        taken = running.post(PATH, {**THUMB, "episode": episode})
        (inference,) = running.store.find_inferences()
        (feedback,) = running.store.find_feedback(episode=[inference.episode])
    assert (taken.status, feedback.value) == (200, True)
    assert "ann" not in inference.episode
