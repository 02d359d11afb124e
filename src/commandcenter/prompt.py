"""The one prompt builder of each function: live, replay, student, training and evaluation use it.

Refuses a request without a question. The system text is constant; the user's message is short.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from commandcenter.catalog import CATALOG, MAX_WIDGETS
from commandcenter.features import METRIC_NAMES, Intent, parse_intent
from commandcenter.plant import Plant
from understudy.errors import InputError
from understudy.records import Message, Prompt
from understudy.template import Protected, RuleKind, Rules, Template, render

# A tiny student reads only the first line: it must tell the functions apart.
_SELECT_FIRST_LINE = "select_widgets v1"
_SPEAK_FIRST_LINE = "speak v1"
_SIZING = (
    "the first widget is the answer itself and is always hero.",
    "Use expanded for a second view,\nnormal for support, compact for a single number.",
)
_SELECT_RULES = (
    "Show 1 to {max_widgets} widgets: as many as help and no more, usually 2 to 4, each scenario once.",
    "relevance falls from 0.9 by 0.1 from one widget to the next.",
    "metric is one of: {metrics}.",
    'entities are the equipment ids or groups of the line "Entities", or [] where it says none.',
    'Add alerts where "Open alarms" names a unit that is asked about.',
)
_SPEAK_RULES = (
    "say only what the facts say, with numbers and units, the answer first.",
    "At most two sentences\nand 40 words.",
    "Words that can be read aloud: no markup, no lists, no symbols, units written out.",
)
_PLAN_FORM = (
    '{"heading":"...","widgets":[{"scenario":"...","size":"hero","relevance":0.9,'
    '"data_request":{"metric":"...","entities":["..."],"query":"..."}}]}'
)
# No version of the prompt may lose these: fields of the schema, and values of theirs.
_TERMS = frozenset(
    {"scenario", "relevance", "metric", "entities", "alerts"}
    | {"hero", "expanded", "normal", "compact"}
)
_MAX_CHARS = 4_000
_MAX_FACTS = 4
_MAX_ALARMS = 2
_INTENT_LINE = re.compile(
    r"^Intent: (?P<type>[^|\n]*) \| Domains: (?P<domains>[^|\n]*) \| Entities: (?P<entities>[^|\n]*)"
    r" \| Metric: (?P<metric>[^|\n]*) \| Period: (?P<period>[^|\n]*)$",
    re.MULTILINE,
)
_QUESTION_LINE = re.compile(r"^Question: (.*)$", re.MULTILINE)


def select_widgets_template() -> Template:
    """Who the model is, the catalog, the sizing rules and the form of the answer."""
    catalog = "\n".join(
        f"- {one.name} ({one.height} rows; {', '.join(size.value for size in one.sizes)}):"
        f" {one.description} Good for: {', '.join(one.good_for)}."
        for one in CATALOG.values()
    )
    pieces = (
        Protected(f"""{_SELECT_FIRST_LINE}

You choose the widgets of the Command Center dashboard that answer an operator's question.

Widgets (height; sizes after the first place):
{catalog}

"""),
        Rules(RuleKind.AFFINITY, _SIZING, heading="Sizing: ", joint=" "),
        Protected("\n\n"),
        Rules(RuleKind.RULES, _SELECT_RULES, numbered=True, heading="Rules:\n"),
        Rules(RuleKind.EXAMPLES, (), heading="\n\nExamples:\n"),
        Protected(f"\n\nAnswer with compact JSON alone:\n{_PLAN_FORM}"),
    )
    values = {"max_widgets": str(MAX_WIDGETS), "metrics": ", ".join(METRIC_NAMES)}
    return Template(pieces, values, _TERMS)


def speak_template() -> Template:
    return Template(
        (
            Protected(f"""{_SPEAK_FIRST_LINE}

You answer an operator's question aloud in one or two sentences.

"""),
            Rules(RuleKind.RULES, _SPEAK_RULES, heading="Rules: ", joint=" "),
            Rules(RuleKind.EXAMPLES, (), heading="\n\nExamples:\n"),
            Protected('\n\nAnswer with compact JSON alone: {"text":"..."}'),
        ),
    )


@functools.cache
def select_widgets_system() -> str:
    return render(select_widgets_template())


@functools.cache
def speak_system() -> str:
    return render(speak_template())


def build_select_widgets(request: Mapping[str, Any], plant: Plant) -> Prompt:
    """`question`, and `now` (seconds since 1970) where open alarms of named units should be told."""
    question = question_of(request)
    intent = parse_intent(question, plant)
    lines = [f"Question: {question}", render_intent(intent)]
    alarms = _open_alarms(intent.entities, plant, request.get("now"))
    if alarms:
        lines.append(f"Open alarms: {alarms}")
    return Prompt(select_widgets_system(), (Message("user", "\n".join(lines)),))


def build_speak(request: Mapping[str, Any]) -> Prompt:
    """`question`, `facts` (sentences, or mappings of entity, metric, value, unit), `plan`."""
    lines = [f"Question: {question_of(request)}"]
    lines += [
        f"Fact: {render_fact(fact)}" for fact in list(request.get("facts") or ())[:_MAX_FACTS]
    ]
    heading = (request.get("plan") or {}).get("heading")
    if heading:
        lines.append(f"Shown: {_one_line(str(heading))}")
    return Prompt(speak_system(), (Message("user", "\n".join(lines)),))


def render_intent(intent: Intent) -> str:
    return (
        f"Intent: {intent.type} | Domains: {', '.join(intent.domains)}"
        f" | Entities: {', '.join(intent.entities) or 'none'}"
        f" | Metric: {intent.metric or 'none'} | Period: {intent.period or 'none'}"
    )


def render_fact(fact: Mapping[str, Any] | str) -> str:
    if isinstance(fact, str):
        return _one_line(fact)
    unit = f" {fact['unit']}" if fact.get("unit") else ""
    return _one_line(
        f"{fact.get('entity', 'plant')} {fact.get('metric')} = {fact.get('value')}{unit}"
    )


def read_question(prompt: Prompt) -> str:
    """The operator's words out of a prompt; the whole last message where it is of another form."""
    text = last_message(prompt)
    found = _QUESTION_LINE.search(text)
    return found[1] if found else text


def read_intent(prompt: Prompt, plant: Plant) -> Intent:
    """The intent that the prompt states; read from its question where it states none."""
    # The question stands on one line above, so the first match cannot be the operator's own words.
    found = _INTENT_LINE.search(last_message(prompt))
    if found is None:
        return parse_intent(read_question(prompt), plant)
    return Intent(
        type=found["type"],
        domains=_listed(found["domains"]),
        entities=_listed(found["entities"]),
        metric=_stated(found["metric"]),
        period=_stated(found["period"]),
        confidence=1.0,
    )


def read_lines(prompt: Prompt, label: str) -> tuple[str, ...]:
    """What stands after `label: ` in the lines below the question."""
    lines = last_message(prompt).splitlines()[1:]
    return tuple(line[len(label) + 2 :] for line in lines if line.startswith(f"{label}: "))


def family(prompt: Prompt, plant: Plant) -> str:
    """A key that near-duplicates share: the question's words without units, numbers and order."""
    masked = plant.mask(read_question(prompt)[:_MAX_CHARS], " unit ").lower()
    return " ".join(sorted(set(re.findall(r"[^\W\d_]+", masked))))


def last_message(prompt: Prompt) -> str:
    return prompt.messages[-1].content if prompt.messages else ""


def question_of(request: Mapping[str, Any]) -> str:
    question = request.get("question")
    if not isinstance(question, str) or not question.strip():
        raise InputError('the request has no question; send {"question": "..."}')
    return _one_line(question)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _open_alarms(entities: Sequence[str], plant: Plant, now: object) -> str:
    if not isinstance(now, (int, float)):
        return ""
    known = {unit.id for unit in plant.equipment}.intersection(entities)
    found = [alarm for unit in sorted(known) for alarm in plant.alarms(now, equipment_id=unit)]
    return ", ".join(f"{alarm.equipment} {alarm.metric}" for alarm in found[:_MAX_ALARMS])


def _listed(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(text.split(", "))


def _stated(text: str) -> str | None:
    return None if text == "none" else text
