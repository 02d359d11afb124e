"""Samples as token ids and labels. Rows longer than the limit are dropped and counted, never cut, and
so are those in whose text stands what the student reads as the end of a turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerBase

from understudy.curate.samples import Sample, SampleKind
from understudy.records import Message, Prompt
from understudy.wire.thinking import THINK_CLOSE

IGNORED = -100
"""Label of a token that is read and not learned (torch's cross-entropy skips it)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence to train on; `labels` repeats the ids that are learned and ignores the rest."""

    kind: SampleKind
    trace: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]


def render_prompt(sample: Sample, tokenizer: PreTrainedTokenizerBase) -> str:
    """The text that the student reads before it writes; the server renders the same (tested)."""
    turns = [{"role": m.role, "content": m.content} for m in sample.prompt.messages]
    turns.insert(0, {"role": "system", "content": sample.prompt.system})
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return str(text)


def ends_turn(sample: Sample) -> bool:
    """Thinking alone is followed by the answer; everything else ends with the end token."""
    return not sample.completion.endswith(f"{THINK_CLOSE}\n")


def render_rows(samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase) -> list[Row]:
    """Prompt and prefix are read, the completion (and the end of the turn) is learned."""
    if not samples:
        return []
    prompts = [render_prompt(sample, tokenizer) for sample in samples]
    prompt_ids = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    written = tokenizer(
        [sample.prefix + sample.completion for sample in samples],
        add_special_tokens=False,
        return_offsets_mapping=True,
    )
    rows = []
    for sample, before, ids, offsets in zip(
        samples, prompt_ids, written["input_ids"], written["offset_mapping"], strict=True
    ):
        # A token that straddles the border belongs to what is learned.
        read = sum(1 for _, end in offsets if end <= len(sample.prefix))
        end = [tokenizer.eos_token_id] if ends_turn(sample) else []
        labels = [*[IGNORED] * (len(before) + read), *ids[read:], *end]
        rows.append(Row(sample.kind, sample.trace_id, (*before, *ids, *end), tuple(labels)))
    return rows


def drop_marked(
    samples: Sequence[Sample], rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase
) -> tuple[list[Row], int]:
    """The rows of samples without one of the tokenizer's marks (end of turn, roles) in their text, and
    how many had one. As letters the marks could not be learned: llama.cpp reads them as marks."""
    marks = _marks(tokenizer)
    own: dict[tuple[str, ...], int] = {}

    def is_plain(sample: Sample, row: Row) -> bool:
        roles = (sample.prompt.system and "system", *(m.role for m in sample.prompt.messages))
        if roles not in own:
            own[roles] = sum(map(marks.__contains__, _ids_of_bare(sample, tokenizer)))
        expected = own[roles] + ends_turn(sample)
        return sum(map(marks.__contains__, row.input_ids)) == expected

    kept = [row for sample, row in zip(samples, rows, strict=True) if is_plain(sample, row)]
    return kept, len(rows) - len(kept)


def _marks(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    added = {at for at, token in tokenizer.added_tokens_decoder.items() if token.special}
    # What stands for a character that the vocabulary lacks is no mark.
    return (added | set(tokenizer.all_special_ids)) - {tokenizer.unk_token_id}


def _ids_of_bare(sample: Sample, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The prompt's turns with nothing in them that could be a mark."""
    turns = tuple(Message(message.role, "x") for message in sample.prompt.messages)
    bare = replace(sample, prompt=Prompt(sample.prompt.system and "x", turns))
    ids: list[int] = tokenizer(render_prompt(bare, tokenizer), add_special_tokens=False)[
        "input_ids"
    ]
    return ids


def drop_long(rows: Iterable[Row], max_tokens: int) -> tuple[list[Row], int]:
    """The rows that fit, and how many did not."""
    every = list(rows)
    kept = [row for row in every if len(row.input_ids) <= max_tokens]
    return kept, len(every) - len(kept)


def fold(rows: Iterable[Row]) -> list[Row]:
    """Rows of one trace of which one begins the other, as one row that learns what both did.

    The thinking row and the consistency row of a trace are the same text with other labels; one
    forward pass serves both. Two rows of one kind are a wanted repeat and stay two.
    """
    folded: list[Row] = []
    kinds: list[set[SampleKind]] = []
    by_trace: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: -len(row.input_ids)):
        places = by_trace.setdefault(row.trace, [])
        place = next(
            (at for at in places if row.kind not in kinds[at] and _begins(row, folded[at])), None
        )
        if place is None:
            places.append(len(folded))
            folded.append(row)
            kinds.append({row.kind})
        else:
            folded[place] = replace(folded[place], labels=_union(folded[place], row))
            kinds[place].add(row.kind)
    return folded


def _begins(shorter: Row, longer: Row) -> bool:
    return longer.input_ids[: len(shorter.input_ids)] == shorter.input_ids


def _union(longer: Row, shorter: Row) -> tuple[int, ...]:
    size = len(shorter.labels)
    both = zip(longer.labels[:size], shorter.labels, strict=True)
    return (*(b if a == IGNORED else a for a, b in both), *longer.labels[size:])
