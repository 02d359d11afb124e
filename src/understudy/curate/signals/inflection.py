"""The forms of English verbs and nouns that patterns name by their base form."""

from understudy.curate.signals.phrases import word_set

_IRREGULAR = {
    "be": "be is are was were been being am",
    "have": "have has had having",
    "do": "do does did done doing",
    "go": "go goes went gone going",
    "get": "get gets got gotten getting",
    "give": "give gives gave given giving",
    "take": "take takes took taken taking",
    "make": "make makes made making",
    "mean": "mean means meant meaning",
    "think": "think thinks thought thinking",
    "say": "say says said saying",
    "tell": "tell tells told telling",
    "see": "see sees saw seen seeing",
    "read": "read reads reading",
    "find": "find finds found finding",
    "know": "know knows knew known knowing",
    "write": "write writes wrote written writing",
    "rewrite": "rewrite rewrites rewrote rewritten rewriting",
    "leave": "leave leaves left leaving",
    "keep": "keep keeps kept keeping",
    "run": "run runs ran running",
    "cut": "cut cuts cutting",
    "put": "put puts putting",
    "set": "set sets setting",
    "let": "let lets letting",
    "hold": "hold holds held holding",
    "forget": "forget forgets forgot forgotten forgetting",
    "mistake": "mistake mistakes mistook mistaken",
    "misread": "misread misreads misreading",
    "misunderstand": "misunderstand misunderstands misunderstood misunderstanding",
    "understand": "understand understands understood understanding",
    "overthink": "overthink overthinks overthought overthinking",
    "choose": "choose chooses chose chosen choosing",
    "bet": "bet bets betting",
    "begin": "begin begins began begun beginning",
    "break": "break breaks broke broken breaking",
    "burn": "burn burns burned burnt burning",
    "hurt": "hurt hurts hurting",
    "steal": "steal steals stole stolen stealing",
    "lose": "lose loses lost losing",
    "lie": "lie lies lay lain lying",
    "strike": "strike strikes struck striking",
    "split": "split splits splitting",
    "fit": "fit fits fitted fitting",
    "beat": "beat beats beaten beating",
    "win": "win wins won winning",
    "outdo": "outdo outdoes outdid outdone outdoing",
    "throw": "throw throws threw thrown throwing",
    "stand": "stand stands stood standing",
    "rule": "rule rules ruled ruling",
    "bear": "bear bears bore borne bearing",
    "shrink": "shrink shrinks shrank shrunk shrinking",
    "try": "try tries tried trying",
    "die": "die dies died dying",
    "tie": "tie ties tied tying",
    "redo": "redo redoes redid redone redoing",
    "undo": "undo undoes undid undone undoing",
    "draw": "draw draws drew drawn drawing",
    "pick": "pick picks picked picking",
    "bring": "bring brings brought bringing",
}  # fmt: skip
_DOUBLING = word_set(
    "swap drop plug log skip trim strip wrap stop step trap rip tag map plan bug slip mix-up zip admit "
    "commit omit refer prefer defer infer rebut scrap cap bump-up chop scan"
)


def inflect(word: str) -> tuple[str, ...]:
    """The base form first; the last part of a hyphenated word is what changes (double-checked)."""
    head, dash, tail = word.rpartition("-")
    forms = _IRREGULAR[tail].split() if tail in _IRREGULAR else _regular(tail)
    return tuple(head + dash + form for form in forms)


def _regular(word: str) -> list[str]:
    if word in _DOUBLING:
        stem = word + word[-1]
        return [word, word + "s", stem + "ed", stem + "ing"]
    if word.endswith("e"):
        return [word, word + "s", word + "d", word[:-1] + "ing"]
    if word.endswith("y") and word[-2] not in "aeiou":
        return [word, word[:-1] + "ies", word[:-1] + "ied", word + "ing"]
    plural = "es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s"
    return [word, word + plural, word + "ed", word + "ing"]
