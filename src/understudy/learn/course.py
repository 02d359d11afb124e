"""What a run will see, in its order: the bootstrap stage, then the three phases.

Refuses when too many samples are longer than the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from understudy.curate.samples import Sample
from understudy.errors import TrainingError
from understudy.learn.job import Job
from understudy.learn.rendering import Row, drop_long, render_rows
from understudy.learn.schedule import PHASES, order_evenly, order_samples


@dataclass(frozen=True, slots=True)
class Course:
    """Every row in its order, and the step at which each phase ends. `bootstrap_steps` hold bootstrap
    rows alone: the step in which that phase ends may already hold others."""

    rows: list[Row]
    phase_steps: list[tuple[str, int]]
    bootstrap_steps: int
    dropped: int


def build_course(
    bootstrap: Sequence[Sample],
    samples: Sequence[Sample],
    tokenizer: PreTrainedTokenizerBase,
    job: Job,
) -> Course:
    sft = job.config.sft
    first, dropped_first = drop_long(render_rows(bootstrap, tokenizer), sft.max_tokens)
    rows, dropped = drop_long(render_rows(samples, tokenizer), sft.max_tokens)
    dropped, total = dropped + dropped_first, len(bootstrap) + len(samples)
    if dropped > sft.max_dropped_share * total or not rows:
        raise TrainingError(
            f"{dropped} of {total} samples are longer than sft.max_tokens = {sft.max_tokens}; "
            f"raise it, or raise sft.max_dropped_share = {sft.max_dropped_share}"
        )
    phases = order_samples(rows, sft, job.seed)
    names = [kind.value for kind in PHASES if any(row.kind is kind for row in rows)]
    named = [("bootstrap", order_evenly(first, sft.bootstrap_epochs, sft, job.seed))]
    named += zip(names, phases, strict=True)
    course: list[Row] = []
    ends = []
    rows_a_step = sft.batch_size * sft.accumulation
    for name, phase in named:
        course += phase
        ends.append((name, -(-len(course) // rows_a_step)))
    return Course(course, ends, len(named[0][1]) // rows_a_step, dropped)
