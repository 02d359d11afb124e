"""What becomes of records on their way to the disk: each is given back fit to be written, or refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Refusal:
    """`kind` names the class of the error. Not what it says: that may quote the record."""

    kind: str


Fitting = Callable[[Sequence[bytes]], Sequence[bytes | Refusal]]
"""As many as came, in their order. Nothing of a refused one may reach the disk."""
Elsewhere = Callable[[Sequence[bytes]], Sequence[bytes | Refusal] | None]
"""The same, or None where it cannot be done there now."""


Record = TypeVar("Record")


def one_by_one(
    fit: Callable[[Record], bytes], rest: Callable[[], object] = lambda: None
) -> Callable[[Sequence[Record]], Sequence[bytes | Refusal]]:
    """A record that `fit` raises for is refused and costs no other; `rest` is called after each."""

    def fit_all(payloads: Sequence[Record]) -> list[bytes | Refusal]:
        fitted: list[bytes | Refusal] = []
        for payload in payloads:
            try:
                fitted.append(fit(payload))
            except Exception as error:  # noqa: BLE001 any code may run there; one record is lost, no more
                fitted.append(Refusal(type(error).__name__))
            rest()
        return fitted

    return fit_all
