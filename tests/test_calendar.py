"""The operators' calendar over HTTP: weeks and days, outcomes, booking, moving and cancelling on behalf."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from booked import ANNA, Agenda, slot_at
from conftest import Query
from console_support import Desk, SignIn

from bot import clock
from bot.agenda.model import Appointment, Citizen, SlotQuery
from bot.agenda.slot_values import value_of

WEEK = "/calendario?centro=pinerolo&giorno=2026-03-05"
DAY = "/calendario?centro=pinerolo&sportello=1&vista=giorno&giorno=2026-03-05"


def path_of(appointment: Appointment | UUID, below: str = "") -> str:
    """The page of an appointment in the console."""
    found = appointment if isinstance(appointment, UUID) else appointment.id
    return f"/calendario/appuntamenti/{found}{below}"


def cells(page: str) -> list[str]:
    """What the cells of the page's table say."""
    found = re.findall(r"<td[^>]*>(.*?)</td>", page[page.index("data-grid") :], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


# --- weeks and days ---------------------------------------------------------------------------------------------------


async def test_the_week_counts_places_free_held_and_taken(signed_in: SignIn, agenda: Agenda) -> None:
    await agenda.booked("2026-03-05T09:30")
    await agenda.booked("2026-03-05T10:00", "phone")
    await agenda.book.hold(uuid4(), slot_at("2026-03-05T11:00"), now=clock.now())
    anna = await signed_in()
    monday, _, _, thursday, friday = cells(await anna.page(WEEK))
    assert "3 liberi" in thursday and "2 appuntamenti, 1 tenuto" in thursday
    assert "1 in videochiamata" in thursday and "1 al telefono" in thursday
    assert "6 liberi" in friday and "0 appuntamenti" in friday
    assert "9:00-12:00" in monday


async def test_the_week_of_a_desk_shows_hours_services_ways_and_holds(signed_in: SignIn, agenda: Agenda) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    await agenda.book.hold(uuid4(), slot_at("2026-03-05T11:00", "phone"), now=clock.now())
    page = await (await signed_in()).page(WEEK + "&sportello=1")
    said = cells(page)
    assert f"9:30-10:00 Orientamento e CV in videochiamata, {made.code}" in said
    assert any("Tenuto fino alle 9:05: Orientamento e CV, al telefono" in one for one in said)
    assert sum("1 libero" in one for one in said) == 30 - 3  # nine of today is past


async def test_a_day_shows_initials_and_never_names(signed_in: SignIn, agenda: Agenda) -> None:
    await agenda.booked("2026-03-05T09:30")
    page = await (await signed_in()).page(DAY)
    assert "A. D. R." in page
    assert "De Rossi" not in page and "1234567" not in page


async def test_holidays_closures_and_desks_switched_off_say_why(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    anna = await signed_in()
    assert "Chiuso: Lunedì dell&#39;Angelo" in await anna.page("/calendario?centro=pinerolo&giorno=2026-04-06")
    query(
        "INSERT INTO agenda_exceptions (site_id, first_day, last_day, closed, reason)"
        " VALUES ('pinerolo', '2026-03-05', '2026-03-05', true, 'assemblea <b>')"
    )
    assert cells(await anna.page(WEEK))[3] == "Chiuso: assemblea &lt;b&gt;"
    query("UPDATE agenda_exceptions SET opens = '09:00', closes = '10:00'")
    assert cells(await anna.page(WEEK))[3].startswith("10:00-12:00 Chiuso 9:00-10:00: assemblea")
    query("UPDATE agenda_desks SET active = false")
    assert "Chiuso: sportello spento" in await anna.page(WEEK)
    wanted = SlotQuery(service_id="orientamento", site_ids=("pinerolo",), now=clock.now())
    assert await agenda.book.free_slots(wanted) == []


NIGHT = (
    "INSERT INTO agenda_exceptions (desk_id, first_day, last_day, closed, opens, closes, slot_minutes)"
    " VALUES (1, %s, %s, false, '01:00', '04:00', 30)"
)


async def test_the_hour_that_is_skipped_has_no_row(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    query(NIGHT, "2026-03-29", "2026-03-29")
    page = await (await signed_in()).page("/calendario?centro=pinerolo&sportello=1&vista=giorno&giorno=2026-03-29")
    assert "4 posti liberi" in page
    assert re.findall(r'<th scope="row">([\d:]+)</th>', page) == ["1:00", "1:30", "3:00", "3:30"]


async def test_the_hour_that_comes_twice_is_one_row_with_both(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    query(NIGHT, "2026-10-25", "2026-10-25")
    query("UPDATE agenda_services SET max_ahead = '300 days'")
    second = replace(slot_at("2026-10-25T01:00"), starts=datetime(2026, 10, 25, 1, 0, tzinfo=UTC))  # two o'clock again
    held = await agenda.book.hold(uuid4(), replace(second, ends=second.starts + timedelta(minutes=30)), now=clock.now())
    made = await agenda.book.confirm(held.id, ANNA, now=clock.now())
    page = await (await signed_in()).page("/calendario?centro=pinerolo&sportello=1&vista=giorno&giorno=2026-10-25")
    assert "7 posti liberi" in page and made.code in page
    hours = re.findall(r'<th scope="row">([\d:]+)</th>', page)
    assert hours == ["1:00", "1:30", "2:00", "2:00", "2:30", "3:00", "3:30"]
    assert page.count("2 liberi") == 1 and page.count("1 libero") == 5


async def test_an_operator_of_another_centre_sees_and_changes_nothing(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    boss = await signed_in("sara", "supervisore", centres=("susa",))
    assert "Pinerolo" not in await boss.page("/calendario")
    for path in (WEEK, "/calendario/prenota?centro=pinerolo", "/calendario/orari?centro=pinerolo", path_of(made),
                 path_of(made, "/sposta"), path_of(made, "/disdici"), path_of(made, "/calendario.ics")):  # fmt: skip
        assert (await boss.get(path)).status == 404, path
    held = await agenda.book.hold(uuid4(), slot_at("2026-03-05T11:00"), now=clock.now())
    closing = {"azione": "chiudi", "centro": "pinerolo", "chi": "centro", "dal": "2026-03-06", "motivo": "prova"}
    place = {"centro": "pinerolo", "servizio": "orientamento", "posto": value_of(slot_at("2026-03-06T09:00"))}
    person = PERSON | {"posto_tenuto": str(held.id), "centro": "pinerolo"}
    agenda.set_clock("2026-03-05T10:00")
    for path, form in (
        (path_of(made, "/esito"), {"stato": "erogato"}),
        (path_of(made, "/dati"), {"motivo": "per curiosità"}),
        (path_of(made, "/disdici"), {"motivo": "altro"}),
        (path_of(made, "/sposta"), {"posto": place["posto"]}),
        ("/calendario/orari", closing),
        ("/calendario/prenota", place),
        ("/calendario/prenota/conferma", person),
        ("/calendario/prenota/lascia", person),
        ("/calendario/da-avvisare", {"centro": "pinerolo", "avviso": "1"}),
    ):
        assert (await boss.post(path, form)).status == 404, path
    assert query("SELECT state FROM agenda_appointments") == [("da_erogare",)]
    assert query("SELECT count(*) FROM agenda_claims") == [(2,)]


PERSON = {"nome": "Lucia Bianchi", "contatto": "333 765 4321", "consenso": "1"}


# --- outcomes ---------------------------------------------------------------------------------------------------------


async def test_held_and_missed_are_marked_from_the_start_on_and_taken_back_for_a_while(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    anna = await signed_in()

    async def mark(state: str) -> int:
        return (await anna.post(path_of(made, "/esito"), {"stato": state})).status

    agenda.set_clock("2026-03-05T09:29")
    assert await mark("erogato") == 409
    agenda.set_clock("2026-03-05T09:30")
    for state in ("erogato", "non_presentato", "annulla"):
        assert await mark(state) == 303
        kept = "da_erogare" if state == "annulla" else state
        assert query("SELECT state FROM agenda_appointments") == [(kept,)]
    assert await mark("non_presentato") == 303
    agenda.set_clock("2026-03-05T09:45")
    assert await mark("annulla") == 409
    assert query("SELECT state FROM agenda_appointments") == [("non_presentato",)]
    # A correction is no undo: it is always possible.
    assert await mark("erogato") == 303
    logged = query("SELECT detail->>'prima', detail->>'dopo' FROM console_audit WHERE action = 'esito' ORDER BY seq")
    assert logged == [("da_erogare", "erogato"), ("erogato", "non_presentato"), ("non_presentato", "da_erogare"),
                      ("da_erogare", "non_presentato"), ("non_presentato", "erogato")]  # fmt: skip


async def test_what_cannot_be_marked_says_so(signed_in: SignIn, agenda: Agenda) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    await agenda.book.cancel(made.id, reason="altro", now=clock.now())
    agenda.set_clock("2026-03-05T10:00")
    anna = await signed_in()
    assert (await anna.post(path_of(made, "/esito"), {"stato": "erogato"})).status == 409
    assert (await anna.post(path_of(made, "/esito"), {"stato": "altro"})).status == 400
    assert (await anna.post(path_of(uuid4(), "/esito"), {"stato": "erogato"})).status == 404


# --- one appointment --------------------------------------------------------------------------------------------------


async def test_personal_data_are_masked_until_a_reason_is_given_and_both_are_logged(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30", citizen=Citizen(name="Eva <i>Nero\u202e", contact="+393331234567"))
    anna = await signed_in()
    masked = await anna.page(path_of(made))
    assert "finisce con 567" in masked and "1234567" not in masked and "Nero" not in masked
    assert (await anna.post(path_of(made, "/dati"), {"motivo": "x"})).status == 422
    answer = await anna.post(path_of(made, "/dati"), {"motivo": "devo chiamarla"})
    clear = await answer.text()
    assert "Eva &lt;i&gt;Nero" in clear and "+393331234567" in clear and "\u202e" not in clear
    subject = f"appointment:{made.id}"
    actions = query("SELECT action FROM console_audit WHERE subject = %s ORDER BY seq", subject)
    assert [one for (one,) in actions] == ["lettura", "dati in chiaro"]
    assert "chiamarla" not in str(query("SELECT detail, subject FROM console_audit"))


async def test_the_calendar_file_has_no_name(signed_in: SignIn, agenda: Agenda) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    new = await agenda.moved(made, "2026-03-05T10:30")
    answer = await (await signed_in()).get(path_of(new, "/calendario.ics"))
    body = await answer.text()
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert f"UID:{made.id}@" in body and "SEQUENCE:1" in body and "Rossi" not in body


# --- moving and cancelling --------------------------------------------------------------------------------------------


async def test_an_operator_moves_past_the_deadline_and_the_citizen_is_to_be_told(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    agenda.set_clock("2026-03-05T08:00")  # the citizen could until the day before
    anna = await signed_in()
    page = await anna.page(path_of(made, "/sposta"))
    assert "avvisa la persona a voce" in page
    assert value_of(slot_at("2026-03-05T11:00")) in page
    answer = await anna.post(path_of(made, "/sposta"), {"posto": value_of(slot_at("2026-03-05T11:00"))})
    assert answer.status == 303
    [(old, new)] = query("SELECT id, moved_to FROM agenda_appointments WHERE state = 'spostato'")
    assert (old, answer.headers["Location"]) == (made.id, f"/calendario/appuntamenti/{new}?fatto=spostato")
    assert query("SELECT appointment_id, kind FROM agenda_notices") == [(new, "moved")]
    assert (await anna.post(path_of(made, "/sposta"), {"posto": "x"})).status == 303
    assert (await anna.post(path_of(new, "/sposta"), {"posto": "video.1.1.altrove"})).status == 422


async def test_a_move_to_a_place_that_is_gone_changes_nothing(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    made, other = await agenda.booked("2026-03-05T09:30"), await agenda.booked("2026-03-05T11:00")
    answer = await (await signed_in()).post(path_of(made, "/sposta"), {"posto": value_of(other.slot)})
    assert answer.status == 409
    assert "preso proprio adesso" in await answer.text()
    assert query("SELECT count(*) FROM agenda_appointments WHERE state = 'da_erogare'") == [(2,)]
    assert query("SELECT count(*) FROM agenda_notices") == [(0,)]


async def test_a_move_does_not_put_the_person_at_two_places_at_once(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    me = uuid4()
    query("INSERT INTO agenda_services SELECT 'did', category_id, 'DID', position, duration, modes, audience, min_notice,"
          " max_ahead, movable_until, reminders, false, '{}', false, false FROM agenda_services")  # fmt: skip
    query("INSERT INTO agenda_desks (id, site_id, title, modes) VALUES (2, 'pinerolo', 'Due', '{video}')")
    query(
        "INSERT INTO agenda_hours (desk_id, weekday, opens, closes, slot_minutes) VALUES (2, 3, '09:00', '12:00', 30)"
    )
    made = await agenda.booked("2026-03-05T09:30", conversation_id=me)
    held = await agenda.book.hold(me, slot_at("2026-03-05T11:00", service="did"), now=clock.now())
    await agenda.book.confirm(held.id, ANNA, now=clock.now())
    answer = await (await signed_in()).post(path_of(made, "/sposta"), {"posto": value_of(slot_at("2026-03-05T11:00"))})
    assert answer.status == 409
    assert "ha già un altro appuntamento" in await answer.text()


async def test_cancelling_wants_a_reason_from_the_list_and_shows_the_words(
    signed_in: SignIn, agenda: Agenda, query: Query, chat: object
) -> None:
    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id)  # type: ignore[attr-defined]
    anna = await signed_in()
    page = await anna.page(path_of(made, "/disdici"))
    assert "Mi dispiace, dobbiamo disdire il tuo appuntamento. Era giovedì 5 marzo alle 9:30" in page
    assert "Il motivo: manca la persona che ti riceve." in page
    assert (await anna.post(path_of(made, "/disdici"), {"motivo": "impegno"})).status == 422
    for _ in range(2):
        assert (await anna.post(path_of(made, "/disdici"), {"motivo": "assenza"})).status == 303
    assert query("SELECT state, reason FROM agenda_appointments") == [("disdetto_operatore", "assenza")]
    assert query("SELECT kind, reason FROM agenda_notices") == [("cancelled", "manca la persona che ti riceve")]
    assert "disdetto da noi</strong>: Manca l&#39;operatore" in await anna.page(path_of(made))


# --- booking ----------------------------------------------------------------------------------------------------------


async def held_by(desk: Desk, starts: str, mode: str = "video", **more: str) -> dict[str, str]:
    """The hidden fields of the form for the person, once that place is held."""
    fields = {"centro": "pinerolo", "servizio": "orientamento", "posto": value_of(slot_at(starts, mode))}  # type: ignore[arg-type]
    answer = await desk.post("/calendario/prenota", fields | more)
    page = await answer.text()
    assert answer.status == 200, page
    form = page[page.index('action="/calendario/prenota/conferma"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


async def test_booking_at_the_counter_for_today_gives_the_code(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    anna = await signed_in()
    page = await anna.page("/calendario/prenota?centro=pinerolo&servizio=orientamento&modo=in_person")
    # The service wants two hours of notice: the counter does not.
    assert value_of(slot_at("2026-03-02T09:30", "in_person")) in page
    form = await held_by(anna, "2026-03-02T09:30", "in_person")
    assert query("SELECT expires_at IS NOT NULL FROM agenda_claims") == [(True,)]
    for _ in range(2):  # the same form twice is the same appointment
        answer = await anna.post("/calendario/prenota/conferma", form | PERSON)
        assert answer.status == 303, await answer.text()
    [(made, code, by_operator)] = query("SELECT id, code, by_operator FROM agenda_appointments")
    assert by_operator and answer.headers["Location"].startswith(path_of(made))
    shown = await anna.page(answer.headers["Location"])
    assert code in shown and "da un operatore" in shown
    assert query("SELECT subject FROM console_audit WHERE action = 'appuntamento prenotato'") == [
        (f"appointment:{made}",)
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nome": "Anna"}, "Scrivi nome e cognome"),
        ({"contatto": "12"}, "Scrivi un numero di telefono"),
        ({"contatto": "a@example.org"}, "serve un numero"),
        ({"consenso": ""}, "Senza consenso"),
    ],
)
async def test_a_form_that_is_wrong_keeps_the_place(
    signed_in: SignIn, agenda: Agenda, query: Query, wrong: dict[str, str], said: str
) -> None:
    anna = await signed_in()
    form = await held_by(anna, "2026-03-05T09:30", "phone")
    answer = await anna.post("/calendario/prenota/conferma", form | PERSON | wrong)
    assert answer.status == 422 and said in await answer.text()
    assert (await anna.post("/calendario/prenota/conferma", form | PERSON)).status == 303
    assert query("SELECT count(*) FROM agenda_appointments") == [(1,)]


async def test_a_place_left_is_free_again(signed_in: SignIn, agenda: Agenda, query: Query) -> None:
    anna = await signed_in()
    form = await held_by(anna, "2026-03-05T09:30")
    assert (await anna.post("/calendario/prenota/lascia", form)).status == 303
    assert query("SELECT count(*) FROM agenda_claims") == [(0,)]


async def test_a_hold_that_lapsed_and_was_taken_is_told_plainly(
    signed_in: SignIn, agenda: Agenda, query: Query
) -> None:
    anna = await signed_in()
    form = await held_by(anna, "2026-03-05T09:30")
    agenda.set_clock("2026-03-02T09:10")
    await agenda.booked("2026-03-05T09:30")
    answer = await anna.post("/calendario/prenota/conferma", form | PERSON)
    page = await answer.text()
    assert answer.status == 409 and "ha preso un&#39;altra persona" in page.replace("l&#39;ha", "ha")
    assert value_of(slot_at("2026-03-05T10:00")) in page
    assert query("SELECT count(*) FROM agenda_appointments") == [(1,)]


async def test_what_is_no_desk_and_no_hold_is_refused(signed_in: SignIn, agenda: Agenda) -> None:
    anna = await signed_in()
    assert (await anna.get("/calendario/prenota?centro=pinerolo&sportello=9")).status == 404
    assert (await anna.get("/calendario?centro=pinerolo&sportello=²")).status == 404
    assert (await anna.post("/calendario/prenota/conferma", {"posto_tenuto": "x"})).status == 400
    answer = await anna.post(
        "/calendario/prenota/conferma", PERSON | {"posto_tenuto": str(uuid4()), "centro": "pinerolo"}
    )
    assert answer.status == 409


async def test_an_appointment_is_found_by_its_code_in_ones_own_centres(signed_in: SignIn, agenda: Agenda) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    new = await agenda.moved(made, "2026-03-05T11:00")
    anna, far = await signed_in(), await signed_in("ugo", centres=("susa",))
    answer = await anna.get(f"/calendario/cerca?codice={made.code.replace('-', '').lower()}")
    assert answer.headers["Location"] == path_of(new)
    for desk, code in ((anna, "AAA-AA2"), (far, made.code), (anna, ""), (anna, "%00")):
        assert (await desk.get(f"/calendario/cerca?codice={code}")).status == 404
