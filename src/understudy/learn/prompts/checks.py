"""Which rules may stand in a prompt. A bad mutation is refused here, before anybody is asked with it.

What is protected is no part of a version, so no mutation can lose it; this looks at the rules.
"""

import re
from collections.abc import Iterator, Sequence

from understudy.config import Prompts
from understudy.template import Lines, RuleKind, Rules, Template, placeholders, render, with_lines

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_QUOTED = re.compile(r'"[^"\n]+"')
_WORD = re.compile(r"[A-Za-z_]+")
# Whoever writes these speaks as the format of a chat or a fence, not as a rule.
_MARKUP = re.compile(r"```|<\||\|>|<<<|>>>|[\x00-\x08\x0b-\x1f\x7f]")


def why_refused(
    template: Template, before: Lines, after: Lines, settings: Prompts, known: Sequence[Lines] = ()
) -> str:
    """Why these rules may not follow from those; empty where they may."""
    if len(after) != len(template.editable):
        return "a piece is lost or added"
    pieces = zip(template.editable, before, after, strict=True)
    for piece, old, new in pieces:
        reason = _why_lines_refused(template, piece, old, new, settings)
        if reason:
            return reason
    text, base = render(with_lines(template, after)), render(template)
    if len(text) > settings.max_growth * len(base):
        return "the prompt is too long (prompts.max_growth)"
    return "a version with these rules is known" if after in known else ""


def anchors(line: str, terms: frozenset[str]) -> list[str]:
    """What a rule means apart from its wording: placeholders, numbers, quoted words and terms."""
    named = [f"{{{name}}}" for name in placeholders(line)]
    words = [word for word in _WORD.findall(line) if word in terms]
    return sorted({*named, *_NUMBER.findall(line), *_QUOTED.findall(line), *words})


def _why_lines_refused(
    template: Template,
    piece: Rules,
    old: tuple[str, ...],
    new: tuple[str, ...],
    settings: Prompts,
) -> str:
    for line in new:
        reason = _why_line_refused(line, line in piece.lines, settings)
        if reason:
            return reason
    if piece.kind is RuleKind.EXAMPLES:
        return _why_examples_refused(old, new, settings)
    return "" if sorted(new) == sorted(old) else _why_wording_refused(old, new, template.terms)


def _why_wording_refused(old: tuple[str, ...], new: tuple[str, ...], terms: frozenset[str]) -> str:
    if len(new) != len(old):
        return "a rule is lost or added"
    changed = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    if len(changed) > 1:
        return "more than one rule is changed"
    return "".join(_losses(*changed[0], terms))


def _why_line_refused(line: str, is_original: bool, settings: Prompts) -> str:
    if not line.strip():
        return "a rule is empty"
    if is_original:
        return ""
    if len(line) > settings.max_rule_chars:
        return "a rule is too long (prompts.max_rule_chars)"
    if _MARKUP.search(line) or "\n" in line.strip("\n"):
        return "a rule is no plain line"
    return ""


def _why_examples_refused(old: tuple[str, ...], new: tuple[str, ...], settings: Prompts) -> str:
    if len(new) > settings.max_examples:
        return "too many examples (prompts.max_examples)"
    if new[: len(old)] != old:
        return "an example is lost"
    if any(placeholders(line) for line in new):
        return "a placeholder is added"
    return ""


def _losses(was: str, now: str, terms: frozenset[str]) -> Iterator[str]:
    """The first difference between what two wordings hold on to."""
    if placeholders(was) != placeholders(now):
        yield "a placeholder is lost or added"
        return
    lost = sorted(set(anchors(was, terms)).symmetric_difference(anchors(now, terms)))
    if lost:
        yield f"the rule's meaning may be another: {', '.join(lost)[:100]}"
