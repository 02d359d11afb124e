"""Every inference with all feedback about it and the reward that follows. Keeps nothing: rewards are
recomputed from what is stored, so that new weights apply to all history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from understudy.config import Config
from understudy.curate.agreement import measure_agreement, trust_of
from understudy.curate.rewards import compute_reward
from understudy.records import Experience, Feedback, Inference
from understudy.store import Store


def find_experiences(store: Store, config: Config, function: str | None = None) -> list[Experience]:
    """In the order the inferences were made. Feedback on an episode counts for all of its answers;
    answers in shadow were never shown and have only what was said about them by id."""
    by_inference: dict[str, list[Feedback]] = defaultdict(list)
    by_episode: dict[str, list[Feedback]] = defaultdict(list)
    for feedback in store.find_feedback():
        if feedback.inference is not None:
            by_inference[feedback.inference].append(feedback)
        elif feedback.episode is not None:
            by_episode[feedback.episode].append(feedback)
    found = []
    inferences = store.find_inferences(function=function)
    trusts = _trusts(inferences, by_inference, config)
    for inference in inferences:
        about = list(by_inference.get(inference.id, ()))
        if not inference.shadow:
            about += by_episode.get(inference.episode, ())
        trust = trusts[inference.function]
        reward = compute_reward(inference, about, config.reward, config.voice, trust)
        found.append(Experience(inference, tuple(about), reward))
    return found


def _trusts(
    inferences: Iterable[Inference], feedback: Mapping[str, Sequence[Feedback]], config: Config
) -> dict[str, float]:
    """What the judge's word is worth, by function: all that was ever said about its answers counts,
    so that it is the same whichever functions are looked at."""
    said: dict[str, list[Feedback]] = defaultdict(list)
    for inference in inferences:
        said[inference.function] += feedback.get(inference.id, ())
    return {
        name: trust_of(measure_agreement(about, config.reward, config.voice), config.judge)
        for name, about in said.items()
    }
