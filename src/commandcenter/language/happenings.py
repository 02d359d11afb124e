"""Questions about what happens: alarms, maintenance, work orders, events, shifts, people, supplies.

Data only: `form(intent, wanted scenarios, templates...)`; grammar.py says how templates expand.
"""

from commandcenter.language.grammar import Form, form

_ALARMS = (
    form(
        "alarms", "alerts kpi",
        "{isthere} [active|open|critical|new|unacknowledged|pending] {alarms} [{here}] [{now}]",
        "{isthere} {alarms} (on|for|at) {machine} [{now}]",
        "{isthere} {kinds} in (alarm|fault|trip|warning|alarm state|fault state|abnormal) [state|condition] [{now}]",
        "is any ({kind}|equipment|machine|{system} equipment) in (alarm|fault|trip|warning) [state] [{now}]",
        "{list} (all|) (active|open|current|critical|high priority|unacknowledged|standing) {alarms} [{here}]",
        "{howmany} (active|open|critical|high|new|unacknowledged) {alarms} (are there|do we have|) [{here}] [{now}]",
        "(active|critical|open|current|latest) {alarms} [{here}]",
        "what is (in alarm|tripped|faulty|wrong|abnormal|critical) [{here}] {now}",
        "{which} {kinds} (are in|have|show|gave) (alarm|fault|an alarm|a trip|a warning|a fault) [{now}]",
        "{isthere} (problem|problems|issue|issues|fault|abnormality|trouble) with (the|our) {system}",
        "(any|some) (trouble|problem|issue) (on|with|in) {machine} [{now}]",
    ),
    form(
        "alarm_detail", "alerts kpi trend",
        "(I see|we got|there came) a (critical|new|serious|red|high) (alert|alarm|warning|fault) on {machine} (,|:|-|—|and) (what is|tell me what is) (happening|going on|wrong)",
        "{reading} (dropped|fell|went|rose|jumped|shot|is) (below|above|over|under|beyond) (threshold|the limit|its limit|set limit|normal) (,|-|on {machine},) {show} the (alert|alarm) (details|detail|)",
        "{machine} (tripped|is in alarm|went into fault|gave an alarm|is overheating|is beeping) (,|-|:) (what is happening|show details|show me|why|what now)",
        "(alarm|alert|warning) (details|detail|information|analysis) (for|of|on) {machine} {reading}",
        "{isthere} {kinds} (above|below|over|beyond|outside|exceeding) (the|their|) {reading} (limit|limits|threshold|range)",
        "{isthere} {reading} (violation|violations|breach|breaches|excursion|exceedance|deviation|deviations) [{period}]",
        "why (is|was|did) (there|) (the|an) (alarm|alert|alarm raised) (on|for|at) {machine}",
        "{show} the (threshold|limit) (breach|breaches|crossing|crossings|violations) (of|for|on) {machine} [{period}]",
        "(something is wrong with|we have a problem with|trouble on|I hear a noise from) {machine} (,|-|,) {show} (the|) (details|what is happening|data|picture)",
        "{reading} (alarm|alert|warning) (on|at|from|for) {machine} (,|-|) (explain|details|show|what happened|status|)",
        "(abnormal|unusual|strange|anomalous) {reading} (on|at|in) {machine} [{period}]",
        "(detect|find|show|any) (anomalies|anomaly|spikes|outliers|abnormal behaviour|sudden changes) in {machine} {reading} [{period}]",
        "(why|how come) (is|did) {machine} {reading} (so high|so low|rising|go up|drop|dropping|spike)",
    ),
    form(
        "alarm_history", "alerts timeline eventlogstream",
        "{alarms} (history|log|record) [of {machine}] [{period}]",
        "which {alarms} (came|occurred|were raised|were acknowledged|cleared|repeated) {period}",
        "{show} (recurring|repeated|frequent|nuisance|chattering|acknowledged|past|cleared) {alarms} [{period}]",
        "{howmany} {alarms} (did we have|came|were there|occurred) {period}",
    ),
    form(
        "attention", "alerts kpi matrix-heatmap",
        "{which} (machines|equipment|{kinds}|assets|units) need (immediate|urgent|my|quick|our|some|) (attention|action|care|repair|intervention)",
        "{which} (machines|equipment|assets|{kinds}) are (at risk|unhealthy|in bad shape|about to fail|likely to fail|critical|degraded)",
        "what (should|must|do) I (look at|check|worry about|attend to|fix|prioritise) (first|now|today)",
        "what needs (attention|my attention|action|fixing) [{here}] [{now}]",
        "(predict|expected|predicted|upcoming|probable) (failures|failure|breakdowns) [of {kinds}] [{ahead}]",
    ),
)  # fmt: skip

_MAINTENANCE = (
    form(
        "maintenance", "eventlogstream kpi timeline",
        "{whatis} the (maintenance|service|repair|overhaul) (records|history|record|log) (do we have|) (for|of|on) {machine}",
        "(maintenance|service|repair|breakdown|inspection) (history|records|log|report|details) (of|for|on) {machine} [{period}]",
        "when was {machine} last (serviced|maintained|repaired|overhauled|inspected|calibrated|greased|checked)",
        "what (work|repairs|servicing|jobs) (was|were|has been) done on {machine} [{period}]",
        "who (serviced|repaired|worked on|inspected|maintained) {machine} (last|{period}|)",
        "(last|previous|recent) (service|maintenance|overhaul|repair|inspection) (of|on|for) {machine}",
        "what (parts|spares|components|spare parts) (were|have been) (replaced|changed|used) (on|in|for) {machine}",
    ),
    form(
        "maintenance", "eventlogstream kpi",
        "{list} (all|) (maintenance|repair|service|corrective|preventive|inspection) (work|jobs|activities|activity) (done|completed|carried out|finished|performed) {period}",
        "(tabular|table|list) (view|) of (all|) (maintenance|repair|service) (work|jobs|activities) [done] {period}",
        "{list} (all|) (pending|open|outstanding|planned|unfinished|remaining) (repair|maintenance|service|inspection|calibration) (tasks|jobs|work|activities)",
        "(table|spreadsheet|register|report) of (completed|finished|closed|done) {orders} {period}",
    ),
    form(
        "reliability", "kpi category-bar timeline",
        "{whatis} the {mtbf} (for|of) (all|the|) {kinds}",
        "{mtbf} (of|for|by) (each|every|all) {kind} [{period}]",
        "how (often|frequently) do (the|our) {kinds} (fail|break down|trip|stop)",
        "{whatis} the (reliability|failure rate|availability) of (the|our|) {kinds} {period}",
        "{howmany} (failures|breakdowns|trips|stoppages) (did|have) (the|our) {kinds} (have|had) {period}",
    ),
    form(
        "calendar", "timeline eventlogstream",
        "{show} (a|the) (maintenance|service|shutdown|inspection|PM|calibration) (calendar|schedule|plan|planner|programme) [{ahead}]",
        "(maintenance|preventive maintenance|PM|shutdown|service) (calendar|schedule|plan) [{ahead}]",
        "what (maintenance|servicing|shutdowns|jobs|inspections) (is|are) (planned|scheduled|due|coming up) {ahead}",
        "when is the next (service|maintenance|inspection|overhaul|shutdown|calibration) (of|for|due on|on) {machine}",
        "{which} {kinds} are due for (service|maintenance|inspection|overhaul|oil change|calibration) {ahead}",
        "{list} (upcoming|scheduled|planned|future) (maintenance|services|shutdowns|inspections) [{ahead}]",
        "(gantt|gantt chart|roadmap) of (maintenance|shutdown|service) (jobs|work|activities) [{ahead}]",
    ),
)  # fmt: skip

_ORDERS = (
    form(
        "overdue", "eventlogstream kpi alerts",
        "{which} {orders} are (overdue|late|delayed|past due|behind schedule|missed|beyond due date) [{period}]",
        "{isthere} (overdue|late|delayed|missed|escalated) {orders} [{period}]",
        "(overdue|late|delayed|missed|critical|urgent|high priority|emergency) {orders} [{here}] [{period}]",
        "{which} {orders} (missed|crossed|have passed) (their|the) (deadline|due date|target date)",
        "{howmany} {orders} are (overdue|late|past due|delayed) [{period}]",
    ),
    form(
        "orders", "eventlogstream kpi",
        "{list} (all|) (pending|open|active|assigned|unassigned|new|outstanding) {orders} [{here}]",
        "what (pending|open|assigned|active) {orders} are (assigned to|with|given to|allotted to|waiting for|under) the {team}",
        "{orders} (for|of|with|assigned to) (the|) {team} [{period}]",
        "{list} {orders} (for|on|of) {machine}",
        "{howmany} (open|pending|completed|closed|) {orders} (are there|do we have|remain|were closed) [{period}]",
        "(status|backlog|progress|list) of {orders} [{here}] [{period}]",
        "what (is|are) the {team} (working on|doing|busy with|assigned) {now}",
        "{which} {orders} (were|got) (closed|completed|finished|created|raised|opened) {period}",
        "is there (a|any) {order} (open|raised|pending) (for|on) {machine}",
    ),
    form(
        "orders_by", "category-bar eventlogstream kpi",
        "{orders} (by|per) (team|technician|priority|type|area|equipment|status) [{period}]",
        "which (team|technician|crew|engineer) has the most {orders} [{period}]",
        "(workload|backlog|load) (by|of|per|for each) (team|technician|crew|engineer)",
    ),
)  # fmt: skip

_EVENTS = (
    form(
        "timeline", "timeline eventlogstream",
        "{show} a (timeline|time line|chronology|sequence|chronological view) of (all|) {events} [and {events}] {period}",
        "(timeline|chronology|sequence) of {events} [on {machine}] [{period}]",
        "(in what|the) (order|sequence) (did|of) {events} (happen|occur|{period}) [{period}]",
        "when did (the|) {events} (happen|occur|take place|start) {period}",
        "{events} (on|along) a (timeline|time axis|time line) [{period}]",
        "(milestones|key moments|major {events}|state changes) (of|for|on) {machine} [{period}]",
    ),
    form(
        "forensic", "timeline alerts eventlogstream",
        "{show} a (forensic|detailed|step by step|second by second|root cause) (timeline|analysis|reconstruction|sequence) of the {incident}",
        "(reconstruct|replay|walk me through|investigate|analyse|explain) the {incident} [{period}]",
        "what (caused|led to|triggered|was behind|happened before|preceded) the {incident}",
        "(root cause|post mortem|sequence of events|timeline) (of|for|behind|leading to) the {incident} [{period}]",
        "how did the {incident} (unfold|happen|develop|start|spread)",
        "why did {machine} (trip|stop|fail|shut down|go down|not start) {period}",
    ),
    form(
        "log", "eventlogstream",
        "{show} (the|all|) (event|events|system|operator|activity|SCADA|BMS) (logs|log|stream|feed|journal) [grouped] {by} (equipment|machine|area|type|{dimension}) [{period}]",
        "(event|operator|activity|system|communication|access) (log|logs|stream|journal|feed) [of {machine}] [{period}]",
        "(recent|latest|last {count}|new|all) events [{here}] [{period}]",
        "{show} (the|) (audit trail|log book|logbook|operator actions|user actions|log entries|event feed) [{period}]",
        "who (changed|altered|acknowledged|reset|touched|modified) (the|) (setpoint|settings|alarm|parameters|limits) (of|on) {machine} [{period}]",
        "(scroll|stream|live feed|running list) of (events|messages|logs) [{here}]",
    ),
    form(
        "correlated", "eventlogstream alerts",
        "{show} (correlated|related|linked|simultaneous|connected|associated) events [(,|-|and) (also|) {alarms} that (belong|go|came) together]",
        "which {alarms} (happened|came|occurred|appear|were raised) (together|at the same time|simultaneously|in a row) [{period}]",
        "(events|{alarms}) (related|linked|connected) to the {incident}",
        "{show} {alarms} and (the|) events (around|near|at) the same time",
        "(group|cluster|correlate) (the|) {alarms} (and|with) events [{period}]",
    ),
    form(
        "shift_log", "eventlogstream timeline kpi",
        "what (happened|occurred|was going on|took place|went wrong) (in|during|on|over|through) the [last|previous|current] {shift} shift",
        "(handover|hand over|shift) (notes|report|summary|log|book) (of|for|from) the [last|previous|] {shift} shift",
        "{shift} shift (report|summary|log|handover|events|notes) [{period}]",
        "what did I miss (overnight|last night|while I was away|since yesterday|in the {shift} shift)",
        "(summarise|summary of|recap|brief me on) the [last|previous|] {shift} shift",
        "what (happened|changed|went on|occurred) (overnight|last night|yesterday|today|{period}) [{here}]",
        "(important|main|key|notable) (events|happenings|incidents) (of|during|in) the {shift} shift",
    ),
)  # fmt: skip

_SHIFTS = (
    form(
        "shift_compare", "category-bar comparison",
        "compare {shift} (vs|and|versus|with|against) {shift2} shift {counted}",
        "{shift} shift (vs|versus|against|compared to) {shift2} shift {counted} [{period}]",
        "{whatis} the difference (between|of) {shift} and {shift2} shift (in|for) {counted}",
    ),
    form(
        "shift_compare", "category-bar kpi",
        "which shift (had|made|used|has) (more|the most|the least|less) {counted} [{period}]",
        "(best|worst|most productive|least productive) shift {period}",
    ),
    form(
        "shift_totals", "category-bar distribution",
        "{show} {counted} (per|by|of each|in every|for each) shift {period}",
        "{counted} (shift wise|shiftwise|by shift|per shift|for each shift) {period}",
        "(shift wise|shiftwise|per shift) {counted} [{period}]",
        "{howmuch} {counted} (did each shift (use|make|have)|per shift) {period}",
    ),
)  # fmt: skip

_PEOPLE = (
    form(
        "people", "peopleview kpi",
        "who (is|are) (on|in|working) [the|] ({shift}|this|current|next|tonight's) shift [{now}]",
        "{show} (the|) (attendance|roster|shift roster|duty roster|manpower|workforce|staffing|headcount|leave status|leave plan|absentees) [{period}]",
        "who is (absent|present|on leave|on duty|available|on call|late|off) (today|tonight|now|this week)",
        "{howmany} (people|operators|technicians|workers|staff|engineers|contractors) are (present|on site|on shift|absent|on leave|in) {now}",
        "(team|crew|staff|manpower) (availability|attendance|strength|list|assignments) [{period}]",
        "who (can|could|will) (attend|fix|cover|look at|take) (the|) ({machine}|{shift} shift|{team})",
        "(overtime|hours worked|training status|skills|certifications) of (the|) {team} [{period}]",
    ),
    form(
        "people_map", "peoplehexgrid peopleview",
        "{show} (where|the location of) (everyone|my people|the {team}|each technician|all operators) [{now}]",
        "(people|staff|personnel|manpower|team) (by|per) (zone|department|area|floor) [as a hex grid]",
        "(hex grid|hexgrid|zone map|floor map) of (people|personnel|staff|the {team}|the workforce)",
        "who is (where|in {area}|near {machine}|at {area}) {now}",
        "(zone|area|department) (staffing|occupancy|coverage|layout) [{here}]",
    ),
    form(
        "people_network", "peoplenetwork peopleview",
        "{show} (the|) (org chart|organisation chart|organization chart|reporting lines|hierarchy of people|team structure|org structure)",
        "who (reports to|does) (whom|{person}|the {team}) (report to|lead|) [{here}]",
        "who (manages|leads|supervises|heads|is the boss of|is the head of) (the|) {team}",
        "(collaboration|communication|working relation|network) (between|of|among) (the|) {team} and (the|) (operators|management|{team})",
        "(people|team|communication|collaboration) network [of {team}]",
    ),
    form(
        "supply", "supplychainglobe kpi",
        "{show} (the|) (supply chain|vendors|suppliers|supplier map|shipments|deliveries|logistics|consignments) [on a (map|globe)] [{period}]",
        "where (is|are) (our|the|my) (shipment|shipments|spares|spare parts|order|deliveries|consignment) [from {vendor}] [{now}]",
        "when (will|do) (the|our) (spares|spare parts|bearings|filters|parts|shipment) [for {machine}] (arrive|come|reach us|get delivered)",
        "(vendor|supplier) (locations|performance|delivery status|list|map) [{period}]",
        "(shipment|delivery|logistics|consignment) (status|tracking|tracker|routes) [{period}]",
        "which (country|vendor|supplier) (do|does|supplies|delivers) (the|our) (parts|spares|bearings|filters) (come from|)",
        "(globe|world map|global view) of (suppliers|vendors|shipments|supply chain)",
    ),
    form(
        "supply_late", "supplychainglobe alerts kpi",
        "{isthere} (late|delayed|stuck|missing|overdue) (shipments|deliveries|consignments|parcels|spares) [{period}]",
        "which (shipments|deliveries|vendors|suppliers|consignments) are (late|delayed|stuck|behind) [{now}]",
        "(delayed|late|stuck) (shipments|deliveries|spares) [from {vendor}]",
    ),
)  # fmt: skip

FORMS: tuple[Form, ...] = _ALARMS + _MAINTENANCE + _ORDERS + _EVENTS + _SHIFTS + _PEOPLE
