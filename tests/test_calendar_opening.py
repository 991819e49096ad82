"""Opening and closing desks from the console: nobody is cancelled silently, nobody is booked where it is closed."""

import asyncio
import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestServer
from booked import ANNA, Agenda, slot_at
from conftest import Query
from console_support import Desk, SignIn
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat, until

from bot import clock
from bot.agenda.model import NotBookableError, SlotQuery, SlotTakenError
from bot.agenda.slot_values import value_of
from bot.agenda.tables import exceptions
from bot.agenda.transactions import lock
from channels.agenda_jobs import tell_all, tell_changed

HOURS = "/calendario/orari"
CLOSE = {"azione": "chiudi", "centro": "pinerolo", "chi": "centro", "dal": "2026-03-05", "motivo": "assemblea"}

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def boss(signed_in: SignIn) -> Desk:
    return await signed_in("sara", "supervisore")


async def asked(desk: Desk, form: dict[str, str], path: str = HOURS) -> tuple[str, list[str]]:
    """The question after a change that concerns people: the page, and whom it shows."""
    answer = await desk.post(path, form)
    page = await answer.text()
    assert answer.status == 200 and "Ci sono persone prenotate" in page, (answer.status, page[:3000])
    return page, re.findall(r'name="visto" value="([^"]+)"', page)


async def decided(desk: Desk, form: dict[str, str], decision: str, shown: list[str], path: str = HOURS) -> int:
    fields = [*form.items(), ("decisione", decision), *(("visto", one) for one in shown)]
    token = await desk.token()
    answer = await desk.client.post(path, data=[("csrf", token), *fields], allow_redirects=False)
    return answer.status


async def free_days(agenda: Agenda) -> set[str]:
    query = SlotQuery(service_id="orientamento", site_ids=("pinerolo",), now=clock.now())
    return {f"{one.starts:%Y-%m-%d}" for one in await agenda.book.free_slots(query, limit=100)}


async def said(chat: Chat) -> list[dict]:
    return [m for m in await chat.messages(after=1) if m["sender"] == "bot"]


async def test_an_empty_day_closes_at_once_and_opens_again(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    sara = await boss(signed_in)
    assert "2026-03-05" in await free_days(agenda)
    for _ in range(2):  # the same twice is one
        assert (await sara.post(HOURS, CLOSE)).status == 303
    assert "2026-03-05" not in await free_days(agenda)
    [(exception,)] = query("SELECT id FROM agenda_exceptions")
    away = {"azione": "togli", "centro": "pinerolo", "eccezione": str(exception)}
    assert (await sara.post(HOURS, away)).status == 303
    assert "2026-03-05" in await free_days(agenda)
    assert (await sara.post(HOURS, away)).status == 404
    logged = query("SELECT action, subject, detail->>'persone' FROM console_audit WHERE action = 'orari cambiati'")
    assert logged == [("orari cambiati", "calendario:pinerolo", "0")] * 3


async def test_closing_on_people_asks_first_and_keeping_them_keeps_them(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    await agenda.booked("2026-03-06T09:30")
    sara = await boss(signed_in)
    page, shown = await asked(sara, CLOSE)
    assert shown == [str(made.id)]
    assert "A. D. R." in page and "De Rossi" not in page and "solo a voce" in page
    assert query("SELECT count(*) FROM agenda_exceptions") == [(0,)]
    assert await decided(sara, CLOSE, "keep", shown) == 303
    assert query("SELECT DISTINCT state FROM agenda_appointments") == [("da_erogare",)]
    assert "2026-03-05" not in await free_days(agenda)
    assert query("SELECT count(*) FROM agenda_notices") == [(0,)]
    # Those who were kept are not asked about again.
    assert (await sara.post(HOURS, CLOSE | {"chi": "1"})).status == 303


async def test_who_is_cancelled_reads_why_and_can_press_another_place(
    signed_in: SignIn, agenda: Agenda, query: Query, chat: Chat, engine: AsyncEngine
) -> None:
    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id)
    sara = await boss(signed_in)
    page, shown = await asked(sara, CLOSE | {"dalle": "09:00", "alle": "10:00"})
    words = "Mi dispiace, dobbiamo disdire il tuo appuntamento. Era giovedì 5 marzo alle 9:30: Orientamento e CV."
    assert words in page and "Il motivo: assemblea." in page
    assert await decided(sara, CLOSE | {"dalle": "09:00", "alle": "10:00"}, "cancel", shown) == 303
    assert query("SELECT state, reason FROM agenda_appointments") == [("disdetto_operatore", "chiusura")]
    await asyncio.gather(*(tell_all(engine, tell_changed) for _ in range(3)))
    [message] = await said(chat)
    assert message["text"].startswith(words)
    first, *_, last = message["buttons"]
    assert (len(message["buttons"]), last["title"]) == (4, "Altri giorni")
    place = slot_at("2026-03-03T09:00")
    assert (first["title"], value_of(place)) == (
        "mar 3 mar, 9:00",
        re.findall(r'"slot":"([^"]+)"', first["payload"])[0],
    )
    assert query("SELECT count(*) FROM agenda_notices WHERE told_at IS NOT NULL AND message_id IS NOT NULL") == [(1,)]
    assert made.code not in str(query("SELECT detail FROM console_audit"))


async def test_somebody_who_books_between_question_and_answer_is_asked_about(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    await agenda.booked("2026-03-05T09:30")
    sara = await boss(signed_in)
    _, shown = await asked(sara, CLOSE)
    late = await agenda.booked("2026-03-05T10:30")
    assert await decided(sara, CLOSE, "cancel", shown) == 200
    assert query("SELECT count(*) FROM agenda_exceptions") == [(0,)]
    assert query("SELECT DISTINCT state FROM agenda_appointments") == [("da_erogare",)]
    assert await decided(sara, CLOSE, "cancel", [*shown, str(late.id)]) == 303
    assert query("SELECT DISTINCT state FROM agenda_appointments") == [("disdetto_operatore",)]


async def test_who_is_deciding_when_it_closes_is_told_that_the_place_is_gone(signed_in: SignIn, agenda: Agenda) -> None:
    held = await agenda.book.hold(uuid4(), slot_at("2026-03-05T09:30"), now=clock.now())
    assert (await (await boss(signed_in)).post(HOURS, CLOSE)).status == 303
    with pytest.raises(SlotTakenError):
        await agenda.book.confirm(held.id, ANNA, now=clock.now())


async def test_a_hold_that_waited_for_the_closing_finds_it_closed(
    agenda: Agenda, engine: AsyncEngine, query: Query
) -> None:
    """The desk was open when the chat looked; it waits for the centre while somebody closes it."""
    async with engine.begin() as closing:
        await lock(closing, None, ["pinerolo"])
        held = asyncio.create_task(agenda.book.hold(uuid4(), slot_at("2026-03-05T09:30"), now=clock.now()))
        await until(lambda: query(WAITING) == [(1,)])
        closure = {"site_id": "pinerolo", "first_day": date(2026, 3, 5), "last_day": date(2026, 3, 5), "closed": True}
        await closing.execute(insert(exceptions).values(closure))
    with pytest.raises(SlotTakenError):
        await held


async def test_closing_and_booking_at_once_leave_nobody_booked_on_a_closed_day_unasked(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    sara = await boss(signed_in)

    async def book(starts: str) -> UUID | None:
        try:
            held = await agenda.book.hold(uuid4(), slot_at(starts), now=clock.now())
            return (await agenda.book.confirm(held.id, ANNA, now=clock.now())).id
        except (SlotTakenError, NotBookableError):
            return None

    for day in range(9, 14):
        form = CLOSE | {"dal": f"2026-03-{day:02}"}
        starts = [f"2026-03-{day:02}T{hour:02}:{minute:02}" for hour in (9, 10, 11) for minute in (0, 30)]
        answer, *booked = await asyncio.gather(sara.post(HOURS, form), *(book(one) for one in starts))
        made = {str(one) for one in booked if one}
        if answer.status == 303:
            assert made == set()
        else:
            # Those it did not show booked before it was closed: it is still open.
            assert set(re.findall(r'name="visto" value="([^"]+)"', await answer.text())) <= made
            assert query("SELECT count(*) FROM agenda_exceptions WHERE first_day = %s", f"2026-03-{day:02}") == [(0,)]


async def test_who_cannot_be_written_to_is_on_the_list_until_somebody_called(
    signed_in: SignIn, agenda: Agenda, engine: AsyncEngine
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    sara = await boss(signed_in)
    _, shown = await asked(sara, CLOSE)
    assert await decided(sara, CLOSE, "cancel", shown) == 303
    await tell_all(engine, tell_changed)
    assert "1 persona da avvisare" in await sara.page("/calendario?centro=pinerolo")
    page = await sara.page("/calendario/da-avvisare?centro=pinerolo")
    assert made.code in page and "finisce con 567" in page and "(assemblea)" in page
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[page.index("Persone da avvisare") :]))
    assert (await sara.post("/calendario/da-avvisare", form)).status == 303
    assert made.code not in await sara.page("/calendario/da-avvisare?centro=pinerolo")


async def test_one_desk_closes_and_the_others_go_on(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    query("INSERT INTO agenda_desks (id, site_id, title, modes) VALUES (2, 'pinerolo', 'Due', '{video}')")
    query(
        "INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes) VALUES (2, 3, '09:00', '12:00', 30)"
    )
    made = await agenda.booked("2026-03-05T09:30")
    assert (await (await boss(signed_in)).post(HOURS, CLOSE | {"chi": "2"})).status == 303
    assert "2026-03-05" in await free_days(agenda)
    _, shown = await asked(await signed_in("ugo", "supervisore"), CLOSE | {"chi": "1"})
    assert shown == [str(made.id)]


async def test_everything_closes_for_administrators_alone(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    everywhere = CLOSE | {"chi": "tutti", "motivo": "festa"}
    sara, ada = await boss(signed_in), await signed_in("ada", "amministratore")
    assert (await sara.post(HOURS, everywhere)).status == 422
    assert (await ada.post(HOURS, everywhere)).status == 303
    assert query("SELECT site_id, desk_id, closed FROM agenda_exceptions") == [(None, None, True)]
    [(exception,)] = query("SELECT id FROM agenda_exceptions")
    away = {"azione": "togli", "centro": "pinerolo", "eccezione": str(exception)}
    assert (await sara.post(HOURS, away)).status == 404


async def test_a_holiday_is_opened_and_closed_again_with_people_in_it(signed_in: SignIn, agenda: Agenda) -> None:
    sara = await boss(signed_in)
    form = {"azione": "apri", "centro": "pinerolo", "sportello": "1", "dal": "2026-04-06", "dalle": "09:00",
            "alle": "10:00", "posti": "1", "minuti": "30"}  # fmt: skip
    assert (await sara.post(HOURS, form)).status == 303
    twice = await sara.post(HOURS, form | {"dalle": "09:30", "alle": "11:00"})
    assert twice.status == 422 and 'href="#apri-dalle"' in await twice.text()
    made = await agenda.booked("2026-04-06T09:00")
    page = await sara.page(HOURS + "?centro=pinerolo")
    [number] = re.findall(r'name="eccezione" value="(\d+)"', page)
    _, shown = await asked(sara, {"azione": "togli", "centro": "pinerolo", "eccezione": number})
    assert shown == [str(made.id)]


async def test_weekly_hours_are_added_and_end_without_overlapping(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    sara = await boss(signed_in)
    fields = {"azione": "settimana", "centro": "pinerolo", "sportello": "1", "dalle": "14:00", "alle": "15:00",
              "posti": "2", "minuti": "30", "giorni": "2"}  # fmt: skip
    assert (await sara.post(HOURS, fields)).status == 303
    answer = await sara.post(HOURS, fields | {"dalle": "14:30", "alle": "16:00"})
    assert answer.status == 422 and "riceve già" in await answer.text()
    assert query("SELECT count(*) FROM agenda_hours WHERE weekday = 2") == [(2,)]
    first, second = await agenda.booked("2026-03-04T14:00"), await agenda.booked("2026-03-11T14:00")
    [(number,)] = query("SELECT id FROM agenda_hours WHERE opens = '14:00'")
    end = {"azione": "termina", "centro": "pinerolo", "orario": str(number), "ultimo": "2026-03-10"}
    _, shown = await asked(sara, end)
    assert shown == [str(second.id)] and str(first.id) not in shown
    assert await decided(sara, end, "cancel", shown) == 303
    assert query("SELECT valid_to::text FROM agenda_hours WHERE opens = '14:00'") == [("2026-03-10",)]
    # From the day after, new hours can take their place.
    assert (await sara.post(HOURS, fields | {"dal": "2026-03-11"})).status == 303


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"dal": ""}, "primo giorno"),
        ({"dal": "2026-03-01"}, "già passato"),
        ({"al": "2026-03-04"}, "prima del primo"),
        ({"dalle": "10:00"}, "fino a che ora"),
        ({"dalle": "10:00", "alle": "09:00"}, "viene prima"),
        ({"motivo": " "}, "Scrivi il motivo"),
        ({"chi": "99"}, "Scegli lo sportello"),
        ({"azione": "niente"}, "Non ho capito"),
    ],
)
async def test_forms_that_are_wrong_say_where(
    signed_in: SignIn, agenda: Agenda, query: Query, wrong: dict[str, str], said: str
) -> None:
    answer = await (await boss(signed_in)).post(HOURS, CLOSE | wrong)
    page = await answer.text()
    assert answer.status == 422 and said in page
    field = re.search(r'role="alert".*?href="#([\w-]+)"', page, re.DOTALL)
    assert field and f'id="{field[1]}"' in page
    assert query("SELECT count(*) FROM agenda_exceptions") == [(0,)]


async def test_a_desk_is_switched_off_and_offers_less_after_asking(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30", "phone")
    ada, path = await signed_in("ada", "amministratore"), "/calendario/sportelli"
    form = {"azione": "sportello", "centro": "pinerolo", "sportello": "1", "nome": "Uno", "acceso": "1",
            "modi": "video", "servizi": "tutti"}  # fmt: skip
    _, shown = await asked(ada, form, path)
    assert shown == [str(made.id)]
    assert await decided(ada, form, "keep", shown, path) == 303
    assert query("SELECT title, active, modes, service_ids FROM agenda_desks") == [("Uno", True, ["video"], None)]
    form.pop("acceso")
    assert (await ada.post(path, form)).status == 303  # the one there is kept already
    assert await free_days(agenda) == set()
    # No other form changes a desk.
    sara = await boss(signed_in)
    assert (await sara.post(HOURS, form | {"acceso": "1"})).status == 422
    assert query("SELECT active FROM agenda_desks") == [(False,)]


async def test_a_blocked_service_is_no_longer_booked_and_what_is_booked_stays(
    signed_in: SignIn, agenda: Agenda
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    ada = await signed_in("ada", "amministratore")
    form = {"servizio": "orientamento", "stato": "bloccato", "centro": "pinerolo"}
    assert (await ada.post("/calendario/servizi", form)).status == 303
    assert await free_days(agenda) == set()
    assert made.code in await ada.page("/calendario?centro=pinerolo&sportello=1&giorno=2026-03-05")
    assert (await ada.post("/calendario/servizi", form | {"servizio": "altro"})).status == 404


# --- races ------------------------------------------------------------------------------------------------------------


async def test_console_and_chat_racing_for_the_same_places_never_both_win(
    signed_in: SignIn, agenda: Agenda, console: TestServer, query: Query
) -> None:
    """Each place is wanted by two operators over HTTP and by three people in the chat, all at once."""
    desks = [await signed_in(name) for name in ("anna", "bruno")]
    tokens = {desk.username: await desk.token("/profilo") for desk in desks}
    starts = [f"2026-03-05T{hour:02}:{minute:02}" for hour in (9, 10, 11) for minute in (0, 30)]
    person = {"nome": "Lucia Bianchi", "contatto": "333 765 4321", "consenso": "1"}

    async def at_the_desk(desk: Desk, wanted: str) -> str:
        form = {"csrf": tokens[desk.username], "centro": "pinerolo", "servizio": "orientamento"}
        place = form | {"posto": value_of(slot_at(wanted))}
        async with desk.client.post("/calendario/prenota", data=place, allow_redirects=False) as answer:
            page = await answer.text()
        if answer.status == 409:
            assert "preso proprio adesso" in page
            return "told"
        assert answer.status == 200, page
        held = re.search(r'name="posto_tenuto" value="([^"]+)"', page)
        assert held
        done = form | person | {"posto_tenuto": held[1]}
        async with desk.client.post("/calendario/prenota/conferma", data=done, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return "won"

    async def in_the_chat(wanted: str) -> str:
        try:
            held = await agenda.book.hold(uuid4(), slot_at(wanted), now=clock.now())
        except SlotTakenError:
            return "told"
        await agenda.book.confirm(held.id, ANNA, now=clock.now())
        return "won"

    tries = [[*(at_the_desk(desk, one) for desk in desks), *(in_the_chat(one) for _ in range(3))] for one in starts]
    outcomes = await asyncio.gather(*(one for place in tries for one in place))
    by_place = [outcomes[number * 5 : number * 5 + 5] for number in range(len(starts))]
    assert [place.count("won") for place in by_place] == [1] * len(starts)
    assert [place.count("told") for place in by_place] == [4] * len(starts)
    booked = query("SELECT starts, count(*) FROM agenda_appointments WHERE state = 'da_erogare' GROUP BY starts")
    assert len(booked) == len(starts) and {count for _, count in booked} == {1}
