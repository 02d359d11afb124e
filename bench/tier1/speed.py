"""What scoring and learning cost, in CPU time of this thread: other processes are not our cost. The same
network in torch, in the same run, says how fast the machine is."""

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

PAIRS = 64


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
    fresh = _cost(lambda: [adjust_lists(served, one) for one in alone], 3) / len(alone)
    batched = _cost(lambda: adjust_lists(served, many), 20)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    update = float(np.median(updates))
    torch_score, torch_step = _torch(policy.ranker.width, settings)
    step = _cost(torch_step, 50)
    # In turn: the machine's speed may change from one second to the next.
    single_by = [
        (_seconds(lambda: adjust_lists(served, alone[0]), 300), _seconds(torch_score, 300))
        for _ in range(9)
    ]
    single, score = np.median(single_by, axis=0)
    return {
        "us_to_score_20": single * 1e6,
        "us_to_score_20_others_each_time": fresh * 1e6,
        "us_to_update_an_event": update * 1e6,
        "million_candidates_a_second": 256 * CANDIDATES / batched / 1e6,
        "mb_grown": (after - before) / 1024,
        "us_torch_scores_20": score * 1e6,
        "us_torch_steps": step * 1e6,
        "score_20_by_torch": float(np.median([ours / theirs for ours, theirs in single_by])),
        "update_by_torch_step": update / step,
    }


def _torch(width: int, settings: Settings) -> tuple[Callable[[], object], Callable[[], object]]:
    """The network alone on twenty rows of inputs, and an Adam step on 64 pairs."""
    # Not before our own memory was read.
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    network = torch.nn.Sequential(
        torch.nn.Linear(width, settings.rank, bias=False),
        torch.nn.Linear(settings.rank, settings.hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(settings.hidden, 1),
        torch.nn.Tanh(),
    )
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    listed, better, worse = (torch.randn(count, width) for count in (CANDIDATES, PAIRS, PAIRS))

    def score() -> None:
        with torch.inference_mode():
            network(listed)

    def step() -> None:
        optimiser.zero_grad()
        torch.relu(settings.margin - network(better) + network(worse)).mean().backward()
        optimiser.step()

    return score, step


def _cost(call: Callable[[], object], count: int) -> float:
    """Median seconds of five rounds."""
    call()
    return float(np.median([_seconds(call, count) for _ in range(5)]))


def _seconds(call: Callable[[], object], count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        call()
    return (time.thread_time() - began) / count
