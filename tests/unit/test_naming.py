"""How a single function's requests are known by their prompt, when they name none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from gateway_rig import TICKETS

from understudy.function import Application, Question
from understudy.records import Message, Prompt
from understudy.serve.naming import Likeness, find_likeness
from understudy.template import Protected, Template


def sole(build: Any, **fields: Any) -> Application:
    function = replace(TICKETS.functions["classify"], build_prompt=build, **fields)
    return Application("one", {"classify": function})


def ask(system: str, text: str = "?") -> Prompt:
    return Prompt(system, (Message("user", text),))


def told(application: Application) -> Likeness:
    found = find_likeness(application)
    assert found is not None
    return found


def test_a_fixed_system_text_is_known_by_all_of_it() -> None:
    own = told(sole(lambda request: ask("Sort.", request["text"])))
    assert own.fits(ask("Sort.", "my invoice"))
    assert not any(own.fits(ask(text)) for text in ("", "Sort", "Sort. Rhyme.", "Be nice."))


def test_a_system_text_that_holds_what_was_asked_is_known_by_what_stands_around_it() -> None:
    def build(request: Mapping[str, Any]) -> Prompt:
        return ask(f"You sort tickets of {request['customer']}.\nAnswer in JSON.", request["text"])

    own = told(sole(build))
    assert own.fits(ask("You sort tickets of Ann & Sons.\nAnswer in JSON."))
    assert not own.fits(ask("You sort tickets of Ann & Sons.\nAnswer in verse."))
    assert not own.fits(ask("You sort mail of Ann & Sons.\nAnswer in JSON."))


def test_instructions_in_the_first_turn_are_known_where_there_is_no_system_text() -> None:
    own = told(sole(lambda request: ask("", f"Choose the queue of: {request['text']}")))
    assert own.fits(ask("", "Choose the queue of: my invoice"))
    assert not own.fits(ask("", "Write me a poem"))
    assert not own.fits(ask("Be nice.", "Choose the queue of: my invoice"))
    assert not own.fits(Prompt("", ()))


def test_the_applications_questions_show_prompts_that_no_stand_in_can() -> None:
    def build(request: Mapping[str, Any]) -> Prompt:
        return ask(f"You sort {request['count'] + 1} tickets of this shop.")

    def hold_out(_: str, n: int, seed: int) -> Sequence[Question]:
        return [Question(f"{at}", {"count": at + seed}) for at in range(n)]

    assert find_likeness(sole(build)) is None
    own = told(replace(sole(build), holdout=hold_out))
    assert own.fits(ask("You sort 4711 tickets of this shop."))
    assert not own.fits(ask("You sort tickets."))


def test_a_template_shows_how_prompts_begin_that_nothing_else_can() -> None:
    def build(request: Mapping[str, Any]) -> Prompt:
        raise KeyError(*request)

    own = told(sole(build, template=Template((Protected("You sort tickets."),))))
    assert own.fits(ask("You sort tickets. There are 3."))
    assert not own.fits(ask("Be nice."))


@pytest.mark.parametrize("text", ["{}", "You are {}"])
def test_a_prompt_that_is_nearly_all_the_users_is_not_known(text: str) -> None:
    assert find_likeness(sole(lambda request: ask(text.format(request["text"])))) is None


def test_several_functions_are_never_told_apart_by_likeness() -> None:
    assert find_likeness(TICKETS) is None
