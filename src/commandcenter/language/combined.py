"""Requests that combine several wishes, and what operators say next within an episode.

Data only. `{parts}` stands for the list of wishes, which operators.py puts together in its order.
"""

from commandcenter.language.grammar import Form, form

OVERVIEW_SHARE = 0.6

PARTS: tuple[tuple[str, str], ...] = (
    ("part_trend", "trend"),
    ("part_trend_named", "trend"),
    ("part_alarms", "alerts"),
    ("part_alarms", "alerts"),
    ("part_log", "eventlogstream"),
    ("part_log", "eventlogstream"),
    ("part_time", "timeline"),
    ("part_kpi", "kpi"),
    ("part_share", "distribution"),
    ("part_compare", "comparison"),
)

OVERVIEWS: tuple[str, ...] = (
    "{show} (a|the) {overview} of {subject} (with|including|showing|, including|along with) {parts}",
    "(what is going on|what is happening|what's up) (with|at|in) {subject}? {show} {parts}",
    "{subject} {overview} (with|including|plus) {parts}",
    "how is {subject} doing? {show} {parts}",
    "(prepare|compile|put together) (a|the) {overview} of {subject}: {parts}",
    "I am (going to|about to|planning to) (inspect|visit|service) {subject}, {show} {parts}",
    "{overview} (of|for) {subject} - {parts}",
    "(give me|I need|I want) everything on {subject}: {parts}",
)

PLAIN: tuple[str, ...] = (
    "{show} {parts} (for|of|on) {subject}",
    "{parts} (for|of|on) {subject}",
    "{subject}: {parts}",
    "(I need|I want|we need) {parts} (for|of|on) {subject} (on one screen|together|in one view|)",
    "{show} {subject} {parts}",
)

AND_ALSO = "(and|also|now|next|then|and also|,|ok, now|after that) "
ELLIPSIS = "(and|what about|how about|same for|and for|now|also|and what about) {machine}"

FOLLOW_UPS: tuple[Form, ...] = (
    form(
        "follow_up", "alerts kpi",
        "(and|any|what about|are there) {alarms} (on|for) (it|that one|this one|{machine}|them)",
        "(is it|are they) in (alarm|fault|trip)",
    ),
    form(
        "follow_up", "eventlogstream kpi timeline",
        "(and|what about) (its|the) (maintenance|service|repair) (history|records|log)",
        "when was it last (serviced|repaired|checked|overhauled)",
    ),
    form(
        "follow_up", "trend kpi",
        "(and|now) (the|its) (trend|history) {period}",
        "how did (it|that|this) (change|move|develop) {period}",
        "(plot|chart|trend) (it|that|this) {period}",
    ),
    form(
        "follow_up", "comparison kpi",
        "compare (it|that|this) (with|to|against) {machine2}",
        "how does (it|that) compare to {machine2}",
    ),
    form(
        "follow_up", "distribution kpi",
        "(break|split) (it|that|this) (down|up) by {dimension}",
        "and by {dimension}",
    ),
    form(
        "follow_up", "matrix-heatmap kpi",
        "(now|same|and) as a (heatmap|heat map|matrix|grid)",
        "and for all {kinds} in (a grid|one heatmap|a matrix)",
    ),
    form(
        "follow_up", "eventlogstream kpi",
        "(any|and the) (open|pending|overdue) {orders} (for|on) (it|that|{machine})",
        "who is working on it",
    ),
)  # fmt: skip
