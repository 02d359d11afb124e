"""What a run will see, in its order: the bootstrap stage, then the three phases.

Refuses when too many samples are longer than the limit. One with the student's marks in it is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from understudy.curate.samples import Sample
from understudy.errors import TrainingError
from understudy.learn.job import Job
from understudy.learn.rendering import Row, drop_long, drop_marked, render_rows
from understudy.learn.schedule import PHASES, order_evenly, order_samples


@dataclass(frozen=True, slots=True)
class Course:
    """Every row in its order, and the step at which each phase ends. `bootstrap_steps` hold bootstrap
    rows alone: the step in which that phase ends may already hold others."""

    rows: list[Row]
    phase_steps: list[tuple[str, int]]
    bootstrap_steps: int
    dropped: int
    marked: int


def build_course(
    bootstrap: Sequence[Sample],
    samples: Sequence[Sample],
    tokenizer: PreTrainedTokenizerBase,
    job: Job,
) -> Course:
    sft = job.config.sft
    plain_first, marked_first = _render_plain(bootstrap, tokenizer)
    plain, marked = _render_plain(samples, tokenizer)
    first, dropped_first = drop_long(plain_first, sft.max_tokens)
    rows, dropped = drop_long(plain, sft.max_tokens)
    dropped, total = dropped + dropped_first, len(bootstrap) + len(samples)
    if samples and not plain:
        raise TrainingError(
            f"all {len(samples)} samples hold in their text what the student reads as the end of a turn "
            f"({tokenizer.eos_token}) or a role; take that out of the prompts, or set student.base"
        )
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
    return Course(course, ends, len(named[0][1]) // rows_a_step, dropped, marked + marked_first)


def _render_plain(
    samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase
) -> tuple[list[Row], int]:
    return drop_marked(samples, render_rows(samples, tokenizer), tokenizer)
