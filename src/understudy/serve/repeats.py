"""Tells feedback that was sent again from a mind that was changed, by the key it is stored under.

What repeats the latest word of the same voice is a repeat; the same word after another one is not.
"""

from collections.abc import Sequence
from dataclasses import replace

from understudy.records import Feedback, content_hash
from understudy.store import Store

Voice = tuple[str | None, str | None, str, str, str]
"""Whose word it is, and about what: (inference, episode, name, source, user)."""


def with_keys(store: Store, feedback: Sequence[Feedback]) -> list[Feedback]:
    """In their order, each with a key that a repeat of it would have too. A client's own key holds
    for what the feedback is about: two answers may both have a `click-1`."""
    latest = _latest(store, feedback)
    keyed: list[Feedback] = []
    for one in feedback:
        before = latest.get(_voice(one))
        key = f"{one.inference or one.episode}/{one.key}" if one.key else _key_after(before, one)
        latest[_voice(one)] = replace(one, key=key)
        keyed.append(latest[_voice(one)])
    return keyed


def _latest(store: Store, feedback: Sequence[Feedback]) -> dict[Voice, Feedback]:
    inferences = {one.inference for one in feedback if one.inference is not None}
    episodes = {one.episode for one in feedback if one.episode is not None}
    found = store.find_feedback(inference=inferences) if inferences else []
    found += store.find_feedback(episode=episodes) if episodes else []
    return {_voice(one): one for one in found}


def _key_after(before: Feedback | None, one: Feedback) -> str:
    said = _said(one)
    if before is None:
        return said
    return before.key if _said(before) == said else content_hash([said, before.key])


def _voice(one: Feedback) -> Voice:
    return one.inference, one.episode, one.name, one.source.value, one.user


def _said(one: Feedback) -> str:
    return content_hash(
        {
            "kind": one.kind.value,
            "name": one.name,
            "value": one.value,
            "source": one.source.value,
            "inference": one.inference,
            "episode": one.episode,
            "user": one.user,
            "confidence": one.confidence,
        }
    )
