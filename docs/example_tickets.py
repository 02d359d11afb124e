"""A second application in full: sort support tickets into queues. Nothing of Command Center is in it.

Run it with `application = "example_tickets:APPLICATION"` and this folder on the Python path.
"""

import random
import re
from collections.abc import Iterable, Sequence

from understudy import records
from understudy.function import Application, Function, Question, Request
from understudy.records import Completion, Prompt, ReasoningKind, Trace

QUEUES = {
    "billing": ("invoice", "refund", "payment", "price", "receipt", "discount"),
    "access": ("password", "login", "account", "username", "token", "badge"),
    "delivery": ("parcel", "courier", "address", "package", "tracking", "shipment"),
}
NAME = "classify_ticket"


def build_prompt(request: Request) -> Prompt:
    return Prompt("Tickets: choose the queue.", (records.Message("user", str(request["text"])),))


def family(prompt: Prompt) -> str:
    return " ".join(re.findall("[a-z]+", prompt.messages[-1].content.lower()))


def teach(_: str, prompt: Prompt) -> Completion:
    words = family(prompt).split()
    queue = next((name for name, cues in QUEUES.items() if set(cues) & set(words)), "billing")
    thinking = f"The ticket speaks of {words[1]}: that is {queue}."
    return Completion(f'{{"queue":"{queue}"}}', thinking, ReasoningKind.RAW, "end_turn")


def write_tickets(_: str, n: int, seed: int) -> Sequence[Question]:
    rng, found = random.Random(seed), dict[str, Question]()
    while len(found) < n:
        queue = rng.choice(list(QUEUES))
        text = f"{rng.choice(('My', 'Our', 'The'))} {rng.choice(QUEUES[queue])} is {rng.random()}"
        found[text] = Question(f"{seed}-{len(found)}", {"text": text}, queue, queue)
    return list(found.values())


def bootstrap(n: int, seed: int) -> Iterable[Trace]:
    for question in write_tickets(NAME, n, seed):
        prompt = build_prompt(question.request)
        done, kind = teach(NAME, prompt), ReasoningKind.SYNTHETIC
        allowed, source = records.TrainingPermission.OPEN, records.TraceSource.BOOTSTRAP
        head = (question.id, NAME, prompt, done.thinking or "", done.answer)
        yield Trace(*head, kind, "rules", allowed, source, family(prompt), 0.0)


QUEUE = {"properties": {"queue": {"enum": list(QUEUES)}}, "required": ["queue"]}
SCHEMA = {"type": "object", "additionalProperties": False, **QUEUE}
FUNCTION = Function(NAME, SCHEMA, build_prompt, lambda answer: [answer["queue"]], family)
APPLICATION = Application("tickets", {NAME: FUNCTION}, teach, bootstrap, write_tickets)
