"""Questions about states: health, one machine in depth, devices, power quality, cooling, backup.

Data only: `form(intent, wanted scenarios, templates...)`; grammar.py says how templates expand.
"""

from commandcenter.language.grammar import Form, form

_HEALTH = (
    form(
        "overview", "kpi matrix-heatmap alerts",
        "{show} (the|) (equipment|plant|asset|machine|operations|facility|main) (dashboard|overview|summary|status) [summary] [{now}]",
        "(dashboard|overview|summary|status|snapshot|bird's eye view) of (all|the|) (equipment|machines|assets|{kinds}|{place})",
        "(plant|equipment|facility|asset|site) (status|overview|summary|snapshot|dashboard)",
        "(give me|I need) (a|the) (quick|short|complete|general|) (overview|summary|picture|snapshot) of (the {place}|all {kinds}|all equipment)",
        "(status|health) of all {kinds} [{now}]",
        "are (all|the|our) {kinds} (ok|healthy|running fine|in good shape|normal|working)",
    ),
    form(
        "condition", "kpi matrix-heatmap distribution",
        "{whatis} the (overall|general|total|present) (condition|health|state|status|situation) of the {place} [{now}]",
        "how (healthy|good|well) is the {place} [doing|running|] [{now}]",
        "how (is|are) (the {place}|things|we|all {kinds}|everything) (doing|today|performing|running) [{now}]",
        "(overall|average|general) (health|condition|score|health score) of (the {place}|all {kinds}|our assets)",
        "how many (machines|assets|{kinds}) are (healthy|in good condition|ok) [{now}]",
    ),
    form(
        "machine", "kpi trend alerts",
        "how is {machine} (doing|performing|running|today|behaving|{now})",
        "(health|status|condition|performance) of {machine}",
        "{machine} (health|status|condition|performance|state) [{now}]",
        "{whatis} the (health|condition|status|performance) of {machine} [{now}]",
        "{show} {machine}",
        "(check|look at|examine|inspect|assess) {machine} [for me]",
        "{show} (the|) {system} (health|status|condition|performance) [{period}]",
    ),
    form(
        "deep_dive", "edgedevicepanel kpi trend alerts",
        "{show} (everything|all details|all data|all we have|all parameters|all readings|all the numbers) (about|on|of|for|from) {machine}",
        "(deep dive|drill down|zoom) (on|into|in on|for) {machine}",
        "{machine} (details|all parameters|device panel|detail view|equipment panel|full panel|all readings|detail page)",
        "(open|show|bring up) the (device|equipment|detail|machine) (panel|page|view|sheet|card) (of|for) {machine}",
        "{whatis} every (reading|parameter|value|sensor|measurement) (of|on|for) {machine} [{now}]",
    ),
)  # fmt: skip

_DEVICES = (
    form(
        "devices", "edgedevicepanel kpi",
        "(what|which) {edges} [and {edges}] are (online|offline|connected|disconnected|reachable|alive|up|down|responding) [{now}]",
        "{howmany} {edges} are (offline|online|disconnected|connected|unreachable|down|not responding) [or (disconnected|unreachable|faulty)] [{now}]",
        "is the {edge} (online|connected|reachable|communicating|alive|responding|offline|up) [{now}]",
        "{edges} (online|offline|online or offline|communication) (status|count|list) [{now}]",
        "which (devices|controllers|sensors|nodes) (lost|dropped|have no) (communication|connection|signal|data) [{period}]",
        "(last seen|heartbeat|firmware|uptime|latency|signal strength) of (the|all|) {edges}",
    ),
    form(
        "devices", "edgedevicepanel kpi matrix-heatmap",
        "{show} the {edge} (status panel|status|panel|overview) for (all|every|the|each) {edges}",
        "(status panel|device panel|status overview|panel) (of|for|with) (all|the|our) {edges} [{here}]",
        "{show} (all|the|our) {edges} [{here}] [{now}]",
    ),
    form(
        "connectivity", "edgedevicepanel kpi alerts",
        "{show} the {edge} (connectivity|communication|connection|network|link) (status|state|health|problems|quality)",
        "{isthere} (communication|connection|connectivity|network|signal) (failure|failures|loss|problem|problems|errors|faults) (on|with|at|to) (the|) {edges}",
        "(network|communication|connectivity|link|SCADA) (health|status|failure|loss) (of|for|at|on) (the|) {edges}",
        "{edges} (faults|errors|failures|dropouts|timeouts) [{period}]",
        "(did|has) the {edge} (lose|drop|lost|dropped) (connection|communication|the link|signal) [{period}]",
    ),
)  # fmt: skip

_POWER = (
    form(
        "power_quality", "alerts kpi trend",
        "{isthere} {quality} (issue|issues|problem|problems|violation|violations|disturbance|event|events|limits crossed) [or {quality} (violations|events|issues)] [{period}]",
        "(is|are) (the|our|) {quality} (within limits|ok|acceptable|too high|normal|compliant|beyond limits) [on (the {main}|{machine})]",
        "{quality} (violations|violation|alarm|issues|exceedance|breach|penalty) [{period}]",
        "are we (paying|getting|facing) a (power factor|PF|demand) penalty {period}",
        "{machine} {quality} (violation|problem|issue|event)",
    ),
    form(
        "power_quality", "matrix-heatmap kpi",
        "{show} (power quality|electrical|PQ) (parameters|values|indices|data|readings) for all {elec} (as a heatmap|in a grid|as a matrix|in a heatmap)",
        "power quality (heatmap|matrix|map|grid|summary) (of|for|across) (all|the|) {elec}",
        "{quality} (of|for|across|on) all {elec} as a (heatmap|grid|matrix)",
    ),
    form(
        "power_quality", "trend-multi-line matrix-heatmap",
        "{whatis} the trend of {quality} across (all|the|our) {elec} {period}",
        "{plot} {quality} (for|on|of|across) all {elec} {period}",
        "{quality} trends (across|for|of|by) (the|all) {elec} {period}",
    ),
    form(
        "power_quality", "kpi matrix-heatmap trend",
        "{whatis} the {current} {quality} (across|on|for|of|at) (all|the) {elec}",
        "{quality} (on|of|at|for) (all|each|every|the) {elec} {now}",
        "(overall|present|today's) power quality (of the {place}|status|report|)",
    ),
    form(
        "power_quality", "trend kpi",
        "{plot} the [real-time|live|online] {quality} [trend] (of|on|at) (the {main}|{machine}) {period}",
        "{quality} (trend|history|curve|graph) [{period}]",
        "how (has|did) {quality} (changed|behaved|moved|change) {period}",
        "{show} the (real-time|live|online) {quality} (trend|graph|curve)",
    ),
)  # fmt: skip

_COOLING = (
    form(
        "zones", "trend-multi-line kpi matrix-heatmap",
        "{show} (zone|room|space|area|floor) (temperatures|temps|temperature|humidity|comfort) and (cooling|AHU|HVAC|chiller) (performance|status|output|load)",
        "(zone|room|space|area|floor) (temperatures|temps|temperature|humidity|comfort levels) [{here}] [{now}] [{period}]",
        "which (zones|rooms|areas|floors) are (too hot|too cold|out of comfort|warm|above setpoint|humid) [{now}]",
        "how (warm|cold|hot|comfortable|humid) (are|is) (the zones|the rooms|{area}|each floor) {now}",
        "(cooling|HVAC|air conditioning|AC) performance (by|of|in|per) (zone|area|floor|each zone|all zones) [{period}]",
    ),
    form(
        "cooling", "trend-multi-line kpi",
        "{show} {cooling} (trends|) (of|for) the (chillers|chiller plant|chiller units) (and|plus|together with) {cooling} of the (cooling towers|towers|CTs) [{period}]",
        "(supply and return|inlet and outlet|chilled water supply and return|condenser and evaporator) (temperature|temperatures|pressure|temps) (of|for|on) {cooler} [{period}]",
        "(chiller|AHU|cooling tower|HVAC) {cooling} and {cooling} [trends] {period}",
        "{plot} {cooling} and {cooling} (of|for) {cooler} {period}",
        "(approach|delta T|range|temperature difference|heat rejection) of {cooler} {period}",
    ),
    form(
        "cooling", "kpi trend",
        "{whatis} the {cooling} of {cooler} [{now}]",
        "{cooler} {cooling} [{now}]",
        "(total|overall|plant) (COP|cooling load|tonnage|kW per ton|cooling efficiency) [{now}]",
        "how (efficient|efficiently) (is|are) (the chillers|our chiller plant|the cooling plant|the HVAC system|{cooler}) (running|) [{now}]",
    ),
)  # fmt: skip

_BACKUP = (
    form(
        "backup_ready", "kpi alerts",
        "is the {backup} (ready|available|healthy|in auto|armed|ok|charged) [for (transfer|changeover|start|takeover|backup|service)]",
        "(will|can) the {backup} (start|take the load|hold|carry the load|take over|support) [if (power fails|the grid fails|EB fails|mains fail)]",
        "{backup} (readiness|availability|ready status|auto status|healthiness|standby status)",
        "are (all|the|our) (DGs|DG sets|UPS units|gensets|backup systems|generators) (ready|available|in auto|ok) [for (transfer|start|emergency)]",
    ),
    form(
        "backup_events", "kpi timeline eventlogstream",
        "{howmany} times did the {backup} (switch|transfer|change over|start|go|changeover|operate) [to (battery|bypass|DG|mains|generator)] {period}",
        "{howmany} (power cuts|outages|EB failures|DG starts|grid failures|changeovers|transfers|blackouts|voltage dips) {period}",
        "when did the {backup} (last|) (start|run|transfer|switch to battery|go on bypass|change over)",
        "{backup} (transfer|switching|start|changeover|operation|run|discharge) (history|log|record|events|count) [{period}]",
        "(power cut|outage|power failure|EB failure|grid failure) (history|log|count|duration|record) {period}",
    ),
    form(
        "backup_run", "kpi trend timeline",
        "{show} (DG|genset|generator|diesel generator) (runtime|running hours|run hours|run time) and (diesel generator|DG|genset|engine) (health|condition|status) [{period}]",
        "how (long|many hours) (did|has) (the|) (DG|generator|genset|DG set|{dg}) (run|been running|worked) {period}",
        "(DG|genset|generator|diesel generator) (run hours|running hours|runtime|log|usage) [{period}]",
        "when (did|was) (the DG|the generator|{dg}) (run|started|start|stopped|on load) {period}",
    ),
    form(
        "backup_level", "kpi trend alerts",
        "(UPS|battery|battery bank|{ups}) (backup time|battery health|charge|battery voltage|autonomy|load and battery|battery status|state of charge) [{now}]",
        "how (long|much time) (can|will) the (UPS|battery|{ups}) (hold|last|support|run|carry the load)",
        "(diesel|fuel) (level|stock|remaining|left|in the tank) [(in|of|for) (the DG|{dg}|the gensets)] [{now}]",
        "how much (diesel|fuel) (is left|remains|do we have|is there) [in {dg}]",
        "is the (battery|UPS battery|DG battery) (healthy|ok|charged|weak|due for replacement)",
    ),
)  # fmt: skip

_CONVERSATION = (
    form(
        "conversation",
        "chatstream",
        "(explain|repeat|continue|summarise|go back to|show) (our|the|this|my) (conversation|chat|discussion|previous questions|last answer|dialogue)",
        "what did (I|we|you) (ask|say|discuss|talk about) (before|earlier|last time|just now|yesterday)",
        "(open|show|continue) (the|our|my) (chat|chat history|conversation history|chat window|conversation)",
    ),
)

FORMS: tuple[Form, ...] = _HEALTH + _DEVICES + _POWER + _COOLING + _BACKUP + _CONVERSATION
