"""What every part of the config shares: frozen, no unknown key, each field documented below it."""

import itertools
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, le=1)]


def _check_rising(shares: tuple[float, ...]) -> tuple[float, ...]:
    if any(after <= before for before, after in itertools.pairwise(shares)):
        raise ValueError("each step must be larger than the one before it")
    return shares


RisingShares = Annotated[tuple[Share, ...], Field(min_length=1), AfterValidator(_check_rising)]


HELD_SECRET = "the address holds a name or a password"


def _check_address(address: str) -> str:
    """Raises ValueError for one that holds a password: messages and the status show addresses."""
    if urlsplit(address).username is not None:
        raise ValueError(f"{HELD_SECRET}; give the key as api_key instead")
    return address


Address = Annotated[str, AfterValidator(_check_address)]


class Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
