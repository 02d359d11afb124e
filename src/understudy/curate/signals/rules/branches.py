"""Counterfactual paths: the rules for an option weighed without an "if … would"."""

from understudy.curate.signals.rule import Rule

_ACTS = "try|use|offer|add|go|tell|describe|point|split|build|write|start|make|show|give|put|cut|sort|take|reuse|swap|switch|move|run|skip|wait|ask (for|them|her|him|the)|send|book|rent|buy|sell|keep|drop|draw|plot|factor|apply|compute|cache|index|store|merge|mention|argue|hide|turn|replace|drive|walk|fly|cook|suggest|do (it|that|this)|compare|fit|log|test|simply"

BRANCHES = (
    Rule(
        "if_we",
        0.7,
        "if (i|we) ~~~ , (we|i|it|the|they|that|this|then|there|~) (~|) (lose|loses|get|gets|save|saves|cut|end|ends|need|needs|have|has|can|will|may|should|goes|go|becomes|is|are|risk|miss|gain|break|breaks|drop|drops|take|takes|cost|costs|keep|ought|shrinks|grows|falls|rises|vanishes|disappears|works)",
        "If we roll back right away, we lose the dumps.",
        "If we are late, call.",
        unless="if i (remember|recall|understand|'m|am|may|missed|botched|read|got)|(check|see|know|wonder|ask) if|if we (are|want to know)|if i (had|were)",
        tag="option",
    ),
    Rule(
        "if_we_lose",
        0.7,
        "(if (i|we) ~~ (we|i) (lose|get|save|end up|risk|miss|gain|break|keep)|if (i|we|it|they|the ~) ~~ (the|it|that|this|they) ~ (should|ought to|'d) (vanish|go|disappear|come|drop|rise|fall|stay|show|change|make|be|see|recover|fail|pass|move|shift|stop)|should (vanish|disappear) ~ if)",
        "If we roll back right away we lose the dumps.",
        "If the pressure rises the valve opens.",
        unless="(check|see|know|wonder|ask) if|if i (remember|recall|understand)|error|should be (fine|set|checked)",
        tag="option",
    ),
    Rule(
        "might_act",
        0.7,
        f"((i|we|one) (could|might) (also |instead |always |still |just |as well |even |perhaps |then |)({_ACTS}) |what (i|we) (could|can|might) do (in its place|instead|there|is)|(could|might) be (tried|used|solved|replaced|split|swapped|avoided|reused|cached|done (with|by|in)|tackled|attacked|reduced) |(maybe|perhaps) (i|we|there|a|an|the) (could|can|might|is|works|would|another|~) ({_ACTS}|works|help|better|way))",
        "I might offer the history of dynamite.",
        "They might offer tea.",
        unless="you (could|might)|(could|might) (ask|tell) you|could tell (that|from|by)|could go (on|wrong)|if you|(i|we) could (show|make|get) (you|sure)|{not} ~ could",
        tag="option",
    ),
    Rule(
        "could_lift",
        0.7,
        "(could|might|may) (well |also |even |still |)(settle|lift|solve|replace|save|reduce|avoid|serve|carry|improve|simplify|shorten|hit (harder|home)|take over|stand in|do the (job|trick|same)|push it|help (here|there|too|with)|be (cheaper|faster|simpler|better|worth|enough|easier|quicker|nicer|clearer)|work (better|too|as well|here)|cut (the|it|this)|buy us|spare (us|you|me)|get (us|you) )",
        "A warmer opening line could lift it.",
        "They could lift the lid.",
        unless="(you|he|she|they) (could|might|may)|if ~ (could|might)|{not} ~ (could|may|might)|(risk|danger+|harm)",
        tag="option",
    ),
    Rule(
        "do_that_and",
        0.75,
        "((and|or) (they'd|we'd|you'd|it'd|he'd|she'd|there'd|i'd) (be|have|get|lose|miss|need|end|save|see|still|never|go|pay|wait)|, (they'd|we'd|you'd|it'd|there'd) (be|have|get|lose|miss|need|end|save|still|never)|(so |) suppose ~~~ , ~ (would|we'd|they'd|it'd|could|might)|in case (we|i|it|they|the ~) ~~ (would|that'd|it'd|we'd|could)|(that'd|this'd|it'd|there'd) (be|mean|take|cost|save|give|leave)|or leave it and)",
        "Miss that train and they'd be sitting at the airport till five.",
        "He said they'd be late.",
        unless="(said|says|told|promised|knew|thought|hoped) ~ (they'd|we'd|you'd|he'd|she'd)|(i'd|we'd) be (glad|happy)|{nicer}|if you",
        tag="contrary",
    ),
    Rule(
        "what_about",
        0.75,
        "^ (what about|how about|why not|or maybe|or perhaps|alternatively|alternately|failing that|or we|or i|or one|another (way|thought|idea|option|route) (is|:)|one (way|option|idea|thought|route) (is to|is|would|: )|a (different|second|third) (way|option|idea|route) (is to|would|: )|plan b) ~",
        "What about a substitution, then everything becomes rational?",
        "What is it about?",
        unless="what about you|how about you|(option|way) is (closed|listed|out|blocked|gone|under)",
        tag="alternative",
    ),
    Rule(
        "risks_losing",
        0.7,
        "^ (skipping|leaving|waiting|moving|switching|dropping|going|rolling|restarting|raising|lowering|splitting|caching|adding|cutting|disabling|taking|removing|delaying|postponing|sorting|buying|renting|selling|paying|running|keeping|using|doubling|halving|swapping) ~~ (risks|means|saves|costs|gives up|buys|spares|invites|brings|loses|adds|frees|leaves us|makes it) (~ing|us|the|a|an|two|another|me|you|#|more|no|less|extra|~)",
        "Skipping step 1 risks losing the writes.",
        "Running keeps him fit.",
        unless="(test|query|run) (shows|gives)|{not} ~ing|usually|always|often|generally",
        tag="option",
    ),
)
