"""Preference pairs for tier 2 from the differences of a comparison, each with where it came from.

The better reply is the one that fits the schema, then the one nearer to what is known to be good,
then the teacher's. Refuses what no permission covers, what is held out, and what is too near.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from understudy.config import Config
from understudy.curate.eligibility import (
    DUPLICATE,
    HELD_OUT,
    NOT_PERMITTED,
    effective_permission,
    why_not,
)
from understudy.curate.samples import canonical_answer
from understudy.evaluate.compare import Compared, Comparison, Shown, is_teacher
from understudy.evaluate.replies import Plan
from understudy.records import TrainingPermission, content_hash

PAIR_TYPE = "comparison"
MIN_GAP = 0.3
"""Of two scored answers: SPEC's least gap of a pair's rewards."""
SAME = "the same answer"
NEITHER_FITS = "neither answer fits the schema"
NO_MEASURE = "nothing says which is better"
NEAR = f"scores less than {MIN_GAP} apart"
AGREES = "the student agrees with the teacher"


@dataclass(frozen=True, slots=True)
class Choice:
    chosen: Shown
    rejected: Shown
    reason: str
    gap: float


def build_pairs(
    comparison: Comparison, config: Config
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The pairs as plain rows, and how many pairs of replies each rule removed.

    What is held out, and how far answers may agree, is the plan's: a replay under another config
    gives the same pairs. A permission alone counts as it is recorded today.
    """
    config = _as_planned(config, comparison.plan)
    schema = Draft202012Validator(comparison.function.schema)
    skipped: Counter[str] = Counter()
    pairs: dict[str, dict[str, Any]] = {}
    compared = 0
    for row in _all(comparison):
        compared += 1
        choice = choose(row, comparison.function.primary, comparison.plan.min_agreement)
        reason = choice if isinstance(choice, str) else _refused(choice, comparison, config, schema)
        if not isinstance(choice, Choice) or reason is not None:
            skipped[str(reason)] += 1
            continue
        pair = _pair(choice, comparison)
        key = content_hash([pair["prompt_hash"], pair["chosen"], pair["rejected"]])
        skipped[DUPLICATE] += key in pairs
        pairs.setdefault(key, pair)
    skipped = +skipped
    told = {"compared": compared, "written": len(pairs), "skipped": dict(sorted(skipped.items()))}
    return list(pairs.values()), told | {"refused": _refusal(skipped, config)}


def choose(row: Compared, primary: str, min_agreement: float) -> Choice | str:
    """Which reply is the better one, or why neither is."""
    first, second = row.first, row.second
    if first.trace.answer == second.trace.answer:
        return SAME
    if first.answer is None and second.answer is None:
        return NEITHER_FITS
    if first.answer is None or second.answer is None:
        chosen, rejected = (first, second) if second.answer is None else (second, first)
        return Choice(chosen, rejected, "fits the schema, the other does not", 1.0)
    if first.reply.scores and second.reply.scores:
        return _by_score(first, second, primary)
    return _by_teacher(row, min_agreement)


def _by_score(first: Shown, second: Shown, primary: str) -> Choice | str:
    """By the function's primary measure, or the mean of all where that is agreement."""
    mine, theirs = _score(first.reply.scores, primary), _score(second.reply.scores, primary)
    gap = abs(mine - theirs)
    if gap < MIN_GAP:
        return NEAR
    chosen, rejected = (first, second) if mine > theirs else (second, first)
    measure = primary if primary in first.reply.scores else "the mean score"
    high, low = max(mine, theirs), min(mine, theirs)
    return Choice(chosen, rejected, f"{measure} {high:.2f} against {low:.2f}", gap)


def _score(scores: Mapping[str, float], primary: str) -> float:
    return scores[primary] if primary in scores else sum(scores.values()) / len(scores)


def _by_teacher(row: Compared, min_agreement: float) -> Choice | str:
    taught = [is_teacher(one.reply.variant) for one in (row.first, row.second)]
    if row.agreement is None or taught.count(True) != 1:
        return NO_MEASURE
    if row.agreement >= min_agreement:
        return AGREES
    chosen, rejected = (row.first, row.second) if taught[0] else (row.second, row.first)
    reason = f"agreement with the teacher {row.agreement:.2f} < gate.min_agreement {min_agreement}"
    return Choice(chosen, rejected, reason, 1.0 - row.agreement)


def _as_planned(config: Config, plan: Plan) -> Config:
    samples = config.samples.model_copy(update={"holdout_share": plan.holdout_share})
    return config.model_copy(update={"samples": samples})


def _all(comparison: Comparison) -> Iterator[Compared]:
    for name in comparison.plan.variants[1:]:
        yield from comparison.against(name)


def _refused(
    choice: Choice, comparison: Comparison, config: Config, schema: Draft202012Validator
) -> str | None:
    """A rejected answer is learned from as well: the permission counts for both."""
    if effective_permission(choice.rejected.trace, config) is TrainingPermission.NONE:
        return NOT_PERMITTED
    return why_not(choice.chosen.trace, comparison.function, config, validator=schema)


def _refusal(skipped: Mapping[str, int], config: Config) -> str:
    """One sentence for each refusal that an operator can do something about."""
    said = []
    if count := skipped.get(NOT_PERMITTED, 0):
        said.append(
            f"{count} pairs are not written: teacher.training_permission is "
            f"{config.teacher.training_permission!r}; record in the config what the teacher's "
            "terms allow you (`open`, `narrow_only` or `written_permission`)"
        )
    if count := skipped.get(HELD_OUT, 0):
        said.append(
            f"{count} pairs are not written: their prompts are held out to measure by; compare "
            "on others with --families training or --prompts"
        )
    return ". ".join(said)


def _pair(choice: Choice, comparison: Comparison) -> dict[str, Any]:
    asked = comparison.plan.asked[choice.chosen.place]
    prompt = asked.prompt
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    turns = [{"role": one.role, "content": one.content} for one in prompt.messages]
    sides = (choice.chosen, choice.rejected)
    taught = next((one.trace for one in sides if is_teacher(one.reply.variant)), None)
    permission = TrainingPermission.OPEN if taught is None else taught.training_permission
    return {
        "prompt": [*system, *turns],
        "chosen": [{"role": "assistant", "content": _text(choice.chosen, comparison)}],
        "rejected": [{"role": "assistant", "content": _text(choice.rejected, comparison)}],
        "pair_type": PAIR_TYPE,
        "function": comparison.plan.function,
        "family": asked.family,
        "question": asked.id,
        "prompt_hash": prompt.hash,
        "chosen_variant": choice.chosen.reply.variant,
        "rejected_variant": choice.rejected.reply.variant,
        "reason": choice.reason,
        "gap": choice.gap,
        "teacher": "" if taught is None else taught.teacher,
        "permission": permission.value,
        "comparison": comparison.plan.identity,
    }


def _text(one: Shown, comparison: Comparison) -> str:
    """As the serving grammar writes it, so that no space tells the better one; a lone surrogate is
    no text, and nothing could read the pair."""
    plain = canonical_answer(one.trace.answer, comparison.function.schema)
    return plain.encode("utf-8", "replace").decode()
