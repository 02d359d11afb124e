"""How `understudy tier1` shows what it found."""

import time
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from understudy.learn.tier1.explain import Explanation
    from understudy.learn.tier1.off_policy import Estimate
    from understudy.learn.tier1.position import PlaceEffect
    from understudy.learn.tier1.whatif import Fair, WhatIf

SHOWN_INPUTS = 8
# Less than what is printed.
LEAST_EFFECT = 0.00005


def entries_table(function: str, entries: list[dict[str, Any]]) -> Table:
    table = Table("entry", "liked", "disliked", "recent reward", title=f"entries of {function}")
    for row in sorted(entries, key=lambda one: -float(one["recent"])):
        recent = f"{row['recent']:+.2f}"
        table.add_row(row["key"], str(row["liked"]), str(row["disliked"]), recent)
    return table


def whatif_table(found: "WhatIf", first: str, second: str) -> Table:
    table = Table(
        "estimate",
        first,
        second,
        title=f"mean reward within the first {found.top}, {found.answers} answers",
    )
    for name, estimate in found.first.items():
        table.add_row(name, _interval(estimate), _interval(found.second[name]))
    table.add_row("gain (doubly robust, paired)", _interval(found.gain), "")
    table.add_row("wanted without a chance", f"{found.gain.unsupported:.0%}", "")
    table.add_row("judged of what was shown", f"{found.judged:.0%}", "")
    return table


def place(effect: "PlaceEffect | None") -> str:
    """The estimates take it that the place of an entry does not change its reward."""
    if effect is None:
        return "cannot be told: too few answers were judged, or entries keep their places"
    told = f"{_interval(effect)} with each place down ({effect.judged} judged entries)"
    if not effect.seen:
        return f"none seen, {told}"
    return f"{told}: a bias, or an order that knows more of a question than the model's relevance"


def fair_text(fair: "Fair", since: float) -> str:
    """Which answers were asked about: what was trained on would flatter."""
    moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(since))
    return (
        f"{len(fair.since)} answers since the checkpoint of {moment}, and {len(fair.held_out)} before it "
        f"that were held out from training (they only chose what is served); left out are "
        f"{fair.left_out} that it learned from"
    )


def _interval(estimate: "Estimate | PlaceEffect") -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def explained(key: str, found: "Explanation") -> Table:
    blend = f"{found.choice.share:.0%} network, else {found.choice.prior.value}"
    title = f"{key}: {found.adjustment:+.3f} ({blend}; judged {found.judgements} times)"
    table = Table("input", "value", "effect on its score", title=title)
    parts = (
        ("relevance", found.relevance), ("cosine", found.cosine), ("memory", found.memory),
        ("network", found.network),
    )  # fmt: skip
    for name, part in parts:
        table.add_row(f"score by {name}", "none" if part is None else f"{part:+.3f}", "")
    moved = [one for one in found.moved if abs(one[2]) >= LEAST_EFFECT]
    for name, value, effect in moved[:SHOWN_INPUTS]:
        table.add_row(name, "" if value != value else f"{value:+.3f}", f"{effect:+.4f}")
    return table


def text_of(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
