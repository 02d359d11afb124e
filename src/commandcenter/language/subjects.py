"""What operators name: kinds of equipment, their readings, plant-wide quantities, areas, teams.

Words only; which unit or reading stands in a question is drawn by operators.py from the plant.
"""

from collections.abc import Mapping

KIND_WORDS: Mapping[str, tuple[str, str]] = {
    "pump": (
        "pump|pump|pump|water pump|feed pump|chilled water pump|transfer pump|booster pump",
        "pumps|pumps|pumps|water pumps|feed pumps|booster pumps|circulation pumps",
    ),
    "chiller": (
        "chiller|chiller|chiller|chiller unit|water chiller",
        "chillers|chillers|chiller units",
    ),
    "ahu": ("AHU|AHU|AHU|air handling unit|air handler|AHU unit", "AHUs|AHUs|air handling units"),
    "cooling_tower": (
        "cooling tower|cooling tower|CT|tower",
        "cooling towers|cooling towers|towers|CTs",
    ),
    "transformer": (
        "transformer|transformer|transformer|trafo|TR|power transformer|TX",
        "transformers|transformers|trafos|power transformers",
    ),
    "dg": (
        "DG|DG|DG set|diesel generator|genset|generator|generator set|gen set|diesel gen",
        "DGs|DG sets|diesel generators|gensets|generators|gen sets",
    ),
    "ups": ("UPS|UPS|UPS|UPS unit", "UPSs|UPS units"),
    "compressor": (
        "compressor|compressor|air compressor|screw compressor|comp",
        "compressors|compressors|air compressors|screw compressors",
    ),
    "motor": (
        "motor|motor|motor|drive motor|induction motor|electric motor|fan motor",
        "motors|motors|motors|drive motors|electric motors|LT motors",
    ),
    "boiler": ("boiler|boiler|boiler|steam boiler|thermic boiler", "boilers|boilers|steam boilers"),
    "meter": (
        "energy meter|energy meter|meter|power meter|EM|electricity meter",
        "energy meters|meters|meters|power meters|electricity meters",
    ),
    "panel": (
        "panel|panel|LT panel|electrical panel|distribution panel|switchboard",
        "panels|panels|LT panels|electrical panels|distribution boards|switchboards",
    ),
    "feeder": ("feeder|feeder|outgoing feeder", "feeders|feeders|outgoing feeders"),
    "plc": ("PLC|PLC|PLC unit|PLC controller", "PLCs|PLCs|PLC units"),
    "rtu": ("RTU|RTU|RTU unit|remote terminal unit", "RTUs|RTUs|RTU units|remote terminal units"),
    "gateway": ("gateway|gateway|IoT gateway|edge gateway", "gateways|gateways|IoT gateways"),
    "solar": (
        "solar array|solar plant|solar inverter|PV array|solar panel",
        "solar arrays|solar panels|PV arrays|solar inverters",
    ),
}

READING_WORDS: Mapping[str, str] = {
    "power": "power|power|power consumption|power draw|active power|kW|pwr|power usage|real power"
    "|power reading|wattage|kilowatts|power demand|input power|power intake|output power",
    "energy": "energy|energy|energy consumption|energy use|energy usage|kWh|electricity use"
    "|units consumed|electricity consumption|unit consumption|energy intake|kWh consumption"
    "|meter reading",
    "current": "current|current|amps|amperage|line current|phase current|current draw|amp reading"
    "|ampere|motor current|running current|current reading",
    "load": "load|load|load percentage|loading|percent load|utilisation|utilization|load level"
    "|capacity used|demand load|load factor|connected load",
    "health": "health|health|health score|health index|condition|health status|asset health"
    "|condition score|health rating|condition index",
    "runtime": "runtime|runtime|running hours|run hours|hours run|operating hours|run time"
    "|hour meter|hours of operation|service hours|uptime",
    "starts": "starts|number of starts|start count|start stop count|switching count|start cycles"
    "|cycles",
    "vibration": "vibration|vibration|vibration level|vibration levels|vib|vibrations"
    "|bearing vibration|vibration velocity|shaking|vibration reading|vibration amplitude",
    "temperature": "temperature|temperature|temp|temperatures|temps|outlet temperature"
    "|bearing temperature|winding temperature|oil temperature|surface temperature"
    "|inlet temperature|supply temperature|return temperature|discharge temperature"
    "|body temperature|temperature reading",
    "pressure": "pressure|pressure|discharge pressure|suction pressure|outlet pressure"
    "|differential pressure|oil pressure|steam pressure|line pressure|pressure level"
    "|header pressure|head pressure",
    "flow": "flow|flow rate|flow|flowrate|water flow|air flow|airflow|discharge flow|throughput"
    "|discharge|volume flow",
    "speed": "speed|speed|rpm|motor speed|shaft speed|rotation speed|revolutions",
    "efficiency": "efficiency|efficiency|performance|energy efficiency|efficiency percentage"
    "|operating efficiency|output|cooling output|effectiveness|productivity",
    "cop": "COP|COP|coefficient of performance|kW per ton|cooling efficiency|cooling performance",
    "humidity": "humidity|humidity|relative humidity|RH|moisture|dew point",
    "level": "level|tank level|oil level|water level|sump level|basin level|drum level",
    "fuel": "fuel|fuel level|diesel level|fuel consumption|fuel rate|diesel stock|fuel stock"
    "|diesel use",
    "battery": "battery|battery level|battery charge|battery health|backup time|battery voltage"
    "|autonomy|state of charge|battery backup|battery percentage|remaining backup",
    "voltage": "voltage|voltage|volts|line voltage|phase voltage|supply voltage|voltage level"
    "|bus voltage",
    "power_factor": "power factor|power factor|PF|cos phi|pf value",
    "thd": "THD|THD|harmonics|harmonic distortion|total harmonic distortion|THD level|voltage THD",
    "frequency": "frequency|frequency|line frequency|supply frequency|Hz|grid frequency",
    "demand": "demand|maximum demand|demand kVA|peak demand|MD|kVA demand|apparent power",
    "torque": "torque|torque|shaft torque|torque reading",
    "latency": "latency|response time|delay|ping|communication delay",
    "signal": "signal|signal strength|network signal|link quality|reception",
}

LIMITED = ("vibration", "temperature", "pressure", "health", "thd", "battery", "level", "fuel")
"""Readings whose limits operators watch: whoever asks for their course wants the alarms too."""

QUANTITY = (
    "power", "power consumption", "power usage", "power factor", "power demand", "load", "total load",
    "plant load", "base load", "electrical load", "demand", "maximum demand", "voltage", "current",
    "frequency", "supply voltage", "line current", "reactive power", "apparent power", "kVAR", "kW",
    "steam flow", "steam pressure", "compressed air pressure", "air pressure", "water flow", "water level",
    "water usage", "gas usage", "ambient temperature", "room temperature", "chilled water temperature",
    "temperature", "humidity", "room humidity", "production rate", "throughput", "line speed", "vibration",
    "carbon intensity", "solar output", "solar generation", "grid import", "DG output", "cooling load",
    "chilled water flow", "tank level", "fuel level", "diesel level", "network latency", "noise level",
    "emission level", "dust level", "indoor air quality", "CO2 level", "condensate temperature", "pH",
    "boiler pressure", "furnace temperature", "heat load", "specific power", "power intake", "kVA",
    "electricity demand", "conductivity", "turbidity", "oxygen level", "spindle speed", "oil pressure",
)  # fmt: skip

COUNTED = (
    "energy", "energy consumption", "energy usage", "electricity", "electricity consumption", "kWh",
    "electricity use", "energy use", "units consumed", "power consumption", "water consumption",
    "gas consumption", "diesel consumption", "fuel consumption", "steam consumption", "steam generation",
    "compressed air usage", "water use", "production", "production output", "output", "solar generation",
    "carbon emissions", "CO2 emissions", "emissions", "waste", "scrap", "good units", "production count",
    "energy cost", "electricity cost", "fuel cost", "diesel used", "chemical use", "runtime hours",
    "downtime", "downtime minutes", "generation", "export to grid", "chilled water energy",
    "reject count", "spending", "maintenance cost", "consumption", "power", "water", "load", "cost",
)  # fmt: skip

AREA_WORDS = (
    "production hall", "office block", "warehouse", "substation", "plant room", "utility block",
    "roof", "power house", "server room", "control room", "compressor house", "boiler house",
    "canteen", "workshop", "laboratory", "loading dock", "packing area", "floor 2", "zone 3", "block B",
    "building A", "basement", "data centre", "pump house", "north wing", "paint shop", "cold storage",
    "assembly area", "tank farm", "dispatch area", "clean room", "treatment plant", "ground floor",
    "first floor", "west wing", "yard", "tool room", "stores", "gate 2", "admin building", "zone 1",
)  # fmt: skip

TEAM_WORDS = (
    "electrical team", "mechanical team", "instrumentation team", "utilities team", "maintenance team",
    "electricians", "fitters", "utility team", "contractors", "vendor", "HVAC team", "civil team",
    "automation team", "night crew", "technicians", "facility team", "instrument engineers",
    "operations team", "safety team", "shift engineer", "mechanics", "electrical crew", "my team",
)  # fmt: skip

SHIFT_WORDS = (
    "morning", "evening", "night", "day", "first", "second", "third", "afternoon", "A", "B", "C", "general",
)  # fmt: skip

SYSTEM_WORDS = (
    "HVAC system", "HVAC", "HVAC plant", "electrical system", "chilled water system", "cooling system",
    "compressed air system", "boiler house", "UPS system", "DG plant", "utility block", "substation",
    "solar plant", "water treatment plant", "ETP", "STP", "fire pump system", "LT panel room", "main panel",
    "steam system", "air system", "ventilation", "lighting", "power supply", "HT yard", "data centre",
    "production line", "packaging line", "hot water system", "vacuum system", "RO plant", "fire system",
    "chiller plant", "effluent plant", "furnace", "conveyor", "refrigeration plant", "cold room",
)  # fmt: skip
