"""The page of an appointment over HTTP: moving and cancelling."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient
from appointment_page_support import get, place_offered, post, words_of
from booked import ANNA, Agenda, moment, path_of, slot_at
from conftest import Query

from bot import clock
from bot.agenda.slot_values import slot_of, value_of
from channels.appointment_pages.choices import SLOTS_SOUGHT, days_of

# --- moving -----------------------------------------------------------------------------------------------------------


async def test_moving_leads_to_the_new_page_and_the_old_one_says_where_it_went(
    edge: TestClient, agenda: Agenda
) -> None:
    appointment = await agenda.booked()
    value = await place_offered(edge, appointment, "10:30")
    status, location = await post(edge, path_of(appointment, "sposta"), posto=value)
    assert status == 303
    new = await agenda.book.get(appointment.id)
    assert new.moved_to is not None
    moved = await agenda.book.get(new.moved_to)
    assert location == f"{path_of(moved)}?fatto=spostato"
    page = await get(edge, location)
    assert "è spostato" in page
    assert appointment.code in page
    assert "lunedì 2 marzo" in page or "martedì 3 marzo" in page
    assert "alle 10:30" in page
    old = await get(edge, path_of(appointment))
    assert "è stato spostato" in old
    assert path_of(moved) in old


async def test_the_same_move_sent_twice_is_one_move(edge: TestClient, agenda: Agenda, query: Query) -> None:
    appointment = await agenda.booked()
    value = value_of(slot_at("2026-03-06T10:00"))
    path = path_of(appointment, "sposta")
    answers = await asyncio.gather(*(post(edge, path, posto=value) for _ in range(4)))
    answers.append(await post(edge, path, posto=value))
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == 1
    assert query("SELECT state, count(*) FROM agenda_appointments GROUP BY state ORDER BY state") == [
        ("da_erogare", 1),
        ("spostato", 1),
    ]
    assert query("SELECT count(*) FROM agenda_claims") == [(1,)]


async def test_a_place_taken_meanwhile_is_told_and_others_are_shown(
    edge: TestClient, agenda: Agenda, query: Query
) -> None:
    appointment = await agenda.booked()
    value = await place_offered(edge, appointment, "10:30")
    slot = slot_of(value, (await agenda.book.services())["orientamento"])
    assert slot is not None
    await agenda.book.hold(uuid4(), slot, now=clock.now())
    status, page = await post(edge, path_of(appointment, "sposta"), posto=value)
    assert status == 409
    assert "preso proprio adesso" in page
    assert value not in page
    assert "<title>Errore:" in page
    assert (await agenda.book.get(appointment.id)).state == "da_erogare"


@pytest.mark.parametrize(
    "posto",
    [
        "",
        "a",
        "video.1.x.pinerolo",
        "video.1.1772699400.altrove",
        "video.99999999999999999999.1772699400.pinerolo",
        "video.1.9999999999.pinerolo\x00",
        "in_person.1.1772699400.",
    ],
)
async def test_what_is_no_place_is_refused_with_words_by_the_form(edge: TestClient, agenda: Agenda, posto: str) -> None:
    appointment = await agenda.booked()
    status, page = await post(edge, path_of(appointment, "sposta"), posto=posto)
    assert status == 422
    found = re.search(r'role="alert".*?<a href="#([^"]+)">Scegli un giorno', page, re.DOTALL)
    assert found
    assert f'id="{found[1]}"' in page


@pytest.mark.parametrize("starts", ["2026-03-06T03:00", "2026-03-07T10:00", "2026-03-02T09:30", "2027-03-05T09:30"])
async def test_places_the_calendar_does_not_have_cannot_be_taken(
    edge: TestClient, agenda: Agenda, starts: str, query: Query
) -> None:
    appointment = await agenda.booked()
    status, _page = await post(edge, path_of(appointment, "sposta"), posto=value_of(slot_at(starts)))
    assert status == 409
    assert (await agenda.book.get(appointment.id)).state == "da_erogare"


async def test_an_hour_one_has_another_appointment_at_is_refused_and_given_back(
    edge: TestClient, agenda: Agenda, query: Query
) -> None:
    conversation = uuid4()
    query(
        "INSERT INTO agenda_services SELECT 'altro', category_id, 'Altro', position, duration, modes, audience, min_notice,"
        " max_ahead, movable_until, reminders, needs_codice_fiscale, topics, blocked, sample FROM agenda_services"
    )
    query("INSERT INTO agenda_desks SELECT 2, site_id, 'Sportello 2', service_ids, modes FROM agenda_desks")
    query(
        "INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes)"
        " SELECT 2, weekday, opens, closes, slot_minutes FROM agenda_hours"
    )
    appointment = await agenda.booked(conversation_id=conversation)
    hold = await agenda.book.hold(conversation, slot_at("2026-03-06T10:00", service="altro"), now=clock.now())
    await agenda.book.confirm(hold.id, ANNA, now=clock.now())
    status, page = await post(edge, path_of(appointment, "sposta"), posto=value_of(slot_at("2026-03-06T10:00")))
    assert status == 409
    assert "hai già un altro appuntamento" in page.replace("&#39;", "'")
    assert query("SELECT count(*) FROM agenda_claims WHERE expires_at IS NOT NULL") == [(0,)]


async def test_after_the_deadline_nothing_can_be_moved_or_cancelled_and_it_says_until_when(
    edge: TestClient, agenda: Agenda
) -> None:
    appointment = await agenda.booked()
    agenda.set_clock("2026-03-04T09:31")
    page = words_of(await get(edge, path_of(appointment)))
    assert "fino a mercoledì 4 marzo alle 9:30" in page
    assert "800 184704" in page
    assert "Disdici" not in page
    for below, fields in (
        ("sposta", {"posto": value_of(slot_at("2026-03-06T10:00"))}),
        ("disdici", {"motivo": "altro"}),
    ):
        assert await post(edge, path_of(appointment, below), **fields) == (303, path_of(appointment))
        await get(edge, path_of(appointment, below), status=303)
    assert (await agenda.book.get(appointment.id)).state == "da_erogare"


async def test_an_appointment_made_in_no_conversation_moves_too(edge: TestClient, agenda: Agenda, query: Query) -> None:
    appointment = await agenda.booked()
    query("UPDATE agenda_appointments SET conversation_id = NULL")
    status, location = await post(edge, path_of(appointment, "sposta"), posto=value_of(slot_at("2026-03-06T10:00")))
    assert status == 303
    assert "venerdì 6 marzo alle 10" in await get(edge, location)


async def test_more_days_are_a_link_away_until_there_are_no_more(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    path, pages = path_of(appointment, "sposta"), 0
    days: list[str] = []
    while path:
        page = await get(edge, path)
        days += re.findall(r"<legend><h2>([^<]+)</h2>", page)
        more = re.search(r'href="([^"]+)">Mostra altri giorni', page)
        path, pages = (more[1] if more else ""), pages + 1
    assert days[0] == "Lunedì 2 marzo"
    assert len(days) == len(set(days))
    assert len(days) > 35
    assert pages > 5
    page = await get(edge, path_of(appointment, "sposta?dal=2027-01-01"))
    assert "non ci sono altri posti" in page
    await get(edge, path_of(appointment, "sposta?dal=domani"))


async def test_other_ways_are_shown_only_when_there_is_no_place_in_the_same_way(
    edge: TestClient, agenda: Agenda, query: Query
) -> None:
    appointment = await agenda.booked()
    assert "di persona" not in await get(edge, path_of(appointment, "sposta"))
    query("UPDATE agenda_desks SET modes = '{in_person}'")
    page = await get(edge, path_of(appointment, "sposta"))
    assert "in un altro modo" in page
    assert "10:00 di persona" in page


def test_a_day_cut_by_the_search_is_left_for_the_next_page() -> None:
    start = slot_at("2026-03-02T00:00").starts
    half = [replace(slot_at("2026-03-02T00:00"), starts=start + timedelta(minutes=12 * n)) for n in range(SLOTS_SOUGHT)]
    assert SLOTS_SOUGHT == 120
    today = moment("2026-03-02T00:00").date()
    shown, more = days_of([*half[:110], *[replace(one, starts=one.starts + timedelta(hours=4)) for one in half[110:]]],
                          today=today, with_mode=False)  # fmt: skip
    assert [day.title for day in shown] == ["Lunedì 2 marzo"]
    assert more == today + timedelta(days=1)


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_cancelling_asks_why_and_then_does_it_once(edge: TestClient, agenda: Agenda, query: Query) -> None:
    appointment = await agenda.booked()
    path = path_of(appointment, "disdici")
    assert "Vuoi disdire" in await get(edge, path)
    for motivo in ("", "inventato"):
        status, page = await post(edge, path, motivo=motivo)
        assert status == 422
        assert 'href="#motivo-impegno"' in page
        assert 'aria-describedby="errore-motivo"' in page
        assert 'id="errore-motivo"' in page
    for _ in range(2):
        assert await post(edge, path, motivo="salute") == (303, path_of(appointment))
    assert "Hai disdetto" in await get(edge, path_of(appointment))
    assert query("SELECT state, reason FROM agenda_appointments") == [("disdetto_cittadino", "salute")]


async def test_looking_changes_nothing(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    for below in ("sposta", "disdici", "telefono", "entra", "prova", "calendario.ics"):
        async with edge.get(path_of(appointment, below)):
            pass
        async with edge.head(path_of(appointment, below)):
            pass
    assert replace(await agenda.book.get(appointment.id), citizen=None) == replace(appointment, citizen=None)
