"""How well and how fast the signals are found: F1 per kind on a gold file, traces/s, growth with length."""

import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from understudy.curate.signals.extract import extract_all
from understudy.curate.signals.findings import Observation, Where
from understudy.curate.signals.gold import Marked, read_gold, score
from understudy.errors import InputError

GOLD = Path(__file__).parents[1] / "tests" / "data" / "signals_gold.jsonl"
TRACE_CHARS = 2000
TRACES = 200
LENGTHS = (10_000, 50_000, 250_000)
REPEATS = 15  # the fastest counts: a stalled machine charges its pauses to whoever runs
# Of the sentences of a trace: the rest carries no signal, as in real thinking.
MARKED_SHARE = 0.3


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else GOLD
    try:
        marked = read_gold(path)
    except InputError as error:
        sys.exit(str(error))
    for half in sorted({one.half for one in marked}):
        _print_scores(half, [one for one in marked if one.half == half])
    rng = random.Random("speed")
    sentences = read_gold(GOLD)
    traces = [_trace(rng, sentences, TRACE_CHARS) for _ in range(TRACES)]
    extract_all(traces[0])
    costs_us = [_cost_us(trace) for trace in traces]
    median = statistics.median(costs_us)
    sys.stdout.write(
        f"{TRACE_CHARS / 1000:g} kB of thinking: median {median:.0f} us, {1e6 / median:.0f} traces/s on one core\n"
    )
    for chars in LENGTHS:
        long = _trace(rng, sentences, chars)
        sys.stdout.write(
            f"{chars:>9} characters: {min(_cost_us(long) for _ in range(REPEATS)) / chars:.3f} us each\n"
        )


def _print_scores(half: str, marked: Sequence[Marked]) -> None:
    sys.stdout.write(f"{half}: {len(marked)} texts\n")
    for kind, one in score(marked).items():
        sys.stdout.write(
            f"  {kind.value:15} P {one.precision:.2f}  R {one.recall:.2f}  F1 {one.f1:.2f}  ({one.labels} marked)\n"
        )


def _cost_us(observation: Observation) -> float:
    # CPU time: what other processes on the machine do is not the rules' cost.
    began = time.process_time()
    extract_all(observation)
    return (time.process_time() - began) * 1e6


def _trace(rng: random.Random, sentences: Sequence[Marked], chars: int) -> Observation:
    texts = [one.texts.get(Where.THINKING, "") for one in sentences if one.half == "seen"]
    # A quotation or a fence would hide what follows it when sentences are shuffled.
    with_signal = [text for text in texts if text and not set('`"<>') & set(text)]
    parts: list[str] = []
    size = 0
    while size < chars:
        part = rng.choice(with_signal) if rng.random() < MARKED_SHARE else rng.choice(PLAIN)
        parts.append(part)
        size += len(part) + 1
    return Observation(thinking=" ".join(parts)[:chars], answer="The reading is 4.2 mm/s.")


PLAIN = (
    "The operator asks for the vibration of pump 3 over the last day.",
    "Pump 3 is the feed pump of the north line, a centrifugal pump with two bearings.",
    "Its drive-end bearing carries the accelerometer, which samples once a minute.",
    "The values of the last day lie between 2.1 and 4.6 mm/s, with a mean of 3.0.",
    "Around noon the load rises, and the vibration rises with it.",
    "The suction pressure is steady at 1.8 bar during the whole day.",
    "A line chart of the day shows the shape, and one figure gives the latest value.",
    "The function reads a file, splits its lines and returns a list of pairs.",
    "Each pair holds a name and a number, and the caller adds the numbers up.",
    "The loop runs over the sorted list from both ends until the ends meet.",
    "The sum of the first n odd numbers is n squared, as a picture of squares makes plain.",
    "The train leaves at nine, reaches the border at noon and the coast at four.",
    "On the second day there is a walk along the cliffs and a museum in the old harbour.",
)


if __name__ == "__main__":
    main()
