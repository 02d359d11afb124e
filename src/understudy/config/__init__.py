"""One typed TOML file plus the environment; the only reader of either."""

from understudy.config.judging import Judge, Prompts, Signals
from understudy.config.learning import Export, Samples, Sft, Student, Trainer
from understudy.config.loading import SECRETS, Resolved, Setting, load_config
from understudy.config.ranking import Embedding, Ranker, Tier1
from understudy.config.section import Section
from understudy.config.sections import (
    Capture,
    Config,
    Evaluation,
    Gate,
    Limits,
    Log,
    Reward,
    Rule,
    Server,
    Teacher,
    TrafficSettings,
    Voice,
)

__all__ = [
    "SECRETS",
    "Capture",
    "Config",
    "Embedding",
    "Evaluation",
    "Export",
    "Gate",
    "Judge",
    "Limits",
    "Log",
    "Prompts",
    "Ranker",
    "Resolved",
    "Reward",
    "Rule",
    "Samples",
    "Section",
    "Server",
    "Setting",
    "Sft",
    "Signals",
    "Student",
    "Teacher",
    "Tier1",
    "TrafficSettings",
    "Trainer",
    "Voice",
    "load_config",
]
