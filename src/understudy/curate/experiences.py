"""Inferences with all feedback about them and the reward that follows. Feedback on an episode counts for all of its
answers; answers in shadow were never shown and have only what was said about them by id. Keeps nothing: rewards are
recomputed from what is stored, so that new weights apply to all history."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from understudy.config import Config
from understudy.curate.agreement import JUDGED, RATED, measure_agreement, trust_of
from understudy.curate.rewards import compute_reward
from understudy.records import Experience, Feedback, Inference
from understudy.store import Store


def newest_experiences(
    store: Store, config: Config, function: str, names: Collection[str], trust: float, limit: int
) -> Iterator[list[Experience]]:
    """Those of which something of these names was said, the newest first, read a page at a time: who
    has found enough asks for no further page. `trust` is what a judge's word is worth."""
    yield from _pages(store, config, store.answers.find_about(function, names, limit), trust)


def experiences_of(
    store: Store, config: Config, function: str, answers: Sequence[str]
) -> Iterator[list[Experience]]:
    """Of these answers of one function alone, a page at a time; what its judge's word is worth is
    measured by all of its answers."""
    common = store.answers.find_with([RATED, JUDGED], function)
    said = store.find_feedback(inference=common)
    trust = trust_of(measure_agreement(said, config.reward, config.voice), config.judge)
    yield from _pages(store, config, answers, trust)


def _pages(
    store: Store, config: Config, answers: Sequence[str], trust: float
) -> Iterator[list[Experience]]:
    for page in store.answers.pages(answers):
        of_answers = store.find_feedback(inference={one.id for one in page})
        of_episodes = store.find_feedback(episode={one.episode for one in page})
        said = _sort([*of_answers, *(one for one in of_episodes if one.inference is None)])
        yield [_experience(one, said, config, trust) for one in page]


@dataclass(frozen=True, slots=True)
class _Said:
    of_answer: Mapping[str, list[Feedback]]
    of_episode: Mapping[str, list[Feedback]]


def _sort(found: Iterable[Feedback]) -> _Said:
    by_inference: dict[str, list[Feedback]] = defaultdict(list)
    by_episode: dict[str, list[Feedback]] = defaultdict(list)
    for feedback in found:
        if feedback.inference is not None:
            by_inference[feedback.inference].append(feedback)
        elif feedback.episode is not None:
            by_episode[feedback.episode].append(feedback)
    return _Said(by_inference, by_episode)


def _experience(inference: Inference, said: _Said, config: Config, trust: float) -> Experience:
    about = list(said.of_answer.get(inference.id, ()))
    if not inference.shadow:
        about += said.of_episode.get(inference.episode, ())
    reward = compute_reward(inference, about, config.reward, config.voice, trust)
    return Experience(inference, tuple(about), reward)
