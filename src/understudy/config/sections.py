"""Every setting, its type, its default and what it means. The only place where a default lives."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

Share = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Server(Section):
    host: str = "127.0.0.1"
    """Address to listen on; anything but a loopback address is refused without API keys."""
    port: int = Field(8100, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    max_body_bytes: int = Field(32_000_000, ge=1)
    """A larger request body is answered with 413."""
    grace_s: int = Field(10, ge=1)
    """Longest wait for open answers when the server stops."""


class Teacher(Section):
    kind: Literal["anthropic", "scripted"] = "anthropic"
    """Whose wire format the upstream speaks; `scripted` starts the application's own teacher."""
    base_url: str = "https://api.anthropic.com"
    """The upstream. Callers cannot choose another."""
    model: str = "claude-haiku-4-5"
    """Model asked for when Understudy itself calls the teacher (evaluation, shadow comparison)."""
    api_key: str = Field("", repr=False)
    """Key for those calls; set it by environment. Relayed requests keep their caller's own key."""
    timeout_s: float = Field(120.0, gt=0)
    """Longest wait for one answer."""
    max_tokens: int = Field(4096, ge=1)
    """Answer limit in Understudy's own calls to the teacher."""
    training_permission: Literal["open", "narrow_only", "written_permission", "none"] = "none"
    """What the teacher's terms allow. Anthropic's restrict training on outputs: without a
    recorded permission no dataset is built from them. The scripted teacher is `open`."""
    usd_per_million_input: float = Field(1.0, ge=0)
    """Price of a million input tokens."""
    usd_per_million_output: float = Field(5.0, ge=0)
    """Price of a million output tokens."""


class Capture(Section):
    queue_bytes: int = Field(64_000_000, ge=1)
    """Most bytes that wait for the writer thread; beyond it a record is dropped and counted."""
    flush_interval_s: float = Field(0.05, gt=0)
    """Longest time that a record waits before it is on disk."""
    segment_bytes: int = Field(8_000_000, ge=1)
    """A spool segment of this size is closed and drained."""
    drain_batch: int = Field(500, ge=1)
    """Records inserted into the store in one transaction."""
    drain_interval_s: float = Field(0.5, gt=0)
    """Pause between two drains."""
    traces: bool = False
    """Whether the teacher's reasoning is kept for distillation at all."""
    trace_share: float = Field(0.15, ge=0, le=1)
    """Share of inferences kept as traces at random (by hash of the id)."""
    trace_min_confidence: float = Field(0.8, ge=0, le=1)
    """Every inference whose evaluation confidence exceeds this is kept as well."""


class Reward(Section):
    rating: float = 1.0
    """Weight of an explicit user rating."""
    follow_up: float = 0.5
    """Weight of the follow-up (satisfied +1, refinement -0.3, repeat -1)."""
    engagement: float = 0.3
    """Weight of widget interactions."""
    latency: float = 0.1
    """Weight of the answer's speed."""
    intent_confidence: float = 0.1
    """Weight of the parsed intent's confidence."""
    evaluation_confidence: float = 0.2
    """Weight of the judge's confidence."""
    items: float = 0.4
    """Weight of per-item scores."""
    missing: float = -0.3
    """Weight of items that a user or judge found missing (their share, 0 to 1)."""
    size_fit: float = 0.2
    """Weight of size fit."""
    text_quality: float = 0.4
    """Weight of the spoken answer's quality."""
    clip: float = Field(2.0, gt=0)
    """The total is clipped to plus and minus this."""
    slow_s: float = Field(5.0, gt=0)
    """Latency that scores -1; an instant answer scores +1."""


class Voice(Section):
    groundedness: float = 0.25
    """Weight of: says only what the data says."""
    conciseness: float = 0.20
    """Weight of: short."""
    directness: float = 0.20
    """Weight of: begins with the answer."""
    specificity: float = 0.20
    """Weight of: names numbers and units."""
    tts: float = 0.15
    """Weight of: can be read aloud (no markup, no lists)."""
    judge_share: float = Field(0.6, ge=0, le=1)
    """Part of the judge in the blend with the rules."""


class Samples(Section):
    holdout_share: float = Field(0.1, gt=0, lt=1)
    """Share of prompt families kept out of training (by stable hash)."""
    min_reward: float = -0.1
    """An inference rewarded below this teaches nothing."""
    replay_share: float = Field(0.2, ge=0, lt=1)
    """Share of every run's samples that repeats earlier data (bootstrap and past runs)."""
    max_thinking_chars: int = Field(800, ge=1)
    """Longer thinking gives no thinking sample: short chains teach small students better."""


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


class Evaluation(Section):
    questions: int = Field(200, ge=1)
    """Held-out questions per evaluation."""
    seed: int = 10_007
    """Seed of the held-out questions."""
    confidence: float = Field(0.95, gt=0, lt=1)
    """Coverage of every interval in a report."""
    concurrency: int = Field(2, ge=1)
    """Requests in flight per variant."""


class Gate(Section):
    margin: float = Field(0.10, ge=0, le=1)
    """The student may be this much below its champion on the primary measure, no more."""
    min_agreement: float = Field(0.80, ge=0, le=1)
    """Least agreement with the teacher (lower end of the interval)."""
    min_json_valid: float = Field(0.99, ge=0, le=1)
    """Least share of answers that parse as JSON."""
    min_schema_valid: float = Field(0.98, ge=0, le=1)
    """Least share of answers that satisfy the function's schema."""
    max_latency_p95_ms: float = Field(2000.0, gt=0)
    """Slowest tolerated 95th percentile."""
    min_questions: int = Field(50, ge=1)
    """An evaluation on fewer questions holds."""


class TrafficSettings(Section):
    steps: tuple[Share, ...] = Field((0.05, 0.25, 0.50, 1.0), min_length=1)
    """Canary shares, rising."""
    min_agreement: float = Field(0.75, ge=0, le=1)
    """Mean agreement with the teacher below which the student is taken off."""
    compare_share: float = Field(0.2, ge=0, le=1)
    """Share of student-served requests that the teacher also answers, for comparison."""
    shadow_samples: int = Field(30, ge=1)
    """Comparisons before a shadowed release may show its first answer."""
    step_samples: int = Field(20, ge=1)
    """Least comparisons before a canary climbs a step."""
    max_failure_share: float = Field(0.05, ge=0, le=1)
    """Share of student requests that fell back to the teacher at which it is taken off."""
    alpha: float = Field(0.05, gt=0, lt=1)
    """Error rate of the anytime-valid test behind each decision."""
    window: int = Field(200, ge=10)
    """Live comparisons are judged over the last so many."""
    watch_concurrency: int = Field(4, ge=1)
    """Most shadow answers and comparisons in flight; beyond it they are left out and counted."""


class Trainer(Section):
    enabled: bool = True
    """Whether the server trains by itself when enough new traces have come."""
    interval_s: float = Field(5.0, gt=0)
    """Pause between two wakes of the background trainer."""
    check_interval_s: float = Field(1800.0, gt=0)
    """Pause between two looks for new traces."""
    min_traces: int = Field(100, ge=1)
    """New traces that start a run."""
    max_attempts: int = Field(3, ge=1)
    """A dataset that failed this often is not tried again."""
    bootstrap_traces: int = Field(552, ge=0)
    """Synthetic traces that the first run starts from."""


class Config(Section):
    application: str = "commandcenter.application:APPLICATION"
    """The domain: `package.module:NAME` of an Application."""
    data_dir: Path = Path("understudy-data")
    """Folder of the store, the spool, runs and releases."""
    server: Server = Server()
    teacher: Teacher = Teacher()
    capture: Capture = Capture()
    reward: Reward = Reward()
    voice: Voice = Voice()
    samples: Samples = Samples()
    student: Student = Student()
    sft: Sft = Sft()
    export: Export = Export()
    evaluation: Evaluation = Evaluation()
    gate: Gate = Gate()
    traffic: TrafficSettings = TrafficSettings()
    trainer: Trainer = Trainer()
