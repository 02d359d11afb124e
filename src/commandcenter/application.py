"""Command Center as the engine sees it: its functions, its teacher, its synthetic data.

The plant is built at the first question, not at import.
"""

import functools
import random
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from commandcenter import judge, measures, operators, prompt, teacher, workflows
from commandcenter.catalog import CATALOG, PLAN_SCHEMA, SPEAK_SCHEMA, items
from commandcenter.investigation import bootstrap as investigations
from commandcenter.investigation import function as investigation
from commandcenter.listing import LISTING
from commandcenter.plant import Plant
from commandcenter.series import ORIGIN
from understudy.errors import NotFoundError
from understudy.function import Answer, Application, Function, Question, Request
from understudy.records import Completion, Prompt, Trace

PLANT_SEED = 0
_FACTS = 2


def command_center(seed: int) -> Application:
    """The application over the plant of this seed."""
    plant_of = functools.cache(lambda: Plant(seed))
    functions = (_select_widgets(plant_of), _speak(plant_of), _investigate(plant_of))

    def bootstrap(n: int, seed: int) -> Iterable[Trace]:
        return workflows.bootstrap(n, seed, plant_of())

    def worked_through(n: int, seed: int) -> Iterable[Trace]:
        return investigations.bootstrap(n, seed, plant_of())

    def scripted_teacher(function: str, asked: Prompt) -> Completion:
        return teacher.answer(function, asked, plant_of())

    def holdout(function: str, n: int, seed: int) -> Sequence[Question]:
        return _hold_out(function, n, seed, plant_of())

    return Application(
        name="command-center",
        functions={function.name: function for function in functions},
        scripted_teacher=scripted_teacher,
        bootstrap=bootstrap,
        workflows=worked_through,
        holdout=holdout,
        demo="commandcenter.demo.run:run_demo",
        scripted_judge=lambda asked: judge.judge(asked, plant_of()),
    )


def _select_widgets(plant_of: Callable[[], Plant]) -> Function:
    return Function(
        name="select_widgets",
        schema=PLAN_SCHEMA,
        build_prompt=lambda request: prompt.build_select_widgets(request, plant_of()),
        items=items,
        family=lambda asked: prompt.family(asked, plant_of()),
        score=_score,
        read_question=read_question,
        listing=LISTING,
        slice=lambda asked: prompt.read_intent(asked, plant_of()).type,
        judged=judge.PLANS,
        template=prompt.select_widgets_template(),
    )


def _speak(plant_of: Callable[[], Plant]) -> Function:
    return Function(
        name="speak",
        schema=SPEAK_SCHEMA,
        build_prompt=prompt.build_speak,
        items=_spoken_words,
        family=lambda asked: prompt.family(asked, plant_of()),
        read_question=read_question,
        judged=judge.SPEECH,
        template=prompt.speak_template(),
    )


def _investigate(plant_of: Callable[[], Plant]) -> Function:
    return Function(
        name=investigation.FUNCTION,
        schema=investigation.INVESTIGATE_SCHEMA,
        build_prompt=lambda request: investigation.build_investigate(request, plant_of()),
        items=investigation.figure_names,
        family=lambda asked: prompt.family(asked, plant_of()),
        read_question=read_question,
        slice=investigation.workflow_of,
    )


def read_question(row: Mapping[str, Any]) -> Question:
    """A line of a question file; only `id` and `question` are required.

    Raises KeyError for a missing column and ValueError for a wrong one: whoever reads the file
    knows its name and the line, and says so.
    """
    identity, text = row["id"], row["question"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the column 'question' holds no text")
    expected = row.get("expected_scenarios")
    unknown = _unknown_scenarios(expected)
    if unknown:
        raise ValueError(f"the column 'expected_scenarios' holds {unknown}; write catalog names")
    return Question(
        id=str(identity),
        request={"question": text},
        expected=tuple(expected) if expected else None,
        slice=str(row.get("category", "")),
    )


def _unknown_scenarios(expected: object) -> str:
    """What is no list of the catalog's scenarios, as text; empty when all is well."""
    if expected is None:
        return ""
    if not isinstance(expected, list):
        return f"{expected!r:.60}"
    unknown = [str(name) for name in expected if name not in CATALOG]
    return ", ".join(unknown)


def _score(expected: Any, plan: Answer | None) -> Mapping[str, float]:
    return {} if expected is None else measures.score(expected, plan)


def _spoken_words(spoken: Answer) -> Sequence[Hashable]:
    """Two spoken answers agree as far as they say the same words, numbers included."""
    return str(spoken.get("text", "")).lower().split()


def _hold_out(function: str, n: int, seed: int, plant: Plant) -> Sequence[Question]:
    """n different questions of simulated operators, each with what the operator wanted."""
    if function == investigation.FUNCTION:
        return investigations.hold_out(n, seed, plant)
    if function not in ("select_widgets", "speak"):
        raise NotFoundError(
            f"no function {function!r}; Command Center has select_widgets, speak and investigate"
        )
    rng = random.Random(f"holdout {seed}")
    found: dict[str, Question] = {}
    while len(found) < n:
        need = operators.ask(rng, plant)
        if need.question in found:
            continue
        request: Request = {"question": need.question}
        if function == "speak":
            request = {**request, "facts": _observe(rng, need.question, plant)}
        found[need.question] = Question(
            id=f"{function}-{seed}-{len(found):05d}",
            request=request,
            expected=need.wanted if function == "select_widgets" else None,
            slice=need.intent,
        )
    return list(found.values())


def _observe(rng: random.Random, question: str, plant: Plant) -> list[dict[str, Any]]:
    """Readings of a unit that the question names, or of any."""
    unit = rng.choice(plant.find(question) or plant.equipment)
    metrics = rng.sample(unit.metrics, _FACTS)
    readings = [plant.reading(unit.id, metric, ORIGIN) for metric in metrics]
    return [
        {"entity": one.equipment, "metric": one.metric, "value": one.value, "unit": one.unit}
        for one in readings
    ]


APPLICATION = command_center(PLANT_SEED)
