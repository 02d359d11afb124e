"""Assumptions: what the writer takes as given without having checked it."""

from understudy.curate.signals.findings import Kind
from understudy.curate.signals.rule import Rule, Table

ASSUMPTION = Table(
    Kind.ASSUMPTION,
    (
        Rule("own", 0.95, "{i} ~ (assume+|presume+|presuppose+|postulate+|stipulate)", "I'll assume the reading is in mm/s.", "The user assumes it is in mm/s."),
        Rule("imperative", 0.9, "^ (assume|assuming|assumed|presume|presuming|suppose|supposing|granted) (that|for|~)", "Assuming that p is prime, q is odd.", "Without assuming anything, we sort.", unless="{would}|instead|had|were|was|~ assumed"),
        Rule("let_us", 0.9, "(let's|let us|let me|we can|we may|i can|i may|i could|i shall|we shall) ~ (assume|suppose|say that|say|posit|pretend|presume)", "Let's say the tank is half full.", "Let me say thanks.", unless="say (thanks|hello|so|more|no|something|sorry|goodbye|no more|a word)|instead ~~ {would}"),
        Rule("suppose_end", 0.75, "(i|we) (suppose|guess|reckon|imagine|gather|take it|trust|expect|figure|surmise|conjecture|suspect|wager|bet|infer|would guess|would imagine|would expect|would think)", "Nobody objected, I suppose.", "You suppose so.", unless="expect to (see|find|be)|expect you"),
        Rule("guessing", 0.85, "{i} ~ (guessing|supposing|reckoning|hypothesising|hypothesizing|speculating|betting|inferring)", "I'm guessing that 60 people come.", "They keep guessing."),
        Rule("my_guess", 0.85, "(my|best|educated|our) ~ (guess|hunch|bet|working theory|supposition|presumption|hypothesis|reading) (is|would be|here|:|,)", "My best guess is a stuck valve.", "Take a guess.", unless="{fault}"),
        Rule("noun", 0.85, "(on|under|with|upon|from|make|making|made|go with|going with|state|stating|my|our|key|main|working|simplifying|default|reasonable|safe|natural|one|first|another|implicit|usual|standard|same) ~ (assumption+|premise+|supposition|presumption|presupposition)", "On the premise that the list is sorted, we search.", "The premise is wrong.", unless="{not} ~ (make|making|made)|no assumption+", anyone=True),
        Rule("heading", 0.8, "^ ~ (assumption+|premise+) (:|is that|are that|are as follows|here is|here)", "Assumption: the meter is calibrated.", "The word assumption has ten letters.", unless="cannot|can't|not"),
        Rule("adverb", 0.8, "(presumably|supposedly|in all likelihood|in all probability|most likely|very likely|almost certainly|most probably|chances are|odds are|doubtless|no doubt|quite likely|by all appearances)", "Presumably the clock is right.", "The most likely value is 3 by the histogram.", unless="most likely (value|outcome|number|result)|the most likely|(isn't|not) ~ likely", anyone=True),
        Rule("probably", 0.65, "(probably|likely|surely)", "The caller probably holds the lock.", "It is likelier than before.", unless="not likely|unlikely|more likely|less likely|likely to|equally likely|as likely|how likely|very likely|most likely|too likely|likely that|likely candidate|likely cause|likelihood", tag="guess", anyone=True),
        Rule("unsaid", 0.85, "({not}|no|nothing|nobody|none|neither|without|missing|unspecified|ambiguous|unstated|unclear|unknown) ~~ {i} ~ (use+|treat+|take+|go|going|default+|work|pick+|read+|consider+|choose+|interpret+|start|apply|set|settle|count+|rely)", "No date was given, so I treat it as today.", "Not everybody uses it."),
        Rule("unsaid_given", 0.85, "{not} ~ {given} ~~ (so|then|,) ~ (is|are|be|means|mean+|refer+|apply|applies|count+)", "The zone is not given, so UTC it is.", "Nothing is given away.", unless="{i} ~ (ask|need)", anyone=True),
        Rule("unless_told", 0.8, "(unless|until) ~ (told|stated|specified|noted|said|indicated|mentioned|informed|corrected|heard|hear) ~ (otherwise|differently|different|else)", "Unless told otherwise I treat the file as UTF-8.", "Unless it rains we go.", anyone=True),
        Rule("in_absence", 0.8, "(in the absence of|for want of|for lack of|absent|lacking|failing) ~~ {i}", "In the absence of a set point I work with 80 %.", "The absence of a set point is odd."),
        Rule("default", 0.75, "({i} ~ default+ to|{i} ~ fall back (to|on)|defaulting to|by default i)", "I'll default to UTC.", "The setting defaults to UTC."),
        Rule("treat_as", 0.8, "{i} ~ (treat+|regard+|consider+|count+|interpret+|read+|understand+|take+|see|construe+|view+) ~~ (as|to be|to mean|to refer)", "I take the coin to be fair.", "They treat it as fair.", unless="(check|verify) ~~ as|seen as|as (well|soon|you|noted|stated|long|far|expected)|take (care|a look|into)|take ~ as far"),
        Rule("take_it", 0.9, "(take+|taking|took) (it|that|this|~) (that|as given|for granted|as read|as a given|you|to be|on faith|on trust)", "We take for granted that there is Wi-Fi.", "Take it home."),
        Rule("by_x_mean", 0.85, "(presumably|probably|likely|must|surely|seems to|appear+ to|seem to|apparently|i think|i believe|i understand you to) ~ (mean|means|meant|refer+|be asking|be after|want|wants|be referring)", "The east pump must refer to pump 4.", "What does it mean?", anyone=True),
        Rule("believe", 0.6, "i (believe|think|would say) (this|that|it|the|they|these|he|she|you) ~ (is|are|was|refers|means|has|uses|comes|runs|lives|want+|mean+)", "I believe this is Python 3.", "I think about it.", unless="{nicer}|better|best|{quality}|{fault}"),
        Rule("reasonable", 0.85, "(reasonable|fair|safe|natural|plausible|sensible|logical|tempting|harmless|customary) to (assume|think|suppose|expect|believe|conclude|say|presume|infer|take|treat|guess|read)", "It is reasonable to think that the two are linked.", "It is nice to think.", anyone=True),
        Rule("stands_to_reason", 0.8, "(stands to reason|goes without saying|must surely|one would expect|as is usual|as usual in|is taken to|are taken to|is understood to|is meant to be|is supposed to be|should be safe to|ought to be)", "It stands to reason that the spare took over.", "It stands on the shelf.", anyone=True),
        Rule("wlog", 0.95, "(wlog|without loss of generality|for the sake of (argument|simplicity)|for simplicity|to keep (it|things|this) simple|for argument's sake|simplify ~ by)", "WLOG a is less than b.", "The loss of generality hurts.", anyone=True),
        Rule("let_be", 0.6, "^ say (that|the|it|we|there|a|~) ", "Say the pump runs at 80 %.", "They say so."),
        Rule("sounds", 0.65, "(sounds|reads|looks|seems|feels) (like|as if|as though) (a|an|the user|you|they|this|somebody|the operator|the person|the customer)", "It sounds like the user wants a summary.", "The bell sounds twice.", unless="looks like a (good|bad)", anyone=True),
        Rule("going_with", 0.8, "{i} (~ go|~ going|~ work|~ working|~ proceed|~ run|~ operate|~ stick|~ start) (with|on|by|from|as if|as though) (the|that|a|this|#|~) (idea|belief|understanding|notion|theory|basis|view|footing|hypothesis|usual|default|standard|typical|common)", "I'm working on the theory that both fail together.", "I go with my friends."),
        Rule("as_if", 0.75, "{i} ~ (go|proceed|continue|act|answer|reply|behave|carry on|plan) ~ (as if|as though)", "I will proceed as if the file exists.", "He acts as if nothing happened."),
        Rule("hope", 0.5, "(hopefully|i hope|with luck|with any luck)", "Hopefully the cache is warm.", "I hope this helps.", unless="helps|help|you|useful"),
    ),
    if_asked=True,
)
