"""The settings of learning: samples, the student, its training, its export, when it is due."""

from typing import Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from understudy.config.section import Section


class Samples(Section):
    holdout_share: float = Field(0.1, gt=0, lt=1)
    """Share of prompt families kept out of training (by stable hash)."""
    min_reward: float = -0.1
    """An inference rewarded below this teaches nothing."""
    replay_share: float = Field(0.2, ge=0, lt=1)
    """Share of every run's samples that repeats earlier data (bootstrap and past runs)."""
    near_duplicate: float = Field(0.95, gt=0, le=1)
    """Traces (and prompts and held-out prompts) this similar, apart from what a function's prompts always
    say, count as one; 1: only equal ones."""
    max_slice_share: float = Field(1.0, gt=0, le=1)
    """Largest share of a function's traces that one slice (intent) may have in a dataset."""
    max_thinking_chars: int = Field(800, ge=1)
    """Longer thinking gives no thinking sample: short chains teach small students better."""
    max_pairs: int = Field(5000, ge=1)
    """Most preference pairs of a dataset: people's before those of comparisons, the newest first."""


class Student(Section):
    name: str = Field("command-center-student", pattern=r"^[a-z0-9][a-z0-9._-]*$")
    """Name of the served model; releases are tagged NAME:vN."""
    base: str = "tiny"
    """`tiny` (made from the fields below) or a Hugging Face model name or folder."""
    system_prompt: Literal["first_line", "full"] = "first_line"
    """How much of the constant system prompt the student reads; a tiny one learns the rest."""
    hidden_size: int = Field(256, ge=256, multiple_of=256)
    """Width of the tiny student; llama.cpp's K-quants need a multiple of 256."""
    layers: int = Field(4, ge=1)
    """Number of transformer blocks."""
    heads: int = Field(4, ge=1)
    """Number of attention heads."""
    kv_heads: int = Field(4, ge=1)
    """Number of key/value heads."""
    intermediate_size: int = Field(512, ge=256, multiple_of=256)
    """Width of the feed-forward layers."""
    vocab_size: int = Field(1536, ge=512)
    """Size of the byte-level BPE vocabulary that the project trains."""
    context_tokens: int = Field(1024, ge=128)
    """Context length; a longer prompt is answered by the teacher."""
    thinking: bool = True
    """Whether the student writes its thinking before the answer when it serves."""
    max_thinking_chars: int = Field(600, ge=1)
    """The grammar ends a longer thinking."""
    max_new_tokens: int = Field(512, ge=1)
    """Longest answer, thinking included."""
    temperature: float = Field(0.0, ge=0)
    """Sampling temperature when serving."""
    timeout_s: float = Field(10.0, gt=0)
    """After this the teacher answers instead."""
    start_timeout_s: float = Field(120.0, gt=0)
    """Longest wait for llama.cpp to load the model."""
    slots: int = Field(2, ge=1)
    """Requests that llama.cpp decodes together."""
    threads: int = Field(1, ge=1)
    """CPU threads of the llama.cpp server."""

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.hidden_size % self.heads or self.heads % self.kv_heads:
            raise ValueError(
                f"{self.heads} heads must divide hidden_size {self.hidden_size}, and kv_heads "
                f"{self.kv_heads} must divide the heads"
            )
        return self


class Sft(Section):
    learning_rate: float = Field(2e-4, gt=0)
    """Peak learning rate."""
    bootstrap_epochs: float = Field(1.0, ge=0)
    """Passes over the bootstrap data before the first run on captured traces."""
    epochs: float = Field(3.0, gt=0)
    """Passes over the dataset."""
    batch_size: int = Field(2, ge=1)
    """Samples in one forward pass."""
    accumulation: int = Field(4, ge=1)
    """Forward passes in one optimiser step."""
    warmup_share: float = Field(0.05, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    decay_share: float = Field(0.6, ge=0, lt=1)
    """Share of the steps, the last ones, in which the learning rate falls to nothing."""
    weight_decay: float = Field(0.0, ge=0)
    """AdamW's weight decay."""
    max_tokens: int = Field(4096, ge=16)
    """Longest sample; a longer one is dropped and counted."""
    max_dropped_share: float = Field(0.05, ge=0, le=1)
    """The run stops when more samples than this were dropped for their length."""
    curriculum: Literal["schedule", "strict"] = "schedule"
    """`schedule` mixes the three kinds with weights by phase; `strict` walls them off."""
    min_kind_share: float = Field(0.15, ge=0, le=0.33)
    """Least share of every kind of sample in every phase of the schedule."""
    phase_weights: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)
    """Relative lengths of the phases answer, thinking and consistency."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """`muon` learns a student from scratch in fewer tokens (experiments 7)."""
    matrix_learning_rate: float = Field(0.02, gt=0)
    """Peak learning rate of those matrices under muon."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of the multiplications; `auto` takes bf16 where the processor has instructions for it."""
    adapter: Literal["none", "lora", "qlora"] = "qlora"
    """`none` trains all weights (tiny students); `qlora` loads the base in 4-bit NF4."""
    lora_rank: int = Field(16, ge=1)
    """Rank of the adapter."""
    lora_alpha: int = Field(16, ge=1)
    """Scale of the adapter."""
    lora_dropout: float = Field(0.05, ge=0, lt=1)
    """Dropout in the adapter."""
    seed: int = 0
    """Seed of initial weights, order and dropout."""
    threads: int = Field(2, ge=1)
    """CPU threads of the training job."""
    save_steps: int = Field(200, ge=1)
    """Steps between two checkpoints."""
    resume: str = "auto"
    """`auto`, `never`, or the folder of a checkpoint."""
    min_free_memory_gb: float = Field(2.0, ge=0)
    """The job refuses to start with less memory free."""


class Export(Section):
    quantisation: Literal["f16", "q8_0", "q4_k_m"] = "q4_k_m"
    """Format of the served GGUF."""
    threads: int = Field(2, ge=1)
    """CPU threads that quantise."""
    llama_quantize: str = ""
    """Path of llama.cpp's llama-quantize; empty looks on the PATH, then quantises in process."""


class Trainer(Section):
    enabled: bool = True
    """Whether the server trains by itself when enough new traces have come."""
    interval_s: float = Field(5.0, gt=0)
    """Pause between two wakes of the background trainer."""
    functions: tuple[str, ...] = ()
    """Functions to learn; empty: every one of which there is a trace."""
    check_interval_s: float = Field(1800.0, gt=0)
    """Pause between two looks for new traces."""
    min_traces: int = Field(100, ge=1)
    """So many traces that the last run could not know, of whatever date, start the next."""
    max_attempts: int = Field(3, ge=1)
    """A dataset that failed this often is not tried again."""
    bootstrap_traces: int = Field(552, ge=0)
    """Synthetic traces that the first run starts from."""
