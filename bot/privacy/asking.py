"""What is looked for when a person asks for their data: read from what they give, and how a text is compared with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import phonenumbers
from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale

from bot.agenda.codes import DIGITS, LETTERS, normalised
from bot.knowledge.spelling import fold

By = Literal["phone", "email", "name", "codice_fiscale", "code", "conversation"]
TITLES: dict[By, str] = {
    "phone": "telefono",
    "email": "e-mail",
    "name": "nome",
    "codice_fiscale": "codice fiscale",
    "code": "codice dell'appuntamento",
    "conversation": "conversazione",
}
_CODE = re.compile(rf"[{LETTERS}{DIGITS}]{{3}}-?[{LETTERS}{DIGITS}]{{3}}")
_EMAIL = re.compile(r"\S+@\S+\.\S+")


class AskedWronglyError(ValueError):
    """What was given is too little to look for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked for. `value` is normalised: E.164, lower case, folded words, a code as it is stored."""

    by: By
    value: str

    def __repr__(self) -> str:
        return f"Asked({self.by})"


def read_asked(text: str) -> Asked:
    """What a text is to be looked for as. Raises `AskedWronglyError` for less than a name of three letters."""
    text = " ".join(text.split())
    try:
        return Asked(by="conversation", value=str(UUID(text)))
    except ValueError:
        pass
    if _EMAIL.fullmatch(text):
        return Asked(by="email", value=text.casefold())
    if _CODE.fullmatch(text.upper()) and any(one.isdigit() for one in text):
        return Asked(by="code", value=normalised(text))
    try:
        return Asked(by="codice_fiscale", value=str(codicefiscale.validate(codicefiscale.compact(text))))
    except ValidationError:
        pass
    if sum(one.isdigit() for one in text) >= 6:
        return _phone(text)
    words = fold(text).split()
    if sum(map(len, words)) < 3:
        raise AskedWronglyError("servono almeno tre lettere")
    return Asked(by="name", value=" ".join(words))


def _phone(text: str) -> Asked:
    for match in phonenumbers.PhoneNumberMatcher(text, "IT", leniency=phonenumbers.Leniency.POSSIBLE):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        return Asked(by="phone", value=str(number))
    raise AskedWronglyError("il numero di telefono non si legge")


def matcher(asked: Asked) -> Callable[[str], bool]:
    """Whether a text holds it."""
    if asked.by == "phone":
        digits = national(asked.value)
        return lambda text: digits in re.sub(r"\D", "", text)
    if asked.by == "email":
        return lambda text: asked.value in text.casefold()
    if asked.by == "codice_fiscale":
        return lambda text: asked.value in re.sub(r"[\s-]", "", text).upper()
    words = set(asked.value.split())
    return lambda text: words <= set(re.findall(r"\w+", fold(text)))


def national(number: str) -> str:
    """An Italian number without its prefix, others without the plus."""
    return number.removeprefix("+39") if number.startswith("+39") else number.removeprefix("+")
