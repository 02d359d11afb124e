"""What scoring and learning cost, in CPU time of this thread: other processes are not our cost."""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from policies import Understudy
from streams import BATCH, CANDIDATES, Data, events_of

from understudy.config import Ranker as Settings
from understudy.learn.tier1.scoring import Choice, Prior, adjust_lists


def measure_speed(data: Data, settings: Settings) -> dict[str, float]:
    """After 25 batches, so that buffers and catalog are filled."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    policy = Understudy(data, settings)
    draw = np.random.default_rng(0)
    updates = []
    gc.collect()
    for start in range(0, 25 * BATCH, BATCH):
        part = data.train.take(np.arange(start, start + BATCH))
        shown = part.candidates[:, :4]
        rewards = np.where(shown == part.labels[:, None], 1.0, -1.0).astype(np.float32)
        events = events_of(data.items, part, shown, rewards)
        began = time.thread_time()
        policy.ranker.fit(events)
        updates.append((time.thread_time() - began) / BATCH)
    alone = [policy.lists(data.test.take(np.array([number]))) for number in range(200)]
    many = policy.lists(data.test.take(draw.permutation(len(data.test.texts))[:256]))
    # With a share for the network, whatever the gate has chosen by now: everything is computed.
    served = replace(policy.ranker.served, choice=Choice(Prior.MEMORY, 0.5))
    single = _cost(lambda: adjust_lists(served, alone[0]), 300)
    fresh = _cost(lambda: [adjust_lists(served, one) for one in alone], 3) / len(alone)
    batched = _cost(lambda: adjust_lists(served, many), 20)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "us_to_score_20": single * 1e6,
        "us_to_score_20_others_each_time": fresh * 1e6,
        "us_to_update_an_event": float(np.median(updates)) * 1e6,
        "million_candidates_a_second": 256 * CANDIDATES / batched / 1e6,
        "mb_grown": (after - before) / 1024,
    }


def _cost(call: Callable[[], object], count: int) -> float:
    """Median seconds of five rounds."""
    call()
    rounds = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(count):
            call()
        rounds.append((time.thread_time() - began) / count)
    return float(np.median(rounds))
