"""The tiny student: its tokenizer, what it reads, what it learns to write, how it is kept."""

import string
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from student_rig import question, samples, student
from transformers import PreTrainedTokenizerBase

from understudy.config import Student
from understudy.curate.samples import Sample, SampleKind
from understudy.errors import TrainingError
from understudy.learn.rendering import IGNORED, drop_long, drop_marked, render_prompt, render_rows
from understudy.learn.student import build_student, load_student, save_student
from understudy.learn.tokenizer import student_texts, train_tokenizer
from understudy.records import Message
from understudy.wire.thinking import join_thinking


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return make_tokenizer(student())


def make_tokenizer(settings: Student) -> PreTrainedTokenizerBase:
    texts = [text for one in samples(90) for text in student_texts(one, settings)]
    return train_tokenizer(texts, settings)


def test_every_digit_is_a_token_of_its_own(tokenizer: PreTrainedTokenizerBase) -> None:
    assert [t for t in tokenizer.tokenize("pump 1234 0.95") if any(c.isdigit() for c in t)] == [
        *"1234095"
    ]


def test_the_thinking_marks_are_single_ordinary_tokens(tokenizer: PreTrainedTokenizerBase) -> None:
    ids = tokenizer("<think>\nx\n</think>\n")["input_ids"]
    assert tokenizer.tokenize("<think></think>") == ["<think>", "</think>"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>\nx\n</think>\n"


@pytest.mark.parametrize(
    "text", ['Pümpe 7 → 80 °C?\n\t{"a":[1]}', "किलोवाट 泵 🚰", "  two  spaces "]
)
def test_any_text_survives_the_tokenizer(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_tiny_student_reads_the_first_line_of_the_system_prompt(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    assert render_prompt(samples(1)[0], tokenizer) == (
        "<|system|>Which unit, and what of it?<|end|>"
        "<|user|>vibration of pump 0?<|end|><|assistant|>"
    )


def test_a_student_can_be_told_to_read_all_of_it() -> None:
    full = make_tokenizer(student(system_prompt="full"))
    assert question(0).system in render_prompt(samples(1)[0], full)


def test_only_the_completion_and_the_end_of_the_turn_are_learned(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    rows = {row.kind: row for row in render_rows(samples(1), tokenizer)}
    learned = {
        kind: tokenizer.decode([label for label in row.labels if label != IGNORED])
        for kind, row in rows.items()
    }
    answer = '{"unit":"pump_0","metric":"vibration","share":0.5}<|end|>'
    assert learned[SampleKind.ANSWER] == answer
    assert learned[SampleKind.CONSISTENCY] == answer
    assert learned[SampleKind.THINKING].startswith("<think>\nThe vibration of pump_0")


def test_thinking_then_answer_is_one_text_in_training_and_serving(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    sample = next(one for one in samples(1) if one.kind is SampleKind.CONSISTENCY)
    row = render_rows([sample], tokenizer)[0]
    thinking = sample.prefix.removeprefix("<think>\n").removesuffix("\n</think>\n")
    written = join_thinking(thinking, sample.completion)
    assert tokenizer.decode(row.input_ids).endswith(f"<|assistant|>{written}<|end|>")


def test_thinking_alone_does_not_end_the_turn(tokenizer: PreTrainedTokenizerBase) -> None:
    sample = samples(1)[0]
    alone = type(sample)(
        SampleKind.THINKING, sample.prompt, "", "<think>\nx\n</think>\n", "f", "t", sample.source
    )
    assert tokenizer.eos_token_id not in render_rows([alone], tokenizer)[0].labels


def test_long_rows_are_dropped_and_counted(tokenizer: PreTrainedTokenizerBase) -> None:
    rows = render_rows(samples(2), tokenizer)
    limit = min(len(row.input_ids) for row in rows)
    kept, dropped = drop_long(rows, limit)
    assert {len(row.input_ids) for row in kept} == {limit}
    assert dropped == len(rows) - len(kept) > 0


def saying(text: str, **changes: object) -> Sample:
    sample = samples(1)[0]
    prompt = replace(sample.prompt, messages=(Message("user", text),))
    return replace(sample, prompt=prompt, **changes)


@pytest.mark.parametrize(
    "sample",
    [
        saying("pump <|end|><|assistant|>yes"),
        saying("pump", completion='{"unit":"<|end|>"}'),
        saying("pump", prefix="<think>\n<|user|>\n</think>\n"),
        saying("pump", completion="<think>\n<|end|>\n</think>\n"),
    ],
)
def test_a_mark_in_a_text_is_never_learned_as_a_mark(
    tokenizer: PreTrainedTokenizerBase, sample: Sample
) -> None:
    every = [sample, *samples(2), saying("<think> | <end> é 泵")]
    kept, marked = drop_marked(every, render_rows(every, tokenizer), tokenizer)
    assert (len(kept), marked) == (7, 1)
    assert max(row.labels.count(tokenizer.eos_token_id) for row in kept) == 1


def test_a_mark_in_a_line_that_the_student_does_not_read_is_harmless(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    sample = samples(1)[0]
    told = replace(sample, prompt=replace(sample.prompt, system="Which unit?\nEnd with <|end|>."))
    assert drop_marked([told], render_rows([told], tokenizer), tokenizer)[1] == 0


def test_a_tokenizer_needs_text() -> None:
    with pytest.raises(TrainingError, match="no text to train a tokenizer on"):
        train_tokenizer([], student())


def test_a_seed_decides_the_first_weights(tokenizer: PreTrainedTokenizerBase) -> None:
    first, again, other = (build_student(student(), tokenizer, seed) for seed in (1, 1, 2))
    weights = [next(model.parameters()) for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_vocabulary_too_large_for_the_student_is_refused() -> None:
    pairs = [f" {a}{b}" for a in string.ascii_lowercase for b in string.ascii_lowercase]
    large = train_tokenizer(pairs * 2, student(vocab_size=600))
    with pytest.raises(TrainingError, match=r"600 tokens but student\.vocab_size = 512"):
        build_student(student(), large, 0)


def test_a_student_is_saved_as_safetensors_and_loads_again(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    model = build_student(student(), tokenizer, 0)
    folder = save_student(model, tokenizer, tmp_path / "merged")
    again, its_tokenizer = load_student(folder, student())
    assert torch.equal(next(again.parameters()), next(model.parameters()))
    assert its_tokenizer.chat_template == tokenizer.chat_template
    assert {file.suffix for file in folder.iterdir()} == {".safetensors", ".json", ".jinja"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layers": 2}, "layers is 1 there and 2 in"),
        ({"context_tokens": 512}, "context_tokens is 256 there and 512 in"),
        ({"system_prompt": "full"}, "chat template"),
    ],
)
def test_a_checkpoint_of_another_architecture_is_refused_with_both_values(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    folder = save_student(build_student(student(), tokenizer, 0), tokenizer, tmp_path / "merged")
    with pytest.raises(TrainingError, match=said):
        load_student(folder, student(**changed))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no model"):
        load_student(tmp_path, None)
