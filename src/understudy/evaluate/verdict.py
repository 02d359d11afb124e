"""Reads what a judge replied. Refuses whatever is not the one JSON object that was asked for.

Nothing is repaired, filled in or guessed: a verdict that is not whole is no verdict.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.curate.voice import DIMENSIONS
from understudy.errors import UpstreamError
from understudy.evaluate.case import Case
from understudy.evaluate.doubts import Doubts

_FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n[ \t]*```\Z", re.DOTALL)
_NEXT = "ask again, or name a better judge in [judge]"


class Better(Enum):
    FIRST = "first"
    SECOND = "second"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`size_fit` and `voice` are None where they do not apply."""

    items: Mapping[str, float]
    size_fit: float | None
    missing: tuple[str, ...]
    voice: Mapping[str, float] | None
    confidence: float
    reasoning: str


@dataclass(frozen=True, slots=True)
class Comparison:
    better: Better
    confidence: float
    reasoning: str


Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Named(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    case: str


class _Reply(_Named):
    confidence: Unit
    reasoning: Text


class _Evaluated(_Reply):
    items: dict[str, Unit]
    size_fit: Unit | None
    missing: Annotated[list[Name], Field(max_length=20)]
    voice: dict[str, Unit] | None


class _Compared(_Reply):
    better: Literal["first", "second", "tie"]


class _Opinions(_Named):
    right: list[Unit | None]


_Shape = TypeVar("_Shape", bound=_Named)


def read_evaluation(text: str, case: Case) -> Evaluation:
    """Raises UpstreamError saying which field is wrong."""
    reply = _read(text, _Evaluated, case.id)
    if set(reply.items) != set(case.items):
        _refuse(f"it scores {_listed(reply.items)} where {_listed(case.items)} were asked")
    if (reply.size_fit is not None) != case.sized:
        _refuse("size_fit must be a number where items have sizes, and null elsewhere")
    if (reply.voice is not None) != case.spoken:
        _refuse("voice must be scored where an answer is said aloud, and null elsewhere")
    if reply.voice is not None and set(reply.voice) != set(DIMENSIONS):
        _refuse(f"voice scores {_listed(reply.voice)}, not {_listed(DIMENSIONS)}")
    return Evaluation(
        items={name: reply.items[name] for name in case.items},
        size_fit=reply.size_fit,
        missing=tuple(reply.missing),
        voice=reply.voice,
        confidence=reply.confidence,
        reasoning=reply.reasoning,
    )


def read_comparison(text: str, case: Case) -> Comparison:
    """Raises UpstreamError saying which field is wrong."""
    reply = _read(text, _Compared, case.id)
    return Comparison(Better(reply.better), reply.confidence, reply.reasoning)


def read_opinions(text: str, doubts: Doubts) -> tuple[float | None, ...]:
    """How likely each finding is right, in their order; None where the judge cannot tell. Raises
    UpstreamError saying which field is wrong."""
    right = _read(text, _Opinions, doubts.id).right
    if len(right) != len(doubts.claims):
        _refuse(f"it gives {len(right)} opinions on {len(doubts.claims)} findings")
    return tuple(right)


def settle(given: Comparison, reversed_: Comparison) -> Comparison:
    """Of both orders, seen in the first one. Orders that disagree are a tie: it was the place, not
    the answer, that decided."""
    seen = {Better.FIRST: Better.SECOND, Better.SECOND: Better.FIRST}.get(reversed_.better)
    agree = seen is given.better
    return Comparison(
        better=given.better if agree else Better.TIE,
        confidence=min(given.confidence, reversed_.confidence),
        reasoning=given.reasoning if agree else f"{given.reasoning} | {reversed_.reasoning}",
    )


def _read(text: str, shape: type[_Shape], case_id: str) -> _Shape:
    # The whole reply: a block quoted from the answer that is judged must not pass for the verdict.
    whole = text.strip()
    fenced = _FENCED.match(whole)
    try:
        reply = shape.model_validate_json(whole if fenced is None else fenced[1])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the reply"
        raise UpstreamError(
            f"the judge's {field} cannot be read ({first['msg']}); {_NEXT}"
        ) from None
    if reply.case != case_id:
        _refuse("it names another case")
    return reply


def _refuse(fact: str) -> NoReturn:
    raise UpstreamError(f"the judge's verdict is refused: {fact}; {_NEXT}")


def _listed(names: object) -> str:
    found = ", ".join(map(str, names)) if isinstance(names, Mapping | tuple) else str(names)
    return found[:200] or "nothing"
