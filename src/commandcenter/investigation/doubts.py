"""The steps of a careful expert: a slip mended, an idea that leads nowhere, another one weighed, a check.

Each asks the plant, so that what is said of the idea is what the plant shows.
"""

from commandcenter.equipment import KINDS
from commandcenter.investigation.notebook import Notebook, count

_HOURS = 24


def mend_slip(book: Notebook) -> str:
    """The neighbour was read, or too short a window; what counts is read after that."""
    case = book.case
    book.acts["self_corrections"] += 1
    mates = [unit for unit in book.plant.equipment if unit.kind == case.unit.kind]
    mates = [unit for unit in mates if unit.id != case.unit.id]
    if mates and book.rng.random() < 0.5:
        wrong = book.rng.choice(mates)
        first = book.call("read_metric", unit=wrong.id, metric=case.metric.name)
        again = book.call("read_metric", unit=case.unit.id, metric=case.metric.name)
        book.note(f"{case.unit.id} {case.metric.name}", again["value"], again["unit"])
        return book.say(
            f"{first['value']} is {case.name}. Wait, that is {wrong.id}, not {case.unit.id}: it reads {again['value']}.",
            f"I read {first['value']}. Correction: I asked for {wrong.id} instead of {case.unit.id}, which gives {again['value']}.",
        )
    short = book.call("list_alarms", unit=case.unit.id, days=1)
    wide = book.call("list_alarms", unit=case.unit.id, days=30)
    book.note("alarms 30 days", wide["alarms"])
    seen = count(short["alarms"], "alarm")
    return book.say(
        f"One day shows {seen}. Wait, that is one day, not the month: 30 days show {wide['alarms']}.",
        f"{seen} in a day. No, that is wrong: the question needs the month, which has {wide['alarms']}.",
    )


def try_idea(book: Notebook) -> str:
    """Another metric of the unit as the cause: ruled out where it is normal, followed where not."""
    case = book.case
    others = [
        metric
        for metric in KINDS[case.unit.kind].metrics
        if metric.limit is not None and metric.name != case.metric.name
    ]
    other = book.rng.choice(others)
    name = other.name.replace("_", " ")
    found = book.call("read_metric", unit=case.unit.id, metric=other.name)
    book.note(f"{case.unit.id} {other.name}", found["value"], found["unit"])
    shown = f"{found['value']} {found['unit']}".strip()
    if found["state"] == "alarm":
        book.acts["branches"] += 1
        return book.say(
            f"{name} is past its limit too, at {shown}; I follow that.",
            f"{name} stands at {shown}, in alarm as well: the two belong together.",
        )
    book.acts["dead_ends"] += 1
    return book.say(
        f"At {shown} {name} is ruled out as the cause.",
        f"Could it be {name}? It reads {shown}, normal, so it is a dead end.",
        f"{name} at {shown} is normal, which rules out {name}.",
    )


def weigh_other(book: Notebook) -> str:
    """What would be seen if it were not this unit alone."""
    case = book.case
    book.acts["counterfactuals"] += 1
    found = book.call("rank_kind", kind=case.unit.kind, metric=case.metric.name)
    plural = KINDS[case.unit.kind].plural.replace("_", " ")
    book.note(f"mean of {found['units']} {plural}", found["mean"], case.metric.unit)
    return book.say(
        f"If the gauge were at fault, it would stand apart from the other {plural}; their mean is {found['mean']}.",
        f"Had all {plural} drifted, their mean of {found['mean']} would have moved too.",
        f"If it were the season, every one of the {found['units']} {plural} would show it; the mean is {found['mean']}.",
    )


def check_again(book: Notebook) -> str:
    case = book.case
    book.acts["validations"] += 1
    found = book.call("verify_metric", unit=case.unit.id, metric=case.metric.name, hours=_HOURS)
    book.note(f"mean {case.metric.name} {_HOURS} h", found["mean"], case.metric.unit)
    return book.say(
        f"Let me verify with {found['samples']} samples of {_HOURS} hours: mean {found['mean']}, highest {found['highest']}.",
        f"I double-check against {found['samples']} samples: the mean of {_HOURS} hours is {found['mean']}.",
        f"To verify, {found['samples']} finer samples: mean {found['mean']} and highest {found['highest']}.",
    )
