"""The peers in the same run: ridge, LightGBM and Vowpal Wabbit on the same inputs, and the ceiling.

All but the ceiling see only the feedback on what they themselves showed. The structured inputs are
Understudy's own, memory included, fed with the peer's own feedback.
"""

import importlib.util
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from policies import Cosine, Understudy
from scipy.optimize import minimize
from scipy.special import logsumexp
from streams import Data, Part, Policy, events_of

from understudy.config import Ranker as Settings
from understudy.learn.tier1.features import STRUCTURED
from understudy.learn.tier1.scoring import Choice, Prior, score_lists, structured_inputs
from understudy.learn.tier1.tensors import Array, Ints

REFIT_EVENTS = 1000
SHRINKAGES = (1e-3, 1e-4, 1e-5)


class Inputs:
    """The structured inputs of every candidate, as they are before the feedback on it."""

    def __init__(self, data: Data, settings: Settings) -> None:
        # No network and (next to) nothing held out: peers get all the feedback there is.
        changed = {"steps_per_batch": 0, "validation_share": 1e-9}
        self._own = Understudy(data, settings.model_copy(update=changed))
        self._items = data.items

    def keep(self, part: Part) -> None:
        self._own.keep(part)

    def build(self, part: Part) -> Array:
        ranker = self._own.ranker
        lists = self._own.lists(part)
        snapshot = ranker.snapshot(Choice(Prior.COSINE, 0.0))
        pair = score_lists(snapshot, lists).pair
        count, width = lists.rows.shape
        facts = np.repeat(lists.facts, width, axis=0)
        flat = pair.reshape(count * width, -1)
        return structured_inputs(snapshot, flat, lists.rows.ravel(), facts).reshape(
            count, width, len(STRUCTURED)
        )

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        self._own.ranker.fit(events_of(self._items, part, shown, rewards))


class Ridge:
    """LinUCB's shared form (Li et al. 2010): one ridge on the inputs, a small bonus for doubt."""

    def __init__(self, data: Data, settings: Settings) -> None:
        self._inputs = Inputs(data, settings)
        width = len(STRUCTURED) + 1
        self._gram, self._sum = np.eye(width), np.zeros(width)
        self._built: Array = np.zeros((0, 0, 0), dtype=np.float32)

    def keep(self, part: Part) -> None:
        self._inputs.keep(part)

    def score(self, part: Part) -> Array:
        self._built = self._inputs.build(part)
        table = _with_one(self._built)
        inverse = np.linalg.inv(self._gram)
        doubt = np.einsum("bkf,fg,bkg->bk", table, inverse, table, optimize=True)
        return (table @ (inverse @ self._sum) + 0.1 * np.sqrt(doubt)).astype(np.float32)

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        table = _with_one(_shown_rows(self._built, part, shown))
        self._gram += table.T @ table
        self._sum += table.T @ rewards.ravel()
        self._inputs.learn(part, shown, rewards)


class LightGbm:
    """Gradient boosting refitted on everything seen, every thousand events; cosine until then."""

    def __init__(self, data: Data, settings: Settings) -> None:
        self._inputs = Inputs(data, settings)
        self._cosine = Cosine(data)
        self._tables: list[Array] = []
        self._liked: list[Array] = []
        self._model: Any = None
        self._events = 0
        self._built: Array = np.zeros((0, 0, 0), dtype=np.float32)

    def keep(self, part: Part) -> None:
        self._inputs.keep(part)

    def score(self, part: Part) -> Array:
        self._built = self._inputs.build(part)
        if self._model is None:
            return self._cosine.score(part)
        flat = self._built.reshape(-1, self._built.shape[2])
        return np.asarray(self._model.predict(flat)).reshape(self._built.shape[:2])

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        self._tables.append(_shown_rows(self._built, part, shown))
        self._liked.append(rewards.ravel() > 0)
        self._inputs.learn(part, shown, rewards)
        before, self._events = self._events, self._events + len(part.texts)
        if before // REFIT_EVENTS != self._events // REFIT_EVENTS:
            import lightgbm  # noqa: PLC0415  # of the extra `bench`

            table = lightgbm.Dataset(np.concatenate(self._tables), np.concatenate(self._liked))
            settings = {"objective": "binary", "num_threads": 1, "verbose": -1, "seed": 0}
            self._model = lightgbm.train(settings, table, num_boost_round=100)


class VowpalWabbit:
    """Text of query and item, crossed, and the structured inputs; one pass, logistic loss."""

    def __init__(self, data: Data, settings: Settings) -> None:
        import vowpalwabbit  # noqa: PLC0415  # of the extra `bench`

        self._inputs = Inputs(data, settings)
        self._texts = [_words(item.text) for item in data.items]
        options = "--quiet --loss_function logistic --interactions qi -b 22"
        self._model = vowpalwabbit.Workspace(options)
        self._built: Array = np.zeros((0, 0, 0), dtype=np.float32)

    def keep(self, part: Part) -> None:
        self._inputs.keep(part)

    def score(self, part: Part) -> Array:
        self._built = self._inputs.build(part)
        found = np.zeros(part.candidates.shape, dtype=np.float32)
        for row, text in enumerate(part.texts):
            for place, item in enumerate(part.candidates[row]):
                line = self._line(text, int(item), self._built[row, place])
                found[row, place] = self._model.predict(line)
        return found

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        table = _shown_rows(self._built, part, shown)
        width = shown.shape[1]
        for row, text in enumerate(part.texts):
            for place in range(width):
                values = table[row * width + place]
                line = self._line(text, int(shown[row, place]), values)
                self._model.learn(f"{int(rewards[row, place])} {line}")
        self._inputs.learn(part, shown, rewards)

    def _line(self, text: str, item: int, values: Array) -> str:
        numbers = " ".join(f"{n}:{value:.4g}" for n, value in enumerate(values) if value)
        return f"|q {_words(text)} |i item_{item} {self._texts[item]} |n {numbers}"


PEERS: Mapping[str, tuple[str, Callable[[Data, Settings], Policy]]] = {
    "vowpal_wabbit": ("vowpalwabbit", VowpalWabbit),
    "ridge": ("numpy", Ridge),
    "lightgbm": ("lightgbm", LightGbm),
}


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def ceiling(data: Data) -> float:
    """Logistic regression on the embeddings with every true label, over all items; its shrinkage is
    the one that is best on a tenth of the training queries."""
    train = data.train
    last = np.arange(len(train.texts)) % 10 == 9
    best = max(
        SHRINKAGES,
        key=lambda shrinkage: _right(
            train.vectors[last],
            train.labels[last],
            _fit_logistic(train.vectors[~last], train.labels[~last], len(data.items), shrinkage),
        ),
    )
    weights = _fit_logistic(train.vectors, train.labels, len(data.items), best)
    return _right(data.test.vectors, data.test.labels, weights)


def _fit_logistic(vectors: Array, labels: Ints, count: int, shrinkage: float) -> Array:
    table = _with_one(vectors).astype(np.float64)
    wanted = np.eye(count)[labels]

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(table.shape[1], count)
        logits = table @ weights
        logits -= logsumexp(logits, axis=1, keepdims=True)
        value = -(wanted * logits).sum() / len(table) + shrinkage * (weights**2).sum() / 2
        slope = table.T @ (np.exp(logits) - wanted) / len(table) + shrinkage * weights
        return float(value), slope.ravel()

    start = np.zeros(table.shape[1] * count)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(found.x).reshape(table.shape[1], count)


def _right(vectors: Array, labels: Ints, weights: Array) -> float:
    return float(((_with_one(vectors) @ weights).argmax(axis=1) == labels).mean())


def _with_one(table: Array) -> Array:
    return np.concatenate([table, np.ones((*table.shape[:-1], 1), dtype=np.float32)], axis=-1)


def _shown_rows(built: Array, part: Part, shown: Ints) -> Array:
    places = (part.candidates[:, None, :] == shown[:, :, None]).argmax(axis=2)
    rows = np.take_along_axis(built, places[:, :, None], axis=1)
    return rows.reshape(-1, built.shape[2])


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
