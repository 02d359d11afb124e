"""Questions about parts of a whole: shares, stacks, rankings, flows, grids and power sources.

Data only: `form(intent, wanted scenarios, templates...)`; grammar.py says how templates expand.
"""

from commandcenter.language.grammar import Form, form

_PARTS = (
    form(
        "breakdown", "distribution kpi",
        "{show} the (breakdown|distribution|share|split|proportion) of {kinds} by (status|state|condition|type|health|make|age)",
        "(breakdown|distribution|share|proportion|percentage) of {counted} {by} {dimension} [{period}]",
        "how (is|are) {counted} (distributed|split|divided|shared|spread) (among|across|between|over) {dimension}",
        "what (percentage|share|part|fraction|proportion|percent) of {counted} (goes to|is used by|comes from) {dim_subject}",
        "(status|state) (breakdown|distribution|split|summary) of (all|) (equipment|assets|machines|{kinds})",
        "how many {kinds} are (running|idle|stopped|healthy|faulty|under maintenance) (and how many|versus) (stopped|idle|healthy)",
        "{show} {counted} {by} {dimension} (as percentages|in percent|in shares) {period}",
        "{show} the {counted} share (of|per|by) (each|every) {dim_one} {period}",
        "who uses what share of the {counted}",
        "split of (equipment|assets|machines|devices|{kinds}) by {dimension}",
    ),
    form(
        "breakdown", "distribution composition",
        "{show} a (pie|pie chart|donut|doughnut|donut chart|ring chart) of {counted} {by} {dimension} [{period}]",
        "(pie|pie chart|donut|pie diagram) (of|for|with) {counted} {by} {dimension}",
        "{counted} {by} {dimension} (as a pie|in a pie chart|as a donut|pie chart) [{period}]",
        "make (me|us) a (pie|pie chart|donut chart) of {counted} {by} {dimension}",
    ),
    form(
        "breakdown", "distribution composition category-bar",
        "{show} the (composition|make up|makeup) (split|breakdown|) of {counted} {by} {dimension} [{period}]",
        "what (is|are) {counted} (composed|made up) of [by {dimension}]",
        "what (makes up|contributes to|adds to) (our|the|total) {counted} [{period}]",
        "(contribution|contributions) (of|from) each {dim_one} to (total|overall) {counted} [{period}]",
    ),
    form(
        "cost_split", "distribution trends-cumulative kpi",
        "{show} (the|) {utility} cost (breakdown|split|by) (by|per|) (tariff|tariff slab|slab|time of day|TOD slot|peak and off peak)",
        "(breakdown|split|distribution) of the {utility} (bill|cost|charges|tariff) [{by} {dimension}] [{period}]",
        "{utility} (cost|bill|charges|spend) {by} {dimension} [{period}]",
        "peak (vs|versus|and) off peak {utility} (cost|charges|consumption) {period}",
        "where (is|does) (the|our) {utility} money (going|go|spent) {period}",
    ),
    form(
        "cost", "kpi trends-cumulative",
        "{whatis} the {utility} (bill|cost|expense|charge|spend) {period}",
        "{howmuch} (does|did|will) (the|our) {utility} (cost|cost us) {period}",
        "{howmuch} (are we|did we) (spending|paying|spend|pay) (on|for) {utility} {period}",
        "{utility} (bill|cost|spend|expense) {period}",
        "(cost|price) (per|of a|for each) (unit|kWh|tonne|piece|ton) {period}",
    ),
    form(
        "alarm_share", "distribution alerts kpi",
        "(breakdown|share|distribution|split) of {alarms} {by} (severity|priority|type|area|equipment|category) [{period}]",
        "how many {alarms} (of|per|in) each (severity|priority|type|category) [{period}]",
        "{alarms} (by|per) (severity|priority|category|type) [{period}]",
    ),
    form(
        "stack", "composition distribution",
        "{show} (a|) stacked (bar|bars|bar chart|column|columns|chart|view) of {counted} {by} {dimension} [{period}]",
        "stack {counted} {by} {dimension} [{period}]",
        "{counted} {by} {dimension} (stacked|as a stacked bar|stacked by day|in stacked bars) [{period}]",
        "(stacked|layered|grouped) (composition|contribution) of {counted} {by} {dimension}",
        "{show} the composition of {counted} [{by} {dimension}] {period}",
        "how is (the|) {counted} (composed|built up|made up) {period}",
    ),
    form(
        "treemap", "composition matrix-heatmap",
        "{show} a (treemap|tree map|nested view|hierarchy|mosaic|sunburst) of (equipment|assets|machines|{kinds}|the {place}) [grouped] by {dimension} and {dimension}",
        "(treemap|tree map|hierarchy|nested boxes) of {counted} {by} {dimension} [and {dimension}]",
        "(group|cluster|arrange) (the|all|) (equipment|assets|machines) by {dimension} and {dimension}",
        "(equipment|asset|machine) (mix|hierarchy|groups|composition|inventory) by {dimension} (and|then) {dimension}",
    ),
)  # fmt: skip

_RANKING = (
    form(
        "ranking", "category-bar kpi distribution",
        "{which} (equipment|machine|machines|asset|area|department|{kind}|load|device|section|system) (consumes|uses|draws|burns|takes|eats|needs) (the|) (most|maximum|highest|largest share of) {counted}",
        "who (uses|consumes|draws|takes) the most {counted} [{here}]",
        "(biggest|largest|highest|top|main|major|heaviest) (consumers|consumer|users|users of power|energy users|power consumers) {period}",
        "what (is|are) (eating|using|driving|drawing) (most of|the most of|up) our {counted}",
        "where do we use most {counted} {period}",
    ),
    form(
        "ranking", "category-bar kpi",
        "{show} the (top|first|biggest|highest|largest) {count} (loads|consumers|machines|{kinds}|users|contributors) [{here}] [{period}]",
        "top {count} {kinds} by {reading} [{period}]",
        "rank (the|all|) {kinds} by {reading} [{period}]",
        "(highest|lowest|top|maximum) {reading} among (the|all) {kinds}",
        "{which} {kind} has the (highest|lowest|most|least|maximum|best) {reading} [{period}]",
        "(ranking|rank|league table|order|leaderboard) of {kinds} (by|on|in terms of) {reading}",
        "(bar chart|bar graph|bars|column chart) of {counted} {by} {dimension} [{period}]",
        "{show} {oee} {by} (machine|line|equipment|shift|area|station|cell) [{here}] [{period}]",
        "{oee} (of|for) (each|every|all) (machine|machines|line|lines) [{period}]",
        "{counted} (of|for) (each|every) {dim_one} [as bars] [{period}]",
        "compare {counted} (across|among|between) (all|the) {dimension} [{period}]",
        "(average|mean|total) {reading} (per|for each|by) (kind|type|area|zone|machine) [of {kinds}]",
        "{downtime} {by} (reason|cause|machine|line|equipment|category|shift) [{period}]",
        "{show} a (pareto|pareto chart|bar chart|ranking) of {downtime} [{period}]",
    ),
    form(
        "worst", "category-bar matrix-heatmap kpi",
        "(who|which|what) are the (worst|poorest|weakest|least efficient|best|lowest) performing (machines|{kinds}|assets|equipment) {period}",
        "{show} {kinds} (health|condition) (scores|ranking|ratings|) (ranked|sorted|ordered) from (worst to best|best to worst|lowest to highest)",
        "(worst|poorest|unhealthiest|weakest|bottom {count}) (machines|equipment|{kinds}|assets|performers) {period}",
        "{which} {kinds} (perform|are performing|are doing|run) (worst|badly|poorly|below par|best) {period}",
        "rank (equipment|assets|machines|{kinds}) by (health|condition|reliability|risk|health score)",
        "(list|sort|order) (machines|equipment|{kinds}) by (health|condition|risk|performance)",
        "(least|most) (reliable|efficient|healthy|critical|productive) (equipment|{kinds}|machines) {period}",
    ),
    form(
        "wasters", "category-bar trend kpi",
        "{show} the (top|biggest|worst|main) (energy|power|electricity|air|water) (wasters|hogs|losers|guzzlers|leaks) [and their trends]",
        "who (wastes|is wasting) (energy|power|electricity|steam|compressed air) [{here}] [{period}]",
        "{show} the (top|biggest) (consumers|loads|users) and (their|the) (trends|history|trend) [{period}]",
        "{which} {kinds} (waste|lose|leak) the most (energy|power) [and how has it (changed|developed)]",
        "top {count} {kinds} by {reading} (with|and) (their|) (trend|trends|history)",
    ),
    form(
        "states", "category-bar matrix-heatmap",
        "{show} (running|run|on) (vs|versus|,|and) (idle|standby) (vs|versus|and) (stopped|off|down|fault) (state|states|status|time) (for|of) (all machines|{kinds}|every machine)",
        "how long (were|was|have been) (the machines|{kinds}|each machine) (running|idle|stopped|down) {period}",
        "(machine|equipment|{kind}) (states|state|utilisation|utilization|availability) [{here}] {period}",
        "{which} {kinds} are (running|idle|stopped|on standby|off) {now}",
        "{show} (run|idle|stop|running|standby) (time|hours) (of|for) (all|each|every) {kind}",
        "(on|running) (and|or) (off|stopped) (status|state) of (all|the) {kinds}",
    ),
)  # fmt: skip

_FLOW = (
    form(
        "flow", "flow-sankey kpi distribution",
        "where does (the|all the|our) {flowing} (go|end up|flow|disappear|get used) [(from|after) the {main}]",
        "where is (the|our) {flowing} (going|used|lost|spent|ending up) [{period}]",
        "how does {flowing} (split|branch|spread|get distributed) (from|after|behind) the {main}",
        "where (do|are) (the|our) {flowing} losses (occur|come from|happen|hiding)",
        "{show} the {flowing} (losses|loss) (between|from) {source} (and|to) {sink}",
    ),
    form(
        "flow", "flow-sankey kpi",
        "(trace|follow|map|track|show) the {flowing} (path|route|way|journey) from {source} to {sink}",
        "{flowing} (balance|flow balance|mass balance|input output balance) (of the {place}|of {area}|)",
        "how does {flowing} (get|flow|travel|move|reach) from {source} to {sink}",
        "{show} (the|) {flowing} (balance|audit|in and out) [{here}] [{period}]",
        "from {source} to {sink}, {show} the {flowing} (flow|path|losses)",
    ),
    form(
        "flow", "flow-sankey",
        "{show} the {flowing} flow from {source} to {sink}",
        "{show} a sankey [diagram|chart] of (the|) {flowing} [{here}] [{period}]",
        "sankey (of|for|with) {flowing} (from {source} to {sink}|through the {place}|)",
        "{show} the {flowing} flow (through|in|across|within) the {place} [as a sankey|drawn as a sankey] [played over time|animated|with a time slider]",
        "{flowing} flow (diagram|chart|map|sankey) [{here}]",
        "(animate|animated|playback of) the {flowing} flow [{period}]",
        "sankey diagram (showing|with|of) {flowing} (sources and uses|losses|input and output)",
    ),
)  # fmt: skip

_GRID = (
    form(
        "heatmap", "matrix-heatmap kpi",
        "{show} {reading} (for|of) all {kinds} (as a|in a|on a) (heatmap|heat map|matrix|grid|colour map)",
        "(heatmap|heat map|matrix|colour map|color grid) (of|for) {reading} {everywhere} [{period}]",
        "{show} a (heatmap|heat map|matrix|grid) of {kinds} (and|by|vs|against) {reading}",
        "(create|make|build|draw|show) a (status grid|status matrix|status board|grid) (showing|of|with) (online and offline|online/offline|health|on and off|status) (for|of) (all|the|every) (equipment|{kinds}|devices|machines)",
        "{show} (power quality|electrical|process|operating|HVAC) parameters (for|of) (all|the) {kinds} (as a heatmap|in a matrix|in a grid|as heat map)",
        "status (matrix|grid|board|map) (of|for) (all|the) (equipment|machines|{kinds}|assets)",
        "all {kinds} (and|with) (all|their) (parameters|readings|metrics|values) (in one|on a|as a) (grid|matrix|table|heatmap)",
        "(health|risk|temperature|load|alarm|status) (heatmap|heat map|map|matrix) of the {place}",
    ),
    form(
        "pattern", "matrix-heatmap",
        "{show} {kind} parameters as a (correlation|) (heatmap|matrix|heat map)",
        "correlation (matrix|heatmap|table|map) (of|between|for) {reading}, {reading2} and {reading3} (of|for) {kinds}",
        "{counted} (by hour and day|hour by day|by weekday and hour|per hour of the day) (heatmap|pattern|as a heatmap|matrix|) [{period}]",
        "{show} (the|) (hourly|daily|weekly) (pattern|heatmap|usage pattern) of {counted} [{period}]",
        "how (do|are) (the|) {kinds} parameters (correlate|correlated|related|relate)",
        "cross (table|tabulation) of {reading} (by|and) {dim_one} (for|of) {kinds}",
        "{dim_one} (by|vs|versus|against) {dim_one} (matrix|heatmap|grid) of {counted}",
    ),
)  # fmt: skip

_SOURCES = (
    form(
        "sources", "trend-multi-line distribution kpi",
        "compare {powers} (power|sources|supply|generation|) [{period}]",
        "{powers} (contribution|share|mix|split|generation|supply) [{period}]",
        "how much (power|energy) (comes|came|did we get) from {powers} [{period}]",
        "(which|what) (source|supply) (is|was) (feeding|supplying|powering) (the|our) {place} {period}",
        "(source|supply|energy|power) mix (of the {place}|) {period}",
        "{show} power by source [{period}]",
        "grid (dependence|dependency|share) (vs|versus|and) (own generation|solar|DG) [{period}]",
    ),
    form(
        "sources", "trend-multi-line composition",
        "{show} what each (power source|supply|source) (contributes|adds|gives|delivers) [{period}] (stacked|in layers|as stacked areas)",
        "stacked (generation|supply|view|area) of {powers} [{period}]",
        "{powers} (contribution|contributions|generation) (stacked|as a stacked chart|in a stack) {period}",
        "stack (the|) (power sources|sources of supply|{powers}) {period}",
    ),
    form(
        "phases", "trend-multi-line kpi",
        "{whatis} the (phase-wise|phase wise|per phase|three phase|R Y B|phasewise|each phase) (current|voltage|load|power) (for|of|on|at) (the {main}|{machine})",
        "(R, Y and B|R Y B|three|all three|each) phase (current|currents|voltage|voltages|load) (of|on|for) (the {main}|{machine}) [{period}]",
        "(phase|load|current|voltage) (imbalance|unbalance|balance) (on|of|at) (the {main}|{machine}) [{period}]",
        "how (balanced|unbalanced) are the (phases|phase currents|currents) (on|of) (the {main}|{machine})",
    ),
)  # fmt: skip

FORMS: tuple[Form, ...] = _PARTS + _RANKING + _FLOW + _GRID + _SOURCES
