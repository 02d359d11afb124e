"""How far a judge may be trusted: how often it says of an answer what the user who rated it said.

The rule. Common answers are those with an explicit rating of a user and a judge's verdict, both about
that answer by its id and both of one sign. Agreement is the share of them where the signs are equal.
With fewer than `judge.min_common` of them the judge counts as [reward] says; below
`judge.min_agreement` it is ignored; from there on it counts by its agreement. Each function has
its own: a judge of widgets need not be one of speech.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.config import Judge, Voice
from understudy.config import Reward as Weights
from understudy.curate.values import (
    centred,
    item_scores,
    latest_per_user,
    mean,
    missing_share,
    read_number,
    read_rating,
)
from understudy.curate.voice import DIMENSIONS, weigh_voice
from understudy.records import Feedback, FeedbackSource

RATED = ("rating", FeedbackSource.USER)
JUDGED = ("evaluation", FeedbackSource.JUDGE)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over how many common answers, and on how many of them the signs are equal."""

    common: int
    equal: int

    @property
    def share(self) -> float | None:
        return self.equal / self.common if self.common else None


def measure_agreement(feedback: Iterable[Feedback], reward: Weights, voice: Voice) -> Agreement:
    """A user counts once for each answer, with the last word; so does a judge."""
    about: dict[str, list[Feedback]] = defaultdict(list)
    for one in feedback:
        if one.inference is not None:
            about[one.inference].append(one)
    signs = [
        (rated, judged)
        for said in about.values()
        if (rated := rating_of(said)) and (judged := verdict_of(said, reward, voice))
    ]
    return Agreement(len(signs), sum((rated > 0) == (judged > 0) for rated, judged in signs))


def trust_of(agreement: Agreement, judge: Judge) -> float:
    """What the judge's part in the reward is multiplied with, in [0, 1]."""
    share = agreement.share
    if share is None or agreement.common < judge.min_common:
        return 1.0
    return share if share >= judge.min_agreement else 0.0


def rating_of(feedback: Iterable[Feedback]) -> float | None:
    """What users themselves said of one answer, in the mean; 0 where they are at odds."""
    latest = latest_per_user(
        [one for one in feedback if one.source is FeedbackSource.USER and one.name == "rating"]
    )
    return mean(read_rating(one.value) for one in latest)


def verdict_of(feedback: Iterable[Feedback], reward: Weights, voice: Voice) -> float | None:
    """What a judge's verdict would add to the reward of one answer, its confidence aside: one that
    is sure of a bad answer still condemns it."""
    latest = latest_per_user(
        [one for one in feedback if one.source is FeedbackSource.JUDGE and one.name == "evaluation"]
    )
    verdicts = [one.value for one in latest if isinstance(one.value, dict)]
    return mean(_worth(value, reward, voice) for value in verdicts)


def _worth(value: Mapping[str, Any], reward: Weights, voice: Voice) -> float | None:
    scores = item_scores(value.get("items"))
    parts = {
        "items": None if not scores else centred(math.fsum(scores) / len(scores)),
        "missing": missing_share(value.get("missing"), len(scores)),
        "size_fit": centred(value.get("size_fit")),
        "text_quality": centred(_voice(value.get("voice"), voice)),
    }
    weights = reward.model_dump()
    known = [weights[name] * score for name, score in parts.items() if score is not None]
    return math.fsum(known) if known else None


def _voice(given: Any, voice: Voice) -> float | None:
    """None unless all five are scored."""
    said = given if isinstance(given, dict) else {}
    scores = {name: read_number(said.get(name), low=0.0) for name in DIMENSIONS}
    known = {name: score for name, score in scores.items() if score is not None}
    return weigh_voice(known, voice) if len(known) == len(DIMENSIONS) else None
