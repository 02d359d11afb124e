"""Fits weights.tsv to the marked texts of tests/data: `make signals-model`.

Eleven logistic regressions with an L2 penalty on the same features, deterministic. What is printed and where a
finding begins comes from models that saw no text of the writer. Reads no blind half.
"""

import hashlib
import itertools
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit

from understudy.curate.signals.index import Index, blur
from understudy.curate.signals.lessons import EXAMPLE, FILES, MENDED, Seen, read_examples, read_seen
from understudy.curate.signals.model import (
    ALWAYS,
    KINDS,
    SCALE,
    WEIGHTS,
    Feature,
    Sort,
    Weights,
    save_weights,
)
from understudy.curate.signals.rules import TABLES

_EXAMPLE_WORTH = 0.5
_PENALTY, _PENALTY_FOUND = 1.0, 0.3
_RAREST = 2
_STEPS = 120
# Of the right findings of a kind, those whose sentence the first look must let through for it.
_GLANCED = 0.97
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def main() -> None:
    folder, path = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else WEIGHTS
    seen, examples = read_seen(folder), list(read_examples())
    marked = np.array([[kind in row.kinds for kind in KINDS] for row in seen])
    scores, glances = score_apart(seen, examples)
    fresh = np.array([row.writer not in MENDED for row in seen])
    from_on = thresholds(marked[fresh], scores[fresh])
    let_through = _thresholds_of_glances(marked[fresh] & (scores[fresh] >= from_on), glances[fresh])
    _print_table(seen, marked, scores)
    rows = _rounded(fit_read([*seen, *examples]), from_on)
    rows |= _rounded(fit_glance([*seen, *examples]), let_through)
    hashes = (
        f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in FILES
    )
    notes = (
        "Hundredths of a logit, by `make signals-model` from the seen texts of these files (sha256):",
        *hashes,
    )
    save_weights(Weights(rows, notes), path)


Fitted = dict[Feature, Numbers]


def score_apart(seen: Sequence[Seen], examples: Sequence[Seen]) -> tuple[Numbers, Numbers]:
    """[rows, kinds] of both looks: each sentence's score by a model that saw no text of its writer."""
    scores, glances = np.zeros((len(seen), len(KINDS))), np.zeros((len(seen), len(KINDS)))
    for writer in sorted({row.writer for row in seen} - MENDED):
        others = [*(row for row in seen if row.writer != writer), *examples]
        read, glance = fit_read(others), fit_glance(others)
        for place, row in enumerate(seen):
            if row.writer == writer:
                scores[place], glances[place] = _score(row, read), _score(row, glance)
    return scores, glances


def fit_read(rows: Sequence[Seen]) -> Fitted:
    counts = Counter(itertools.chain.from_iterable(row.features for row in rows))
    names = sorted(
        (one for one, count in counts.items() if count >= _RAREST or one[0] is Sort.FOUND),
        key=_order,
    )
    weights = _fit(rows, _matrix(rows, names), names)
    return dict(zip(names, weights, strict=True))


def fit_glance(rows: Sequence[Seen]) -> Fitted:
    """By single words alone. Words that one rule asks for in one place share a weight, to which each adds its own."""
    counts = Counter(
        name
        for row in rows
        for sort, name in row.features
        if sort is Sort.WORDS and " " not in name
    )
    asked = _asked_together()
    words = sorted(
        {*(word for word, count in counts.items() if count >= _RAREST), *itertools.chain(*asked)}
    )
    names = [(Sort.WORDS, word) for word in words]
    places = {word: place for place, word in enumerate(words)}
    together = csr_matrix(
        (
            np.ones(sum(map(len, asked))),
            (
                [places[word] for some in asked for word in some],
                [n for n, some in enumerate(asked) for _ in some],
            ),
        ),
        shape=(len(words), len(asked)),
    )
    matrix = _matrix(rows, names)
    weights = _fit(
        rows, hstack([matrix, matrix @ together], "csr"), [*names, *[(Sort.COULD, "")] * len(asked)]
    )
    collapsed = weights[: len(words)] + together @ weights[len(words) :]
    return {(Sort.GLANCE, word): row for word, row in zip(words, collapsed, strict=True)}


def _asked_together() -> list[frozenset[str]]:
    index = Index(TABLES, Weights({}))
    needs = (need for rule in index.rules for need in rule.says.needs)
    words = (
        frozenset(blur(sign) for sign in need if isinstance(sign, str) and sign.isalnum())
        for need in needs
    )
    return [some for some in words if some]


def _order(feature: Feature) -> tuple[str, str]:
    return feature[0].value, feature[1]


def _score(row: Seen, weights: Fitted) -> Numbers:
    """Of either look: a first look's words are the same words."""
    sort = next(iter(weights))[0]
    named = (
        (Sort.GLANCE, name) if sort is Sort.GLANCE else (one, name) for one, name in row.features
    )
    counts = zip(named, row.features.values(), strict=True)
    return np.sum(
        [count * weights[feature] for feature, count in counts if feature in weights], axis=0
    )


def _matrix(rows: Sequence[Seen], names: Sequence[Feature]) -> csr_matrix:
    """[rows, features]: how often each is there."""
    places = {name: place for place, name in enumerate(names)}
    counts, columns, ends = list[float](), list[int](), [0]
    for row in rows:
        held = sorted(
            (places[name], count) for name, count in row.features.items() if name in places
        )
        columns += [place for place, _ in held]
        counts += [count for _, count in held]
        ends.append(len(columns))
    return csr_matrix((counts, columns, ends), shape=(len(rows), len(names)), dtype=np.float64)


def _fit(rows: Sequence[Seen], matrix: csr_matrix, names: Sequence[Feature]) -> Numbers:
    """[features, kinds]"""
    penalty = np.array(
        [
            0.0
            if name == ALWAYS and sort is Sort.WORDS
            else _PENALTY_FOUND
            if sort is Sort.FOUND
            else _PENALTY
            for sort, name in names
        ]
    )
    worth = np.array([_EXAMPLE_WORTH if row.writer == EXAMPLE else 1.0 for row in rows])
    fitted = []
    for kind in KINDS:
        known = np.array([kind in row.known for row in rows])
        marked = np.array([float(kind in row.kinds) for row in rows])
        fitted.append(_fit_kind(matrix[known], marked[known], worth[known], penalty))
    return np.stack(fitted, axis=1)


def _fit_kind(matrix: csr_matrix, marked: Numbers, worth: Numbers, penalty: Numbers) -> Numbers:
    """The least of: worth · log loss, summed, + penalty / 2 · weight², summed."""
    turned = matrix.T.tocsr()

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        logits = matrix @ weights
        losses = worth * (np.logaddexp(0, logits) - marked * logits)
        slope = turned @ (worth * (expit(logits) - marked)) + penalty * weights
        return float(losses.sum() + (penalty * weights**2).sum() / 2), slope

    begun = np.zeros(matrix.shape[1])
    fitted: Numbers = minimize(
        loss, begun, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
    ).x
    return fitted


def thresholds(marked: Flags, scores: Numbers) -> Numbers:
    """[kinds]: the score from which on F1 is the greatest."""
    found = []
    for place in range(len(KINDS)):
        order = np.argsort(-scores[:, place], kind="stable")
        right = np.cumsum(marked[order, place])
        f1 = 2 * right / (np.arange(1, len(order) + 1) + marked[:, place].sum())
        found.append(scores[order[f1.argmax()], place])
    return np.array(found)


def _thresholds_of_glances(right: Flags, glances: Numbers) -> Numbers:
    return np.array(
        [np.quantile(glances[right[:, place], place], 1 - _GLANCED) for place in range(len(KINDS))]
    )


def _print_table(seen: Sequence[Seen], marked: Flags, scores: Numbers) -> None:
    """F1 of each kind on texts of writers that the rules were not mended on: by rules alone, then by a model and
    thresholds of other writers' texts."""
    writers = np.array([row.writer for row in seen])
    fresh = sorted(set(writers.tolist()) - MENDED)
    found = np.zeros_like(marked)
    for writer in fresh:
        others = np.isin(writers, [other for other in fresh if other != writer])
        own = writers == writer
        found[own] = scores[own] >= thresholds(marked[others], scores[others])
    rules = np.array([[(Sort.FOUND, kind.value) in row.features for kind in KINDS] for row in seen])
    own = np.isin(writers, fresh)
    f1 = [
        2 * (some & marked)[own].sum(axis=0) / (some[own].sum(axis=0) + marked[own].sum(axis=0))
        for some in (rules, found)
    ]
    for kind, by_rules, by_both in zip(KINDS, *f1, strict=True):
        sys.stdout.write(f"{kind.value:15} rules {by_rules:.2f}  with the model {by_both:.2f}\n")
    sys.stdout.write(f"{'mean':15} rules {f1[0].mean():.3f}  with the model {f1[1].mean():.3f}\n")


def _rounded(fitted: Fitted, from_on: Numbers) -> dict[Feature, tuple[int, ...]]:
    """In hundredths. The threshold goes into what every sentence has; what a kind's rules share, into each rule."""
    shared = {
        kind.value: fitted.pop((Sort.FOUND, kind.value), np.zeros(len(KINDS))) for kind in KINDS
    }
    rows = {}
    for (sort, name), row in fitted.items():
        if name == ALWAYS:
            row = row - from_on
        if sort is Sort.FOUND:
            row = row + shared[name.split(".")[0]]
        rows[sort, name] = tuple(np.rint(row * SCALE).astype(int).tolist())
    return rows


if __name__ == "__main__":
    main()
