"""[embedding] and [ranker]: how texts become vectors, and how the ranker learns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ranker_rig import DIMENSION, ITEMS, WordVectors, events
from reach_rig import Reach, check, same

from understudy.config import Config
from understudy.config import Ranker as Settings
from understudy.errors import ConfigError
from understudy.learn.tier1.checkpoint import is_due
from understudy.learn.tier1.embedder import CachedEmbedder
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.features import COLUMN, ITEM, QUERY
from understudy.learn.tier1.intake import Intake
from understudy.learn.tier1.memory import JUDGE, Memory, Pairs
from understudy.learn.tier1.network import build_network
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import item_inputs, score_lists


def build(config: Config) -> Ranker:
    return Ranker(config.ranker, WordVectors())


def fitted(config: Config, fits: int = 1) -> Ranker:
    one = build(config)
    for number in range(fits):
        one.fit(events(20, start=20 * number))
    return one


def after_fit(fits: int, tell: Callable[[Ranker], Any]) -> Callable[[Config], Any]:
    return lambda config: tell(fitted(config, fits))


def model(tell: Callable[[Any, Config], Any]) -> Callable[[Config], Any]:
    """Of the real embedder's module, where its packages are installed."""
    return lambda config: tell(pytest.importorskip("understudy.learn.tier1.minilm"), config)


def texts_embedded(config: Config) -> int:
    inner = WordVectors()
    cached = CachedEmbedder(inner, config.embedding.cache_texts)
    for text in ("a", "b", "c", "a"):
        cached.embed([text])
    return inner.embedded


def factor(part: str, row: int) -> Callable[[Config], float]:
    """Of the folded matrix to the plain product of the two layers."""

    def probe(config: Config) -> float:
        one = build(config)
        plain = one.trainer.network.a @ one.trainer.network.b
        return round(float(getattr(one.served.folded, part)[0, 0] / plain[row, 0]), 3)

    return probe


def unimproved(config: Config) -> Ranker:
    """A ranker whose network will never validate better than it did."""
    one = fitted(config, 14)
    one.validation.best, one.validation.stale = np.inf, 0
    return one


def rate_after_halving(config: Config) -> float:
    one = unimproved(config)
    one.validation.stale = config.ranker.patience - 1
    one.validation.publish(one)
    return one.trainer.learning_rate


def validations_until_halving(config: Config) -> int:
    one = unimproved(config)
    before, count = one.trainer.learning_rate, 0
    while one.trainer.learning_rate == before:
        one.validation.publish(one)
        count += 1
    return count


def spied(config: Config, owner: str, method: str, tell: Callable[..., Any]) -> list[Any]:
    """What each call of the real method was given, in one fit."""
    one, told = build(config), []
    target = getattr(one, owner)
    real = getattr(target, method)

    def spy(*given: Any) -> Any:
        told.append(tell(*given))
        return real(*given)

    setattr(target, method, spy)
    one.fit(events(20))
    return told


def served_blend(one: Ranker) -> tuple[str, float]:
    return one.served.choice.prior.value, one.served.choice.share


def one_pair() -> Pairs:
    width = Settings().word_buckets + DIMENSION
    vector = np.full((1, width), width**-0.5, dtype=np.float32)
    one = np.ones(1, dtype=np.float32)
    first = np.zeros(1, dtype=np.int64)
    return Pairs(vector, first, first, one, 0 * one)


def step_length(settings: Settings) -> float:
    memory = Memory(DIMENSION, settings)
    memory.add_items(np.zeros((1, DIMENSION), dtype=np.float32), [1], [1])
    memory.learn(one_pair())
    return float(np.linalg.norm(memory.vectors[0, JUDGE]))


def judge_shrinks(config: Config) -> bool:
    memory = Memory(DIMENSION, config.ranker)
    memory.add_items(np.zeros((1, DIMENSION), dtype=np.float32), [1], [1])
    memory.vectors[0, JUDGE, 0] = 1
    pair = one_pair()
    pair.vectors[:] = 0
    memory.learn(pair)
    return bool(memory.vectors[0, JUDGE, 0] != 1)


def weight_of_two_likes(config: Config) -> float:
    memory = Memory(DIMENSION, config.ranker)
    memory.add_items(np.zeros((1, DIMENSION), dtype=np.float32), [1], [1])
    for _ in range(2):
        memory.count(one_pair(), np.ones(1, dtype=np.float32))
    return float(memory.column("liked_weight")[0])


def curvature_kept(config: Config) -> float:
    calibration = build(config).cold
    calibration.fit(np.zeros((1, len(calibration.weights))), np.ones(1))
    return round(float(calibration.curvature[0, 0]), 4)


def trust_after_one(config: Config) -> float:
    one = build(config)
    one.lists([one.read("sign1")], [ITEMS], [None])
    one.memory.column("liked")[0] = 1
    return float(item_inputs(one.memory, config.ranker)[0, ITEM.index("trust")])


def doubt(config: Config) -> float:
    """What the score of an item never shown has beside its likeness."""
    one = build(config)
    lists = one.lists([one.read("subject please")], [ITEMS[:1]], [None])
    pair = score_lists(one.served, lists).pair[0, 0]
    logit = 2 * np.arctanh(pair[COLUMN["memory"]])
    return round(float(logit - 10 * (pair[COLUMN["cosine"]] - 0.5)), 3)


def keys_kept(config: Config) -> int:
    intake = Intake(config.ranker.seen_keys)
    for event in events(5):
        intake.admit(event)
    return len(intake.said)


def fits_until_due(config: Config) -> int:
    one = build(config)
    one.fits = 1
    while not is_due(one, config.data_dir, published=False):
        one.fits += 1
    return one.fits


def starts_from_seed_five(config: Config) -> bool:
    one = build(config)
    wanted = build_network(one.width, config.ranker.rank, config.ranker.hidden, 5)
    return bool(np.array_equal(one.trainer.network.a, wanted.a))


def events_in_a_step(config: Config) -> int:
    return int(spied(config, "trainer", "step", lambda *given: len(np.unique(given[2])))[0])


def lessons_of_a_fit(config: Config) -> int:
    return len(spied(config, "memory", "learn", len_of_rows))


def len_of_rows(pairs: Pairs) -> int:
    return len(pairs.rows)


def reads_elsewhere(minilm: Any, config: Config) -> bool:
    """By the broken graph that it complains of, of two."""
    settings = config.embedding
    for folder in (Path("elsewhere"), config.data_dir / "models"):
        folder.mkdir(parents=True)
        name = minilm.model_name(int8=settings.int8, max_tokens=settings.max_tokens)
        (folder / f"{name}.onnx").write_bytes(b"broken")
    with pytest.raises(ConfigError, match="delete it") as caught:
        build_embedder(settings, config.data_dir)
    return "elsewhere" in str(caught.value)


RANKER: dict[str, Reach] = {
    "embedding.folder": Reach("elsewhere", model(reads_elsewhere), True),
    "embedding.int8": Reach(
        False, model(lambda m, c: "fp32" in m.model_name(int8=c.embedding.int8, max_tokens=9)), True
    ),
    "embedding.max_tokens": Reach(
        64,
        model(lambda m, c: m.model_name(int8=True, max_tokens=c.embedding.max_tokens)[-3:]),
        "-64",
    ),
    "embedding.threads": same(
        3, model(lambda m, c: m.session_options(c.embedding.threads).intra_op_num_threads)
    ),
    "embedding.cache_texts": Reach(2, texts_embedded, 4),
    "ranker.rank": same(8, lambda config: build(config).trainer.network.shape[1]),
    "ranker.hidden": same(16, lambda config: build(config).trainer.network.shape[2]),
    "ranker.embedding_scale": same(0.5, factor("query", 0)),
    "ranker.feature_scale": same(2.0, factor("structured", 2 * DIMENSION)),
    "ranker.learning_rate": same(0.01, lambda config: build(config).trainer.learning_rate),
    "ranker.min_learning_rate": same(8e-4, rate_after_halving),
    "ranker.patience": same(2, validations_until_halving),
    "ranker.margin": same(0.4, lambda config: build(config).trainer.margin),
    "ranker.batch_events": same(4, events_in_a_step),
    "ranker.steps_per_batch": same(3, after_fit(1, lambda one: one.trainer.steps)),
    "ranker.replay_events": same(5, after_fit(1, lambda one: len(one.replay))),
    "ranker.replay_passes": Reach(1, lessons_of_a_fit, 2),
    "ranker.validation_events": same(3, after_fit(4, lambda one: len(one.validation.events))),
    "ranker.validation_share": Reach(0.999, after_fit(1, lambda one: len(one.replay)), 0),
    "ranker.validation_half_life": Reach(
        1.0, after_fit(4, lambda one: [float(w) for w in one.validation.weights()[-3:]]), [0.25, 0.5, 1.0]
    ),
    "ranker.gate_events": Reach(400, after_fit(20, served_blend), ("relevance", 0.0)),
    "ranker.gate_margin": Reach(1e6, after_fit(20, served_blend), ("cosine", 0.0)),
    "ranker.word_buckets": Reach(
        7, lambda config: build(config).read("two words").numbers.size - DIMENSION - len(QUERY), 7
    ),
    "ranker.memory_rate": Reach(
        2.6,
        lambda config: round(step_length(config.ranker) / step_length(Settings(memory_rate=1)), 3),
        2.6,
    ),
    "ranker.memory_decay": Reach(0.5, weight_of_two_likes, 1.5),
    "ranker.memory_shrink": Reach(0.0, judge_shrinks, False),
    "ranker.text_slope": Reach(20.0, lambda config: float(4 * build(config).warm.weights[1]), 20.0),
    "ranker.calibration_decay": same(0.5, curvature_kept),
    "ranker.cold_pairs": Reach(3.0, trust_after_one, 0.25),
    "ranker.cold_bonus": same(2.0, doubt),
    "ranker.catalog_items": same(3, after_fit(1, lambda one: len(one.rows))),
    "ranker.seen_keys": same(2, keys_kept),
    "ranker.checkpoint_updates": same(7, fits_until_due),
    "ranker.seed": Reach(5, starts_from_seed_five, True),
}  # fmt: skip


@pytest.mark.parametrize("name", RANKER)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, RANKER[name], tmp_path, monkeypatch)
