"""Under which version of its system prompt the teacher is asked, where a function's prompt evolves.

The caller's bytes stay as they came unless a version other than the base was chosen. A student is
always asked with the application's own prompt: it was trained on that.
"""

from dataclasses import replace

from understudy.errors import InputError
from understudy.records import Prompt
from understudy.serve.calls import Call
from understudy.serve.state import ServeState


def versioned_body(state: ServeState, call: Call) -> bytes:
    """What is relayed: the caller's bytes, or the same request with another system text."""
    found = _choose(state, call)
    if found is None:
        return call.body
    system, text = found
    body = call.dialect.replace_system(call.body, system, text)
    if body is None:
        # Split into blocks, perhaps for a cache: the caller's own prompt it is.
        call.prompt_version = None
        return call.body
    return body


def versioned_prompt(state: ServeState, call: Call, prompt: Prompt) -> Prompt:
    """What a teacher of another wire format is asked."""
    found = _choose(state, call)
    return prompt if found is None else replace(prompt, system=found[1])


def _choose(state: ServeState, call: Call) -> tuple[str, str] | None:
    """The system text as it came and the one to ask with; None where that is the same."""
    if state.evolver is None or state.evolver.off:
        return None
    try:
        prompt = call.wire().prompt
    except InputError:
        return None
    chosen = state.evolver.choose(call.function, prompt, call.id)
    if chosen is None:
        return None
    text, call.prompt_version = chosen
    return None if text == prompt.system else (prompt.system, text)
