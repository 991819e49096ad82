"""People who do not exist, with data that cannot be anybody's.

Surnames say that they are invented. Telephone numbers begin with 300: no Italian network has it, so a number of that
range is nobody's and the provider's own tables refuse it. Tax codes are of a birthplace whose code (X000) no municipality
has. E-mail addresses end in example.org, which is reserved for examples. Telegram ids are no numbers.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from stdnum.it import codicefiscale

BIRTHPLACE = "X000"
MONTHS = "ABCDEHLMPRST"
VOWELS = "AEIOU"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody invented. `style`: how they write; `town`: where they live."""

    name: str
    phone: str
    email: str
    codice_fiscale: str
    town: str
    style: str

    def address(self, channel: str) -> str:
        """Where they are written to on a channel."""
        return f"esempio-{self.phone[-7:]}" if channel == "telegram" else self.phone


def invent(chance: Random, names: dict[str, Any], number: int) -> Person:
    """The person with this number: two of different numbers share no telephone."""
    first, last = chance.choice(names["first"]), chance.choice(names["last"])
    towns = names["towns"]
    return Person(
        name=f"{first} {last}",
        phone=f"+39300{number:07}",
        email=f"{first}.{last}{number}@example.org".lower(),
        codice_fiscale=_tax_code(chance, first, last),
        town=chance.choices(list(towns), list(towns.values()))[0],
        style=chance.choices(("careful", "hurried", "sloppy", "loud"), (48, 35, 14, 3))[0],
    )


def _tax_code(chance: Random, first: str, last: str) -> str:
    born = f"{chance.randint(60, 99)}{chance.choice(MONTHS)}{chance.randint(1, 28):02}"
    start = f"{_three(last)}{_three(first)}{born}{BIRTHPLACE}"
    return start + str(codicefiscale.calc_check_digit(start))


def _three(name: str) -> str:
    letters = [letter for letter in name.upper() if letter.isalpha()]
    consonants = [letter for letter in letters if letter not in VOWELS]
    return "".join([*consonants, *(letter for letter in letters if letter in VOWELS), "XXX"])[:3]
