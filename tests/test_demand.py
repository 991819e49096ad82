"""What people asked for and did not get: noted once as it is told, without their words; shown by week and centre."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from booked import Agenda, moment
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from console_support import Desk, SignIn
from console_talks import Talk
from desk_pages import DeskPages
from desk_support import new_talk
from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agenda.model import Citizen
from bot.booking.booking import advance
from bot.booking.desk import Desk as BookingDesk
from bot.booking.state import State
from bot.demand.model import Lack
from bot.demand.noting import note_lacks
from bot.figures.unmet_answers import told_words
from bot.knowledge import get_knowledge
from bot.nlu.when import read_when

AT = moment("2026-03-04T10:00")


class Nobody:
    """No private answers were given."""

    async def kinds(self) -> frozenset[Any]:
        return frozenset()

    async def has_phone(self) -> bool:
        return False

    async def citizen(self) -> Citizen:
        return Citizen(name="")

    async def surname(self) -> str | None:
        return None

    async def forget(self, *kinds: Any) -> None: ...


async def asked(agenda: Agenda, words: str, **values: Any) -> list[tuple[str, str | None]]:
    """What is noted when somebody asks for a place so, in the small agenda on Monday 2 March at nine."""
    now = moment("2026-03-02T09:00")
    desk = BookingDesk(
        conversation_id=uuid4(),
        book=agenda.book,
        knowledge=get_knowledge(),
        private=Nobody(),
        now=now,
        services=await agenda.book.services(),
        sites=await agenda.book.sites(),
    )
    [reading, *_] = read_when(words, now=now).readings
    state = State(flow="book", **{"service": "orientamento", "sites": ["pinerolo"], "mode": "video"} | values)
    state.wish = reading.as_json()
    await advance(desk, state)
    return [(one.reason, one.centre) for one in desk.lacks]


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        ("giovedì", []),  # there are places
        ("giovedì alle 9:15", []),  # near that hour there are
        ("giovedì pomeriggio", [("full", "pinerolo")]),  # the desk is open in the morning
        ("domenica 15 marzo", [("closed", "pinerolo")]),
        ("ieri", []),  # nobody can give it
        ("tra cinque mesi", []),  # against the service's rules
    ],
)
async def test_what_is_not_there_is_noted(agenda: Agenda, words: str, noted: list[tuple[str, str]]) -> None:
    assert await asked(agenda, words) == noted


async def test_a_full_desk_is_noted(agenda: Agenda, query: Query) -> None:
    query("UPDATE agenda_hours SET valid_from = '2026-03-20'")
    assert await asked(agenda, "il prima possibile") == [("late", "pinerolo")]
    query("DELETE FROM agenda_hours")
    assert await asked(agenda, "il prima possibile") == [("full", "pinerolo")]
    province = {"ring": "province", "municipality": "Pinerolo"}
    assert await asked(agenda, "il prima possibile", **province) == [("full", None)]


async def test_a_centre_without_agenda_is_noted(agenda: Agenda) -> None:
    assert await asked(agenda, "domani", sites=[], municipality="Susa") == [("no_agenda", None)]


async def note(engine: AsyncEngine, conversation_id: UUID, *lacks: Lack, at: datetime = AT) -> int:
    async with engine.begin() as connection:
        return await note_lacks(connection, conversation_id, lacks, at=at)


async def test_the_same_told_twice_in_a_day_is_noted_once(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    lack = Lack(kind="no_place", reason="full", service_id="cv", centre="susa")
    assert await note(engine, talk, lack, lack) == 1
    assert await note(engine, talk, lack) == 0
    assert await note(engine, talk, Lack(kind="no_place", reason="full", service_id="cv", centre="ivrea")) == 1
    assert await note(engine, talk, lack, at=AT + timedelta(days=1)) == 1
    assert await note(engine, await new_talk(engine), lack) == 1
    # Erased people leave numbers, and two of them do not become one.
    query("DELETE FROM conversations")
    assert query("SELECT count(*), count(conversation_id) FROM unmet_demand") == [(4, 0)]


async def test_it_counts_on_its_italian_day(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    for at in ("2026-03-28T23:30+00:00", "2026-10-24T22:30+00:00"):
        await note(engine, talk, Lack(kind="off_topic"), at=datetime.fromisoformat(at))
    assert query("SELECT day::text FROM unmet_demand ORDER BY day") == [("2026-03-29",), ("2026-10-25",)]


def test_words_that_may_be_told_hold_no_personal_data() -> None:
    assert told_words("Mi chiamo Ermenegilda e vorrei rinnovare il passaporto, 333 123 4567") == {
        "chiamo", "rinnovare", "passaporto",
    }  # fmt: skip


# --- the page ---------------------------------------------------------------------------------------------------------


async def rows_of(desk: Desk, key: str, more: str = "") -> list[list[str]]:
    answer = await desk.get(f"/che-cosa-manca/{key}.csv?dal=2026-03-02&al=2026-03-15{more}")
    assert answer.status == 200, await answer.text()
    return list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig")), delimiter=";"))


async def fortnight(engine: AsyncEngine, query: Query) -> None:
    """Two weeks in two centres, and something of no centre."""
    place = {"kind": "no_place", "service_id": "cv", "province": "TO"}
    for number in range(6):
        talk = await Talk(query).ready()
        await note(engine, talk.id, Lack(reason="full", centre="susa", **place))  # type: ignore[arg-type]
        if number % 2:
            await note(engine, talk.id, Lack(reason="full", centre=None, **place))  # type: ignore[arg-type]
    talk = Talk(query)
    talk.said("mi rinnovate il passaporto? 333 123 4567 <b>", "out_of_scope", fallback=True)
    await talk.ready()
    await note(engine, talk.id, Lack(kind="off_topic"), at=AT + timedelta(days=7))
    await note(engine, talk.id, Lack(kind="no_hours", centre="ivrea", province="TO"), at=AT + timedelta(days=7))


async def test_every_number_is_that_of_a_direct_count(engine: AsyncEngine, query: Query, signed_in: SignIn) -> None:
    await fortnight(engine, query)
    sara = await signed_in("sara", "supervisore")
    weeks = query(
        "SELECT to_char(day - ((to_char(day, 'ID')::int - 1) || ' days')::interval, 'YYYY-MM-DD') w, count(*)::text, "
        "sum((kind = 'no_place')::int)::text, sum((kind = 'no_answer')::int)::text, sum((kind = 'off_topic')::int)::text, "
        "sum((kind = 'no_hours')::int)::text FROM unmet_demand GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in (await rows_of(sara, "settimane"))[1:]] == weeks
    centres = {row[0]: row[1:] for row in (await rows_of(sara, "centri"))[1:]}
    assert centres == {
        "Susa": ["6", "6", "0", "0", "0", "0"],
        "senza centro": ["4", "3", "0", "1", "0", "0"],
        "Ivrea": ["1", "0", "0", "0", "1", "0"],
    }
    both = [row[:3] for row in (await rows_of(sara, "centri-settimane"))[1:]]
    assert both == [
        ["Ivrea", "2026-03-09", "1"],
        ["Susa", "2026-03-02", "6"],
        ["senza centro", "2026-03-02", "3"],
        ["senza centro", "2026-03-09", "1"],
    ]
    assert await rows_of(sara, "mappa") == [
        ["Centro", "dal 02/03", "dal 09/03", "In tutto"],
        ["Susa", "6", "0", "6"],
        ["senza centro", "3", "1", "4"],
        ["Ivrea", "0", "1", "1"],
    ]
    places = {row[0]: row[1] for row in (await rows_of(sara, "luoghi"))[1:]}
    assert places == {"Susa": "6", "tutta la provincia di TO": "3"}


async def test_who_booked_all_the_same_is_counted(
    agenda: Agenda, engine: AsyncEngine, query: Query, signed_in: SignIn
) -> None:
    talk = await Talk(query).ready()
    now = moment("2026-03-02T09:00")
    await note(engine, talk.id, Lack(kind="no_place", reason="full", centre="pinerolo"), at=now)
    sara = await signed_in("sara", "supervisore")
    assert (await rows_of(sara, "centri"))[1] == ["Pinerolo", "1", "1", "0", "0", "0", "0"]
    await agenda.booked(conversation_id=talk.id)
    assert (await rows_of(sara, "centri"))[1] == ["Pinerolo", "1", "1", "0", "0", "0", "1"]


async def test_when_it_was_wanted(engine: AsyncEngine, talk: UUID, query: Query, signed_in: SignIn) -> None:
    wishes = [{"date": "2026-03-07", "part": "mattina"}, {"weekdays": ["sabato"], "time": "18:30"}, {"asap": True}, {}]
    for number, wish in enumerate(wishes):
        await note(engine, talk, Lack(kind="no_place", reason="full", centre=f"c{number}", wish=wish))
    rows = (await rows_of(await signed_in("sara", "supervisore"), "desideri"))[1:]
    assert rows == [
        ["sabato", "2"], ["mattina", "1"], ["sera", "1"], ["il prima possibile", "1"], ["senza un giorno preciso", "1"],
    ]  # fmt: skip


async def test_words_are_those_of_many_people(engine: AsyncEngine, query: Query, signed_in: SignIn) -> None:
    for number in range(5):
        talk = Talk(query)
        name = "ermenegilda" if number else "gualtiero"
        talk.said(f"sono {name}, mi rinnovate il passaporto? il passaporto!", "out_of_scope", fallback=True)
        await talk.ready()
        await note(engine, talk.id, Lack(kind="off_topic"))
    rows = await rows_of(await signed_in("sara", "supervisore"), "parole")
    assert rows[1:] == [["passaporto", "5"], ["rinnovate", "5"]]


async def test_supervisors_see_their_centres_and_harmless_words(
    engine: AsyncEngine, query: Query, signed_in: SignIn
) -> None:
    await fortnight(engine, query)
    anna, sara = await signed_in("anna"), await signed_in("sara", "supervisore")
    mine = await signed_in("bruna", "supervisore", centres=("ivrea",))
    assert (await anna.get("/che-cosa-manca")).status == 403
    assert (await anna.get("/che-cosa-manca/centri.csv")).status == 403
    assert (await sara.get("/che-cosa-manca/niente.csv")).status == 404
    page = await sara.page("/che-cosa-manca?dal=2026-03-02&al=2026-03-15")
    assert "mi rinnovate il passaporto? [telefono] &lt;b&gt;" in page
    assert page.count("/conversazioni/") == 11
    assert query("SELECT action FROM console_audit ORDER BY seq DESC LIMIT 1") == [("richieste non soddisfatte",)]
    page = await mine.page("/che-cosa-manca?dal=2026-03-02&al=2026-03-15")
    assert page.count("/conversazioni/") == 1
    assert [row[0] for row in (await rows_of(mine, "centri", "&centro=susa"))[1:]] == ["Ivrea"]
    page = await sara.page("/che-cosa-manca?dal=2026-03-02&al=2026-03-15&tipo=off_topic")
    assert page.count("/conversazioni/") == 1
    query("DELETE FROM conversations")
    assert "non è più conservata" in await sara.page("/che-cosa-manca?dal=2026-03-02&al=2026-03-15")


@pytest.mark.browser
async def test_the_page_in_a_browser(desk_pages: DeskPages, engine: AsyncEngine, query: Query) -> None:
    await fortnight(engine, query)
    page = await desk_pages("sara", "supervisore")
    await page.goto("/che-cosa-manca?dal=2026-03-02&al=2026-03-15")
    await expect(page.get_by_role("img", name="Centro per centro")).to_be_visible()
    await assert_accessible(page)
    await page.locator("#centri summary").press("Enter")
    await expect(page.locator("#centri table")).to_contain_text("Susa")
    await page.set_viewport_size(PHONE)
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await assert_fits_width(page)
    await assert_accessible(page)
