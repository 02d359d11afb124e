"""Thinking and answer as one text, and back. Refuses nothing: text without tags is all answer."""

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"


def join_thinking(thinking: str | None, answer: str) -> str:
    """The text a student learns to write; without thinking it is the answer alone."""
    if not thinking:
        return answer
    return f"{THINK_OPEN}\n{thinking}\n{THINK_CLOSE}\n{answer}"


def split_thinking(text: str) -> tuple[str | None, str]:
    """Thinking (None where there is none) and answer. An unclosed block is all thinking.

    The last closing tag counts: a JSON answer cannot hold one on a line of its own, thinking can.
    """
    if not text.startswith(THINK_OPEN):
        return None, text
    body = text.removeprefix(THINK_OPEN)
    cut = body.rfind(f"\n{THINK_CLOSE}\n")
    if cut >= 0:
        return body[:cut].removeprefix("\n"), body[cut + len(THINK_CLOSE) + 2 :]
    thinking, _, answer = body.partition(THINK_CLOSE)
    return thinking.removeprefix("\n").removesuffix("\n"), answer.removeprefix("\n")
