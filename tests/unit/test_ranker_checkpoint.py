"""A restart goes on bit-equal; what does not fit is refused with both sides named."""

from pathlib import Path

import numpy as np
import pytest
from ranker_rig import DIMENSION, ITEMS, WordVectors, events, small, taught

from understudy.errors import TrainingError
from understudy.learn.tier1 import checkpoint
from understudy.learn.tier1.checkpoint import load_ranker, save_ranker, settings_hash
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.ranker import Ranker


def state(one: Ranker) -> list[np.ndarray]:
    kept = [one.memory.vectors, one.memory.scalars, one.warm.weights, one.cold.weights]
    kept += [one.validation.shares]
    kept += [*one.trainer.network.parameters, *one.trainer.means, *one.trainer.squares]
    return [*kept, one.score("sign1 please", ITEMS), one.served.vectors, one.served.item_half]


def test_a_restart_goes_on_bit_equal(tmp_path: Path) -> None:
    one = taught(batches=8)
    save_ranker(one, tmp_path)
    other = load_ranker(tmp_path, small(), WordVectors())
    for number in range(8):
        more = events(20, start=500 + 20 * number, moved=3)
        assert one.fit(more) == other.fit(more)
    for ours, theirs in zip(state(one), state(other), strict=True):
        assert np.array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert one.counts() == other.counts()


def test_a_restart_remembers_what_it_has_seen(tmp_path: Path) -> None:
    save_ranker(taught(batches=2), tmp_path)
    other = load_ranker(tmp_path, small(), WordVectors())
    done = other.fit(events(20, start=0))
    assert done.learned + done.held_out == 0


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_after_a_restart_the_last_word_still_takes_the_place_of_the_earlier(
    tmp_path: Path, share: float
) -> None:
    one = Ranker(small(validation_share=share), WordVectors())
    one.fit([Event(f"a:{n}", "sign1", ITEMS, {"item-1": 1.0}) for n in range(2)])
    save_ranker(one, tmp_path)
    other = load_ranker(tmp_path, one.settings, WordVectors())
    repeated = other.fit([Event("a:1", "sign1", ITEMS, {"item-1": 1.0})])
    assert repeated.learned + repeated.held_out == 0
    other.fit([Event("a:0", "sign1", ITEMS, {"item-1": -1.0})])
    kept = [event.rewards for event in [*other.replay, *other.validation.events]]
    assert kept == [{1: -1.0}]


def test_a_restart_knows_items_that_came_later(tmp_path: Path) -> None:
    one = taught(batches=4)
    grown = [*ITEMS, Item("late", "another subject")]
    before = one.score("sign2 please", grown)
    save_ranker(one, tmp_path)
    other = load_ranker(tmp_path, small(), WordVectors())
    assert np.array_equal(other.score("sign2 please", grown), before)


def test_what_the_served_version_orders_right_is_what_it_would_say_today() -> None:
    one = taught(batches=12)
    kept = one.validation.shares.copy()
    assert len(kept) == len(one.validation.events) > 5
    one.validation.by = None
    one.validation.publish(one)
    assert np.array_equal(one.validation.shares, kept, equal_nan=True)


def test_a_checkpoint_without_these_is_read(tmp_path: Path) -> None:
    one = taught(batches=12)
    one.validation.shares, one.validation.by = np.zeros(0), None
    save_ranker(one, tmp_path)
    other = load_ranker(tmp_path, small(), WordVectors())
    assert one.fit(events(20, start=900)) == other.fit(events(20, start=900))


def test_an_empty_folder_gives_a_new_ranker(tmp_path: Path) -> None:
    assert load_ranker(tmp_path, small(), WordVectors()).fits == 0


def test_a_newer_checkpoint_replaces_the_older(tmp_path: Path) -> None:
    one = taught(batches=2)
    save_ranker(one, tmp_path)
    one.fit(events(20, start=900))
    last = save_ranker(one, tmp_path)
    assert list(tmp_path.iterdir()) == [last]


def test_a_half_written_checkpoint_is_none(tmp_path: Path) -> None:
    (tmp_path / ".ranker-00000009.safetensors.partial").write_bytes(b"half")
    assert load_ranker(tmp_path, small(), WordVectors()).fits == 0


def test_another_shape_is_refused_with_both_named(tmp_path: Path) -> None:
    save_ranker(taught(batches=1), tmp_path)
    width = 2 * DIMENSION + 45
    with pytest.raises(TrainingError) as refused:
        load_ranker(tmp_path, small(rank=8), WordVectors())
    assert str([width, 32, 64]) in str(refused.value)
    assert str([width, 8, 64]) in str(refused.value)


def test_inputs_of_another_version_are_refused_with_a_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_ranker(taught(batches=1), tmp_path)
    monkeypatch.setattr(checkpoint, "STRUCTURED", ("other", *checkpoint.STRUCTURED[1:]))
    with pytest.raises(TrainingError, match=r"has inputs \w{16}.* makes \w{16}.*reset --relearn"):
        load_ranker(tmp_path, small(), WordVectors())


def test_another_embedder_is_refused_with_both_named(tmp_path: Path) -> None:
    save_ranker(taught(batches=1), tmp_path)
    with pytest.raises(TrainingError, match=r"\[93, 32, 64\].*\[109, 32, 64\]"):
        load_ranker(tmp_path, small(), WordVectors(32))


def test_other_settings_are_refused_with_both_hashes_named(tmp_path: Path) -> None:
    save_ranker(taught(batches=1), tmp_path)
    changed = small(memory_rate=2.0)
    with pytest.raises(TrainingError) as refused:
        load_ranker(tmp_path, changed, WordVectors())
    assert settings_hash(changed) in str(refused.value)
    assert settings_hash(small()) in str(refused.value)
