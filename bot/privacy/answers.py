"""Answers with personal data that the assistant asked for: name, contact, tax code, surname, telephone.

They are read here, sealed, and kept apart; the dialogue only learns that the answer was given.
"""

import re
from typing import Literal, get_args

import phonenumbers
from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale

Kind = Literal["name", "contact", "codice_fiscale", "surname", "phone"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SHOWN: dict[Kind, str] = {
    "name": "nome e cognome",
    "contact": "telefono o e-mail",
    "codice_fiscale": "codice fiscale",
    "surname": "cognome",
    "phone": "telefono",
}
"""What the transcript says instead."""

MAX_NAME_CHARS = 80
MIN_DIGITS = 5
_BEFORE_NAME = re.compile(
    r"^(?:(?:ciao|buongiorno|salve|s[iì]|ok|ecco|allora)[ ,.]+)*"
    r"(?:(?:io )?(?:mi chiamo|sono|il mio nome(?: e cognome)? (?:è|e'|e)|nome e cognome|nome|cognome|il mio cognome (?:è|e'|e)|il cognome (?:è|e'|e)|è|a nome(?: di)?|per))\b[ :,]*",
    re.IGNORECASE,
)
_EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿←-⇿⬀-⯿️‍]")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*['’.]?")
# Words that no name is made of: with one of these, the message says something else.
_NOT_NAMES = frozenset(
    """
    annulla annullare basta stop esci uscire indietro torna aiuto aspetta attendi cambia cambiare cambio sposta spostare disdici disdire
    perché perche perchè xké xke come cosa che quando dove chi quanto quanti quale quali posso puoi può serve servono devo dovrei voglio
    vorrei preferisco preferirei meglio anzi invece no non sì si ok va bene grazie prego ciao buongiorno salve operatore persona umano
    parlare parla appuntamento prenotare prenota prenotazione giorno giorni ora ore mattina mattino pomeriggio sera domani dopodomani oggi
    lunedì martedì mercoledì giovedì venerdì sabato lunedi martedi mercoledi giovedi venerdi video videochiamata telefono telefonata email
    presenza nome cognome dati privacy sicuro ho hai ha abbiamo sono sei è il lo gli un una uno questo questa quello mio tuo suo
    sbagliato comune centro ufficio lavoro già gia dopo prima ora adesso più piu niente nulla nessuno tutto lista attesa nn ma se e o per con
    """.split()
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def read_answer(kind: Kind, text: str) -> str | None:
    """The value given, normalised, or None when the text does not hold one."""
    readers = {"name": _name, "surname": _surname, "contact": _contact, "codice_fiscale": _tax_code, "phone": _phone}
    return readers[kind](text)


def may_hold_personal_data(kind: Kind, text: str) -> bool:
    """Whether a text that could not be read may still be somebody's data, badly written, rather than other talk."""
    words = _words(text)
    if kind in ("name", "surname"):
        return bool(words) and len(words) <= 6 and "?" not in text and not _NOT_NAMES & set(words)
    # Digits as of a telephone or a tax code, however they are spaced or mistyped.
    # Asked for a number alone, two are already an attempt at it.
    least = 2 if kind == "phone" else MIN_DIGITS
    return ("@" in text or len(re.findall(r"\d", text)) >= least) and "?" not in text


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _clean(text: str) -> str:
    return " ".join(_BEFORE_NAME.sub("", " ".join(_EMOJI.sub(" ", text).split())).strip(" .,;:!").split())


def _name(text: str) -> str | None:
    name = _clean(text)
    words = name.split()
    if not (2 <= len(words) <= 6) or len(name) > MAX_NAME_CHARS or not all(map(_NAME_WORD.fullmatch, words)):
        return None
    return None if _NOT_NAMES & {word.casefold() for word in words} else name


def _surname(text: str) -> str | None:
    name = _clean(text)
    words = name.split()
    if not (1 <= len(words) <= 6) or len(name) > MAX_NAME_CHARS or not all(map(_NAME_WORD.fullmatch, words)):
        return None
    return None if _NOT_NAMES & {word.casefold() for word in words} else name


def _contact(text: str) -> str | None:
    email = _EMAIL.search(text)
    return email[0] if email else _phone(text)


def _phone(text: str) -> str | None:
    for match in phonenumbers.PhoneNumberMatcher(text, "IT", leniency=phonenumbers.Leniency.VALID):
        return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _tax_code(text: str) -> str | None:
    for match in re.finditer(r"[A-Za-z]{6}[\s-]?\w{2}[\s-]?\w[\s-]?\w{2}[\s-]?\w{4}[\s-]?\w", text):
        try:
            return str(codicefiscale.validate(codicefiscale.compact(match[0].replace("-", ""))))
        except ValidationError:
            continue
    return None


def is_phone(contact: str) -> bool:
    """Whether a normalised contact is a telephone number."""
    return contact.startswith("+")
