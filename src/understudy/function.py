"""The seam a domain implements: its functions, and what the engine may ask of the domain.

The engine knows nothing else about an application; see docs/example_tickets.py for a second one.
"""

import importlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.config import Config
from understudy.errors import ConfigError
from understudy.records import Completion, Prompt, Trace
from understudy.template import Template

Request = Mapping[str, Any]
Answer = Any
"""What the function's schema says: a JSON object as a mapping, a list, or a text."""


def _measure_nothing(_expected: Any, _answer: "Answer | None") -> Mapping[str, float]:
    return {}


def _tell_no_slice(_prompt: Prompt) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Question:
    """One evaluation item: a request and, where known, what a good answer contains."""

    id: str
    request: Request
    expected: Any = None
    slice: str = ""


def _say_nothing(_answer: "Answer") -> None:
    return None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge is told of a function's answers.

    `name_items` names an answer's items in their order, as feedback names them; `spoken` gives the
    text that is said aloud, None where nothing is; `sized` says that items have a size; `criteria`
    says in words what else a good answer keeps.
    """

    name_items: Callable[[Answer], Sequence[str]]
    spoken: Callable[[Answer], str | None] = _say_nothing
    sized: bool = False
    criteria: str = ""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One entry of an answer's list. `key` is its identity in the catalog, `text` what it is good
    for, `relevance` what the model itself gave it (0 to 1), None where it gave nothing."""

    key: str
    text: str
    relevance: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """How a function's answer is a list that tier 1 may put in another order.

    `query` is what the user asked; `items` lists the answer's entries, best first; `arrange` gives
    the answer with only the entries at these places, in this order. A `critical` key never falls
    below `tier1.critical_place`.
    """

    query: Callable[[Prompt], str]
    items: Callable[[Answer], Sequence[ListedItem]]
    arrange: Callable[[Answer, Sequence[int]], Answer]
    critical: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Function:
    """One named LLM job.

    `schema` is that of an answer; where its type is `string`, an answer is the bare text, where it is
    `array`, a JSON list. `build_prompt` is the only prompt builder: live, replay, student, training and evaluation all
    call it, and so does a server at its start, with stand-ins for a request, to know the prompts of
    an only function again. `items` lists what an answer chose, so that two answers can be compared (where neither
    lists anything, only equal ones agree); `family` maps a prompt to the key that keeps
    near-duplicates together; `score` measures an answer (None when the call failed) against a
    question's expectation, each measure in [0, 1];
    `primary` names the measure that a gate compares, `agreement` unless said otherwise; `listing` is
    None where the order of an answer's items means nothing; `read_question` makes a question of a line of
    an evaluation's file or of an import, whose text stands under `question` (None: an import hands
    `build_prompt` that text alone); `slice` names the kind of request (an intent) by which datasets
    are counted and balanced; `judged` is what a judge is told, None where no judge is asked;
    `template` is the system text in pieces, for prompts that may be evolved: rendered, it is what
    `build_prompt` begins with.
    """

    name: str
    schema: Mapping[str, Any]
    build_prompt: Callable[[Request], Prompt]
    items: Callable[[Answer], Sequence[Hashable]]
    family: Callable[[Prompt], str]
    score: Callable[[Any, Answer | None], Mapping[str, float]] = _measure_nothing
    read_question: Callable[[Mapping[str, Any]], Question] | None = None
    primary: str = "agreement"
    listing: Listing | None = None
    slice: Callable[[Prompt], str] = _tell_no_slice
    judged: Judged | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """A domain as a whole. `scripted_teacher` answers a function's prompt without any network,
    `scripted_judge` what a judge is asked; `bootstrap(n, seed)` yields synthetic traces that training
    starts from; `workflows(n, seed)` synthetic ones of whole pieces of work, with tool calls;
    `holdout(function, n, seed)` yields questions that no user typed; `demo` names its demonstration
    as `module:function`, loaded when asked for."""

    name: str
    functions: Mapping[str, Function]
    scripted_teacher: Callable[[str, Prompt], Completion] | None = None
    bootstrap: Callable[[int, int], Iterable[Trace]] | None = None
    holdout: Callable[[str, int, int], Sequence[Question]] | None = None
    demo: str = ""
    workflows: Callable[[int, int], Iterable[Trace]] | None = None
    scripted_judge: Callable[[Prompt], Completion] | None = None


def load_application(path: str) -> Application:
    """Import `module:NAME` from the config. Raises ConfigError when it is not an Application."""
    found = load_named(path)
    if not isinstance(found, Application):
        raise ConfigError(f"application = {path!r} is no understudy Application")
    return found


def check_functions(application: Application, config: Config) -> None:
    """Raises ConfigError for a setting that names a function which the application does not have:
    nothing would ever be learned, or found, under that name."""
    named = {
        "trainer.functions": config.trainer.functions,
        "rules": [rule.function for rule in config.rules],
    }
    for setting, names in named.items():
        for name in names:
            if name not in application.functions:
                known = ", ".join(application.functions)
                raise ConfigError(
                    f"{setting}: no function {name!r}; {application.name} has {known}"
                )


def load_named(path: str) -> Any:
    """The object at `package.module:NAME`. Raises ConfigError when it cannot be imported."""
    module_name, _, attribute = path.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"{path!r} cannot be imported ({error}); write `package.module:NAME`"
        ) from error


def agreement(function: Function, reference: Answer | None, answer: Answer | None) -> float:
    """F1 between the items of two answers, counted as multisets; 0 where either is missing, and
    where neither lists any, unless the answers are equal."""
    if reference is None or answer is None:
        return 0.0
    wanted, shown = list(function.items(reference)), list(function.items(answer))
    if not wanted and not shown:
        # Nothing against nothing compares nothing: any two answers would agree, and the gate open.
        return float(reference == answer)
    left = list(wanted)
    hits = 0
    for item in shown:
        if item in left:
            left.remove(item)
            hits += 1
    return 2 * hits / (len(wanted) + len(shown))
