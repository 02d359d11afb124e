"""Every setting, its type, its default and what it means; with learning.py the home of a default."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from understudy.config.judging import Judge, Prompts, Signals
from understudy.config.learning import Export, Samples, Sft, Student, Trainer
from understudy.config.ranking import Embedding, Ranker, Tier1
from understudy.config.section import Address, RisingShares, Section


class Server(Section):
    host: str = "127.0.0.1"
    """Address to listen on; anything but a loopback address is refused where no key is required."""
    port: int = Field(8100, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    max_body_bytes: int = Field(32_000_000, ge=1)
    """A larger request body is answered with 413."""
    grace_s: int = Field(10, ge=1)
    """Longest wait for open answers when the server stops."""
    require_key: bool = True
    """Whether every request needs an API key (`understudy keys`); without, every program on this
    machine may ask, and every page that its browser shows."""


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    """What the server writes to its standard error, at least this important; `info` has a line for
    each request. Bodies, headers and queries are never written."""
    format: Literal["auto", "text", "json"] = "auto"
    """One line an event: `text`, or `json` with every field by name; `auto` is text on a terminal."""


class Limits(Section):
    max_concurrent: int = Field(256, ge=1)
    """Most answers under way at once; one more is refused with 429."""
    tokens_per_minute: int = Field(0, ge=0)
    """Most tokens, read and written, that one key may use within a minute; then 429. 0: no limit."""
    usd_per_day: float = Field(0.0, ge=0)
    """Most that the teacher may cost in a day (UTC). Beyond it students still answer, the teacher
    is not asked, and the caller gets 429. 0: no limit."""


class Rule(Section):
    function: str
    """The function of a request that names none and fits this rule."""
    model: str = ""
    """Pattern of the requested model (`claude-haiku-*`); empty fits every model."""
    system_contains: str = ""
    """A text that the system prompt contains; empty fits every prompt."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.model or self.system_contains):
            raise ValueError("a rule needs model or system_contains; this one fits everything")
        return self


ANTHROPIC_URL = "https://api.anthropic.com"


class Teacher(Section):
    kind: Literal["anthropic", "openai", "claude_cli", "scripted"] = "anthropic"
    """How the upstream is asked: Anthropic's Messages, any OpenAI-compatible server, the Claude
    command (plain text, one turn); `scripted` starts the application's own teacher."""
    base_url: Address = ANTHROPIC_URL
    """The upstream, with or without a last /v1. Callers cannot choose another."""
    command: tuple[str, ...] = Field(("claude",), min_length=1)
    """The Claude command and its first words, for `claude_cli`. It brings its own login and its
    own answer limit; `teacher.api_key` and `teacher.max_tokens` do not reach it."""
    model: str = "claude-haiku-4-5"
    """Model asked for when Understudy itself calls the teacher (evaluation, shadow comparison)."""
    api_key: str = Field("", repr=False)
    """Key for those calls; set it by environment. Relayed requests keep their caller's own key.
    An OpenAI-compatible server gets it as a bearer token."""
    timeout_s: float = Field(120.0, gt=0)
    """Longest wait for one answer."""
    max_tokens: int = Field(4096, ge=1)
    """Answer limit in Understudy's own calls to the teacher."""
    logprobs: bool = False
    """Ask for the tokens' log-probabilities in those calls: signals then know how sure it was. Only
    `openai` has them, and reasoning models of some makers refuse a request that asks."""
    training_permission: Literal["open", "narrow_only", "written_permission", "none"] = "none"
    """What the teacher's terms allow. Anthropic's restrict training on outputs, by API or by
    command: without a recorded permission no dataset is built from them. Of an open model record
    what its licence says. The scripted teacher is `open`. An answer that names a closed model of
    another maker (Claude, GPT, Gemini) is not covered, however it was captured or imported."""
    usd_per_million_input: float = Field(1.0, ge=0)
    """Price of a million input tokens."""
    usd_per_million_output: float = Field(5.0, ge=0)
    """Price of a million output tokens."""

    @field_validator("base_url")
    @classmethod
    def _strip_version(cls, given: str) -> str:
        # Clients of OpenAI's format are given .../v1, those of Anthropic's are not: both are right.
        return given.rstrip("/").removesuffix("/v1")

    @model_validator(mode="after")
    def _check_upstream(self) -> Self:
        if self.kind == "openai" and self.base_url == ANTHROPIC_URL:
            raise ValueError(
                "kind = 'openai' needs base_url, the address of your OpenAI-compatible server"
            )
        return self


class Capture(Section):
    queue_bytes: int = Field(64_000_000, ge=1)
    """Most bytes that wait for the writer thread; beyond it a record is dropped and counted. An answer
    that is larger by itself is passed on, and its text is not kept."""
    flush_interval_s: float = Field(0.05, gt=0)
    """Longest time that a record waits before it is on disk."""
    segment_bytes: int = Field(8_000_000, ge=1)
    """A spool segment of this size is closed and drained."""
    drain_batch: int = Field(50, ge=1)
    """Records inserted into the store in one transaction."""
    drain_interval_s: float = Field(0.5, gt=0)
    """Pause between two drains."""
    redact_presidio: bool = False
    """Whether names, places and other personal data are taken out by Presidio too, before the first
    write (extra `presidio`). The built-in patterns and the look for random keys are always on."""
    presidio_model: str = Field("en_core_web_sm", min_length=1)
    """The spaCy model that Presidio reads with; `blank` for its patterns only, without a model."""
    presidio_min_score: float = Field(0.5, ge=0, le=1)
    """Findings that Presidio is less sure of stay."""
    traces: bool = False
    """Whether the teacher's reasoning is kept for distillation at all."""
    trace_share: float = Field(0.15, ge=0, le=1)
    """Share of inferences kept as traces at random (by hash of the id)."""
    trace_min_confidence: float = Field(0.8, ge=0, le=1)
    """Every inference whose evaluation confidence exceeds this is kept as well."""
    replay: bool = False
    """Whether the teacher is asked again, in the background, for the reasoning of a sampled
    inference that came without any. Needs `capture.traces`."""
    replay_students: bool = False
    """Whether it is also asked what the student answered."""
    replay_per_minute: int = Field(6, ge=1)
    """Most replays begun within a minute."""
    replay_concurrency: int = Field(1, ge=1)
    """Most replays in flight."""
    replay_usd_per_day: float = Field(0.0, ge=0)
    """Most that replays may cost in a day (UTC), by the teacher's prices or its own bill; it comes on
    top of `limits.usd_per_day`, which is for what applications ask. 0: nothing may be spent, so
    that only a teacher whose prices are 0 is asked, and never the command."""
    replay_thinking_tokens: int = Field(2048, ge=1024)
    """Budget of an Anthropic teacher's extended thinking in a replay; it comes on top of
    `teacher.max_tokens`. Other teachers reason as they always do."""


class Reward(Section):
    rating: float = 1.0
    """Weight of a user's own rating, and of one by a judge or the application, which is as automatic as
    the rest."""
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


class Evaluation(Section):
    questions: int = Field(200, ge=1)
    """Held-out questions per evaluation."""
    seed: int = 10_007
    """Seed of the held-out questions."""
    confidence: float = Field(0.95, gt=0, lt=1)
    """Coverage of every interval in a report."""
    concurrency: int = Field(2, ge=1)
    """Requests in flight per variant."""
    unquantised: bool = True
    """Whether the GGUF before quantisation answers too, so that the report tells what quantising
    cost; it needs that file's memory."""


class Gate(Section):
    margin: float = Field(0.10, ge=0, le=1)
    """The student may be this much below its champion on the primary measure, no more."""
    min_agreement: float = Field(0.80, ge=0, le=1)
    """Least agreement with the teacher (lower end of the interval)."""
    min_json_valid: float = Field(0.99, ge=0, le=1)
    """Least share of answers that parse as JSON; of a function that answers in plain text, that are
    a whole text."""
    min_schema_valid: float = Field(0.98, ge=0, le=1)
    """Least share of answers that satisfy the function's schema."""
    max_latency_p95_ms: float = Field(2000.0, gt=0)
    """Slowest tolerated 95th percentile."""
    min_questions: int = Field(50, ge=1)
    """An evaluation on fewer questions holds."""


class TrafficSettings(Section):
    steps: RisingShares = (0.05, 0.25, 0.50, 1.0)
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


class Config(Section):
    application: str = "commandcenter.application:APPLICATION"
    """The domain: `package.module:NAME` of an Application."""
    data_dir: Path = Path("understudy-data")
    """Folder of the store, the spool, runs and releases."""
    rules: tuple[Rule, ...] = ()
    """What function a request is for that has no x-understudy-function header: that of the first
    table [[rules]] that fits. Each has `function`, and `model` (a pattern such as
    `claude-haiku-*`), `system_contains` (a part of the system prompt) or both. What fits none is
    `unnamed`: the teacher answers, and nothing is learned. Without rules an application's only
    function takes the requests whose prompt is like its own."""
    server: Server = Server()
    log: Log = Log()
    limits: Limits = Limits()
    teacher: Teacher = Teacher()
    capture: Capture = Capture()
    reward: Reward = Reward()
    voice: Voice = Voice()
    judge: Judge = Judge()
    signals: Signals = Signals()
    samples: Samples = Samples()
    student: Student = Student()
    sft: Sft = Sft()
    export: Export = Export()
    evaluation: Evaluation = Evaluation()
    gate: Gate = Gate()
    traffic: TrafficSettings = TrafficSettings()
    trainer: Trainer = Trainer()
    tier1: Tier1 = Tier1()
    embedding: Embedding = Embedding()
    ranker: Ranker = Ranker()
    prompts: Prompts = Prompts()
