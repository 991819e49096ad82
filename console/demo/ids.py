"""Ids that chance decides."""

from random import Random
from uuid import UUID


def new_id(chance: Random) -> UUID:
    """An id: the same at every run with the same chance."""
    return UUID(int=chance.getrandbits(128), version=4)
