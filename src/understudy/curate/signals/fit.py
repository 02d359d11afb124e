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
from scipy.sparse import csr_matrix
from scipy.special import expit

from understudy.curate.signals.findings import Kind
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
_PENALTY, _PENALTY_FOUND = 0.5, 0.3
# What is there less often, a weight below the least and a number below the smallest are left out: half of all
# numbers, 0.003 of F1 and a table half as large.
_RAREST, _LEAST, _SMALLEST = 4, 0.25, 0.1
_STEPS = 120
_FOLDS = 6
# Half a logit from the threshold drops no rule's finding and makes none without a rule: as many right (experiments 83)
# and fewer in plain sentences.
_SURE_TO_DROP, _SURE_TO_FIND = 0.5, 0.5
_ALWAYS: Feature = (Sort.WORDS, ALWAYS)
_OF_RULES = frozenset({Sort.COULD, Sort.FOUND})
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def main() -> None:
    folder, path = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else WEIGHTS
    seen, examples = read_seen(folder), list(read_examples())
    marked = np.array([[kind in row.kinds for kind in KINDS] for row in seen])
    scores = score_apart(seen, examples)
    rules = np.array([[(Sort.FOUND, kind.value) in row.features for kind in KINDS] for row in seen])
    fresh = np.array([row.writer not in MENDED for row in seen])
    from_on = thresholds(marked[fresh], scores[fresh])
    _print_table(seen, marked, scores, rules)
    rows = _rounded(prune(fit_weights([*seen, *examples])), from_on)
    hashes = (
        f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in FILES
    )
    notes = (
        "Hundredths of a logit, by `make signals-model` from the seen texts of these files (sha256):",
        *hashes,
    )
    save_weights(Weights(rows, notes), path)


Fitted = dict[Feature, Numbers]


def score_apart(seen: Sequence[Seen], examples: Sequence[Seen]) -> Numbers:
    """[rows, kinds]: each sentence's score by a model that saw no text of its writer."""
    scores = np.zeros((len(seen), len(KINDS)))
    writers = sorted({row.writer for row in seen} - MENDED)
    for fold in range(_FOLDS):
        apart = set(writers[fold::_FOLDS])
        others = (row for row in seen if row.writer not in apart)
        fitted = prune(fit_weights([*others, *examples]))
        own = [place for place, row in enumerate(seen) if row.writer in apart]
        names, weights = list(fitted), np.array(list(fitted.values()))
        scores[own] = _matrix([seen[place] for place in own], names) @ weights
    return scores


def fit_weights(rows: Sequence[Seen], kinds: Sequence[Kind] = KINDS) -> Fitted:
    """[kinds] for each feature that is there often enough."""
    counts = Counter(itertools.chain.from_iterable(row.features for row in rows))
    names = sorted(
        (one for one, count in counts.items() if count >= _RAREST or one[0] is Sort.FOUND),
        key=_order,
    )
    weights = _fit(rows, names, kinds)
    return dict(zip(names, weights, strict=True))


def prune(fitted: Fitted) -> Fitted:
    """Without what says little; what every sentence has stays, and what rules say."""
    return {
        one: row if one == _ALWAYS or one[0] in _OF_RULES else row * (np.abs(row) >= _SMALLEST)
        for one, row in fitted.items()
        if one == _ALWAYS or one[0] in _OF_RULES or np.abs(row).max() >= _LEAST
    }


def _order(feature: Feature) -> tuple[str, str]:
    return feature[0].value, feature[1]


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


def _fit(rows: Sequence[Seen], names: Sequence[Feature], kinds: Sequence[Kind]) -> Numbers:
    """[features, kinds]"""
    matrix = _matrix(rows, names)
    penalty = np.array([_PENALTY_FOUND if sort is Sort.FOUND else _PENALTY for sort, _ in names])
    penalty[[one == _ALWAYS for one in names]] = 0.0
    worth = np.array([_EXAMPLE_WORTH if row.writer == EXAMPLE else 1.0 for row in rows])
    fitted = []
    for kind in kinds:
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


def _print_table(seen: Sequence[Seen], marked: Flags, scores: Numbers, rules: Flags) -> None:
    """F1 of each kind on texts of writers that the rules were not mended on: by rules alone, then by a model and
    thresholds of other writers' texts."""
    writers = np.array([row.writer for row in seen])
    fresh = sorted(set(writers.tolist()) - MENDED)
    found = np.zeros_like(marked)
    for writer in fresh:
        others, own = (
            np.isin(writers, [other for other in fresh if other != writer]),
            writers == writer,
        )
        needed = thresholds(marked[others], scores[others]) + np.where(
            rules[own], -_SURE_TO_DROP, _SURE_TO_FIND
        )
        found[own] = scores[own] >= needed
    own = np.isin(writers, fresh)
    f1 = [
        2 * (some & marked)[own].sum(axis=0) / (some[own].sum(axis=0) + marked[own].sum(axis=0))
        for some in (rules, found)
    ]
    for kind, by_rules, by_both in zip(KINDS, *f1, strict=True):
        sys.stdout.write(f"{kind.value:15} rules {by_rules:.2f}  with the model {by_both:.2f}\n")
    sys.stdout.write(f"{'mean':15} rules {f1[0].mean():.3f}  with the model {f1[1].mean():.3f}\n")


def _rounded(fitted: Fitted, from_on: Numbers) -> dict[Feature, tuple[int, ...]]:
    """In hundredths. The threshold goes into what every sentence has; what the rules
    of a kind share goes into each of them, one that never fitted too, and so does the threshold with a rule."""
    none = np.zeros(len(KINDS))
    rules = {
        (Sort.FOUND, f"{t.kind.value}.{rule.name}"): t.kind for t in TABLES for rule in t.rules
    }
    whole = {one: row for one, row in fitted.items() if one[0] is not Sort.FOUND}
    whole[_ALWAYS] = whole[_ALWAYS] - from_on - _SURE_TO_FIND
    for one, kind in rules.items():
        shared = fitted.get((Sort.FOUND, kind.value), none) + _SURE_TO_DROP + _SURE_TO_FIND
        whole[one] = fitted.get(one, none) + shared
    return {one: tuple(np.rint(row * SCALE).astype(int).tolist()) for one, row in whole.items()}


if __name__ == "__main__":
    main()
