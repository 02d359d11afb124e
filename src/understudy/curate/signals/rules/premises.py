"""Assumptions: the rules that know a premise by how it is held (unchecked, for now, for want of better)."""

from understudy.curate.signals.rule import Rule

PREMISES = (
    Rule(
        "rests_on",
        0.8,
        "((this|that|it|which|all|argument|estimate|plan|answer|figure|result|calculation|proof|number) ~ (relies|rests|hinges|depends|leans|banks|presumes|presupposes|supposes|only holds|only works|holds only|works only) ~ (on ~~ (being|unsaid|unstated|unchecked|untested|holding|staying|having|that)|if ~~ (haven't|didn't|unchecked|untested)|your ~|that ~|the ~~ (is|are|being)|as long as ~~ (haven't|didn't|unchecked|untested)|~ (are|is) (real|right|correct|complete|independent|stable)))",
        "This relies on the sample being random.",
        "The outcome depends on the weather.",
        unless="my ~ (answer|argument|proof|diagnosis|estimate|plan) ~ (relies|rests|hinges|depends|leans)",
        anyone=True,
    ),
    Rule(
        "not_checked",
        0.75,
        "(which|though|but|and|, |something|what|that) (i|we|i've|we've|nobody|no one) (simply |just |only |~ |)(haven't (checked|verified|confirmed|tested|looked|measured|put)|have not (checked|verified|confirmed|tested|measured)|have yet to (check|verify|confirm|test)|didn't (check|verify|look up|confirm|measure|test)|did not (check|verify|look up|confirm|measure|test)|has (confirmed|checked|verified)|never (checked|verified|measured|confirmed)|am (simply |)(granting|trusting|accepting|guessing)|(unverified|unchecked|untested|unconfirmed)|taking on trust|take on trust)",
        "The inlet is at 20 degrees, which I haven't measured.",
        "The user said that I haven't slept.",
        unless="(user|he|she|they) ~ that i|if|should",
        anyone=True,
    ),
    Rule(
        "relying",
        0.7,
        "{i} (~|) (trust (that|the|your|it|this|her|his|their)|trusting (the|your|that|you|it|this)|bank on|banking on|count on|counting on|rely on|relying on|betting on|gambling on|going to believe|believe (the|your)|take ~ word for|taking ~ word for|building on|build on (that|this|the guess)|work on the basis|worked on the basis|proceed from|proceeding from|start from|starting from|pictured|picturing|picture (you|a|the|them|him|her)|imagine (you|a|the|them)|imagining (you|a|the|them)|envisage|peg|extend (her|his|the|your|their|this|that)|equate|stand in|lean on (the|your)|settle on|settling on|grant (that|the)|granting|banked on|going by)",
        "I'm banking on the shop being open on Sunday.",
        "I count on my fingers.",
        unless="{not} (trust|rely|count|believe|bank|build)|rely on (memory|my|that memory)|(i|i'd) (trust|picture|peg) (you|me|him|her) (will|to)|settle on (the|a) (better|best)|i'd start (from|with)|believe (the|your) ~ (wrong|better)|my (fingers|memory)",
    ),
    Rule(
        "held_at",
        0.75,
        "((is|are|was|were|be|count+|gets|being) ~ (taken (as|to be)|held (at|constant|fixed)|kept (constant|fixed)|treated as|regarded as|counted as|assumed|approximated|understood (as|to)|read as|idealised|presumed|supposed) ~|set to (one|zero|unity|#) throughout|taken as (correct|read|given|constant)|(take|takes|taking|treat|treats|treating|count|counts|hold|holds|keep|keeps|set|consider|assume) ~~ (as |at |to be |)(constant|as given|as fixed|as equal|uniform|ideal|negligible|linear|at one|at zero|as typical|as representative|lossless|frictionless|independent|for granted|as correct) |(counts|count) as (constant|given|fixed|zero))",
        "Refrigerant charge: taken as correct.",
        "The dose is taken at noon.",
        unless="(is|are|was|were|be) ~ (taken|read|understood) (as|to) (a|the) (warning|insult|sign|joke|hospital)|should|must|if|{not} ~ (taken|treated|assumed|constant)|(function|parser|method|compiler|api|type) ~ (treat+|regard+|count+)|by (the|most) ~|(test|check)",
        anyone=True,
    ),
    Rule(
        "idealise",
        0.75,
        "^ ((ignoring|neglecting|neglect|disregarding|idealising|idealise|approximate|approximating|granting|charitable reading|generous reading|sign convention|picturing|trusting|barring|short of) ~~ (, |as|for|to be|:|$)|(reading|read|taking|take|treat|treating) ~~ (generously|literally|loosely|narrowly|broadly|strictly|as (a|an|the) ~ one|as (constant|fixed|given|equal|uniform|ideal|independent)))",
        "Trusting the label: the key is unique.",
        "Reading is fun.",
        unless="reading (the|your|through) (log|report|file|code|docs|trend|graph)|read ~ (aloud|again|back|twice)|{would}|taking (a|the) (walk|break|bus|train|root|logarithm|derivative|limit)|{not}|(treat|read|picture) ~ (wound|patient|yourself|carefully)|to be (honest|fair|sure|safe)",
        anyone=True,
    ),
    Rule(
        "so_it_is",
        0.8,
        "(({not}|nothing|nobody|no|none|nowhere) ~~ (say|says|said|state|stated|mention|mentions|given|named|specified|told|specify|tells) ~~ (, |so) ~ (it is $|will do|going with|i take|i go|i use|i pick|i read|we take|take|so|three|two|one|#|default|{i})|(isn't|aren't|not) (stated|given|said|specified|named|mentioned) ~~ (, |so ) (~|) (going with|{i}|so|it is|taking|using)|seems to be ~~ , so (take|i|we|use)|let ~~ be (#|odd|even|constant|the|a|an|uniform|independent) ~~ , say|, say $|or so (i|we) (understood|gather|hear|think|believe|take)|so i (understood|gather|understand)|rightly or (not|wrongly)|(at|as) a guess|my money is on|as far as i'm (reading|concerned)|as far as i (know|can tell|understand|gather)|to the best of my (knowledge|understanding))",
        "The problem doesn't mention friction so frictionless it is.",
        "Nobody said a word.",
        unless="(should|must) (i|we)|ask",
        anyone=True,
    ),
    Rule(
        "they_seem",
        0.7,
        "((user|they|he|she|you|author|poster|client|customer|asker|reader|op) ~ (seems|seem|appears|appear|presumably|evidently|apparently|must) (to|be|have|has|on|using|living|based|running) ~~ (given|judging|since|because|from|as|by)|(they|you|he|she|the user) (want|mean|live|use|are|is|have|work|run|need|hold) ~~ , (judging|going|given|presumably|i take it|i gather|i'd say|i think|it seems|by the look)|{i} (~|) (would|'d|d) (expect|guess|imagine|wager|say) (the|it|that|they|a|this|most|you)|i'd (expect|guess|imagine|wager) (the|it|that|they|a|this|most|you)|for now (the|it|this|that|~) (~|) (counts|is taken|is treated|stays|passes|will do)|i hear (it|that|this|light|ª) ~~ as|(would|will) be normal , so)",
        "They want British spelling, judging from the spelling of colour.",
        "They want tea with you.",
        unless="i'd (guess|say) ~ (better|best|worth|wrong)|i would say ~ (better|best)|expect (the|it|that|you) ~ (fail|would)|if",
        anyone=True,
    ),
)
