"""The settings of tier 1: how texts become vectors, and how the ranker learns from feedback."""

from typing import Literal

from pydantic import Field

from understudy.config.section import Address, Section


class Tier1(Section):
    enabled: bool = True
    """Whether the ranker learns from feedback on the entries of an answer, and orders what a student
    lists. Needs the extra `ranker`; without it the order stays as the model wrote it."""
    order: Literal["students", "all"] = "students"
    """Whose lists are put in order: the students', or the teacher's too. Its answers that are no
    stream are then held back whole, and relayed with their list in another order."""
    interval_s: float = Field(60.0, gt=0)
    """Seconds between two fits."""
    max_items: int = Field(0, ge=0)
    """Most entries of an answer that are shown; 0 shows all."""
    max_wait_s: float = Field(0.5, gt=0)
    """Longest that an answer waits to be ordered, as where an embedding endpoint is slow; then its
    order stays."""
    exploration: float = Field(0.1, ge=0, le=1)
    """Chance that the last place shown goes to one of the entries left out; only with a cap."""
    critical_place: int = Field(3, ge=1)
    """A critical entry (alerts, kpi) never falls below this place."""
    thumb_share: float = Field(0.5, ge=0, le=1)
    """What a thumb about a whole answer counts for each entry that nobody judged alone."""
    user_events: int = Field(200, ge=1)
    """Most answers a day that one user's feedback is learned from; what is beyond is counted."""


class Embedding(Section):
    kind: Literal["minilm", "openai"] = "minilm"
    """MiniLM-L6 on this machine (the extra `ranker`), or an OpenAI-compatible endpoint, Ollama's
    too (`http://127.0.0.1:11434/v1`)."""
    base_url: Address = "http://127.0.0.1:11434/v1"
    """Of the endpoint; /embeddings is added."""
    model: str = "all-minilm"
    """The endpoint's name of the model."""
    api_key: str = Field("", repr=False)
    """Of the endpoint; UNDERSTUDY_EMBEDDING__API_KEY keeps it out of the file."""
    timeout_s: float = Field(10.0, gt=0)
    """Seconds until a call to the endpoint is given up."""
    folder: str = ""
    """Where MiniLM's graph is written once and read; empty: `models` in the data_dir."""
    int8: bool = True
    """Whether MiniLM's matrices are held in 8 bits: a third of the time, cosine 0.994 to fp32."""
    max_tokens: int = Field(128, ge=8, le=512)
    """A longer text is cut, for an endpoint at four characters a token."""
    threads: int = Field(1, ge=1)
    """CPU threads of onnxruntime."""
    cache_texts: int = Field(20_000, ge=1)
    """Vectors kept in memory, by hash of their text."""


class Ranker(Section):
    rank: int = Field(32, ge=1)
    """Rank of the network's first layer: 32 makes 28,193 parameters, 8 makes 7,145."""
    hidden: int = Field(64, ge=1)
    """Width of its second layer."""
    embedding_scale: float = Field(0.3, gt=0)
    """Factor on the embeddings of query and item."""
    feature_scale: float = Field(3.0, gt=0)
    """Factor on the structured inputs."""
    learning_rate: float = Field(1e-3, gt=0)
    """Adam's rate, halved when validation stops improving."""
    min_learning_rate: float = Field(1e-4, gt=0)
    """The halving ends here."""
    patience: int = Field(5, ge=1)
    """Validations without a better one before the rate is halved."""
    margin: float = Field(0.2, ge=0)
    """The network wants a better item this far above a worse one of the same list."""
    batch_events: int = Field(16, ge=1)
    """Events in one step of the network."""
    steps_per_batch: int = Field(8, ge=0)
    """Steps of the network in one fit."""
    replay_events: int = Field(2000, ge=1)
    """Last events that are learned from again."""
    replay_passes: int = Field(3, ge=0)
    """How many times as many replayed events as new ones the memory learns from in one fit."""
    validation_events: int = Field(400, ge=2)
    """Most events kept for validation; they are never trained on."""
    validation_share: float = Field(0.1, gt=0, lt=1)
    """Share of the events that go there."""
    validation_half_life: float = Field(150.0, gt=0)
    """Newer validation events after which one counts half, so that old tastes lose their vote."""
    gate_events: int = Field(20, ge=2)
    """With fewer validation events nothing that was learned is served."""
    gate_margin: float = Field(0.5, ge=0)
    """Standard errors by which a blend must beat the fallback, and by which a new version may seem
    worse than the served one."""
    word_buckets: int = Field(256, ge=0)
    """A query's words and pairs of words are hashed into as many numbers, beside its embedding, for the
    items' judges to learn from; 0: the embedding alone."""
    memory_rate: float = Field(1.3, gt=0)
    """Step of an item's judge, before it is divided by the root of its past gradients."""
    memory_decay: float = Field(0.995, gt=0, le=1)
    """What an item's past keeps of its weight with each new piece of feedback on it."""
    memory_shrink: float = Field(1e-3, ge=0)
    """Pull of an item's judge towards nothing."""
    text_slope: float = Field(10.0, gt=0)
    """How much an item's likeness to the query says, in log odds, before anything is learned."""
    calibration_decay: float = Field(0.9995, gt=0, le=1)
    """What the calibration's past keeps of its weight with each new judged item."""
    cold_pairs: float = Field(2.0, gt=0)
    """Judgements of an item at which its own memory weighs as much as its text."""
    cold_bonus: float = 0.5
    """Benefit of the doubt for an item never shown, in log odds."""
    catalog_items: int = Field(10_000, ge=2)
    """Most items that are remembered, about 60 KB each; beyond it those are forgotten that were
    longest in no answer that somebody judged. An item that is not remembered is ordered by its text."""
    seen_keys: int = Field(20_000, ge=1)
    """Answers whose last event is remembered, so that a repeat changes nothing."""
    checkpoint_updates: int = Field(50, ge=1)
    """Fits between two checkpoints while nothing new is served. A version that serves is saved at
    once; of a catalog beyond 8,000 items only the first."""
    seed: int = 0
    """Seed of the initial weights and of what is replayed."""
