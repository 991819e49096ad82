"""What is kept of the person an appointment is for: sealed, and fingerprints of the name to recognise it by."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import asdict
from itertools import pairwise

from bot.agenda.model import Citizen
from bot.privacy.sealing import fingerprint, fingerprints, seal, unseal

PURPOSE = "agenda surname"
APOSTROPHES = "'’‘`´ʼ"
MAX_WORDS = 24


def sealed(citizen: Citizen) -> bytes:
    """The person, encrypted. Raises `SettingsError` without a secret."""
    return seal(json.dumps(asdict(citizen)))


def opened(stored: bytes | None) -> Citizen | None:
    """The person again. Raises `SealError` when the secret is no longer known."""
    return None if stored is None else Citizen(**json.loads(unseal(stored)))


def name_fingerprints(name: str) -> list[bytes]:
    """Fingerprints of everything in the name that a surname could be written as."""
    return sorted({fingerprint(PURPOSE, word) for word in _spellings(name)})


def is_named(stored: Collection[bytes], surname: str) -> bool:
    """Whether every word of a surname, or all of them in one, is in the name that was fingerprinted."""
    words = _words(surname)
    # A lone initial would be too easy a guess.
    if len("".join(words)) < 2:
        return False
    known = {bytes(one) for one in stored}
    return all(_known(word, known) for word in words) or _known("".join(words), known)


def _known(word: str, known: set[bytes]) -> bool:
    return not known.isdisjoint(fingerprints(PURPOSE, word))


def _words(name: str) -> list[str]:
    """Words without case, accents and apostrophes: `D'Agrò` is `dagro`."""
    joined = re.sub(rf"[{APOSTROPHES}]\s*", "", name)
    plain = unicodedata.normalize("NFKD", joined.casefold())
    return re.findall(r"\w+", "".join(one for one in plain if not unicodedata.combining(one)))[:MAX_WORDS]


def _spellings(name: str) -> Iterator[str]:
    """The words; two neighbours in one, as `deluca` for De Luca; the parts at an apostrophe, as `d` and `angelo`."""
    words = _words(name)
    yield from words
    yield from (first + second for first, second in pairwise(words))
    yield from _words(re.sub(rf"[{APOSTROPHES}]", " ", name))
