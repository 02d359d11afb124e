"""Which function a request is for: by its header, by a rule, or by the prompt of a sole function.

Refuses the name of a function that the application does not have. What nothing names is UNNAMED:
relayed to the teacher, never learned.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from understudy.config import Config, Rule
from understudy.errors import InputError
from understudy.function import Application, Function
from understudy.records import Prompt
from understudy.serve.http import RefusedError
from understudy.template import render
from understudy.wire.client import FUNCTION_HEADER
from understudy.wire.messages import WireRequest

logger = logging.getLogger(__name__)

UNNAMED = "unnamed"
# An opening like "You are " is everybody's.
_LEAST_CHARS = 16
_QUESTIONS = 20


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a function's prompts are known: by the text that instructs, which is the system text or,
    where there is none, the first turn. `whole` says that it is always the same."""

    head: str
    tail: str
    whole: bool
    in_system: bool

    def fits(self, prompt: Prompt) -> bool:
        text = _instruction(prompt)
        if text is None or bool(prompt.system) is not self.in_system:
            return False
        if self.whole:
            return text == self.head
        long = len(text) >= len(self.head) + len(self.tail)
        return long and text.startswith(self.head) and text.endswith(self.tail)


@dataclass(frozen=True, slots=True)
class Naming:
    """`sole` is None where there are rules or several functions, or nothing to know prompts by."""

    known: tuple[str, ...]
    rules: tuple[Rule, ...]
    sole: Likeness | None

    def name(self, named: str, wire: Callable[[], WireRequest]) -> str:
        """`named` is what the header says. Raises RefusedError (404) for a function that the
        application does not have."""
        if named in self.known:
            return named
        if named:
            listed = ", ".join(self.known)
            raise RefusedError(404, f"no function {named!r}; {FUNCTION_HEADER} may be {listed}")
        if not self.rules and self.sole is None:
            return UNNAMED
        try:
            asked = wire()
        except InputError:
            # A body that nobody can read fits nothing.
            return UNNAMED
        if self.sole is not None:
            return self.known[0] if self.sole.fits(asked.prompt) else UNNAMED
        return next((rule.function for rule in self.rules if _fits(rule, asked)), UNNAMED)


def build_naming(config: Config, application: Application) -> Naming:
    sole = None if config.rules else find_likeness(application)
    if sole is None and not config.rules and len(application.functions) == 1:
        logger.warning(
            "requests without %s go to the teacher and are not learned: nothing tells the prompts "
            "of %s apart; send the header, or write [[rules]]",
            FUNCTION_HEADER,
            next(iter(application.functions)),
        )
    return Naming(tuple(application.functions), config.rules, sole)


def find_likeness(application: Application) -> Likeness | None:
    """How the prompts of an application's one function are known; None where it has several, or
    where a prompt is nearly all the user's."""
    if len(application.functions) != 1:
        return None
    (function,) = application.functions.values()
    prompts = list(_examples(application, function))
    if not prompts and function.template is not None:
        return Likeness(render(function.template), "", whole=False, in_system=True)
    texts = [text for prompt in prompts if (text := _instruction(prompt)) is not None]
    in_system = {bool(prompt.system) for prompt in prompts}
    if not texts or len(texts) < len(prompts) or len(in_system) > 1:
        return None
    head = _beginning(texts)
    if all(text == head for text in texts):
        return Likeness(head, "", whole=True, in_system=in_system.pop()) if head else None
    rests = [text[len(head) :][::-1] for text in texts]
    tail = _beginning(rests)[::-1]
    told = len(head.strip()) + len(tail.strip()) >= _LEAST_CHARS
    return Likeness(head, tail, whole=False, in_system=in_system.pop()) if told else None


def lacks_fields(function: Function, fields: frozenset[str] | None) -> bool:
    """Whether a caller asks for other fields (None: it does not say which) than a function answers
    with. Names alone: a caller's own schema is never run, for a `pattern` in it could stop the
    server."""
    own = function.schema.get("properties")
    return fields is not None and isinstance(own, Mapping) and fields != frozenset(own)


def _beginning(texts: Sequence[str]) -> str:
    """What all of them begin with: the least and the greatest differ the earliest."""
    least, greatest = min(texts), max(texts)
    same = zip(least, greatest, strict=False)
    return least[: next((at for at, (a, b) in enumerate(same) if a != b), len(least))]


def _instruction(prompt: Prompt) -> str | None:
    if prompt.system:
        return prompt.system
    return prompt.messages[0].content if prompt.messages else None


def _examples(application: Application, function: Function) -> Iterator[Prompt]:
    """Prompts that the function makes: of stand-ins for a request, and of the application's own
    questions where it has some. Code of the domain's: whatever it raises makes one example less."""
    requests: list[Mapping[str, object]] = [_StandIn("aleph"), _StandIn("omega")]
    if application.holdout is not None:
        try:
            held = application.holdout(function.name, _QUESTIONS, 0)
            requests += [question.request for question in held[:_QUESTIONS]]
        except Exception:
            logger.exception("no questions to know prompts by", extra={"function": function.name})
    for request in requests:
        try:
            yield function.build_prompt(request)
        except Exception as error:  # noqa: BLE001 the boundary: a stand-in is no request that it expects
            logger.debug("no example of a prompt", extra={"reason": repr(error)})


class _StandIn(Mapping[str, object]):
    """A request with a text in every field, so that what a prompt takes from one shows."""

    def __init__(self, word: str) -> None:
        self._word = word

    def __getitem__(self, _name: str) -> str:
        return self._word

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _fits(rule: Rule, asked: WireRequest) -> bool:
    return rule.system_contains in asked.prompt.system and (
        not rule.model or fnmatchcase(asked.model, rule.model)
    )
