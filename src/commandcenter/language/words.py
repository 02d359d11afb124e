"""Phrases that every kind of question shares: openers, times, places, scopes, and small talk.

Each value is a template of alternatives (see grammar.py). Nothing here says what is wanted.
"""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # How a request opens.
    "show": "show me|show me|{show_else}",
    "show_else": "show|show|display|give me|give me|get me|pull up|bring up|let me see|can I see"
    "|can you show me|could you show|I want to see|I'd like to see|I need|I need to see|we need"
    "|please show|put up|present|provide|fetch|open|view|see|share|prepare|generate|create|build"
    "|make|help me see|have a look at|look up|check|report|send me|find me|would like|want"
    "|kindly show|bring me|summon|render|throw up|load|produce|print|return",
    "list": "list|list|list out|list down|show me|show|give me|pull up|find|what are|which are"
    "|tell me|enumerate|get|do we have|show all|write down|name",
    "plot": "plot|plot|plot|{plot_else}|show me a (plot|graph|chart|trend|line) of",
    "plot_else": "chart|graph|draw|trend|visualise|visualize|track|trace|follow|monitor|map|sketch"
    "|display the trend of|let me see the course of|give me a graph of|show the history of|watch"
    "|render|show how it went with|draw a line of|plot out|show over time|put on a chart"
    "|track over time",
    "whatis": "what is|what is|{whatis_else}",
    "whatis_else": "what's|whats|what are|tell me|how is|show me|give me|check|read out|report"
    "|need|what do we have for|do you know|say|may I know|I want to know|find",
    "howmuch": "how much|{howmuch_else}",
    "howmuch_else": "how many|what amount of|what quantity of|tell me how much",
    "howmany": "how many|{howmany_else}",
    "howmany_else": "how many|count|count of|number of|the number of|what number of"
    "|tell me how many|total number of|how often did",
    "isthere": "are there any|is there any|{isthere_else}",
    "isthere_else": "is there|are there|do we have any|any|any|have we got any|can you see any"
    "|were there any|did we get any|do you see any|has there been any",
    "which": "which|{which_else}",
    "which_else": "what|tell me which|show me which|list which|identify which|find which"
    "|I need to know which|who are the|point out which|tell us what|say which",
    # Times that lie behind, ahead, and now.
    "count": "2|3|4|5|6|7|8|10|12|14|15|18|20|24|30|36|45|48|60|72|90|three|two|five|six|seven|ten"
    "|twelve|few|several",
    "day": "monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|midnight|noon"
    "|this morning|january|march|june|the weekend|last week|last month|6 am|the start of the month",
    "span": "{count} hours|{count} hours|{count} days|{count} days|{count} weeks|{count} months"
    "|{count} hrs|24 hours|24 hours|24h|48 hours|7 days|30 days|hour|day|week|month|quarter|year"
    "|fortnight|half hour|{count} minutes|night|weekend|season",
    "period": "over the (last|past) {span}|over the (last|past|previous) {span}|in the (last"
    "|past) {span}|for the (last|past|previous) {span}|during the (last|past) {span}"
    "|across the (last|past) {span}|from the (last|past) {span}|within the (last|past) {span}"
    "|(last|past) {span}|this (week|month)|this (week|month|morning|quarter|year|afternoon"
    "|evening)|today|today|yesterday|since {day}|from {day} to {day}|between {day} and {day}|(last"
    "|previous) (week|month|night|year)|overnight|for (today|yesterday|this week|this month"
    "|last month)|on {day}|over the weekend|at night|during peak hours|of (today|this week"
    "|this month|last night|yesterday)|{period_other}",
    "period_other": "during the day|in the morning|through the week|after the shutdown|this season"
    "|during production|on sunday|during the holidays|in winter|in the evening|on weekdays"
    "|around noon",
    "course": "over time|over the day|hour by hour|day by day|weekly|daily|monthly|hourly"
    "|as a line|per (hour|day|week)|through the (day|week)|minute by minute|week by week|with time"
    "|as a curve",
    "ahead": "for the next {count} days|(next|this|coming) (week|month)|in the next {span}"
    "|tomorrow|for the coming {span}|upcoming|next 30 days|over the next {count} weeks"
    "|until the end of the month|for the rest of the (week|month|year)|in the days ahead"
    "|from tomorrow|scheduled for {day}",
    "now": "right now|right now|now|currently|at the moment|at present|live|this minute|as of now"
    "|at this moment|in real time|presently|just now|today|on line|instantly|this very moment",
    "current": "current|current|current|present|live|real-time|real time|latest|instantaneous"
    "|actual|existing|momentary|last recorded|today's|fresh|immediate|running",
    # Where.
    "place": "plant|plant|facility|site|factory|building|campus|works|premises|whole plant"
    "|entire plant|entire facility|whole site|complex|mill|production line|utility block|unit",
    "line": "line 1|line 2|line 3|line {count}|the packaging line|the paint shop|the press shop"
    "|the assembly line|the production line|the bottling line|the extrusion line|the weld shop",
    "main": "main panel|main LT panel|main board|main incomer|incomer|main HT panel|LT panel|PCC"
    "|main distribution board|MCC|MLTP|bus coupler|main switchboard|HT panel|substation|MDB"
    "|LT main|sub panel|main feeder|grid incomer|distribution panel|main breaker|switchgear",
    "everywhere": "across all {kinds}|for all {kinds}|across the {place}|for every {kind}"
    "|of all {kinds}|across all the {kinds}|over all {kinds}|for each {kind}|plant wide|plant-wide"
    "|site wide|facility wide|throughout the {place}|at all {kinds}|of every {kind}|on all {kinds}"
    "|from all {kinds}|in all areas",
    "all": "all|all|all the|every one of the|our|the|entire|each of the|complete set of",
    "here": "in the {place}|at the {place}|across the {place}|in {area}|in the {area}"
    "|of the {place}|around the {place}|at {area}|on {line}|within the {place}|in our {place}"
    "|on site|inside {area}|in this {place}|for the {place}|at our {place}|for {area}|near {area}"
    "|on the floor|on {place}",
    "by": "by|by|per|across|for each|according to|by each|split by|grouped by|sorted by|between"
    "|wise by",
    "dimension": "department|departments|area|areas|zone|zones|floor|floors|building|block|shift"
    "|line|section|plant|location|wing|category|asset type|equipment type|machine type|device type"
    "|type|kind|machine|process|cost centre|cost center|priority|criticality|severity|status|state"
    "|source|team|user|tenant|group|system|utility|day|hour|week|month|weekday|vendor|make"
    "|manufacturer|model|age|feeder|panel|meter|load type|equipment|equipment class|customer"
    "|product|reason|cause|owner|class",
    # Words that carry no meaning of their own.
    "please": "please|pls|kindly|plz|please could you|if you can,|quickly|thanks",
    "hello": "hi|hello|hey|ok|okay|so|good morning|morning|team|sir|dear team|listen|well|right"
    "|hi team|good evening|greetings|hello there|look|alright|excuse me|sorry|one question"
    "|quick question|urgent",
    "aside": "for the morning meeting|for my report|before the audit|the manager is asking"
    "|for the review|boss wants to know|for the handover|the client is visiting|before I go home"
    "|for the log book|for the safety walk|for the board|I am in the control room|as discussed"
    "|for my shift report|I just came on duty|for the customer|before lunch|for the weekly call"
    "|for the energy audit|for the ISO file|after the rain|on the big screen|for the presentation"
    "|while I am on the phone|for the insurance|as the contractor asks|for planning|on one page"
    "|for the director|on my tablet|if possible|as soon as possible|asap|when you can|in detail"
    "|at a glance|in brief|in one view|on one screen|with details|clearly|again|once more"
    "|immediately",
}
