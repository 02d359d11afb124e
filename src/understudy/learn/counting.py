"""How many tokens a dataset is, as the configured student would read it. Downloads nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from understudy.config import Student
from understudy.curate.describe import sum_up_tokens
from understudy.curate.samples import Sample
from understudy.errors import TrainingError
from understudy.learn.rendering import IGNORED, render_rows
from understudy.learn.student import TINY
from understudy.learn.tokenizer import build_tokenizer


def count_tokens(samples: Sequence[Sample], student: Student) -> dict[str, Any]:
    """As a run would render the rows. Raises TrainingError where the base is not on this machine."""
    tiny = student.base == TINY
    tokenizer = build_tokenizer(samples, student) if tiny else _load(student.base)
    rows = render_rows(samples, tokenizer)
    learned = np.array([sum(label != IGNORED for label in row.labels) for row in rows])
    whole = np.array([len(row.input_ids) for row in rows])
    return sum_up_tokens(f"tokenizer of {student.base}", whole - learned, learned)


def _load(base: str) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"the tokenizer of student.base = {base!r} is not on this machine; download the model, "
            "or leave out --tokens for an estimate"
        ) from error
