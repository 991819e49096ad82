"""Appointment codes: short, unambiguous when read aloud in Italian, not guessable."""

import secrets
import unicodedata

# No two of them sound or look alike in Italian: of B C D G P T V only C, of F S only F, of M N only M; no vowel but A
# and U, no 0 O Q, no 1 I L J.
LETTERS = "ACFHKMRUXZ"
DIGITS = "23456789"


def new_code() -> str:
    """A code like `A7K-3F9`, with at least one digit: one of 33 million."""
    while True:
        code = "".join(secrets.choice(LETTERS + DIGITS) for _ in range(6))
        if any(character in DIGITS for character in code):
            return f"{code[:3]}-{code[3:]}"


def normalised(code: str) -> str:
    """The code as it is stored, however it was written: spaces, any dash or none, either case."""
    kept = "".join(one for one in unicodedata.normalize("NFKC", code).upper() if one.isalnum())
    return f"{kept[:3]}-{kept[3:]}"
