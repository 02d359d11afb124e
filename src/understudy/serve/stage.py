"""The student's turn: one validated answer, or a StudentError that says why there is none."""

from jsonschema import ValidationError

from understudy.errors import StudentError
from understudy.records import Completion, Prompt, Variant
from understudy.serve.state import ServeState
from understudy.wire.answers import read_answer
from understudy.wire.client import ask_student


async def perform(state: ServeState, variant: Variant, function: str, prompt: Prompt) -> Completion:
    """Ask a release that is running. Its answer is not checked yet."""
    if variant.release is None:
        raise StudentError("the teacher is no student; route the request to a release")
    served = state.students.find(variant.release)
    if function not in served.grammars:
        raise StudentError(f"{variant} did not learn {function}")
    grammar = served.grammars[function]
    return await ask_student(state.session, served.url, state.student, prompt, grammar)


def check(state: ServeState, function: str, completion: Completion) -> None:
    """Raises StudentError unless the answer is what the function's schema says."""
    answer = read_answer(completion.answer, state.application.functions[function].schema)
    if answer is None:
        raise StudentError("the answer is empty, or no JSON of the schema's type")
    try:
        state.validators[function].validate(answer)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        raise StudentError(f"the answer breaks the schema at /{place}: {error.message}") from error
