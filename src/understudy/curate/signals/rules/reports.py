"""Provenance: the rules whose source is a person, a program, a named law, or a place where something stands."""

from understudy.curate.signals.rule import Rule

_PEOPLE = (
    "sister|brother|mother|father|mum|mom|dad|wife|husband|partner|son|daughter|aunt|uncle|cousin|grandmother|grandfather|parents|friend|colleague|"
    "flatmate|roommate|neighbour|neighbor|boss|doctor|gp|nurse|vet|lawyer|solicitor|landlord|tenant|teacher|tutor|professor|coach|manager|supervisor|"
    "foreman|driver|chef|editor|client|customer|vendor|supplier|manufacturer|installer|builder|plumber|electrician|technician|engineer|operator|"
    "fitter|night shift|day shift|shift lead|team lead|teammate|reviewer|maintainer|reporter|author|witness|accountant|auditor|bank|insurer|airline|"
    "agency|embassy|hotel|museum|shop|school|council|ministry|company|examiner|pharmacist|dentist|surveyor|inspector|guide|ranger|skipper|host|agent|recruiter"
)
_LAWS = "theorem|lemma|rule|law|formula|inequality|identity|criterion|principle|equation|postulate|test|paradox|approximation|relation|conjecture|axiom+"

REPORTS = (
    Rule(
        "they_say",
        0.7,
        "(he|she|they) (also |then |only |just |himself |herself |) (says|said|writes|mentions|mentioned|reports|reported|claims|claimed|notes|noted|reckons|reckoned|recalls|recalled|insists|insisted|swears|estimates|estimated|wrote (that|he|she|they|in|me|us)) (~|#|ª)",
        "She also mentions the supervisor threatening her.",
        "She said nothing.",
        unless="(said|says|writes) (no|yes|hello|goodbye|nothing|so|thanks|the word|in the) ~|if|when|whether|what (he|she|they)|{not}|(what|whatever|before|until|as) (he|she|they)|she said yes",
        tag="person",
    ),
    Rule(
        "in_passing",
        0.75,
        "((you|the user|he|she|they|the (client|customer|operator|student|reporter|author)) (pasted|uploaded|attached|forwarded|linked|quoted|cited|posted|screenshotted|supplied|handed me) (~|ª|:|,)|(photo|picture+|list|file|log|screenshot+|numbers|figures|data|table|text|image+|scan+|recording) (that |which |) (you|the user|he|she|they|~) (sent|uploaded|pasted|attached|shared|posted|forwarded|gave me) ~ (has|have|shows|show|says|gives|give|lists|list|puts|reads|contains|contain|are|is|,))",
        "The user pasted a log of the crash.",
        "He attached the hose.",
        unless="if|when|should|must|attached (the|a) (hose|lid|cable|bracket|rope|handle)|(what|whatever) (he|she|they|you)|{not}",
        tag="person",
    ),
    Rule(
        "says_aside",
        0.75,
        ", (he|she|they|you|the user|the ~) (says|said|writes|wrote|told (me|us)|tells (me|us)|mentioned|claims|claimed|reports|explained|recalls) (,|$)",
        "Her allergy bracelet, she writes, says penicillin.",
        "If it rains, she writes.",
        unless="if|when|whether|{not}",
        tag="person",
    ),
    Rule(
        "somebody_says",
        0.75,
        f"(your|my|her|his|their|our|the|a|one) (~|) ({_PEOPLE}) ~ (says|said|tells (me|us|you|her|him)|told (me|us|you|her|him)|thinks|wrote|writes|mentioned|mentions|swears|reckons|claims|claimed|insists|reports|reported|confirmed|confirms|warned|warns|explained|estimates|estimated|quotes|quoted|assured|noted|noticed|observed|recommends|recommended|advises|advised|states|stated|denies|remembers|puts it|heard|saw)",
        "Your sister said she hates both.",
        "The driver thinks about lunch.",
        unless="(said|says) (nothing|no|yes|hello|goodbye|thanks|so) |if|whether|{not} ~ (say|said|confirm+|report+)|thinks about|(to|should|must|would|will|can|please|let) ~~ (says|tells|confirms|said)|nobody|what ~~ (says|said|thinks)",
        tag="person",
    ),
    Rule(
        "proved_in",
        0.8,
        "(proved|proves|showed|conjectured|demonstrated|proposed|put forward|coined|derived|formulated|postulated|argued|introduced|described|reported|discovered|settled|measured|estimated|published|wrote|noted|established) ~~ in (#|(a|the|his|her|their) (~|) (paper|book|thesis|article|letter|lecture|study|essay|column|talk|interview|notebook|speech|report) )",
        "Wantzel proved in 1837 that it can't be done otherwise.",
        "The bridge was described in 1837 words.",
        unless="(was|were|be|been|being|first|{i}) ~ (proved|shown|introduced|described|discovered|published|proposed|reported|coined|established|measured|estimated|derived|noted|argued|wrote)|{not} ~ (prove+|show)|if|reported in|described in|published in",
        tag="person",
    ),
    Rule(
        "named_law",
        0.75,
        f"((euclid's|legendre's|euler's|fermat's|gauss's|gauss'|bayes'|bayes's|vieta's|heron's|wilson's|lagrange's|cauchy's|rolle's|taylor's|stirling's|markov's|chebyshev's|jensen's|young's|newton's|ohm's|kirchhoff's|faraday's|hooke's|boyle's|dalton's|raoult's|henry's|avogadro's|hess's|kepler's|pascal's|bernoulli's|archimedes'|darcy's|fick's|stokes'|green's|zorn's|bertrand's|wien's|beer's|lenz's|snell's|moore's|amdahl's|little's|benford's|cramer's|ptolemy's|thales'|menger's|hall's|konig's|burnside's|sylow's|hensel's|dirichlet's|l'hopital's|simpson's|pick's|ceva's|brooks's|brooks'|conway's|goodhart's|occam's|hanlon's|mendel's|cantor's|godel's|turing's|shannon's|nyquist's) (~|) ({_LAWS})|({_LAWS}) (at work|in action|applies here|from (class|the lecture|school)))",
        "That's Euclid's lemma at work.",
        "Rule two is short.",
        unless="(my|our|new|first|second|one|simple|the|house|ground|golden|business|same|this|a|acid|unit|smoke|regression|quick) (rule|test|law|principle|formula|equation|relation|approximation|identity) :|^ ~ (rule|test|law|formula|equation|lemma|theorem) :",
        tag="theorem",
    ),
    Rule(
        "law_speaks",
        0.75,
        "^ (heron|pythagoras|vieta|euler|fermat|gauss|bayes|ohm|kirchhoff|archimedes|bernoulli|le chatelier|am-gm|cauchy-schwarz|sylow|hensel|de morgan|chebyshev|markov|lagrange|stirling|newton|thales|rolle|wilson|jensen|cayley|turing) (gives|says|tells|yields|implies|guarantees|shows|bounds|has|then gives|: )",
        "Heron gives area 12.",
        "Newton has a cat.",
        unless="(newton|turing|euler|gauss|jensen|pythagoras) has (a|an|the|been)",
        tag="theorem",
    ),
    Rule(
        "where_from",
        0.75,
        "((figure+|number+|value+|date+|quote|quotation|fact|claim|limit|price+|rate|wording|definition|estimate|data|reading+|idea|phrase|count|names|advice|detail+|line|sentence|story|total|percentage|amount|constant|dimensions|times|rule|formula|that|this|these|those) (~|) (comes|come|came|stems|stem|originates|hails|derives|is taken|are taken|was taken|were taken|is lifted|are copied|is copied|is quoted) (straight |directly |right |) (from|out of|off) (the|your|our|a|an|my|his|her|their|last|this|page|tab|section|cell|chapter|table|line|row|#)|is where (that|the|this|my|our|it|i) ~ (is from|comes from|came from|got|found|sits|sit|stands|stand)|(my|our|the|his|her|your|its|main) (source|authority|reference) (for (this|that|it|the ~) |) (is|here|was|:|says)|i'm (quoting|citing|copying|paraphrasing) (the|from|off|it|this|that|your|#)|verbatim|word for word)",
        "The figure comes out of tab Monthly, cell D5.",
        "The wind comes from the north.",
        unless="(that|this|these|those|it|which|data|line) (is|are) (out of|off|from) (the (north|south|question|way|road|picture|hook|table|start|list)|order|range)|{not} ~ from|if|(light|water|heat|noise|smell|wind|train|bus|error|power) ~ (comes|come|came|is|are) from|that (is|comes) (out of|off) (the|my)|(request+|call|traffic|packet+|leak|sound) ~ (comes|came)",
        tag="document",
    ),
    Rule(
        "item_reads",
        0.7,
        "(photo+|pictures|screenshot+|scan|slide|panel|dashboard|nameplate|tag|label|postmark|badge|bracelet|envelope|sticker|plaque|sign|x-ray|radiograph|mri|binder|folder|worksheet|sheet|spreadsheet|tab|e-mail+|email+|mail|message|calendar|log|monitor|metrics|graph|readout|display|printout|export|transcript|chat|thread|post|tweet|comment|bubble|caption|footnote|margin|header|receipt|menu|brochure|poster|flyer|edition|glossary|reference|language reference|man page|wiki|entry|trend|plot|chart|ticket|issue|voicemail|recording|video|footage|map|contract|lease|policy|clause|statute|act|code|regulation+|convention|treaty|guideline+|protocol|permit|certificate|bill|invoice|statement|form|questionnaire|diary|journal|notebook|textbook|handout|worksheet|exam paper|problem sheet|rubric|prompt|brief|dictionary|atlas|almanac|guidebook|review|obituary|biography|encyclopaedia|encyclopedia|wikipedia|britannica) ~~ (gives|carries|bears|says|said|reads|puts|shows|showed|lists|listed|states|stated|describes|ends with|begins with|opens with|points (at|to)|points out|records|recorded|names|asks for|dates|flags|flagged|marks|reports|reported|guarantees|promises|is dated|notes|noted|specifies|suggests|mentions|mentioned|stipulates|spells out|confirms|attributes|recommends|warns|explains|forbids|allows|requires|claims|has (# |a |an |the |no |it |him |her |them |a note |) (at|on|in|down|as|free|for|under|~))",
        "The X-ray report ends with a warning.",
        "The sign is old.",
        unless="(if|when|whether|unless|once|until|should|must|would|could|will|to|might|may) ~~ (gives|carries|says|reads|shows|lists|states|records|names|notes|marks|reports|confirms|flags|allows|requires|has)|{i} ~ (said|noted|listed|recorded|flagged|reported|mentioned)|(my|this|new|each|every|no) (~|) (message|form|sheet|tab|entry|comment|header|label|code|post|email|caption|policy|sign|graph|chart|plot|list)|{not} ~ (say|show|list|mention)|the code|(code|form|sheet|tab|label|log|graph|chart|sign|map|message|header|entry|policy|bill|plot|display) ~~ (has|marks|names|dates|gives|carries|allows|requires) ~|(function|method|code|script) ",
        tag="document",
    ),
    Rule(
        "program_says",
        0.8,
        "(dig|curl|traceroute|nslookup|netstat|lsof|strace|tcpdump|wireshark|kubectl|explain|explain analyze|perf|valgrind|gdb|htop|dmesg|journalctl|nmap|rustc|gcc|clang|tsc|eslint|mypy|pylint|ruff|pytest|cargo|npm|terraform|grafana|prometheus|kibana|splunk|sentry|datadog|cloudtrail|cloudwatch|jenkins|wolfram|pubmed|google|reuters|bloomberg|eurostat|nist|nasa|unesco|the bbc|the guardian|the economist|the imf|the world bank|the who|the cdc|the nhs|the met office|the rspca|scada|dcs|the historian|gps|google maps|openstreetmap|imdb|oeis|iucn|merriam-webster|oxford|crates|pypi|mdn) ~~ (has|have|shows|showed|says|said|gives|gave|returns|returned|reports|reported|puts|put|lists|complains|complained|comes back|came back|points|names|prints|printed|marks|estimates|counts|output|confirms|states|flags|flagged|records|recorded|warns|recommends)",
        "CloudTrail has an AccessDenied at 11:02.",
        "Perf is a tool.",
        unless="if|should|must|would|will|whether|{not} ~ (say|show|list)|has (been|to)|oxford (street|is)|(how|why) (does|do)",
        tag="tool",
    ),
    Rule(
        "marked_on",
        0.75,
        "((postmark|watermark|timestamp|time stamp|metadata|exif|exif data|barcode|serial number|inscription|engraving|hallmark|imprint|letterhead|byline|date stamp|sticker|plaque|copyright line|colophon|signature block) ~ (is|says|reads|gives|shows|puts|dates|has|on it|places)|# ~~ (at|on|in|by) (the|this|that|your|last|yesterday's|today's|this morning's) (~|) (reading|measurement|survey|inspection|trend|logger|weigh-in|bathroom scale|kitchen scale|display|printout|thermometer|readout|multimeter|clamp meter|dipstick|gauge))",
        "The envelope's postmark is 14 August.",
        "He stood by the gauge.",
        unless="if|should|must|would",
        tag="measurement",
    ),
    Rule(
        "from_it_follows",
        0.75,
        "^ from ~~ (it follows|follows that|we (see|know|learn|read)|i (see|know|learn|read|gather)|one sees)",
        "From the limit switch record it follows that it was shut.",
        "From here on we walk.",
        unless="from (here|now|this|that|which|these)",
        tag="document",
    ),
    Rule(
        "in_it_says",
        0.75,
        "^ (in|on|at|under) (the|your|my|his|her|their|our|its|this|that|page|line|section|chapter|clause|row|table|figure) ~ (it (says|said|states)|i (read|found|find|saw)|is (given|listed|stated|written|printed|noted|recorded) as)",
        "On page four it says the fee is due.",
        "In the garden stands a tree.",
        unless="if|should|must|would|in (my|this|that|any|each|every|general|the (end|next|final|following|sense))|on (the other|my|second)|{i} ~ (will|should)|stands (in|on|at|a|the|by|near|out|for)",
        tag="document",
    ),
    Rule(
        "letter_colon",
        0.75,
        "^ (the|your|my|her|his|their|our|its|from the|from your|from) (~|) (photo|slide|screenshot|email|e-mail|mail|note|notes|message|comment|memo|log|transcript|caption|bubble|brochure|tag|nameplate|bulletin|post|tweet|thread|ticket|manual|datasheet|data sheet|handbook|spec|docs|readme|binder|minutes|printout|postmark|traceback|stack trace|report|logbook|diary|register|photo of ~) (~|) : (ª|#|~)",
        "The tutor's slide: assume complete dissociation.",
        "The report is due: Friday.",
        unless="(here|new|my) (is|message|note|email|draft)|report is|{i} ~ (change+|add+|wrote|write)|(is|are|was|were|for) ~ :",
        tag="document",
    ),
    Rule(
        "as_published",
        0.75,
        "(as (published|tabulated|documented|quoted|printed) (in|by|on|at|under)|as the ~ (published|tabulated|defined|prints|records|quotes)|said so (in|on|at)|quoted by (the|a)|matching the ~ (sheet|plate|datasheet|spec|nameplate|drawing|invoice|record|log|label)|derive+ from the|(docs|documentation|man page|faq|status page|packet capture|audit trail) (for|of|you|on|from) ~~ (shows|show|mention|mentions|has|have|say|says|state|states|: )|you can see (this|that|it) (in|on) ~|(ticket|brief|spec|contract|policy|prompt|exercise|manual|lease|statute) is (adamant|clear|explicit|firm|unambiguous)|that's (the|in the|in your|from the|from your) (~|) (theorem|lemma|inequality|postulate|paradox|permit|contract|manual|datasheet|lease|docs|handbook))",
        "As tabulated in the CRC Handbook, it is 44 kJ.",
        "That's the best we have.",
        unless="if|should|must|(is|are|was|were|be) (quoted|published|documented|printed) ~ as the|{not} as",
        tag="document",
    ),
    Rule(
        "statute",
        0.75,
        "((under|of|in|by|per|from|citing) (the|your|our) (~|) (act|civil code|penal code|tax code|building code|labour code|highway code|constitution|treaty|convention|regulations|directive|bylaws|charter|statute|terms and conditions|terms of service|fine print|small print|collective agreement|house rules|warranty)|(the|a) (~|) (act|civil code|convention|treaty|directive|statute|constitution|ordinance|small print|fine print|law|court) (says|requires|gives|allows|obliges|forbids|entitles|grants|sets|defines|held|states|treats|prescribes)|as i (recall|remember) (it |) from|i (recall|remember|know) (it|that|this|the ~) (is |) from (the|a|my|your)|(is|are|was|were) (documented|described|explained|mentioned|listed|given|stated|defined|spelled out|laid down|set out|recorded|printed|covered|noted|quoted) (in|on|by|under|at) (the|your|our|its|this|page|section|chapter|line|table|note|footnote|appendix|a|~ release))",
        "Under the Consumer Rights Act you have 30 days.",
        "The act begins at nine.",
        unless="in the act|(must|should|to|will|can|could) ~ (be|by) ~ (documented|described|listed|mentioned|defined|recorded)|(first|second|last|third|opening|final) act|if|{not} ~ (documented|mentioned|listed|stated|given|recorded)|(is|are) (given|defined|recorded|covered|described) (by|in) (a|the (same|form|function|set|equation))",
        tag="document",
    ),
)
