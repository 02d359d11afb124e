"""The word lists that patterns name in braces, each itself a pattern of alternatives."""

from understudy.curate.signals.phrases import word_set

CLASSES = {
    # The writer. A contraction is one word.
    "i": "i|i'm|i'll|i've|i'd|we|we're|we'll|we've|we'd|let me|let's|let us|lemme",
    "ido": "i|i'll|i'd|we|we'll|we'd|let me|let's|let us|lemme|i'm going to|to be safe",
    "ihave": "i|i've|i'd|i have|i had|we|we've|we have|we'd",
    "be": "is|are|was|were|be|been|being|'s|isn't|aren't",
    "the": "the|a|an|my|our|this|that|these|those|its|their|your|each|every|any|some|both|last",
    "not": "not|n't|never|don't|doesn't|didn't|isn't|wasn't|aren't|weren't|can't|cannot|won't|hasn't|haven't|hadn't|couldn't",
    "said": "stated|reported|documented|noted|mentioned|described|shown|listed|recorded|specified|defined|written|printed|logged|published|quoted|explained|indicated|outlined|set out|laid out|seen",
    "given": "specified|given|stated|said|mentioned|told|named|provided|supplied|indicated|defined|clear|known|spelled out|available",
    "would": "would|wouldn't|would've|could|couldn't|could've|might|mightn't|might've|i'd|we'd|you'd|they'd|he'd|she'd|it'd|there'd|that'd",
    "you": "you|you've|you'd|the user|the operator|the customer|the client|the author|he|she|they|somebody|someone|the caller|my colleague",
    # Where facts come from.
    "source": (
        "log+|logbook+|log book+|shift book|logs|manual+|handbook+|guide+|datasheet+|data sheet+|docs|documentation|doc|docstring|"
        "spec+|specification+|standard+|table+|report+|record+|database|historian|scada|dashboard|query|api|response|"
        "output|search|result+|study|studies|paper+|article+|book+|textbook+|wikipedia|encyclopedia|website+|web page|page+|site|"
        "ticket+|email+|mail|invoice+|bill+|register|registry|catalogue|catalog|readme|changelog|release notes|traceback|stack trace|"
        "error message|error|message|sensor+|meter+|gauge+|thermometer|transmitter|probe|telemetry|rfc|code|source code|source|file+|config|schema|"
        "history|survey|statistics|data|dataset|figures|timetable|schedule|calendar|map|chart+|nameplate|label|drawing+|diagram|"
        "work order+|notebook|transcript|notes|prompt|context|system prompt|brochure|leaflet|statute|law|contract|policy|"
        "tool|call|command|grep|test|git|diff|commit|test report|audit|inspection|lab|analysis|abstract|appendix|inventory|"
        "readings|measurements|measurement|reading|trend data|archive|alarm list|event log|maintenance log|forecast|news|newspaper|"
        "letter+|bank statement|recipe|recipe card|memo|autobiography|biography|memoir|diary|essay|guidebook|oeis|dictionary|review+|reviewers|flow computer|display|controller|buffer|blame|contract note|price list|packing list|prescription|certificate|screenshot|prospectus|balance sheet|weather service|met office|guinness book|lease|filing|"
        "researchers|scientists|experts|literature|evidence|research|trial|meta-analysis|census|ledger|receipt|menu|syllabus|minutes|bulletin|"
        "instructions|question|problem statement|statement|exercise|task|cmms|erp|plc|rows|profile|profiler|trace|debugger|compiler|linter|server|header|signature"
    ),
    "states": (
        "says|say|said|states|stated|shows|show|showed|lists|list|listed|reports|report|reported|indicates|indicate|indicated|records|record|recorded|"
        "gives|gave|mentions|mentioned|notes|noted|reads|returned|returns|tells|told|contains|contained|specifies|specify|specified|describes|describe|described|"
        "suggests|suggest|suggested|recommends|recommend|recommended|defines|define|defined|reveals|reveal|revealed|points|pointed|documents|document|documented|names|named|quotes|"
        "prescribes|registered|registers|confirms|confirmed|makes clear|makes it clear|is explicit|are explicit|is clear|are clear|claims|claim|claimed|warns|explains|explain|explained|attributes|measured|measures|displays|displayed|counts|counted|asks for|came back with|comes back with|traces|complain about|complains about|complain of|cites|calls for|expects|predicts|forecasts"
    ),
    # Verbs that only a source or a speaker has, and that need no list of those.
    "says": (
        "says|states|stated|writes|mentions|mentioned|recommends|recommended|stipulates|prescribes|attributes|attributed|quotes|quoted|cites|cited|credits|"
        "specifies|spells out|spells (it|that|this) out|confirms|claims|claimed|reports|reported|blames|blamed|advises|advised|warns|asserts|pointed out|points out|speaks of|used to say|"
        "lists|records|recorded|wrote (that|in|on|back|down)|noted (that|in|on|the|a)|notes (that|a|the)|reads ª|reads ,|explicitly (forbids|allows|requires|permits)|disallows|tells (us|me)|has ~ (down as|listed as|recorded as)|goes by"
    ),
    # What is written to be consulted, and does little else.
    "document": (
        "spreadsheet|sheet|worksheet|extract|faq|page|report|agreement|contract|lease|form|plate|nameplate|tag|transcript|filing|guideline|manual|datasheet|handbook|brochure|"
        "leaflet|note|notes|memo|invoice|receipt|statement|certificate|timetable|register|ledger|logbook|log|catalogue|catalog|index|census|survey|standard|statute|act|treaty|"
        "charter|decree|ordinance|directive|prospectus|almanac|atlas|encyclopedia|bulletin|gazette|paper|study|article|chapter|appendix|annex|footnote|preface|abstract|"
        "specification|spec|drawing|diagram|blueprint|label|pdf|slide|deck|newsletter|booking|ticket|quote|quotation|minutes|syllabus|prescription|permit|licence|license|will|deed|brief|briefing|letter|email"
    ),
    "law": "theorem|lemma|definition|law|rule|formula|identity|inequality|corollary|axiom|principle|criterion|postulate|proposition|property|convention|equation|hypothesis|convergence|pigeonhole|cauchy-schwarz|am-gm|de morgan|vieta",
    # Own work and what may be wrong with it.
    "work": (
        "answer|answers|reply|reasoning|estimate|approach|solution|argument|logic|draft|explanation|guess|plan|analysis|understanding|proof|attempt|"
        "calculation|diagnosis|conclusion|patch|fix|code|response|interpretation|summary|derivation|suggestion|idea|claim|inference|thinking|"
        "memory|knowledge|recollection|reading|wording|implementation|design|model|method|work|recommendation|translation|statement|forecast|ranking|judgement|judgment|sketch|account|view|picture|bound|assessment|version|choice|evaluation|result|query|message|paragraph|joke"
    ),
    "thought": (
        "answer|answers|reply|reasoning|estimate|argument|logic|explanation|guess|plan|analysis|proof|attempt|calculation|diagnosis|"
        "conclusion|interpretation|derivation|inference|thinking|approach|solution|sketch|draft|claim|summary|patch|line of thought|line of reasoning"
    ),
    "past": (
        "had|were|was|did|didn't|wasn't|weren't|hadn't|came|went|got|took|made|gave|ran|left|fell|rose|broke|found|knew|thought|held|kept|wrote|chose|"
        "began|lost|sent|said|told|brought|bought|stood|built|spent|asked|used|rained|wanted|needed|started|stopped|failed|changed|moved|added|closed|opened|dropped|"
        "happened|worked|tried|called|sorted|replaced|removed|switched|turned|allowed|doubled|decided|skipped|checked|waited|picked|ordered|showed|ignored"
    ),
    "fault": (
        "wrong|weak|flawed|sloppy|rough|incomplete|shaky|thin|vague|poor|naive|simplistic|hand-wavy|handwavy|careless|off|mistaken|hasty|circular|"
        "incorrect|inaccurate|imprecise|unclear|muddled|confused|overcomplicated|convoluted|clumsy|inefficient|unconvincing|biased|one-sided|superficial|shallow|"
        "lacking|inadequate|insufficient|faulty|unreliable|outdated|out of date|optimistic|pessimistic|speculative|tentative|uncertain|debatable|questionable|doubtful|"
        "unsound|invalid|loose|messy|lazy|premature|oversimplified|overly|too|a stretch|a guess|a bit of|guesswork|not rigorous|brittle|fragile|ugly|dubious|half-baked|misleading|sketchy|far from|incoherent|inconsistent|flimsy|clunky|long-winded|redundant|stale"
    ),
    "unsure": "sure|certain|confident|convinced|positive|happy with|satisfied with|clear on|comfortable with|at ease with|proud of",
    # Choosing.
    "option": "option|choice|fit|approach|way|candidate|pick|solution|bet|alternative|method|tool|match|design|route|strategy|idea|variant|answer|plan|format|view|display|widget|structure",
    "quality": (
        "suitable|appropriate|relevant|useful|practical|readable|robust|natural|convenient|elegant|helpful|reliable|effective|efficient|sensible|maintainable|"
        "intuitive|flexible|attractive|informative|promising|important|urgent|idiomatic|economical|direct|compelling|plausible|likely|straightforward|valuable|pressing"
    ),
    "nicer": "simpler|cleaner|easier|neater|clearer|safer|cheaper|handier|nicer|wiser|tidier|shorter|smarter|likelier|gentler|stronger|lighter|more {quality}",
    # Tests and comparisons.
    "check": (
        "check+|double-check+|cross-check+|recheck+|verify+|validate+|confirm+|test+|retest+|prove+|audit+|proofread+|reproduce+|ascertain+|"
        "corroborate+|recount+|recompute+|recalculate+|sanity-check+|spot-check+|inspect+|re-verify+|reverify+|re-run+|rerun+|re-check+|re-read+|reread+|substantiate+|scrutinise+|scrutinize+|vet+|double check+|cross check+|triple-check+|retrace+|"
        "make sure|making sure|made sure|be sure|be certain|make certain|see (if|whether)|find out (if|whether)|look (again|twice|closer)"
    ),
    "good": "right|correct|true|plausible|reasonable|consistent|valid|sensible|realistic|sound|sane|so|really|enough|accurate|complete|legal|possible",
    "changed": (
        "changed|replaced|renamed|updated|rewrote|rewritten|removed|deleted|added|moved|shortened|cut|fixed|refactored|extracted|split|merged|"
        "swapped|reordered|rephrased|reworded|corrected|revised|adjusted|tweaked|inserted|dropped|trimmed|converted|bumped|reverted|restructured|"
        "simplified|tightened|polished|edited|amended|modified|struck|patched|wrapped|introduced|expanded|condensed|reformatted|inlined|deduplicated|commented out|"
        "took out|taken out|put in|pulled out|raised|lowered|switched|lengthened|shifted|cleaned up|filled in|reworked|redrafted|appended|substituted|turned|made|softened|set|capitalised|capitalized|rearranged|migrated|ported|tidied|corrected|annotated|undid|undone|stripped|collapsed|redrew|hoisted"
    ),
    # Harm.
    "hazard": (
        "dangerous|dangerously|catastrophic|hazard+|hazardous|unsafe|lethal|fatal|deadly|toxic|poisonous|poison+|explosive+|explosion+|explode+|flammable|"
        "electrocute+|electrocution|suffocate+|suffocation|asphyxiation|carcinogenic|corrosive|scald+|maim+|evacuate+|evacuation|injure+|injury|injuries|"
        "casualty|casualties|overdose+|self-harm|suicide|suicidal|malware|ransomware|phishing|vulnerability|vulnerabilities|exploitable|vulnerable|"
        "lockout|lock-out|loto|unlawful|unethical|abusive|harmful|life-threatening|perilous|contaminated|contamination|rupture+|asbestos|radiation|bodily harm|death|deaths|drown+|choke+|choking|burn|burns|fracture+|stalk+|harass+|harassment|swat+|doxx+|doxing|blackmail+|extort+|fraud|scam+"
    ),
}

# Words so frequent that no rule should be looked up by them when it has a rarer one.
COMMON = word_set(
    "a an the of to in on at by for with from as is are was were be been being it its this that these those there here i i'm i'll i've i'd "
    "we we'll we've we'd you your he she they and or but if then so not no do does did don't doesn't have has had can could may might will would "
    "should must let me my our us what which who when where how than more most less one two all any some only also just now up out over "
    "about into good make see set use take go get put user said say says like need needs"
)

EVERYWHERE = word_set(
    "the a an i to of is and it that not be in for with on this as are if at by from or we you have"
)
