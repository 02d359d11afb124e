"""The steps that look: each makes one call and says what it showed. A number is always the plant's."""

from commandcenter.investigation.notebook import Notebook, count

WEEK = 7


def look_now(book: Notebook) -> str:
    case = book.case
    found = book.call("read_metric", unit=case.unit.id, metric=case.metric.name)
    book.note(f"{case.unit.id} {case.metric.name}", found["value"], found["unit"])
    side = "upper limit" if (found["limit"] or 0) > case.metric.nominal else "lower limit"
    limit = "" if found["limit"] is None else f", {side} {found['limit']}"
    shown = f"{found['value']} {found['unit']}".strip()
    state = f"status {found['state']}{limit}"
    return book.say(
        f"{case.name} of {case.unit.id} reads {shown}, {state}.",
        f"The gauge gives {shown} for {case.name} of {case.unit.id}, {state}.",
        f"{case.unit.id} has {shown} in {case.name}, {state}.",
    )


def look_back(book: Notebook, days: int = WEEK) -> str:
    case = book.case
    found = book.call("read_series", unit=case.unit.id, metric=case.metric.name, days=days)
    book.note(f"mean {case.metric.name} {days} days", found["mean"], found["unit"])
    book.note(f"highest {case.metric.name}", found["highest"], found["unit"])
    course = "rose" if found["change"] > 0 else "fell"
    if found["past_limit"]:
        past = count(found["past_limit"], "sample")
        return book.say(
            f"Over {days} days {case.name} reached {found['highest']} and {found['lowest']}, with {past} past the limit.",
            f"{past} of {found['samples']} in {days} days are past the limit of {case.name}; the mean is {found['mean']}.",
        )
    return book.say(
        f"Over {days} days {case.name} ran from {found['lowest']} to {found['highest']}, mean {found['mean']}.",
        f"{days} days of {case.name}: mean {found['mean']}, highest {found['highest']}; the half-week mean {course} by {abs(found['change'])}.",
        f"The series of {days} days averages {found['mean']} and {course} by {abs(found['change'])} between its halves.",
    )


def look_at_alarms(book: Notebook, days: int = WEEK) -> str:
    case = book.case
    found = book.call("list_alarms", unit=case.unit.id, days=days)
    book.note(f"alarms {days} days", found["alarms"])
    if not found["alarms"]:
        return book.say(
            f"{case.unit.id} raised no alarm in {days} days.",
            f"{days} days without an alarm on {case.unit.id}.",
        )
    raised = count(found["alarms"], "alarm")
    return book.say(
        f"{case.unit.id} raised {raised} in {days} days, {found['open']} still open ({found['newest']}).",
        f"The alarm list of {days} days has {raised}, {found['open']} open; the newest says {found['newest']}.",
    )


def look_at_orders(book: Notebook, days: int = 90) -> str:
    found = book.call("list_orders", unit=book.case.unit.id, days=days)
    book.note(f"work orders {days} days", found["orders"])
    book.note("overdue", found["overdue"])
    task = f", the last one {found['last_task']}" if found["last_task"] else ""
    orders = count(found["orders"], "work order")
    return book.say(
        f"{book.case.unit.id} had {orders} in {days} days{task}; overdue: {found['overdue']}.",
        f"{days} days hold {orders}, {found['done']} done and {found['overdue']} overdue{task}.",
    )


def look_at_cost(book: Notebook, days: int = WEEK) -> str:
    area = book.case.unit.area
    found = book.call("read_costs", area=area, days=days)
    book.note(f"cost of {area}", found["amount_usd"], "USD")
    book.note(f"energy of {area}", found["energy_kwh"], "kWh")
    return book.say(
        f"{area} used {found['energy_kwh']} kWh for {found['amount_usd']} USD in {days} days, {found['share_percent']} % of the plant.",
        f"{days} days cost {found['amount_usd']} USD in {area} ({found['energy_kwh']} kWh) out of {found['plant_usd']} USD.",
    )


def look_at_kind(book: Notebook) -> str:
    case = book.case
    found = book.call("rank_kind", kind=case.unit.kind, metric=case.metric.name)
    book.note(f"{found['highest']} {case.metric.name}", found["highest_value"], case.metric.unit)
    book.note(f"mean of {found['units']} units", found["mean"], case.metric.unit)
    return book.say(
        f"The most {case.name} of {found['units']} units has {found['highest']} ({found['highest_value']}), the least {found['lowest']} ({found['lowest_value']}).",
        f"The mean over {found['units']} units is {found['mean']}; {found['highest']} has the most, {found['highest_value']}.",
    )


def look_at_shifts(book: Notebook, days: int = 2) -> str:
    found = book.call("list_shifts", days=days)
    book.note(f"output {days} days", found["output_units"], "units")
    return book.say(
        f"{found['shifts']} shifts made {found['output_units']} units, the best one {found['best_shift_units']}.",
        f"Output over {found['shifts']} shifts is {found['output_units']} units; {found['present']} people are present.",
    )


def look_at_people(book: Notebook) -> str:
    area = book.case.unit.area
    found = book.call("list_people", area=area)
    book.note(f"on duty in {area}", found["on_duty"], "people")
    return book.say(
        f"{found['on_duty']} of {found['people']} people of {area} are on duty.",
        f"{area} has {found['people']} people, {found['on_duty']} of them on shift now.",
    )


def look_at_columns(book: Notebook) -> str:
    unit = book.case.unit.id
    found = book.call("search_schema", unit=unit)
    book.note(f"columns of {unit}", found["columns"])
    return book.say(
        f"{unit} has {found['columns']} recorded columns, {found['with_limit']} with a limit and {found['counters']} counters.",
        f"The table of {unit} holds {found['columns']} columns; {found['with_limit']} of them carry a limit.",
    )


def look_at_rows(book: Notebook, days: int = WEEK) -> str:
    case = book.case
    found = book.call("run_query", unit=case.unit.id, metric=case.metric.name, days=days)
    book.note(f"rows of {case.metric.name}", found["rows"])
    book.note("rows past the limit", found["past_limit"])
    return book.say(
        f"The query over {days} days returns {found['rows']} rows of {case.name}, {found['past_limit']} past the limit.",
        f"{found['rows']} hourly rows of {case.name} come back, {found['past_limit']} of them past the limit, the last one {found['last']}.",
    )
