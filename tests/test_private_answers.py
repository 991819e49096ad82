"""Answers with personal data: read, kept from the dialogue also when badly written, and what is no answer let through."""

import pytest

from bot.privacy.answers import Kind, may_hold_personal_data, read_answer
from bot.privacy.masking import mask


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("name", "Anna De Rossi", "Anna De Rossi"),
        ("name", "mi chiamo Mario Rossi", "Mario Rossi"),
        ("name", "sì, sono Gianni D'Angelo.", "Gianni D'Angelo"),
        ("name", "José María 😀 Núñez", "José María Núñez"),
        ("name", "O'Brien Mc-Donald", "O'Brien Mc-Donald"),
        ("name", "Domenica Sale", "Domenica Sale"),
        ("name", "Mario", None),
        ("name", "Robert'); DROP TABLE x;--", None),
        ("name", "no meglio lunedì", None),
        ("name", "x" * 500, None),
        ("surname", "Ferrero", "Ferrero"),
        ("surname", "il mio cognome è De Luca", "De Luca"),
        ("contact", "333 123 4567", "+393331234567"),
        ("contact", "il mio numero è 3331234567", "+393331234567"),
        ("contact", "+39 011 1234567", "+390111234567"),
        ("contact", "scrivete a mario.rossi@example.org grazie", "mario.rossi@example.org"),
        ("contact", "12", None),
        ("codice_fiscale", "rssmra85t10a562s", "RSSMRA85T10A562S"),
        ("codice_fiscale", "è RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("codice_fiscale", "RSSMRA85T10A562X", None),
    ],
)
def test_values_are_read(kind: Kind, text: str, value: str | None) -> None:
    assert read_answer(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "Mario"),
        ("name", "Robert'); DROP TABLE x;--"),
        ("contact", "333 12 34 5"),
        ("contact", "mario@@example"),
        ("codice_fiscale", "RSSMRA85T10A562X"),
        ("codice_fiscale", "RSS MRA 85T10 A562"),
    ],
)
def test_what_may_be_personal_is_kept_away_too(kind: Kind, text: str) -> None:
    assert may_hold_personal_data(kind, text)


@pytest.mark.parametrize("kind", ["name", "contact", "codice_fiscale", "surname"])
@pytest.mark.parametrize("text", ["perché vi serve?", "torna indietro", "annulla tutto", "anzi no, meglio lunedì"])
def test_other_talk_goes_on_to_the_dialogue(kind: Kind, text: str) -> None:
    assert read_answer(kind, text) is None
    assert not may_hold_personal_data(kind, text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "ho 45 anni e mi chiamo mario rossi e ho perso il lavoro",
            "ho 45 anni e mi chiamo [nome] e ho perso il lavoro",
        ),
        ("scrivimi a m.r@ex.it o 3331234567", "scrivimi a [e-mail] o [telefono]"),
        ("il mio codice è RSSMRA85T10A562S", "il mio codice è [codice fiscale]"),
        ("bonifico su IT60X0542811101000000123456", "bonifico su [iban]"),
    ],
)
def test_what_is_written_unasked_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    ["alle 10.30 del 12/3", "codice A7K-3F9", "legge 68 del 1999, art. 16, 10121 Torino", "vorrei venire il 3/4/2026"],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text) == text
