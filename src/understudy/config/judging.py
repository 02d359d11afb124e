"""The settings of the judge, of what it says about signals, and of the prompts that are evolved."""

from typing import Literal

from pydantic import Field

from understudy.config.section import Address, Section


class Judge(Section):
    enabled: bool = False
    """Whether served answers are judged in the background, the newest first."""
    kind: Literal["teacher", "anthropic", "openai", "claude_cli", "scripted"] = "teacher"
    """Who judges: the `teacher` as [teacher] says, or another model, asked as `teacher.kind`
    explains. A model tends to favour its own answers: another one is the better judge."""
    base_url: Address = ""
    """Address of another judge; needed for `openai` and `scripted`."""
    model: str = ""
    """Model of another judge."""
    api_key: str = Field("", repr=False)
    """Key of another judge; set it by environment. The teacher's key is never sent to it."""
    usd_per_million_input: float = Field(1.0, ge=0)
    """Price of a million input tokens of another judge."""
    usd_per_million_output: float = Field(5.0, ge=0)
    """Price of a million output tokens of another judge."""
    max_tokens: int = Field(1024, ge=64)
    """Answer limit of a verdict."""
    per_minute: int = Field(6, ge=1)
    """Most verdicts begun within a minute. A comparison, asked in both orders, is one."""
    concurrency: int = Field(1, ge=1)
    """Most verdicts in flight."""
    usd_per_day: float = Field(0.0, ge=0)
    """Most that verdicts may cost in a day (UTC), by the judge's prices or its own bill. 0: nothing
    may be spent, so that only a judge whose prices are 0 is asked, and never the command."""
    min_common: int = Field(20, ge=1)
    """With fewer answers that both a user rated and the judge evaluated, the judge's part in the
    reward is what [reward] says."""
    min_agreement: float = Field(0.75, ge=0, le=1)
    """Share of those on which the two agree below which the judge is ignored; from there on its part
    in the reward is what [reward] says times that share."""


class Signals(Section):
    judge: bool = False
    """Whether `understudy compare` asks the judge of [judge] about findings that the rules are not
    sure of, one question a reply, within its rate and money: what it thinks wrong is dropped."""


class Prompts(Section):
    enabled: bool = False
    """Whether the teacher is asked under versions of a prompt that the application has in pieces.
    Such requests are no longer relayed byte for byte, and an upstream's cache of prompts is less use."""
    epsilon: float = Field(0.1, ge=0, le=1)
    """Share of the choices that fall on any serving version, at random."""
    max_versions: int = Field(10, ge=2)
    """Most versions that serve or wait, the base among them."""
    trials_per_version: int = Field(25, ge=1)
    """Trials after which another version is proposed, and before which none retires."""
    usd_per_day: float = Field(0.0, ge=0)
    """Most that rewording and validation may cost in a day (UTC), by the highest price that an answer
    can have, on top of `limits.usd_per_day`. 0: nothing may be spent, so that only a teacher whose
    prices are 0 is asked, and never the command."""
    ask_teacher: bool = True
    """Whether the teacher rewords rules. Without, rules are reordered and examples added only."""
    validation_experiences: int = Field(50, ge=2)
    """Held-out experiences on which a version is compared with the base before it serves."""
    validation_margin: float = Field(0.1, ge=0, le=1)
    """The version's mean score there may be this much below the base's, no more."""
    validation_confidence: float = Field(0.95, gt=0.5, lt=1)
    """Certainty with which it must not be worse than that."""
    max_growth: float = Field(1.5, ge=1)
    """A version may be so many times as long as the base."""
    max_rule_chars: int = Field(600, ge=20)
    """A longer rule is refused."""
    max_examples: int = Field(3, ge=0)
    """Most examples in a prompt."""
    seed: int = 0
    """Seed of what is mutated, and how."""
