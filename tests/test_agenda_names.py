"""Names of people, codes of appointments, and finding an appointment by both."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from agenda_support import NOW, Agenda, small_agenda, small_book
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot.agenda.citizens import is_named, name_fingerprints
from bot.agenda.codes import new_code, normalised
from bot.agenda.model import (
    Citizen,
    LockedError,
    NotFoundError,
)
from bot.agenda.postgres import PostgresBook
from bot.agenda.records import conversations_of
from bot.nlu.entities import APPOINTMENT_CODE

agenda, book = small_agenda, small_book  # the fixtures of this file

HOUR = timedelta(hours=1)


NAMES = [
    "Anna D'Angelo",
    "Zoë 🦊 Ferrero",
    "'); DROP TABLE agenda_appointments; --",
    "x" * 500,
    " ".join(["Maria"] * 80),
    "Null \x00 Byte",
    "Half \ud83d surrogate",
    "",
]


@pytest.mark.parametrize("name", NAMES)
async def test_any_name_comes_back_as_it_was_written(agenda: Agenda, book: PostgresBook, name: str) -> None:
    citizen = Citizen(name=name, contact=name, codice_fiscale="RSSNNA80A41L219X")
    held = await book.hold(uuid4(), (await agenda.free())[0], now=NOW)
    made = await book.confirm(held.id, citizen, now=NOW)
    assert (await book.get(made.id)).citizen == citizen


async def test_personal_data_are_not_stored_in_the_clear(agenda: Agenda) -> None:
    await agenda.booked(name="Anna Rossi", contact="+393331234567", codice_fiscale="RSSNNA80A41L219X")
    async with agenda.engine.connect() as connection:
        row = await connection.execute(text("SELECT a.*::text, c.*::text FROM agenda_appointments a, agenda_claims c"))
        stored = str([bytes(v) if isinstance(v, memoryview) else v for v in row.one()])
    assert not re.search("Rossi|Anna|393331234567|RSSNNA80A41L219X", stored)
    assert "da_erogare" in stored


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("Anna D'Angelo", "dangelo"),
        ("Anna D’Angelo", "D' ANGELO"),
        ("Anna D'Angelo", "d angelo"),
        ("Luca De Luca", "De Luca"),
        ("Luca De Luca", "DELUCA"),
        ("Luca DeLuca", "de luca"),
        ("Mario Nicolò", "Nicolo"),
        ("Mario Nicolo'", "Nicolò"),
        ("Ana Pérez García", "garcia"),
        ("Ana Pérez-García", "Pérez García"),
        ("Ion Țărână", "tarana"),
        ("Rossi Anna", "Rossi"),
    ],
)
def test_a_surname_is_recognised_however_it_is_written(name: str, surname: str) -> None:
    assert is_named(name_fingerprints(name), surname)


@pytest.mark.parametrize("surname", ["", "   ", "d", "🦊", "'", "verdi", "rossi verdi", "%"])
async def test_a_wrong_or_empty_surname_finds_nothing(agenda: Agenda, book: PostgresBook, surname: str) -> None:
    made = await agenda.booked(name="Anna D Rossi")
    with pytest.raises(NotFoundError):
        await book.claim(uuid4(), made.code, surname, now=NOW)


async def test_an_appointment_is_claimed_by_code_and_surname(agenda: Agenda, book: PostgresBook) -> None:
    made, me = await agenda.booked(), uuid4()
    spoken = made.code.lower().replace("-", " ")
    assert await book.claim(me, spoken, "rossi", now=NOW) == made
    assert await book.claim(me, made.code, "rossi", now=NOW) == made
    assert await book.of_conversation(me, now=NOW) == [made]
    async with agenda.engine.connect() as connection:
        assert await conversations_of(connection, made) == [made.conversation_id, me]
    held = await book.hold(me, (await agenda.free())[4], now=NOW)
    new = await book.move(made.id, held.id, now=NOW)
    assert await book.of_conversation(me, now=NOW) == [new]
    assert await book.of_conversation(UUID(str(made.conversation_id)), now=NOW) == [new]
    with pytest.raises(NotFoundError):
        await book.claim(uuid4(), made.code, "rossi", now=new.slot.ends)


async def test_after_five_wrong_tries_nobody_tries_for_half_an_hour(agenda: Agenda, book: PostgresBook) -> None:
    made, me = await agenda.booked((await agenda.free())[9]), uuid4()
    for minute in range(5):
        with pytest.raises(NotFoundError):
            await book.claim(me, made.code, "Bianchi", now=NOW + timedelta(minutes=minute))
    with pytest.raises(LockedError) as locked:
        await book.claim(me, made.code, "Rossi", now=NOW + timedelta(minutes=10))
    assert locked.value.until == NOW + timedelta(minutes=34)
    assert (await book.claim(uuid4(), made.code, "Rossi", now=NOW + timedelta(minutes=10))).id == made.id
    assert (await book.claim(me, made.code, "Rossi", now=NOW + timedelta(minutes=34))).id == made.id


async def test_wrong_tries_far_apart_do_not_lock(agenda: Agenda, book: PostgresBook) -> None:
    made, me = await agenda.booked((await agenda.free())[9]), uuid4()
    for number in range(8):
        with pytest.raises(NotFoundError):
            await book.claim(me, "AAA-AA2", "Rossi", now=NOW + number * timedelta(minutes=8))
    assert (await book.claim(me, made.code, "Rossi", now=NOW + HOUR)).id == made.id


async def test_a_thousand_tries_at_once_are_five(agenda: Agenda, book: PostgresBook) -> None:
    me = uuid4()
    tries = [book.claim(me, new_code(), "Rossi", now=NOW) for _ in range(100)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, NotFoundError) for one in results) == 5
    assert sum(isinstance(one, LockedError) for one in results) == 95


def test_codes_are_understood_have_a_digit_and_differ() -> None:
    codes = [new_code() for _ in range(3000)]
    assert all(APPOINTMENT_CODE.fullmatch(code) for code in codes)
    assert not set("".join(codes)) - set("ACFHKMRUXZ23456789-")
    assert len(set(codes)) > 2990


@given(st.sampled_from(["a7k3f9", "A7K 3F9", "a7k–3f9", " A7K-3F9. ", "A 7 K 3 F 9"]))
def test_codes_are_read_however_they_are_written(written: str) -> None:
    assert normalised(written) == "A7K-3F9"


async def test_a_code_that_is_in_use_is_not_given_again(agenda: Agenda, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["A7K-3F9", "A7K-3F9", "A7K-3F9", "CCC-222"])
    monkeypatch.setattr("bot.agenda.booking.new_code", lambda: next(drawn))
    assert [(await agenda.booked()).code, (await agenda.booked()).code] == ["A7K-3F9", "CCC-222"]
