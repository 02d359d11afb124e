"""A ranker on disk: safetensors and one JSON document, from which learning goes on bit-equal.

Never pickle. What was made with another shape, another embedder or other settings is refused.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors import safe_open
from safetensors.numpy import save_file

from understudy.config import Ranker as Settings
from understudy.errors import TrainingError
from understudy.learn.tier1.checkpoint_files import NAME, find_files, reading, sync
from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.embedder import Embedder
from understudy.learn.tier1.features import STRUCTURED
from understudy.learn.tier1.intake import split_key
from understudy.learn.tier1.learning import Judged
from understudy.learn.tier1.lists import Lists
from understudy.learn.tier1.network import NAMES, Folded
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import Snapshot
from understudy.records import content_hash

_QUERY = ("vectors", "facts")
_LISTS = ("rows", "mask", "overlaps", "relevance")
_SNAPSHOT = ("vectors", "items", "item_half", "centroid_scale", "bias", "trust", "warm", "cold")
_FOLDED = ("query", "item", "structured", "bias", "c")
# Vectors of a catalog above which not every version is written: it may be a new one each minute.
_LARGE_BYTES = 50_000_000


def settings_hash(settings: Settings) -> str:
    """Of what the numbers depend on: how many items are kept does not change what was learned."""
    return content_hash(settings.model_dump(mode="json", exclude={"catalog_items"}))[:16]


def save_ranker(ranker: Ranker, folder: Path) -> Path:
    """The file of this fit appears whole; older ones of the folder are then removed."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors, document = _tensors(ranker), _document(ranker)
    target = folder / NAME.format(ranker.fits)
    partial = folder / f".{target.name}.partial"
    save_file(tensors, partial, {"document": orjson.dumps(document).decode()})
    sync(partial)
    partial.rename(target)
    sync(folder)
    for old in find_files(folder):
        if old.name < target.name:
            old.unlink()
    return target


def is_due(ranker: Ranker, folder: Path, *, published: bool) -> bool:
    """Whether this fit is one that should be saved: what serves can be asked about from then on. A
    shutdown saves in any case."""
    small = ranker.memory.vectors.nbytes < _LARGE_BYTES
    if published and (small or not find_files(folder)):
        return True
    return ranker.fits % ranker.settings.checkpoint_updates == 0


def load_ranker(folder: Path, settings: Settings, embedder: Embedder) -> Ranker:
    """The last saved one, or a new one where there is none. Raises TrainingError when it cannot be
    read and, with both sides, when it does not fit the config."""
    ranker = Ranker(settings, embedder)
    files = find_files(folder)
    if not files:
        return ranker
    with reading(files[-1]):
        with safe_open(files[-1], "numpy") as file:
            document = orjson.loads(file.metadata()["document"])
            _check(files[-1], document, ranker)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        _restore(ranker, document, tensors)
    return ranker


def _identity(ranker: Ranker) -> dict[str, Any]:
    return {
        "shape": list(ranker.trainer.network.shape),
        "inputs": content_hash(list(STRUCTURED))[:16],
        "embedder": ranker.embedder.name,
        "settings": settings_hash(ranker.settings),
    }


def _check(file: Path, document: dict[str, Any], ranker: Ranker) -> None:
    saved, wanted = document["identity"], _identity(ranker)
    for name, value in wanted.items():
        if saved[name] != value:
            raise TrainingError(
                f"{file} has {name} {saved[name]}, this version with this config makes {value}; undo the "
                "change (of the version, [ranker] or [embedding]), or let it learn again from the store's "
                "feedback with `understudy tier1 reset --relearn`"
            )


def _document(ranker: Ranker) -> dict[str, Any]:
    served, shares_by = ranker.served, ranker.validation.by
    return {
        "identity": _identity(ranker),
        "fits": ranker.fits,
        "cursor": ranker.cursor,
        "items": list(ranker.rows),
        "texts": ranker.texts,
        "words": [sorted(words) for words in ranker.words],
        "described": ranker.described,
        "last_shown": ranker.last_shown,
        "served_fit": ranker.version.number,
        "keys": [f"{answer}:{said}" for answer, said in ranker.intake.said.items()],
        "refused": dict(ranker.intake.refused),
        "learning_rate": ranker.trainer.learning_rate,
        "steps": ranker.trainer.steps,
        "best": None if np.isneginf(ranker.validation.best) else ranker.validation.best,
        "stale": ranker.validation.stale,
        "choice": [ranker.choice.prior.value, ranker.choice.share],
        "served_choice": [served.choice.prior.value, served.choice.share],
        "shares_by": None if shares_by is None else [shares_by.prior.value, shares_by.share],
        "served_c_bias": served.folded.c_bias,
        "replay": [_event(one) for one in ranker.replay],
        "validation": [_event(one) for one in ranker.validation.events],
    }


def _event(one: Judged) -> dict[str, Any]:
    """The length of its list and its rewards; the numbers themselves are tensors."""
    return {
        "length": int(one.lists.rows.shape[1]),
        "places": [int(place) for place in one.rewards],
        "structured": one.structured is not None,
        "answer": one.answer,
    }


def _tensors(ranker: Ranker) -> dict[str, Any]:
    found: dict[str, Any] = {"memory.vectors": ranker.memory.vectors}
    found["memory.scalars"] = ranker.memory.scalars
    for name, own, mean, square in zip(
        NAMES, ranker.trainer.network.parameters, ranker.trainer.means, ranker.trainer.squares,
        strict=True,
    ):  # fmt: skip
        found |= {f"network.{name}": own, f"mean.{name}": mean, f"square.{name}": square}
    for name, calibration in (("warm", ranker.warm), ("cold", ranker.cold)):
        found[f"{name}.weights"] = calibration.weights
        found[f"{name}.curvature"] = calibration.curvature
    for name in _SNAPSHOT:
        found[f"served.{name}"] = getattr(ranker.served, name)
    for name in _FOLDED:
        found[f"folded.{name}"] = getattr(ranker.served.folded, name)
    found |= _event_tensors("replay", ranker.replay)
    found |= _event_tensors("validation", ranker.validation.events)
    found["validation.shares"] = ranker.validation.shares
    return {name: np.ascontiguousarray(value) for name, value in found.items()}


def _event_tensors(kind: str, events: Sequence[Judged]) -> dict[str, Any]:
    """Lists of unlike length lie end to end."""
    if not events:
        return {}
    found = {}
    for name in _QUERY:
        found[f"{kind}.{name}"] = np.concatenate([getattr(one.lists, name) for one in events])
    for name in _LISTS:
        found[f"{kind}.{name}"] = np.concatenate([getattr(one.lists, name)[0] for one in events])
    found[f"{kind}.rewards"] = np.concatenate([one.values for one in events])
    blocks = [one.structured for one in events if one.structured is not None]
    if blocks:
        found[f"{kind}.structured"] = np.concatenate(blocks)
    return found


def _restore(ranker: Ranker, document: dict[str, Any], tensors: dict[str, Any]) -> None:
    ranker.memory.vectors = tensors["memory.vectors"]
    ranker.memory.scalars = tensors["memory.scalars"]
    trainer = ranker.trainer
    for place, name in enumerate(NAMES):
        setattr(trainer.network, name, tensors[f"network.{name}"])
        trainer.means[place] = tensors[f"mean.{name}"]
        trainer.squares[place] = tensors[f"square.{name}"]
    trainer.learning_rate, trainer.steps = document["learning_rate"], document["steps"]
    for name, calibration in (("warm", ranker.warm), ("cold", ranker.cold)):
        calibration.weights = tensors[f"{name}.weights"]
        calibration.curvature = tensors[f"{name}.curvature"]
    ranker.rows = {key: row for row, key in enumerate(document["items"])}
    ranker.texts = document["texts"]
    ranker.words = [frozenset(words) for words in document["words"]]
    # A checkpoint of before these were kept has neither.
    ranker.described = document.get("described", [0.0] * len(ranker.texts))
    ranker.last_shown = document.get("last_shown", [0] * len(ranker.texts))
    ranker.intake.said = dict(map(split_key, document["keys"]))
    ranker.intake.refused = Counter(document["refused"])
    ranker.fits = document["fits"]
    ranker.cursor = document["cursor"]
    ranker.choice = _choice(document["choice"])
    ranker.validation.best = -np.inf if document["best"] is None else document["best"]
    ranker.validation.stale = document["stale"]
    ranker.replay = _events("replay", document["replay"], tensors)
    ranker.validation.events = _events("validation", document["validation"], tensors)
    # A checkpoint of before these were kept has neither.
    if document.get("shares_by"):
        ranker.validation.by = _choice(document["shares_by"])
        ranker.validation.shares = tensors["validation.shares"]
    folded = Folded(
        **{n: tensors[f"folded.{n}"] for n in _FOLDED}, c_bias=document["served_c_bias"]
    )
    served = Snapshot(
        **{name: tensors[f"served.{name}"] for name in _SNAPSHOT},
        cold_bonus=ranker.settings.cold_bonus,
        folded=folded,
        choice=_choice(document["served_choice"]),
    )
    ranker.serve(served, document.get("served_fit", ranker.fits))


def _choice(saved: Sequence[Any]) -> Choice:
    return Choice(Prior(saved[0]), float(saved[1]))


def _events(kind: str, saved: Sequence[dict[str, Any]], tensors: dict[str, Any]) -> list[Judged]:
    if not saved:
        return []
    found: list[Judged] = []
    queries = np.concatenate([tensors[f"{kind}.{name}"] for name in _QUERY], axis=1)
    item = judged = built = 0
    for row, event in enumerate(saved):
        end, count = item + event["length"], len(event["places"])

        parts = {name: tensors[f"{kind}.{name}"][None, item:end] for name in _LISTS}
        lists = Lists(queries[row : row + 1], **parts)
        rewards = tensors[f"{kind}.rewards"][judged : judged + count]
        block = None
        if event["structured"]:
            block = tensors[f"{kind}.structured"][built : built + count]
            built += count
        places = dict(zip(event["places"], (float(one) for one in rewards), strict=True))
        # A checkpoint of before answers were told apart has none.
        found.append(Judged(lists, places, block, event.get("answer", "")))
        item, judged = end, judged + count
    return found
