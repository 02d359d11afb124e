"""What a judge is asked about findings that the rules are not sure of: one question a reply.

What a model wrote stands between fences, as in case.py. Decides nothing and asks nobody.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from understudy.curate.signals.findings import Finding, Kind, Observation
from understudy.errors import InputError
from understudy.evaluate.case import DATA, fence, name_texts, read_fenced, writable
from understudy.records import Message, Prompt, content_hash

AROUND_CHARS = 200
_FINDINGS = "findings"
_HEAD = re.compile(r"\ADoubts ([0-9a-f]+)\n")
_ASKS = """You check what a reader of an assistant's text has found in it.

{data}

Each line between the fences is one finding: the kind that it is said to be, the words that gave it away,
the sentence, and the text around the sentence. A finding is right where the writer of the sentence does
there what the kind means:
{kinds}

Reply with one JSON object and nothing else:
{{"case": the id of the fence as given, "right": [for each line in its order how likely the finding is
right, 0 to 1, or null where you cannot tell]}}"""
_MEANS: Mapping[Kind, str] = {
    Kind.ASSUMPTION: "takes something as given without having checked it",
    Kind.VALIDATION: "checks a result, a fact or a premise, or says what a check showed",
    Kind.COUNTERFACTUAL: "weighs a path that was not or not yet taken",
    Kind.EDIT: "reports a change that the writer has just made",
    Kind.PROVENANCE: "says where a fact comes from",
    Kind.SAFETY: "deals with harm, or warns or refuses because of it",
    Kind.PREFERENCE: "ranks options, or says which one is better for the task",
    Kind.SELF_CRITIQUE: "finds fault with the own work or knowledge, or doubts it",
    Kind.CORRECTION: "takes back something said before",
    Kind.CONSTRAINT: "states what a solution must observe",
    Kind.PRUNING: "drops an option, a cause or a topic from what is considered",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One finding as a judge reads it."""

    kind: Kind
    words: str
    sentence: str
    around: str

    @property
    def id(self) -> str:
        """The same for the same words in the same surroundings, whoever wrote them."""
        return content_hash([self.kind.value, self.words, self.sentence, self.around])


@dataclass(frozen=True, slots=True)
class Doubts:
    """`id` names the fence, and the reply must repeat it."""

    id: str
    claims: tuple[Claim, ...]


def claim_of(finding: Finding, observation: Observation) -> Claim:
    text = observation.part(finding.where, finding.index)
    around = text[max(0, finding.start - AROUND_CHARS) : finding.end + AROUND_CHARS]
    words, sentence = finding.cue_in(observation), finding.text_in(observation)
    return Claim(finding.kind, writable(words), writable(sentence), writable(around))


def open_doubts(claims: Iterable[Claim]) -> Doubts:
    """What is said twice is asked once."""
    listed = tuple({one.id: one for one in claims}.values())
    return Doubts(name_texts([_lines(listed)]), listed)


def build_prompt(doubts: Doubts) -> Prompt:
    """What the judge is asked."""
    kinds = dict.fromkeys(one.kind for one in doubts.claims)
    means = "\n".join(f"- {kind.value}: {_MEANS[kind]}" for kind in kinds)
    text = f"Doubts {doubts.id}\n\n{fence(_FINDINGS, _lines(doubts.claims), doubts.id)}"
    return Prompt(_ASKS.format(data=DATA, kinds=means), (Message("user", text),))


def read_doubts(prompt: Prompt) -> Doubts | None:
    """The doubts out of a judge's prompt, for judges that are programs; None for a prompt of another
    kind. Raises InputError for one that is broken."""
    text = prompt.messages[-1].content if prompt.messages else ""
    head = _HEAD.match(text)
    if head is None:
        return None
    try:
        rows = [orjson.loads(line) for line in read_fenced(text, head[1])[_FINDINGS].split("\n")]
        claims = tuple(Claim(**{**row, "kind": Kind(row["kind"])}) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"these are no doubts ({error}); build them with open_doubts") from error
    return Doubts(head[1], claims)


def _lines(claims: Iterable[Claim]) -> str:
    rows = (
        {"kind": one.kind.value, "words": one.words, "sentence": one.sentence, "around": one.around}
        for one in claims
    )
    return "\n".join(orjson.dumps(row).decode() for row in rows)
