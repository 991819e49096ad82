"""When people are at the desk, and how that is said."""

import pytest
from booked import moment

from bot.answers import people as words
from bot.conversations.office import Office
from bot.knowledge.readability import gulpease
from bot.settings import Settings

WEEKDAYS = Office("mon-fri 09:00-16:00")
SPLIT = Office("mon-thu 09:00-12:30, mon-wed 14:00-17:00, sat 09:00-11:00")


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02T08:59", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T15:59", True),
        ("2026-03-02T16:00", False),
        ("2026-03-07T10:00", False),  # Saturday
        ("2026-04-06T10:00", False),  # Easter Monday
        ("2026-12-08T10:00", False),
    ],
)
def test_weekly_hours_and_holidays(at: str, is_open: bool) -> None:
    assert WEEKDAYS.is_open(moment(at)) is is_open


def test_a_day_can_have_two_stretches() -> None:
    asked = ("2026-03-03T12:00", "2026-03-03T13:00", "2026-03-03T15:00", "2026-03-05T15:00", "2026-03-07T10:00")
    assert [SPLIT.is_open(moment(at)) for at in asked] == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-03-02T07:00", "2026-03-02T09:00"),
        ("2026-03-02T12:00", "2026-03-03T09:00"),
        ("2026-03-06T17:00", "2026-03-09T09:00"),
        ("2026-04-03T17:00", "2026-04-07T09:00"),  # over Easter
        ("2026-03-28T17:00", "2026-03-30T09:00"),  # over the change of the clock
    ],
)
def test_the_next_opening(at: str, opening: str) -> None:
    assert WEEKDAYS.next_opening(moment(at)) == moment(opening)


def test_hours_are_said_in_words() -> None:
    assert WEEKDAYS.in_words() == "dal lunedì al venerdì dalle 9 alle 16"
    assert Office("sun 13:00-18:30").in_words() == "la domenica dalle 13 alle 18:30"


def test_being_closed_is_said_with_the_hours_and_what_to_do() -> None:
    said = words.closed(WEEKDAYS, moment("2026-03-06T17:00"))
    assert "lunedì 9 marzo alle 9" in said.text
    assert "dalle 9 alle 16" in said.text
    assert "800 184704" in said.text
    assert [button.title for button in said.buttons] == [
        "Lascia una domanda",
        "Fatti richiamare",
        "Prenota un appuntamento",
    ]


@pytest.mark.parametrize("hours", ["", "lun-ven 9-16", "mon 25:00-26:00", "mon-fri 09:00"])
def test_hours_that_cannot_be_read_are_refused_at_start(hours: str) -> None:
    with pytest.raises(ValueError, match="mon-fri 09:00-16:00"):
        Settings(desk_hours=hours)


SENTENCES = {name: text for name, text in vars(words).items() if name.isupper() and isinstance(text, str)}
FILLED = {
    "minutes": "10",
    "position": "Davanti a te ci sono 3 persone.",
    "hours": "dal lunedì al venerdì dalle 9 alle 16",
    "opening": "lunedì 9 marzo alle 9",
    "name": "Anna",
    "before": "Marco",
    "number": "RC-2026-A7K3F9",
    "count": "2",
    "appointment": "Curriculum, giovedì 5 marzo alle 9",
    "appointments": "",
    "freephone": "800 184704",
    "ahead": "3",
    "due": "oggi, lunedì 2 marzo, alle 13",
    "asked": "lunedì 2 marzo alle 18:30",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_said_about_people_is_easy_to_read(name: str) -> None:
    assert gulpease(SENTENCES[name].format(**FILLED)) >= 60
