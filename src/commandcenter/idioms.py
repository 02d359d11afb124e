"""Words that are read as others: typing errors, abbreviations, and phrases whose words mislead.

Data only; cues.py applies it before it looks for cues.
"""

from collections.abc import Mapping

IDIOMS: Mapping[str, str] = {
    # compared, not stacked
    "stack* up": "compare", "v s": "versus", "before and after ~ maint*": "before and after",
    "before and after ~ overhaul*": "before and after", "before and after ~ repair*": "before and after",
    "before and after ~ servic*": "before and after", "prior to and after ~ overhaul*": "before and after",
    "prior to and after ~ maint*": "before and after", "prior to and after ~ repair*": "before and after",
    "than usual": "unusual", "than normal": "unusual", "than it should": "unusual",
    # names of things
    "hex grid*": "hexgrid",     "distribution panel*": "panel", "distribution board*": "panel", "distribution transformer*": "transformer",
    "electrical panel*": "panel", "feed pump*": "pump", "water pump*": "pump", "chilled water pump*": "pump",
    "feed water": "water", "water chiller*": "chiller", "steam boiler*": "boiler", "energy meter*": "meter",
    "power meter*": "meter", "electricity meter*": "meter", "power transformer*": "transformer",
    "diesel gen*": "dg", "solar panel*": "array", "solar array*": "array", "solar inverter*": "array",
    "solar string*": "array", "pv array*": "array", "pv string*": "array", "pv panel*": "array",
    "air compressor*": "compressor", "power house": "building", "gas station": "source", "solar roof": "solar",
    "data log*": "sensor", "log book*": "logbook", "work request*": "work order", "service request*": "work order",
    "maintenance request*": "work order", "repair request*": "work order", "action item*": "work order",
    "checklist*": "work order", "permit*": "work order", "fault code*": "fault", "cost cent*": "group",
    "load type*": "type", "device type*": "type", "load balance": "unbalance", "circuit breaker*": "breaker",
    # what goes wrong
    "getting worse": "worsening", "put together": "prepare", "maintenance cost*": "cost",
    "predict* breakdown*": "at risk", "predict* failure*": "at risk", "expected breakdown*": "at risk",
    "expected failure*": "at risk", "about to fail": "at risk", "abt to fail": "at risk",
    "communication loss*": "disconnected", "connection loss*": "disconnected", "link loss*": "disconnected",
    "signal loss*": "disconnected", "loss of communication": "disconnected", "loss of signal": "disconnected",
    "communication fail*": "disconnected", "connection fail*": "disconnected", "power cut*": "outage",
    "power fail*": "outage", "power outage*": "outage", "mains fail*": "outage", "grid fail*": "outage",
    "supply fail*": "outage", "power interrupt*": "outage",
    # times, asides and manners of asking
    "during peak hours": "", "during peak hrs": "", "after the shutdown": "", "since the shutdown": "since",
    "before lunch": "", "as discussed": "", "as agreed": "", "up to date": "", "just now": "now",
    "for planning": "", "share the": "show the", "share me": "show me", "report the": "show the", "on duty what": "what",
    "as soon as possible": "", "if you can": "", "when you can": "", "right away": "now", "at once": "now",
    "qty of": "how much", "what quantity of": "how much", "what amount of": "how much", "kw per ton": "cop",
    # abbreviations
    "cons": "consumption", "mth": "month", "mnth": "month", "pwr": "power", "eqpt": "equipment", "equip": "equipment",
    "prod": "production", "hrs": "hours", "wk": "week", "avg": "average", "elec": "electrical", "eff": "efficiency",
    "temps": "temperatures", "mgmt": "management", "dept": "department", "nos": "number", "comms": "communication",
    "perf": "performance", "prev": "previous", "yday": "yesterday", "2day": "today", "sched": "schedule",
}  # fmt: skip
"""A phrase (written as a cue is) and the words that it means."""

SPELLINGS: tuple[str, ...] = (
    "accumulated", "alarms", "alerts", "anomalies", "attendance", "attention", "battery", "breakdown",
    "calibration", "category", "chiller", "compare", "comparison", "compressor", "condition", "consumers",
    "consumes", "consuming", "consumption", "controllers", "cooling", "correlation", "cumulative", "current",
    "deliveries", "demand", "department", "device", "devices", "difference", "distribution", "downtime",
    "efficiency", "efficient", "electrical", "electricity", "emissions", "energy", "equipment", "event",
    "events", "factor", "failures", "frequency", "generator", "handover", "harmonics", "health", "heatmap",
    "highest", "historical", "history", "humidity", "immediate", "incidents", "inspection", "issues", "losses",
    "lowest", "machine", "machines", "maintenance", "matrix", "morning", "motor", "offline", "online",
    "operators", "output", "overdue", "overview", "parameters", "pending", "performance", "personnel",
    "power", "pressure", "production", "quality", "ranking", "ranked", "repair", "roster", "running", "runtime",
    "sankey", "savings", "schedule", "scheduled", "sensors", "sequence", "shift", "shipments", "staff",
    "status", "suppliers", "supply", "technician", "temperature", "temperatures", "threshold", "timeline",
    "total", "transformer", "trend", "trends", "usage", "vendors", "versus", "vibration", "violations",
    "voltage", "warnings", "water", "workers", "chart", "graph", "consume", "average", "today", "yesterday",
)  # fmt: skip
"""Words that are often mistyped in a question; a typed word one edit away is read as one of these."""

PLAIN_WORDS = frozenset({"even", "shaft", "stuff", "factory", "ranging", "charge", "chat", "tower"})
"""Words that are right as they stand although one of the above is one edit away."""
