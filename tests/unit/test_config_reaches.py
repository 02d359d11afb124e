"""Every setting has a probe that shows where it ends up."""

from reach_served import SERVED
from test_config_reaches_capture import CAPTURE
from test_config_reaches_curation import CURATION
from test_config_reaches_decisions import DECISIONS
from test_config_reaches_judge import JUDGE
from test_config_reaches_prompts import PROMPTS
from test_config_reaches_ranker import RANKER
from test_config_reaches_replay import REPLAY
from test_config_reaches_serving import SERVING
from test_config_reaches_sft import SFT
from test_config_reaches_student import STUDENT
from test_config_reaches_tier1 import TIER1
from test_config_reaches_trainer import TRAINER
from test_logs import LOGS

from understudy.config import Config, Resolved

TABLES = (
    CAPTURE,
    CURATION,
    DECISIONS,
    JUDGE,
    LOGS,
    PROMPTS,
    RANKER,
    REPLAY,
    SERVING,
    SFT,
    SERVED,
    STUDENT,
    TIER1,
    TRAINER,
)


def test_every_setting_is_proved_to_reach_its_user() -> None:
    known = sorted(setting.name for setting in Resolved(Config(), {}).settings())
    assert sorted(name for table in TABLES for name in table) == known
