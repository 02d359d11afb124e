"""Edit history: the rules that know a change by how the text or program stands now."""

from understudy.curate.signals.rule import Rule

_PART = (
    "title|heading|section|paragraph|sentence|sentences|line|lines|intro|introduction|ending|conclusion|chapter|cell|column|row|function|method|class|test|tests|script|file|query|"
    "regex|loop|name|label|table|list|itinerary|plan|step|part|draft|text|poem|stanza|verse|scene|email|letter|tone|wording|opening|formula|answer|caption|legend|axis|dates|"
    "guard|check|call|block|clause|hero|summary|chart|rule|diagram|mechanism|question|figure|model|schedule|recipe|bullet+|passive|parameter|argument|constant|import|docstring|"
    "comment|variable|patch|config|page|slide|footnote|tab|sheet|abstract|story|dialogue|rhyme|word|return|number|view|code|time|patch|ingredients|return"
)

REVISIONS = (
    Rule(
        "stands_now",
        0.7,
        f"(({_PART}|it|one|both|each|everything) (~|) (#|) ~ now (reads|read|says|runs|joins|uses|starts|ends|opens|sits|sit|stands|copies|takes|has|have|fires|is|are|rhymes|points|covers|mentions|carries|goes|lives|raises|returns|handles|comes|precedes|checks|fits|scans|asks|calls|loads|logs|keeps|shows|includes)|({_PART}) ~~ (is|are|reads|says|stands|sits|runs|starts|ends|opens|comes|precedes|has|have|uses|goes|takes|fires|returns|calls|rhymes|points) ~~ now ($|and|, |no))",
        "The query now joins on the primary key.",
        "The time is now.",
        unless="(pump|valve|sensor|meter|pressure|temperature|price|company|he|she|they|user|city|law|market|trend|alarm|level|it) (is|are) (~|) now|(it|one|both) (is|are|has|have) ~|right now|until now|by now|for now|now (that|and then)|if|should|must|(it|one) ~ now (is|has|shows|stands|comes|goes)|time is now|{would}|now (is|are) (the|a|clear|obvious|known)|{i} ~ now",
    ),
    Rule(
        "part_changed",
        0.7,
        f"({_PART}|ª) (~|) (~|) (has been|have been|is|are|was|were|got|has) (now |all |since |) (corrected|fixed|rewritten|reworded|rephrased|renamed|redone|redrawn|amended|struck|taken out|merged|split|shortened|loosened|tightened|trimmed|restored|reverted|reformatted|translated|simplified|inserted|rounded|dropped|gone|replaced|removed|moved|swapped|added|adjusted|updated|halved|doubled|out now|in now|a new ~) (accordingly|above|below|now|too|throughout|here|again|to|with|from|by|into|so that|, |$|everywhere|as well|and|in)",
        "Part (b) has been redone above.",
        "The file was moved by the user in May.",
        unless="(user|operator|team|vendor|crew|fitter|publisher|company|he|she|they|pump|valve|seal) ~|(in|on|since|last|until) (#|january|february|march|april|may|june|july|august|september|october|november|december|year|week|#)|if|when|should|must|will|can|by (the|a|him|her|them|others|hand) ~|by (him|her|them|others|somebody)|(is|are) (added|moved|dropped|replaced|removed|updated|split|rounded|fixed|swapped) (by|to|in|from|with|into) (a|each|every|the (~ |)(loop|function|parser|server|grouping))|{would}",
    ),
    Rule(
        "became",
        0.75,
        f"(({_PART}|ª|loop|helper|day #|days|and day ~) ~~ (has become|have become|became|has given way|have given way|gave way|traded places|have traded|swapped places|went (out|away)|makes way|made way|has gone|have gone|moved to the (end|top|front|start|bottom)|has moved|have moved|takes its place|took its place|stands there now|is (now |)(a |)half as long|are three|is down to|is one now|can be found)|(taken out|went out) (and|to make)|in its place (is|stands|now)|sits at the top now|now sit at)",
        "The passive in the first sentence has become active.",
        "The city has moved on.",
        unless="(user|city|firm|company|price|he|she|they|market|law|world) ~|if|{would}|time has (gone|become)",
    ),
    Rule(
        "did_to_it",
        0.75,
        "(i|i've|i have|we've|we|so i've|i had) (now |then |also |just |) ((gave|given|give) ~ (its|a|an) (own|docstring|heading|name|title|type|default|label|header|subtitle)|(put|placed|set) (a|an|the|it|that|this|them|both|your|my) (~~ |)(in|into|on|first|last|before|after|at|above|below|back|to)|(pulled|folded|broken|broke|tucked|squeezed|slotted|worked|woven|turned|wrapped|brought|lifted|taken) ~~ (out|into|up|down|in|from your|to a)|(reshuffled|shuffled|flipped|toned|pared|fleshed|loosened|transposed|restored|redid|redone|paraphrased|alphabetised|renumbered|halved|doubled|redrew|recast|renamed|regrouped|unrolled|parametrised|parameterised|rewritten|reversed the order|dialled) )",
        "I put a date line into the sample below.",
        "I put my trust in you.",
        unless="(took|taken) ~~ (the|a) (train|bus|look|guess|step|walk|break)|(took|taken|put) ~~ (to be|to mean|account|consideration|for granted|trust|in words|another way)|{would}|if|{not}|(brought|took|turned) ~ (to|up) (you|him|her|mind|out to)|halved (by|in)|set (x|n|a = |it equal|the ~ (equal|alarm))|(worked|turned|pulled) (out|up|in) (as|at|the|that|to)|had (put|set|taken|turned|worked|brought)",
    ),
    Rule(
        "past_head",
        0.75,
        "^ (transposed|restored|redid|loosened|folded|toned down|pared|alphabetised|renumbered|escaped|pinned|capitalised|indented|bolded|flattened|squashed|rebased|regenerated|redrew|unrolled|hardcoded|parametrised|parameterised|halved|doubled|pulled|moved|early return added|guard added|null check added|went in with|reordered) (the|a|an|all|two|both|out|it|for|~|ª) ",
        "Transposed the array in the script.",
        "The tide is pulled by the moon.",
        unless="^ put (the|it|a|your|them|this)|pulled (by|over)|^ moved by|{be} ~ (moved|doubled|halved|pulled)",
    ),
    Rule(
        "in_this_version",
        0.75,
        "((in|with) (this|the new|the revised|the second|the latest|my revised|the current|the updated) (version|draft|rewrite|revision|edit|take|pass) ~|in the (version|draft|text|sample|rewrite|code) below|what i (altered|changed|touched|did|reworked) (:|is|was|, )|my (patch|change|edit|rewrite|revision|fix) (~|) (restores|adds|removes|drops|keeps|moves|renames|touches|replaces|swaps|splits|leaves|turns|makes)|(draft|answer|text|code|plan) (draft |) (adjusted|amended|updated|corrected|reworked|trimmed) (to|for|accordingly|with)|no longer (generalises|mentions|claims|says|contains|calls|fires|uses|includes|imports|depends|repeats|rhymes|reads)|(is|are) (gone|out) now|following your (remark|comment|note|suggestion|request|feedback))",
        "In this version the hero is a woman.",
        "In the second draft of players he was picked.",
        unless="if|should|must|{would}|{i} ~ no longer|(pump|user|he|she|they|server|sensor|valve) ~ no longer|draft of players",
    ),
)
