"""Mistakes owned up to: SLIPS are both a fault found in the own work and a correction; RETRACTIONS only take back."""

from understudy.curate.signals.rule import Rule

_SLIP = "slip|mistake|error|fault|blunder|oversight|mix-up|misreading|confusion|typo|omission|mess|misunderstanding|brain fade|goof"

SLIPS = (
    Rule(
        "dropped_a",
        0.85,
        "{i} ~ (dropped|dropping|lost|flipped|misplaced|doubled|transposed|fluffed|garbled|muddled|mangled|swallowed|blurred|botched|bungled|mixed|swapped|double-counted|differentiated|integrated|rounded|multiplied|divided|converted|added|parsed|counted) (up |) (a|an|the|that|one|my|those|these|two|some|badly|wrongly|incorrectly|~) ~ (minus|plus|sign|signs|factor|zero|digit|decimal|carry|bracket|term|unit|units|exponent|comma|leap year|mass|two|both|badly|wrongly|twice|incorrectly)",
        "I dropped a minus sign in line two.",
        "I dropped the plan for Sunday.",
        unless="{i} ~ (added|multiplied|divided|rounded|converted|swapped|counted) (a|an|the|both|those|these|all|each|them) ~ (term|unit|units|factor|sign|digit|two|both|zero) |{not} ~ (drop+|lose)|added (a|the|two|some|one)|counted (the|all|each|both)",
        tag="weakness",
    ),
    Rule(
        "took_the_wrong",
        0.85,
        "{i} ~ (read|balanced|counted|took|used|had|put|gave|looked|solved|quoted|cited|picked|opened|copied|answered|named|reading|added|multiplied|converted|divided|sorted|compared|attributed|called|wrote|started|applied|editing|looking|working|using|plotted|pointed|set|labelled|typed|treated) ~~ ((the|a) wrong ~|wrongly|upside down|back to front|the wrong way|by mistake|inside out|too (breezy|strongly|confidently|early|soon|literally|loosely|generously|long)|the old version|all along)",
        "I read the trend upside down.",
        "I read the report on the train.",
        unless="(avoid|not|n't|never|if|unless) ~~ (wrong|mistake)|{i} ~ (set|put) ~ alarm|(user|you|they|he|she) ~ (wrong|mistake)|what's wrong|rule out|too (early|long|soon) (for|to)",
        tag="weakness",
    ),
    Rule(
        "was_mine",
        0.85,
        f"(({_SLIP}|blame|confusion) (is|was|were|here is|there was) (~|) (mine|my own|my doing|my fault|on me|with me)|({_SLIP}|suggestion|advice|claim|choice|guess|remark|wording|assumption) on my (part|side|end)|(that|this|it|which) (is|was|were) (all |entirely |purely |simply |) (my (fault|doing|error|mistake|oversight|slip|bad)|on me|a slip|an oversight|wrong of me|a mistake of mine)|my (error|mistake|oversight|slip|bad|fault) (,|$|:|there|here|earlier|entirely|again)|i owe you (a correction|an apology)|(the|my) (earlier|previous|first|last) (~|) was (a|an) ({_SLIP}))",
        "The slip was mine, I counted from Sunday.",
        "The fault is in the cable.",
        unless="(user|operator|his|her|their|your) ~|if",
        tag="weakness",
    ),
    Rule(
        "of_me",
        0.8,
        "((careless|sloppy|hasty|lazy|silly|foolish|stupid|premature|rash|thoughtless|clumsy|dumb|naive|unhelpful|unfair|dishonest|glib|lax|daft|inattentive) (of me|on my part)|i (overlooked|was mistaken|blundered|goofed|slipped up|messed (it|that|this) up|fluffed|botched|bungled|got ahead of myself|spoke too soon|jumped the gun|undershot|overshot|undercounted|overcounted|oversold|undersold|was overconfident)|(damn|dammit|ugh|argh|oops|whoops|sorry|d'oh) , ~ (mixed up|misread|miscounted|forgot|dropped|lost|confused|swapped|wrong)|should've (spotted|noticed|caught|seen)|i (should have|should've|ought to have) (spotted|noticed|caught|realised|realized|remembered))",
        "It was careless of me to answer without asking.",
        "He was careless.",
        unless="if|you (misread|forgot)|(user|he|she|they) ~ (misread|forgot|miscounted)",
        tag="weakness",
    ),
    Rule(
        "i_gave_bug",
        0.8,
        "(i gave you|i sent|i posted|i wrote|i produced|i suggested|i proposed|i quoted|i made|i drew|i listed|i threw out|i said) ~~ (has a (bug|flaw|hole|gap|mistake|problem)|(is|was|were|looks|seems) ~ (wrong|shaky|false|nonsense|off|a slip|mistaken|broken|buggy|circular|muddled|outdated|misleading|inaccurate|incorrect|ugly|incomplete|too|last year's)|contains (a|an) (mistake|error|bug|typo)|doesn't (hold|work|stand|exist|compile|apply)|(breaks|fails|mutates|crashes|overcounts|pointed at|points at)|was last year's|showed ~ wrong)",
        "The function I gave you has a bug: it mutates its argument.",
        "The book I gave you has a cover.",
        unless="if|{not} ~ (wrong|off|nonsense|mistaken)|(i said|i suggested|i proposed) (yes|no)",
        tag="weakness",
        anyone=True,
    ),
)

RETRACTIONS = (
    Rule(
        "disregard",
        0.8,
        "(withdraw|retract|rescind|disregard|scratch|scrap|strike|forget|ignore|discard|cancel|bin|throw|toss|tear up|tearing up|undo|undoing|delete|void|drop|flip|unsay|rewind|roll back|replace) (~|) ((~|) i (sent|gave|wrote|quoted|suggested|posted|said|claimed|made|proposed|listed|mentioned|told)|that (last|line|answer|figure|number|sentence|bit|claim|remark|advice|advise|suggestion|,|:|$)|my (last|previous|earlier|first|original|former|initial) ~|the (last|previous|earlier) (line|bit|sentence|answer|figure|part|paragraph|number|message|point|step|schedule|draft) |the (number|figure|claim|schedule|draft|#|yes|no) (,|$|and|i|above|earlier|:)|ª)",
        "Scrap the itinerary I sent; the ferry only runs in summer.",
        "Nobody can ignore that sky.",
        unless="(the user|you) (can|could|may|should|want+|ask+) ~|{not} ~ (forget|ignore|drop|disregard|delete)|forget (that|about) (the|it|you|we)|(we|i|i'll|let's|can|may) (can |) (ignore|drop|forget|neglect|scrap|discard) that|to (delete|ignore|cancel|replace|undo|drop)|(will|would|should|must|i'll|let's) (replace|delete|cancel)|^ (delete|replace|drop|undo|cancel) ª",
    ),
    Rule(
        "earlier_falls",
        0.8,
        "(my|the|that|those) ~ (earlier|previous|first|last|original|initial|former|prior|old|morning|before) ~~ (falls|fell|is withdrawn|no longer|doesn't hold|does not hold|doesn't stand|does not stand|is void|is moot|collapses|was misplaced|stands corrected|needs (correcting|fixing)|is obsolete|was muddled|was (too|overstated|unfounded|hasty|false)|is false|is nonsense|was based on|mixed|muddled|pointed at|was a slip|can't (stand|hold)|neglected|left out)",
        "My first reply, which gave a time for it, is withdrawn.",
        "The first leaf falls in May.",
        unless="first (leaf|snow|rain|term|case|option)|if|(user|his|her|their|your) ~ (earlier|first)|last (term|leaf|train|bus|week|year|month)",
    ),
    Rule(
        "contrary",
        0.85,
        "((contrary to|unlike|against|despite|in contrast to|other than|different from) (what (i|my|we)|my (earlier|previous|first|last|own|claim|answer)|the answer i)|(doesn't|does not|no longer) (stand|holds|hold) (,|:|$|up|after|for)|no longer stand by|(claim|conclusion|answer|diagnosis|figure|total|statement|premise) (~|) (doesn't|does not|no longer|didn't) (stand|hold|holds|survive|apply))",
        "Contrary to what I claimed above, NETWORKDAYS leaves weekends out.",
        "Contrary to popular belief, bats can see.",
        unless="(their|his|her|author's|user's|paper's|your) ~ (claim|conclusion|statement)|if|no longer hold (the|a|his)",
    ),
    Rule(
        "reversing",
        0.8,
        "(i'm|i am|i|let me|i'll|i have to|i need to|i must|i hereby) (now |hereby |) (reversing|reverse|reversed|withdraw|withdrawing|revise|revising|amend|amending|correct|correcting|retract|retracting|cancel|abandon|abandoning|undo|undoing|walk|flip|flipping|unsay|set|roll|rolling|put|tear|tearing) (that|my|this|it|what i|the ~|back|up|#) ~~ (answer|claim|statement|straight|right|back|advice|verdict|draft|diff|reply|message|estimate|conclusion|mistake|yes|no)",
        "I'm reversing my answer, it's Canberra.",
        "I put the book back.",
        unless="put the ~ back|(set|put) ~ (aside|up|down)|correct (answer|advice) (is|for)|i (put|set) (the|it|this|that) ~ (,|right (at|in|on|after|before|under|above))",
    ),
    Rule(
        "from_the_top",
        0.75,
        "(back to the (start|beginning|top|newest|original)|(take|taking|do|try|try it|start|again) ~ from the (top|beginning|start)|begin ~ (afresh|anew)|start ~ (afresh|fresh|from scratch)|take two :|second attempt :|let's try that again|square one|(so|right|okay|ok) redo|rewind|do-over|start fresh)",
        "Back to the start, parts just loops.",
        "The road winds back to the station.",
        unless="(train|loop|pump|list|cursor|pointer|index|he|she|they|user|you) ~ back to|if|when|to (start|begin)|(should|must|would|could|can|will) ~ (start|begin)|undo and redo",
    ),
    Rule(
        "told_you_but",
        0.75,
        "(i|i'd|i had|i've) ~ (said|told you|wrote|gave you|quoted|called|claimed|stated|promised|answered|treated|assumed|counted|put|started|used|had|listed|named) ~~ (, (but |and |while |when |yet |though |whereas |) ~ (it's|it is|that's not|that isn't|aren't|isn't|in fact|actually|really|so (the|it|that|redo)|that (neglected|ignored|missed|overlooked|was)|whereas|closes|not #)|, having (dropped|lost|missed|forgotten|misread|mixed))",
        "I told you the shop closes at six, but it's five.",
        "I said it's late.",
        unless="{would}|if|as i (said|wrote|told)|{i} (put|used|had|started|named) ~~ (so that|so the (reader|user))|said , (it's|it is)|i said it's",
    ),
)
