"""An operator's two steps, the same for a running server and for a store that nobody serves."""

import time

from understudy.config import Config
from understudy.errors import GateError
from understudy.records import TEACHER, CycleState
from understudy.release import cycle
from understudy.store import Store


def promote(store: Store, config: Config, number: int, force: bool) -> str:
    """Start the release's canary; forced, it goes live at once and the timeline says so."""
    target = CycleState.LIVE if force else CycleState.CANARY
    share = 1.0 if force else config.traffic.steps[0]
    promotion = cycle.Promotion(target=target, share=share, force=force)
    after = cycle.promote(store, number, promotion, time.time())
    serving = ", ".join(f"{traffic.share:.0%} of {traffic.function}" for traffic in after)
    return f"student@{number} is {target.value}: it serves {serving}"


def roll_back(store: Store, function: str | None, reason: str) -> str:
    """Take the student off one function, or off all that it serves. Raises GateError if none."""
    served = {name for release in store.find_releases() for name in release.functions}
    names = [function] if function else sorted(name for name in served if _on_stage(store, name))
    if not names:
        raise GateError("nothing to roll back: the teacher serves every function")
    after = [cycle.roll_back(store, name, reason, time.time()) for name in names]
    return "; ".join(f"{traffic.function}: {traffic.champion} serves" for traffic in after)


def _on_stage(store: Store, function: str) -> bool:
    traffic = cycle.find_traffic(store, function)
    return traffic.candidate is not None or traffic.champion != TEACHER
