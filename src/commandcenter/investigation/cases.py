"""How each workflow is worked through: where it looks, how deep it usually goes, what it keeps to.

The depth is drawn, what follows from it is the plant's: an alarm is followed before anything else.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from commandcenter.investigation import doubts, looks
from commandcenter.investigation.notebook import Case, Notebook
from commandcenter.plant import Plant
from understudy.curate.signals.findings import Exploration

Step = Callable[[Notebook], str]
_DEPTHS = (Exploration.THOROUGH, Exploration.MODERATE, Exploration.MINIMAL)


@dataclass(frozen=True, slots=True)
class Approach:
    """The first look, those that may follow, and the weights of thorough, moderate and minimal."""

    opening: Step
    looks: tuple[Step, ...]
    weights: tuple[float, float, float]
    asked: str
    well: str
    ill: str


# Over the eight in turn the weights make 53 % thorough, 21 % moderate and 26 % minimal.
APPROACHES: Mapping[str, Approach] = {
    "equipment_analysis": Approach(
        looks.look_now, (looks.look_back, looks.look_at_alarms, looks.look_at_orders),
        (0.60, 0.30, 0.10), "how it does", "{unit} runs as it should", "{unit} needs a look",
    ),
    "anomaly_detection": Approach(
        looks.look_back, (looks.look_now, looks.look_at_alarms, looks.look_at_rows),
        (0.80, 0.15, 0.05), "anything unusual", "No anomaly in the {metric} of {unit}", "{unit} is abnormal",
    ),
    "database_schema": Approach(
        looks.look_at_columns, (looks.look_at_rows, looks.look_back, looks.look_at_alarms),
        (0.15, 0.25, 0.60), "what is recorded", "The records of {unit} answer this", "The records of {unit} show an alarm",
    ),
    "maintenance_analysis": Approach(
        looks.look_at_orders, (looks.look_at_people, looks.look_at_alarms, looks.look_now),
        (0.50, 0.25, 0.25), "its upkeep", "The maintenance of {unit} is in hand", "{unit} comes first in maintenance",
    ),
    "energy_optimisation": Approach(
        looks.look_at_cost, (looks.look_back, looks.look_at_kind, looks.look_at_shifts),
        (0.70, 0.20, 0.10), "where energy goes", "The energy of {area} is as expected", "{unit} is in alarm, which comes before savings",
    ),
    "real_time_monitoring": Approach(
        looks.look_now, (looks.look_at_alarms, looks.look_at_kind, looks.look_back),
        (0.20, 0.15, 0.65), "the present state", "{unit} is normal now", "{unit} is in alarm now",
    ),
    "data_aggregation": Approach(
        looks.look_at_shifts, (looks.look_at_cost, looks.look_at_rows, looks.look_at_people),
        (0.35, 0.25, 0.40), "the totals", "The totals for {area} agree", "The totals for {area} hide an alarm of {unit}",
    ),
    "predictive_maintenance": Approach(
        looks.look_back, (looks.look_at_alarms, looks.look_at_orders, looks.look_now),
        (0.94, 0.06, 0.00), "what may fail next", "{unit} will likely hold", "{unit} is likely to fail first",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """A case worked through: the notebook, the depth that was chosen, whether something is wrong."""

    book: Notebook
    depth: Exploration
    alarmed: bool

    @property
    def thinking(self) -> str:
        thoughts = self.book.thoughts
        if len(thoughts) == 1:
            return thoughts[0]
        return "\n".join(f"{number}. {thought}" for number, thought in enumerate(thoughts, 1))


def work_through(case: Case, plant: Plant, rng: random.Random) -> Work:
    """Deterministic for one plant, case and rng."""
    approach = APPROACHES[case.workflow]
    depth = rng.choices(_DEPTHS, approach.weights)[0]
    book = Notebook(plant, case, rng)
    book.thoughts.append(f"{_begin(book, approach)} {approach.opening(book)}")
    if depth is Exploration.MODERATE:
        _go_on(book, approach)
    elif depth is Exploration.THOROUGH:
        _go_deep(book, approach)
    return Work(book, depth, _in_alarm(book))


def _begin(book: Notebook, approach: Approach) -> str:
    """What is asked, in own words, and what has to be assumed about it."""
    case = book.case
    about = f"{case.name} of {case.unit.id}"
    if not case.named:
        book.acts["assumptions"] += 1
        return book.say(
            f"Asked is {approach.asked}; no unit is named, so I assume {case.unit.id} is meant.",
            f"I am asked about {approach.asked}. I assume that {case.unit.id} is meant, as it names none.",
        )
    return book.say(
        f"The operator wants {approach.asked}: {about}.",
        f"Asked is {approach.asked}, with {about}.",
        f"This is about {approach.asked}, for {about}.",
    )


def _take(book: Notebook, step: Step) -> None:
    book.thoughts.append(step(book))


def _go_on(book: Notebook, approach: Approach) -> None:
    """One or two looks more; of one an idea may be tried in its place."""
    following = _choose(book, approach)
    if book.rng.random() < 0.5:
        for step in following[:2]:
            _take(book, step)
    else:
        _take(book, book.rng.choice((following[0], doubts.try_idea)))


def _go_deep(book: Notebook, approach: Approach) -> None:
    """Looks, then what a careful expert adds: an idea that is tried, another cause, a last check."""
    rng = book.rng
    if rng.random() < 0.3:
        _take(book, doubts.mend_slip)
    following = _choose(book, approach)
    for step in following[: rng.choice((1, 1, 2))]:
        _take(book, step)
    # Where a limit was passed a cause is asked for; elsewhere now and then.
    if _is_suspicious(book) or rng.random() < 0.6:
        _take(book, doubts.try_idea)
    if rng.random() < 0.5:
        _take(book, doubts.weigh_other)
    while len(book.thoughts) < _FEWEST - 1:
        _take(book, rng.choice((doubts.try_idea, doubts.weigh_other)))
    _take(book, doubts.check_again)


_FEWEST = 4


def _choose(book: Notebook, approach: Approach) -> list[Step]:
    """The looks in a drawn order, except that a limit that was passed is followed first."""
    order = book.rng.sample(approach.looks, len(approach.looks))
    if _is_suspicious(book) and looks.look_at_alarms in order:
        book.acts["branches"] += 1
        order.sort(key=lambda step: step is not looks.look_at_alarms)
    return order


def _in_alarm(book: Notebook) -> bool:
    """Now, by what was read of the unit itself; an overdue order where upkeep is the question."""
    results = [
        call["result"] for call in book.calls if call["arguments"].get("unit") == book.case.unit.id
    ]
    upkeep = book.case.workflow == "maintenance_analysis"
    return any(
        found.get("state") == "alarm" or found.get("open") or (upkeep and found.get("overdue"))
        for found in results
    )


def _is_suspicious(book: Notebook) -> bool:
    return _in_alarm(book) or any(call["result"].get("past_limit") for call in book.calls)
