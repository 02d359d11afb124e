"""Nouns and short phrases that belong to one meaning: alarms, orders, sources, devices, and more."""

from collections.abc import Mapping

NOUNS: Mapping[str, str] = {
    "alarms": "alarms|alarms|alerts|alerts|warnings|faults|trips|alarm|notifications|errors"
    "|exceptions|critical alarms|red flags|alarm messages|fault codes|annunciations",
    "orders": "work orders|work orders|tasks|jobs|tickets|maintenance tasks|repair tasks"
    "|repair jobs|WOs|service requests|job cards|work requests|activities|PM tasks|inspections"
    "|assignments|service calls|maintenance jobs|complaints|action items|checklists|permits"
    "|repairs",
    "order": "work order|ticket|task|job|work request|WO|job card|repair job|service request"
    "|permit",
    "events": "incidents|events|machine state changes|trips|alarms|stoppages|breakdowns|shutdowns"
    "|starts|maintenance events|operator actions|changeovers|outages|shift changes|failures"
    "|state changes|power cuts|repairs|setpoint changes|start and stop events|batches|inspections"
    "|mode changes|interruptions|process upsets|near misses|overrides|switching operations|leaks",
    "incident": "power outage|power outage event|blackout|trip|fire alarm|shutdown|power cut"
    "|plant trip|breakdown|chiller trip|transformer trip|voltage dip|pressure drop|power failure"
    "|boiler trip|outage|emergency stop|grid failure|compressor failure|overheating event|leak"
    "|DG failure|UPS transfer|flood|safety incident|stoppage|load shedding|short circuit|overload"
    "|incident of last night",
    "dim_subject": "{area}|each department|the HVAC|lighting|the {kinds}|production|utilities"
    "|every line|cooling|each area|process loads|the office|motors|auxiliaries|each tenant"
    "|compressed air",
    "dim_one": "department|area|zone|floor|building|shift|line|section|machine|source|category"
    "|team|hour|day|week|tariff|fuel|meter|feeder|equipment type|asset|parameter|cost centre"
    "|system|location",
    "utility": "energy|energy|electricity|power|diesel|fuel|water|gas|steam|maintenance|utility"
    "|operating|compressed air|grid power|DG power|cooling|heating|spare parts",
    "oee": "OEE|OEE|overall equipment effectiveness|availability|performance|quality rate|yield"
    "|uptime|productivity|cycle time|utilisation|efficiency|scrap rate|reject rate|throughput"
    "|output|capacity|takt time|first pass yield|speed loss|planned versus actual output",
    "downtime": "downtime|downtime|stoppages|lost time|breakdown hours|stop time|idle time|losses"
    "|delays|rejects|unplanned stops|defects|breakdowns|scrap|waste|failures|micro stops",
    "mtbf": "mean time between failures|MTBF|MTTR|mean time to repair|mean time to failure"
    "|average repair time|average time between failures|repair time|failure rate|mean downtime",
    "flowing": "energy|energy|energy|power|electricity|water|steam|compressed air|air|material|gas"
    "|heat|chilled water|fuel|cooling water|raw material|waste water|electrical energy|condensate"
    "|diesel|waste",
    "source": "the {main}|solar panels|the grid|the incomer|the boilers|treatment|the substation"
    "|the DG sets|the chillers|the compressors|raw material intake|the transformers|EB supply"
    "|the water treatment plant|the borewell|the tank farm|the cooling towers|stores"
    "|the gas station|generation|the solar roof|intake|the municipal supply|the fuel tanks"
    "|the meter|the HT side|the pump house|the source",
    "sink": "end consumers|production areas|the machines|all areas|the loads|the departments"
    "|each floor|the production hall|the process|end users|the cooling load|the packing area"
    "|the feeders|drains|the lines|the utilities|the office block|the consumers|the motors"
    "|dispatch|the final loads|the air users|waste|the equipment|the buildings|the drives|the HVAC"
    "|the last panel|the sub meters|the factory floor",
    "powers": "EB vs DG vs solar|EB, DG and solar|grid, solar and DG|grid vs solar vs generator"
    "|EB and DG|solar vs grid|mains, genset and solar|EB/DG/solar|grid and own generation"
    "|utility power vs DG|solar and EB|EB versus solar|the grid and the DG sets|grid, UPS and DG"
    "|renewable and grid power|wind, solar and grid|solar and diesel generator|all power sources"
    "|each source|the different sources",
    "edges": "PLCs|RTUs|edge devices|field controllers|gateways|IoT devices|sensors|controllers"
    "|field devices|smart meters|IO modules|edge nodes|IoT gateways|edge controllers|SCADA nodes"
    "|transmitters|HMIs|data loggers|network switches|remote terminal units|BMS controllers"
    "|wireless sensors|DDCs|cameras",
    "edge": "SCADA gateway|edge device|edge gateway|PLC|RTU|IoT gateway|field controller"
    "|modbus gateway|SCADA server|{edge_unit}|BMS controller|HMI|data logger|edge node|MQTT broker"
    "|network switch|field bus|OPC server|controller network|DDC|sensor network|historian",
    "quality": "power factor|PF|THD|THD|harmonic|harmonics|voltage sag|voltage unbalance"
    "|power quality|flicker|voltage|frequency|harmonic distortion|current harmonics|voltage dip"
    "|swell|voltage fluctuation|current unbalance|neutral current|overvoltage|undervoltage"
    "|transient|voltage imbalance|reactive power|voltage THD|current THD",
    "elec": "panels|feeders|meters|transformers|LT panels|energy meters|incomers|buses"
    "|outgoing feeders|MCCs|switchboards|distribution boards|main panels|circuits|busbars|phases"
    "|breakers",
    "cooling": "COP|efficiency|kW per ton|cooling load|tonnage|chilled water temperature"
    "|outlet temperature|supply temperature|delta T|approach|cooling output|compressor load"
    "|return temperature|evaporator pressure|condenser pressure|cooling capacity|flow|fan speed"
    "|leaving water temperature|valve position|airflow|refrigerant pressure|wet bulb temperature"
    "|superheat",
    "backup": "AMF panel|UPS|DG|DG set|generator|ATS|battery bank|genset|transfer switch|{ups}"
    "|{dg}|standby DG|changeover panel|inverter|emergency generator|static switch|diesel generator"
    "|backup power|fire pump|automatic transfer switch|synchronising panel|emergency lighting"
    "|auto changeover",
    "person": "the shift lead|the plant head|Asha|Mr Rao|the supervisor|the maintenance head|Dev"
    "|the manager|the safety officer|the foreman|Maria|Kumar|the utility engineer|Hugo"
    "|the shift engineer|Elena",
    "vendor": "Denmark|Japan|Germany|Chile|India|Canada|the pump supplier|the bearing vendor"
    "|overseas|China|the filter vendor|abroad|the OEM|Nordflow|Europe|Rhein Drives|the port"
    "|the warehouse|Singapore",
    # Parts of a combined request.
    "subject": "{machine}|{machine}|{machine}|the {system}|the {system}|{area}|the {kinds}"
    "|{machine2}",
    "overview": "full overview|complete overview|overview|full picture|complete picture|summary"
    "|full report|360 view|detailed view|complete status|consolidated view|complete report"
    "|full analysis|situation report|health check|one page summary|profile",
    "part_trend": "trends|trend|energy|history|energy trend|consumption|recent trend|curves"
    "|performance over time|vibration trend|temperature trend|power history|energy use|load trend"
    "|past readings|efficiency trend",
    "part_trend_named": "{reading} (trend|trends|history)|{reading} and {reading2}"
    "|{reading} {period}",
    "part_alarms": "alerts|alarms|active alarms|warnings|faults|any alerts|open alarms"
    "|alarm status|trips",
    "part_log": "work orders|maintenance|maintenance history|maintenance records|event log"
    "|service history|pending tasks|repairs|recent events|tickets|logs|open jobs|service records"
    "|maintenance status",
    "part_time": "timeline|maintenance schedule|timeline of events|incident timeline"
    "|upcoming services",
    "part_kpi": "kpis|key numbers|current readings|live values|status|current values|health score"
    "|key figures",
    "part_share": "breakdown|share of load|distribution|cost split|energy breakdown"
    "|consumption by area",
    "part_compare": "comparison with {machine2}|comparison to last month"
    "|comparison against baseline",
}
