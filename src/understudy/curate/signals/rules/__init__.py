"""The rule tables, one for each structure."""

from understudy.curate.signals.rule import Table
from understudy.curate.signals.rules.assumption import ASSUMPTION
from understudy.curate.signals.rules.constraint import CONSTRAINT
from understudy.curate.signals.rules.correction import CORRECTION
from understudy.curate.signals.rules.counterfactual import COUNTERFACTUAL
from understudy.curate.signals.rules.edit import EDIT
from understudy.curate.signals.rules.preference import PREFERENCE
from understudy.curate.signals.rules.provenance import PROVENANCE
from understudy.curate.signals.rules.pruning import PRUNING
from understudy.curate.signals.rules.safety import SAFETY
from understudy.curate.signals.rules.self_critique import SELF_CRITIQUE
from understudy.curate.signals.rules.validation import VALIDATION

TABLES: tuple[Table, ...] = (
    ASSUMPTION,
    VALIDATION,
    COUNTERFACTUAL,
    EDIT,
    PROVENANCE,
    SAFETY,
    PREFERENCE,
    SELF_CRITIQUE,
    CORRECTION,
    CONSTRAINT,
    PRUNING,
)

__all__ = ["TABLES"]
