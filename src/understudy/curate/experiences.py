"""Every inference with all feedback about it and the reward that follows. Keeps nothing: rewards are
recomputed from what is stored, so that new weights apply to all history."""

from collections import defaultdict

from understudy.config import Config
from understudy.curate.rewards import compute_reward
from understudy.records import Experience, Feedback
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
    for inference in store.find_inferences(function=function):
        about = list(by_inference.get(inference.id, ()))
        if not inference.shadow:
            about += by_episode.get(inference.episode, ())
        reward = compute_reward(inference, about, config.reward, config.voice)
        found.append(Experience(inference, tuple(about), reward))
    return found
