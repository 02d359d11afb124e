"""A rule is data: a pattern of words, how sure it is, one sentence it finds, one it must not find.

A table holds the rules of one structure with what voids them (a denial, another's words, …).
"""

from dataclasses import dataclass

from understudy.curate.signals.findings import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is a pattern (see pattern.py), `unless` one that voids it anywhere in the sentence.

    `thinking_only`: in an answer the same words speak to the reader. `anyone`: the words are the
    writer's, whoever they are about.
    """

    name: str
    confidence: float
    says: str
    example: str
    counter: str
    unless: str = ""
    tag: str = ""
    thinking_only: bool = False
    anyone: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The rules of one structure. The flags say what voids every one of them."""

    kind: Kind
    rules: tuple[Rule, ...]
    if_denied: bool = True
    """Voided by a denial in the same clause: "I cannot assume"."""
    if_averted: bool = True
    """Voided too where it is forbidden or kept from happening: "never", "without", "avoid"."""
    if_undone: bool = False
    """Voided when the act is left out: "I forgot to check", "I should have checked"."""
    if_others: bool = True
    """Voided when somebody else does it: "the user assumes"."""
    if_conditional: bool = False
    """Voided in a condition: "if the tests pass"."""
    if_asked: bool = False
    """Voided in a question."""
    if_advice: bool = False
    """Voided when the sentence tells the reader what to do: "check your dashboard"."""
