"""Whether a text holds a mark by which chat templates tell who speaks and where a turn ends.

A local student's runtime reads such letters as the mark itself: whoever may write them into a prompt could end a
turn and begin another's.
"""

import re

from understudy.records import Prompt

# Llama 3, Qwen, Phi and the tiny student; Llama 2 and Mistral; Gemma.
_MARKS = re.compile(r"<\|[^\s|<>]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>")


def holds_marks(prompt: Prompt) -> bool:
    texts = (prompt.system, *(message.content for message in prompt.messages))
    return any(_MARKS.search(text) for text in texts if "<" in text or "[" in text)
