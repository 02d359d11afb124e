"""A completion as the answer of its function. Repairs nothing: what does not fit is no answer."""

from jsonschema.validators import validator_for

from understudy.curate.eligibility import why_no_answer
from understudy.function import Answer, Function
from understudy.records import Completion
from understudy.wire.answers import is_text, read_answer


class Reader:
    """Owns a function's compiled schema."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._validator = validator_for(function.schema)(function.schema)

    def read(self, said: Completion) -> tuple[bool, Answer | None]:
        """Whether it can be read at all, and the answer where it also fits the schema."""
        schema = self._function.schema
        # Half a JSON object cannot be read; half a sentence can, and so can a refusal.
        if is_text(schema) and why_no_answer(said.answer, said.stop_reason) is not None:
            return False, None
        found = read_answer(said.answer, schema)
        fits = found is not None and self._validator.is_valid(found)
        return found is not None, found if fits else None
