"""The tiny student's own tokenizer: byte-level BPE with Llama 3's pre-tokenizer, and its chat template.

Its pre-tokenizer is one that llama.cpp knows, so that both split every text alike.
"""

from collections.abc import Iterable, Iterator, Sequence

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from understudy.config import Student
from understudy.curate.samples import Sample, SampleKind
from understudy.errors import TrainingError
from understudy.learn.skeleton import find_skeletons
from understudy.wire.thinking import THINK_CLOSE, THINK_OPEN

# llama.cpp's name for the pre-tokenizer below. It splits words from marks and takes up to three
# digits together, so that a word or a unit's number is the same piece in a question and inside JSON,
# where it is copied to (experiments 4, 22).
PRE_TOKENIZER = "llama-bpe"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

PAD, END = "<|pad|>", "<|end|>"
ROLES = ("system", "user", "assistant")
SPECIALS = (PAD, END, *(f"<|{role}|>" for role in ROLES))

_SYSTEM = {"first_line": "message['content'].split('\\n')[0]", "full": "message['content']"}
_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}<|system|>{{ SYSTEM }}<|end|>"
    "{%- else -%}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def chat_template(student: Student) -> str:
    """Jinja that Hugging Face and llama.cpp render alike; what the student reads of a prompt."""
    return _TEMPLATE.replace("SYSTEM", _SYSTEM[student.system_prompt])


def build_tokenizer(samples: Sequence[Sample], student: Student) -> PreTrainedTokenizerBase:
    """A tokenizer for what the student will read and write in these samples."""
    texts = (text for sample in samples for text in student_texts(sample, student))
    answers = (one.completion for one in samples if one.kind is not SampleKind.THINKING)
    return train_tokenizer(texts, student, find_skeletons(answers))


def student_texts(sample: Sample, student: Student) -> Iterator[str]:
    """What of a sample the student reads and writes; the rest must not shape its vocabulary."""
    system = sample.prompt.system
    yield system.split("\n")[0] if student.system_prompt == "first_line" else system
    yield from (message.content for message in sample.prompt.messages)
    yield sample.prefix
    yield sample.completion


def train_tokenizer(
    texts: Iterable[str], student: Student, skeletons: Sequence[str] = ()
) -> PreTrainedTokenizerBase:
    """Learn the vocabulary from these texts; raises TrainingError when there are none."""
    # As llama.cpp does for this pre-tokenizer: a word that is a token is that token.
    tokenizer = Tokenizer(BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = Steps(
        [
            Split(Regex(WORDS), behavior="isolated"),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = ByteLevelDecoder()
    added = [THINK_OPEN, THINK_CLOSE, *skeletons]
    trainer = BpeTrainer(
        # What is added below needs its places in the embedding.
        vocab_size=student.vocab_size - len(added),
        special_tokens=list(SPECIALS),
        initial_alphabet=ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    seen = [text for text in texts if text]
    if not seen:
        raise TrainingError("no text to train a tokenizer on; capture or bootstrap traces first")
    tokenizer.train_from_iterator(seen, trainer)
    wrapped: PreTrainedTokenizerBase = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
        model_max_length=student.context_tokens,
        understudy_pre_tokenizer=PRE_TOKENIZER,
    )
    # Ordinary tokens, not special ones: a server leaves special tokens out of its answer.
    wrapped.add_tokens(added)
    wrapped.chat_template = chat_template(student)
    return wrapped
