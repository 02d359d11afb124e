"""Pruning: the rules that know a dropped option by the idioms for it."""

from understudy.curate.signals.rule import Rule

_THINGS = "cat|dog|light|lights|lamp|battery|fire|sun|tide|power|user|operator|he|she|they|it|i|we|you|pump|motor|fan|unit|engine|heater|valve|chiller|alarm|machine|boss|doctor|train is|moon|book is|film is|results are|secret"

DROPPED = (
    Rule(
        "is_out_end",
        0.7,
        "(is|are|'s) (therefore |thus |also |now |already |) (out|off|gone|dead|history|toast|a no|no good|off the (hook|agenda|cards|table|list|menu)|not on|out of (it|the picture|the frame|the running)|no longer (a suspect|in the frame|in play|suspect+|on the list)|in the clear|innocent|acquitted|exonerated|cleared|a non-starter|beyond the (question|scope|brief)|another (matter|story|question)) (then|too|as well|for good|now|,|$|with|for (this|now|us))",
        "The second reading is out.",
        "The cat is out.",
        unless=f"({_THINGS}) (~|) (is|are|'s) (now |already |) (out|off|gone|dead)|{{would}}|if|{{not}} (out|gone|dead|off)|{{changed}}",
    ),
    Rule(
        "short_out",
        0.65,
        "^ ~ (gone|is out|are out|off the list|not on|dead|skip|skipped|dropped|ignore|ignored|bin|binned|strike it|scratch it|drop it|no go|not going there|leaving (that|those|it|them) out|not giving any|out with (that|it)|is off) (then |) ($|, )",
        "Tent's gone.",
        "The lights are out.",
        unless=f"({_THINGS}) (~|) (gone|out|is out|are out|dead|off|is off)|(he's|she's|it's|they're|i'm|we're|time's|power's|going|carried|turned|spread|printed|left|cut|switch+|find|found|check|sort+|work|figure|watch|look|come+|ran|run|way|taken|took|timed|pull+|fade+|phase+|put|stand+|carry|lay|try|logged) ~ (out|off|gone)|(must|should|don't|not|never|{{would}}) ~",
    ),
    Rule(
        "clears",
        0.75,
        "((that|this|which|and that|so that) (clears|exonerates|acquits|absolves|kills|eliminates|excludes|disposes of|does away with|sinks|buries|knocks out|puts paid to|leaves out|excuses) (the|a|all|any|both|it|that|~)|(may|can|could|we|i|let's) (now |safely |) bury|(bury|burying|kill+|close|shut) (the|that|this|off that) ~ (theory|idea|hypothesis|explanation|avenue|branch|door|case|line)|(avenue|branch|option|idea|line|route|theory|path|lead) (~|) (i close|is (closed|dead|shut|cold|buried|done)|leads nowhere|goes nowhere|dies|can be (buried|closed|shut))|off the (hook|agenda|cards)|has an alibi|have an alibi|(isn't|aren't|is not|wasn't|not) (to blame|the culprit|guilty|what we're after|what i'm after|on the cards|in question|in play|in the running|on the table|in contention|at fault|involved|viable|feasible|workable|doable|a runner)|no longer in the frame|(doesn't|does not|won't|can't|cannot) (survive (that|this|the)|come into (it|this)|feature|enter into|make the (list|grade))|needn't come into)",
        "That clears the power supply.",
        "He cleared the table.",
        unless="if|should|must|{would}|that settles (in|on|at|down)|(that|which) (kills|excludes|clears) ~ (people|bacteria|germs|process|cache|screen)|(close|shut|kill) the (door|window|process|file|valve|case with)",
    ),
    Rule(
        "so_not_it",
        0.7,
        "((so|then|therefore|hence|thus) (it's not|it is not|it isn't|it wasn't|it can't be|not|no ,|that's not) (the|a|an|about|due|down to|because) ~|(can't|cannot|can not) be the ~|isn't it (either|then)|(was|is) never the (cause|problem|issue|culprit|bottleneck)|not the (relay|cert|cache|network|disk|database|dns|cable|sensor|culprit|problem)|(had|has|have) nothing to do with (it|this|that|the)|(fine|clean|innocent|healthy) so i (stop|drop|move|leave|skip|won't))",
        "Then it isn't the shared auth service, next.",
        "So not a word was said.",
        unless="not a (word|soul|single|bad|big)|not the (only|same|best|first|last|one|way)|if|(so|then) not (because|only|just)|can't be the (same|only|case that|whole)|{would}",
    ),
    Rule(
        "can_go",
        0.75,
        "(can|may|could) (now |safely |also |therefore |) (go ($|, |too|then|out|as well)|be (buried|excluded|dropped|struck|shelved|forgotten|binned|discarded|put to rest|set aside|crossed off|eliminated|discounted|dismissed|left out|left aside|disregarded|skipped|omitted|parked)|stay (in the drawer|on the shelf|out|where it is)|forget (about |) (the|it|that|those|all)|rest)",
        "A leak of that size can be excluded.",
        "You can go home, too.",
        unless="{not} ~ (be (excluded|dropped|ignored|skipped|discounted|forgotten|omitted)|go)|(you|user|he|she|they) (can|may|could) ~ |if|must|so that|(can|could) go (out|too) (to|with|for|in)|can rest (assured|on|at)",
    ),
    Rule(
        "leave_alone",
        0.8,
        "(({i}|so i|i've) (~|) (leave|leaving|left|set|setting|put|putting|park|parking|parked|table|tabling|shelve|shelving|shelved|let|letting|pass|keep|keeping|kept|wave|waving|bin|binning|retire|retiring|bury|burying|strike|striking|sideline|discount|discounting) ~~ (alone|for now|for another (day|time)|be $|aside|apart|to one side|out of (it|this|that|here|the)|there $|go $|rest $|untouched|to (others|one side|rest|bed)|off (the|my|our) ~|by the wayside|deliberately|it there)|{i} (~|) (shelved|shelving|binned|dropped|dropping|nixed|vetoed|scrapped|scrapping|ditched|ditching|jettisoned|axed) (the|that|this|it|both|all)|{i} won't (go into|touch|open|entertain|develop|touch on|cover|discuss|chase|list|weigh)|i won't entertain|leave (them|it|that|those|these) (be|out|alone|there))",
        "Let me leave the essay alone.",
        "I leave the house for now and then.",
        unless="(you|user) (can|may|should|could) ~ (leave|put|set|skip)|(leave|leaves|left) the house|{not} (leave|put|set|let)|if|{would}|set aside ~ (money|hour|time)|i cut (bread|the (sentence|paragraph|word|intro))",
    ),
    Rule(
        "drop_it",
        0.75,
        ", (drop|strike|skip|bin|scratch|cross|forget|ditch|scrap) (it|them|those|him|her) ($|out|off|, )",
        "Kyoto as a day trip is too tiring, strike it.",
        "If the file is broken, drop it.",
        unless="if|you|user|when",
    ),
    Rule(
        "no_further",
        0.8,
        "((not|no|won't|never|n't|stop|stopped|stopping|without|enough|done) ~ (looking|pursue|pursuing|develop+|chasing|chase|digging|dig|exploring|explore|following|follow|go|going|dwell+|bother+|entertain+|weighing|considering|feature) ~~ (any further|further|any longer|anymore|any more|that|there|this|into|at|here|down that)|({not}|no) ~~ any (further|longer) (, |$|then|here)|(no|little) (sense|point|use|value|merit|mileage|good) (in |) (chasing|pursuing|digging|looking|trying|keeping|following|exploring|checking|going|testing|spending)|(we've|i've|we|i) stopped (looking|chasing|considering|suspecting)|wrong (tool|approach|place to look|track|tree|avenue) (here|for|, |$)|no use for|falls away|fall away|(don't|doesn't|do not|does not) count (, |here|as|$|since|because)|the ~ goes (, |$|out)|goes out the window|{not} going there|out of (the question|bounds here)|off the menu)",
        "We've stopped looking at the actuator.",
        "Nobody stopped looking at her.",
        unless="if|(nobody|nothing|no one) ~ stop+|(stop+|never) ~ (go|going|follow) (to|home)|{would}|should|must|^ (stop|never) ~|(user|he|she|they|pump) ~ stop+|no use for (the|him)",
    ),
)
