"""Self-critique: the rules that know a doubt by how the work is called, not by a verb of erring."""

from understudy.curate.signals.rule import Rule

_POOR = (
    "leaky|stale|misplaced|rusty|soft|wobbly|crude|generous|fuzzy|patchy|dated|stretched|hollow|lopsided|unfounded|unfair|guesswork|dodgy|suspect|wonky|"
    "muddled|unproven|untested|overblown|simplistic|blunt|pedestrian|dull|bland|trite|cliched|cliches|clichés|clichéd|rambling|verbose|wordy|preachy|limp|mush|"
    "mushy|worthless|fragile|breezy|flat|stilted|stiff|wooden|forced|padded|bloated|nonsense|rubbish|garbage|a mess|a finger in the wind|hand-waving|a hunch|lame|"
    "limited|narrow|skewed|arbitrary|glib|ropey|iffy|woolly|laboured|strained|contrived|ad hoc|hacky|wishful|backward|backwards|upside down|out on a limb|weaker|poorer|worse"
)

DOUBTS = (
    Rule(
        "am_i",
        0.8,
        "^ (am i|was i|could i be|might i be|why did i|why am i|why was i|how did i|what did i|who am i to|where did i|aren't i|what else did i|have i (been|just|now|really|already|fumbled|counted|assumed|mixed)|or (am|have|did) i) ~~ ?",
        "Am I over-fitting to the incident I remember best?",
        "Am I late for the tea with you?",
        unless="you|allowed to",
        thinking_only=True,
        tag="weakness",
    ),
    Rule(
        "soft_spot",
        0.85,
        "((softest|weakest|shakiest|thinnest|flimsiest|riskiest|feeblest|wobbliest|least (certain|solid|secure|convincing|sure)|weak|shaky|soft|wobbly|sore) (part|spot|point|link|step|leg|bit|number|figure|claim|piece|premise|place) (of|in|here|is|,|:) ~ (this|my|the|our|all|everything|it|what|here)|what (i (like|trust) ~ (less|least|not)|bothers me|worries me|troubles me|nags (at |)me|i don't like)|(bothers|worries|troubles|nags|bugs|irks) (at |) me|i'm least|least (sure|confident|certain|happy) (of|about|with)|weak link in my|thin evidence|(soft|weak|shaky) spot (in|of))",
        "That premise is the soft spot in everything above.",
        "The weakest link of the chain broke.",
        unless="link (of|in) the (chain|bracelet)|joint|(user|he|she|they|his|her|their|your) ~ (weak+|worr+|bother+)",
        tag="weakness",
    ),
    Rule(
        "no_trust",
        0.85,
        "(i (don't|do not|can't|cannot|wouldn't|would not|won't) ~ (trust (my|this|that|the|it|these)|bet (on|my|much)|swear|vouch|stake|lean on|defend|stand behind|guarantee|tell (whether|if|how|from)|know the (newest|latest|current)|know (~|) well)|i('m|'d be|) ~ not at ease|not at ease with|i (do |) (worry|fear|suspect) (that |) (i|my|i'm)|i'm (afraid|worried) (my|that my|i |that i )|(leans|rests|hangs|hinges|relies) (too|so) (heavily|much) on|i'm afraid $|i keep (presuming|assuming|making|calling|treating|forgetting|mixing|confusing|saying|coming back|slipping)|(could|may|might) (well |easily |) be (outdated|out of date|stale|worthless|wide of the mark|way off|a week off|off by))",
        "I don't trust my own timeline here.",
        "I don't trust the neighbour's dog.",
        unless="(neighbour|user|him|her|them|dog|vendor)|(sensor|meter|tag|reading|clock) ~ (may|might|could) be|worry (that you|about you)",
        tag="weakness",
    ),
    Rule(
        "my_poor",
        0.8,
        f"(my|mine|of mine|i wrote|i gave|i made|i drafted|i produced|i picked|i chose|i used|all of my) ~~ (is|are|was|were|looks|look|seems|seem|feels|feel|may be|might be|could be|sounds|reads) ~ ({_POOR}|{{fault}}|too (breezy|broad|narrow|long|loose|strong|glib|harsh|neat|tidy|kind|bold|soft|short|few|small)|badly (chosen|put|worded|phrased|drawn)|poorly (chosen|worded|put)|hard to (follow|read))",
        "My case split looks leaky to me.",
        "My flight was cancelled.",
        unless="{not} ~ (too|{fault})|(flight|bag|coat|car|house|phone|hair|dog|train|room) |if|(user|you) ~ (gave|wrote)",
        tag="weakness",
    ),
    Rule(
        "part_drags",
        0.75,
        f"((paragraph|ending|opening|joke|line #|line|sentence|stanza|draft|summary|title|metaphor|thesis|rhyme|intro|explanation|argument|proof|estimate|section|postmortem|reply|answer|plan|scene|dialogue|write-up|diff|regex) (~|) (limps|drags|rambles|stumbles|creaks|sags|wobbles|falls flat|says nothing|is mush|still feels ~|feels ({_POOR})|is (soft|shaky|limp|weak|clumsy|ugly|flabby|circular|muddled|clunky)|reads (like|as if|badly|stiff|awkwardly)|leans too|looks circular|comes across as)|that's a gap in|(is|are|was) a (gap|hole|leap|jump) in (the|my) (write-up|proof|argument|reasoning|logic|answer|explanation))",
        "Line 12 limps.",
        "The dog limps.",
        unless="(user|his|her|their|your) ~",
        tag="weakness",
    ),
    Rule(
        "by_feel",
        0.8,
        "((i|i've|i'd) (~|) (eyeballed|guesstimated|ballparked|fudged|handwaved|hand-waved|cherry-picked|winged it|talked myself|got carried away|overreached|overdid|leapt to|fixated|anchored|padded|stretched the|fell for|latched|clung|guessed (two|three|at|the|most|some|it|here)|leaned on memory|leaned on my|sold ~ too|hesitated ~ too|dithered|took the (first|easy)|picked ~ after|chose ~ by (feel|gut|eye|hunch)|did ~ in my head|know (too|very) little|know next to nothing|only skimmed|have only skimmed|am skating|gave ~ too (much|little)|gave ~ more ~ than|have been staring|was staring|barely (looked|read|checked))|i've been (staring|circling|ignoring|chasing|sloppy|unfair|lazy|assuming)|(i'm|i am) (being|anchoring|contradicting|rambling|circling|padding|stretching|oversimplifying|overcomplicating|cherry-picking|skating|rationalising|waffling|hedging|repeating|rushing|bluffing|winging|no (expert|match|authority|specialist)|not (an|much of an) expert|on shaky|out of my))",
        "I chose 90 by feel.",
        "I chose the red one.",
        unless="{i} (am|'m|) being (asked|told)|(it|that) (stretched|anchored)|padded (the|with) (list|zeros|spaces)|anchored to (the|a) (wall|floor)",
        tag="weakness",
    ),
    Rule(
        "poor_reason",
        0.75,
        "((isn't|is not|not|hardly|never|n't) (~|) (much of (a|an)|a (good|strong|great|convincing|solid) (reason|sign|basis|argument|look|habit|idea|use)|evidence enough|scientific|my (finest|best|proudest|strongest))|(a bit|a little|somewhat|rather|slightly|kind of) (of a (cheat|fudge|stretch|reach|dodge|cop-out|hack|leap|shame)|dishonest|circular|unfair|sloppy|hand-wavy|one-sided|lazy|careless|glib)|(is|was) (cheating|a cheat|a fudge|a dodge|a cop-out|a poor use|a waste of effort|a blind alley of mine)|(lazy|sloppy|wishful|woolly|fuzzy|muddled|circular) (thinking|reasoning|logic|argument)|more than the ~ (justifies|justify|allows|supports|warrants)|should've (looked|checked|asked|read|tested|started)|badly (chosen|put|worded|phrased)|i use the claim|assuming what)",
        "I did it in my head, never a good sign.",
        "The food was not bad.",
        unless="(user|his|her|their|your) ~ (thinking|reasoning|logic|argument)|(good|great) idea to|game|exam",
        tag="weakness",
    ),
    Rule(
        "could_be_off",
        0.8,
        "(i (may|might|could|can) (well|easily|very well|just|quite|also|still) (be (wrong|off|mistaken|fooling|out|biased|missing|reading|late|wide|a|#)|have ~)|i (can't|cannot|can not) (rule out|exclude) (that i|having)|reading too much into|i wonder (what|where|which|how|whether|if) ~~ i (got|missed|have|forgot|overlooked|'m|am|was|might)|perhaps i'm|maybe i'm|am i sure|(did|do) i (even|really) ~~ ?|what i say ~ (could|may|might))",
        "I could easily be a week off.",
        "I can rule out a leak.",
        unless="maybe i'm (not |)(needed|late|early)",
        tag="weakness",
    ),
)
