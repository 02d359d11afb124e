"""One typed TOML file plus the environment; the only reader of either."""

from understudy.config.loading import Resolved, Setting, load_config
from understudy.config.sections import (
    Capture,
    Config,
    Evaluation,
    Export,
    Gate,
    Reward,
    Samples,
    Section,
    Server,
    Sft,
    Student,
    Teacher,
    TrafficSettings,
    Trainer,
    Voice,
)

__all__ = [
    "Capture",
    "Config",
    "Evaluation",
    "Export",
    "Gate",
    "Resolved",
    "Reward",
    "Samples",
    "Section",
    "Server",
    "Setting",
    "Sft",
    "Student",
    "Teacher",
    "TrafficSettings",
    "Trainer",
    "Voice",
    "load_config",
]
