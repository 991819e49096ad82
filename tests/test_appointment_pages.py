"""The page of an appointment over HTTP: what it says in each state, what it changes, what it never tells."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from booked import ANNA, Agenda, moment, path_of, slot_at
from conftest import Query

from bot import clock
from bot.agenda.feeds import rotate_secret
from bot.agenda.model import Appointment, BookUnavailableError, Citizen
from bot.agenda.page_tokens import PageTokenError, page_token, page_url, read_page_token
from bot.agenda.rooms import room_name, room_url
from bot.agenda.slot_values import slot_of, value_of
from bot.knowledge.readability import gulpease
from bot.settings import SettingsError
from bot.storage.engine import create_engine
from channels.appointment_pages.choices import SLOTS_SOUGHT, days_of
from channels.appointment_pages.visit import BOOK

Configure = Callable[..., None]
OLD, NEW = "an old secret that was used until today", "a new secret that is used from today on"


async def get(edge: TestClient, path: str, *, status: int = 200) -> str:
    """A page that must come with this status and with the headers of a private page."""
    async with edge.get(path, allow_redirects=False) as answer:
        body = await answer.text()
        assert answer.status == status, body
        if status != 303:
            assert_private(answer)
        return body


def assert_private(answer: ClientResponse) -> None:
    assert answer.content_type == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "camera" in answer.headers["Permissions-Policy"]


async def post(edge: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """What a form's sending is answered with: status, and where to or the page."""
    async with edge.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


def words_of(page: str) -> str:
    """What a person reads of a page, each block a sentence."""
    main = page[page.index("<main") : page.index("</main>")]
    blocks = re.split(
        r"</?(?:p|h1|h2|div|dl|dt|dd|li|ul|ol|section|fieldset|legend|label|button|main|form)\b[^>]*>", main
    )
    texts = [" ".join(re.sub(r"<[^>]+>", "", block).replace("&#39;", "'").split()) for block in blocks]
    return " ".join(text if text.endswith((".", "?", ":")) else f"{text}." for text in texts if text)


async def place_offered(edge: TestClient, appointment: Appointment, label: str) -> str:
    """The value of the first place on the form with this hour."""
    page = await get(edge, path_of(appointment, "sposta"))
    found = re.search(rf'value="([^"]+)" id="[^"]+"> <span>{label}</span>', page)
    assert found, page
    return found[1]


# --- tokens and rooms -------------------------------------------------------------------------------------------------


def test_a_token_names_its_appointment_and_no_other() -> None:
    first, second = uuid4(), uuid4()
    assert read_page_token(page_token(first)) == first
    assert page_token(first) != page_token(second)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", page_token(first))
    assert page_url(first).endswith(f"/appuntamenti/{page_token(first)}")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: ("B" if token[0] != "B" else "C") + token[1:],
        lambda token: token[:30] + ("B" if token[30] != "B" else "C") + token[31:],
        # the last character carries two bits that say nothing: still only one way of writing is good
        lambda token: token[:-1] + chr(ord(token[-1]) + 1),
        lambda token: "è" * 43,
        lambda token: "\ud800" * 43,
    ],
)
def test_a_token_that_was_changed_is_none(spoil: Callable[[str], str]) -> None:
    with pytest.raises(PageTokenError):
        read_page_token(spoil(page_token(UUID(int=7))))


def test_tokens_outlive_a_change_of_secret_while_the_old_one_is_listed(configure: Configure) -> None:
    appointment_id = uuid4()
    configure(secret_key=OLD)
    token = page_token(appointment_id)
    configure(secret_key=f"{NEW},{OLD}")
    assert read_page_token(token) == appointment_id
    configure(secret_key=NEW)
    with pytest.raises(PageTokenError):
        read_page_token(token)


def test_a_room_has_a_name_of_its_own_that_the_id_does_not_give_away(configure: Configure) -> None:
    one, other = uuid4(), uuid4()
    configure(video_url_template="https://video.example.org/cpi/{room}?lang=it")
    assert room_name(one) != room_name(other)
    assert one.hex[:8] not in room_name(one)
    assert room_url(one) == f"https://video.example.org/cpi/{room_name(one)}?lang=it"
    configure(video_url_template="https://video.example.org/")
    with pytest.raises(SettingsError, match="SPORTELLO_VIDEO_URL_TEMPLATE"):
        room_url(one)


# --- what it says -----------------------------------------------------------------------------------------------------


async def test_the_page_says_what_when_how_where_and_until_when(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked(mode="in_person")
    page = await get(edge, path_of(appointment))
    for said in (
        "Orientamento e CV",
        "giovedì 5 marzo alle 9:30",
        "di persona",
        "Centro per l'impiego di Pinerolo, corso Torino 324",
        appointment.code,
        "fino a mercoledì 4 marzo alle 9:30",
    ):
        assert said in words_of(page)
    assert "videochiamata" not in page
    assert 'lang="it"' in page
    assert "Calendario di prova" not in page


async def test_no_page_tells_who_the_appointment_is_for(edge: TestClient, agenda: Agenda) -> None:
    citizen = replace(ANNA, codice_fiscale="DRSNNA80A41H501X")
    appointment = await agenda.booked(citizen=citizen)
    pages = [await get(edge, path_of(appointment, below)) for below in ("", "sposta", "disdici", "telefono", "prova")]
    async with edge.get(path_of(appointment, "calendario.ics")) as answer:
        pages.append(await answer.text())
    for page in pages:
        for secret in ("Anna", "Rossi", "333", "DRSNNA"):
            assert secret not in page.replace("800 184704", "")


async def test_pages_are_plain_italian(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    pages = [await get(edge, path_of(appointment, below)) for below in ("", "disdici", "telefono", "prova", "entra")]
    pages.append(await get(edge, "/appuntamenti/sbagliato", status=404))
    agenda.set_clock("2026-03-05T09:25")
    pages.append(await get(edge, path_of(appointment)))
    for state in ("non_presentato", "erogato"):
        await agenda.book.mark(appointment.id, state)  # type: ignore[arg-type]
        pages.append(await get(edge, path_of(appointment)))
    for by in ("citizen", "operator"):
        other = await agenda.booked("2026-03-12T10:00", "phone")
        pages.append(await get(edge, path_of(other)))
        await agenda.book.cancel(other.id, reason="altro", now=clock.now(), by=by)  # type: ignore[arg-type]
        pages.append(await get(edge, path_of(other)))
    for page in pages:
        words = words_of(page)
        assert gulpease(words) >= 60, words
        assert "Lei " not in words


async def test_a_sample_appointment_says_so_on_every_page(edge: TestClient, agenda: Agenda, query: Query) -> None:
    appointment = await agenda.booked()
    query("UPDATE agenda_appointments SET sample = true")
    for below in ("", "sposta", "disdici", "telefono", "prova", "entra"):
        assert "Calendario di prova" in await get(edge, path_of(appointment, below))


@pytest.mark.parametrize("below", ["", "/sposta", "/disdici", "/prova", "/calendario.ics", "/entra", "/altro", "/a/b"])
async def test_an_unknown_address_is_a_page_with_the_freephone(edge: TestClient, agenda: Agenda, below: str) -> None:
    for token in ("abc", page_token(uuid4())):
        page = await get(edge, f"/appuntamenti/{token}{below}", status=404)
        assert "Non trovo questo appuntamento" in page
        assert "800 184704" in page


async def test_one_that_is_over_or_was_missed_says_so_kindly(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    agenda.set_clock("2026-03-05T10:00")
    assert "è passato" in await get(edge, path_of(appointment))
    await agenda.book.mark(appointment.id, "non_presentato")
    page = await get(edge, path_of(appointment))
    assert "Può capitare" in page
    assert "Prenota di nuovo" in page
    await agenda.book.mark(appointment.id, "erogato")
    assert "è passato" in await get(edge, path_of(appointment))


async def test_one_cancelled_by_the_centre_says_whose_doing_it_is(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    await agenda.book.cancel(appointment.id, reason="altro", now=clock.now(), by="operator")
    page = await get(edge, path_of(appointment))
    assert "Abbiamo disdetto" in page
    assert "Ci dispiace" in page


async def test_a_blocked_service_does_not_hide_its_appointments(edge: TestClient, agenda: Agenda, query: Query) -> None:
    appointment = await agenda.booked()
    query("UPDATE agenda_services SET blocked = true")
    assert appointment.code in await get(edge, path_of(appointment))


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


# --- video ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "opens"),
    [("2026-03-05T09:19", False), ("2026-03-05T09:20", True), ("2026-03-05T09:59", True), ("2026-03-04T10:00", False)],
)
async def test_the_room_opens_ten_minutes_before(edge: TestClient, agenda: Agenda, at: str, opens: bool) -> None:
    appointment = await agenda.booked()
    agenda.set_clock(at)
    page = await get(edge, path_of(appointment))
    assert ("data-opens-in" not in page) == opens
    async with edge.get(path_of(appointment, "entra"), allow_redirects=False) as answer:
        if opens:
            assert (answer.status, answer.headers["Location"]) == (303, room_url(appointment.id))
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        else:
            assert answer.status == 200
            assert "9:20" in await answer.text()


async def test_no_room_for_one_that_is_over_cancelled_or_not_by_video(edge: TestClient, agenda: Agenda) -> None:
    over = await agenda.booked()
    call = await agenda.booked("2026-03-05T09:00", "phone")
    off = await agenda.booked("2026-03-05T10:00")
    await agenda.book.cancel(off.id, reason="altro", now=clock.now())
    agenda.set_clock("2026-03-05T09:00")
    for one in (call, off):
        assert await get(edge, path_of(one, "entra"), status=303) == ""
        assert await get(edge, path_of(one, "prova"), status=303) == ""
    agenda.set_clock("2026-03-05T10:00")
    assert await get(edge, path_of(over, "entra"), status=303) == ""


async def test_only_the_check_may_use_camera_and_microphone(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    for below, policy in (("prova", "camera=(self), microphone=(self)"), ("", "camera=(), microphone=()")):
        async with edge.get(path_of(appointment, below)) as answer:
            assert answer.headers["Permissions-Policy"] == policy
    async with edge.get(path_of(appointment, "prova.bin")) as answer:
        assert len(await answer.read()) == 256 * 1024
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_video_becomes_a_call_up_to_the_hour_itself(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    agenda.set_clock("2026-03-05T09:29")
    assert "Vuoi passare al telefono" in await get(edge, path_of(appointment, "telefono"))
    for _ in range(2):
        status, location = await post(edge, path_of(appointment, "telefono"))
        assert (status, location) == (303, f"{path_of(appointment)}?fatto=telefono")
    page = await get(edge, location)
    assert "ti chiamiamo noi" in page
    assert "Entra nella videochiamata" not in page


async def test_after_the_hour_it_stays_a_video(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    agenda.set_clock("2026-03-05T09:31")
    assert await post(edge, path_of(appointment, "telefono")) == (303, path_of(appointment))
    assert (await agenda.book.get(appointment.id)).slot.mode == "video"


async def test_nobody_is_promised_a_call_without_a_number(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked(citizen=Citizen(name="Anna De Rossi", contact="anna@example.org"))
    assert "Non abbiamo il tuo numero" in await get(edge, path_of(appointment, "telefono"))
    await post(edge, path_of(appointment, "telefono"))
    assert (await agenda.book.get(appointment.id)).slot.mode == "video"


# --- trouble ----------------------------------------------------------------------------------------------------------


class AwayBook:
    """A book that never answers."""

    async def get(self, appointment_id: UUID) -> Appointment:
        raise BookUnavailableError("away")


async def test_when_the_agenda_is_away_the_page_says_so_with_a_number(
    edge: TestClient, agenda: Agenda, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = await agenda.booked()
    monkeypatch.setitem(edge.app._state, BOOK, AwayBook())
    async with edge.get(path_of(appointment)) as answer:
        page = await answer.text()
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
        assert_private(answer)
    assert "Non abbiamo cambiato niente" in page
    assert re.search(r'class="code">[0-9a-f]{12}<', page)


@pytest.mark.parametrize("edge", [{"ip_rate": 0.1, "ip_burst": 2}], indirect=True)
async def test_too_many_requests_are_told_to_wait(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    for _ in range(2):
        await get(edge, path_of(appointment))
    async with edge.get(path_of(appointment)) as answer:
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Aspetta" in await answer.text()


async def test_strange_bodies_are_answered_with_pages(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    for below in ("sposta", "disdici"):
        for body, kind in (
            (b"\xff\xfe\x00", "application/x-www-form-urlencoded; charset=nonsense"),
            (b"a=1&" * 50, "application/x-www-form-urlencoded"),
            (b"--x\r\n", "multipart/form-data; boundary=x"),
        ):
            async with edge.post(path_of(appointment, below), data=body, headers={"Content-Type": kind}) as answer:
                assert answer.status == 422
                assert_private(answer)
        async with edge.post(path_of(appointment, below), data=b"a" * 70_000) as answer:
            assert answer.status == 413
            assert_private(answer)


@pytest.mark.parametrize("path", ["/appuntamenti.css", "/appuntamenti.js", "/prova.js"])
async def test_style_and_scripts_are_served(edge: TestClient, path: str) -> None:
    async with edge.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type in ("text/css", "text/javascript")


# --- a desk's calendar ------------------------------------------------------------------------------------------------


async def test_a_desks_calendar_needs_its_secret_and_is_not_sent_twice(edge: TestClient, agenda: Agenda) -> None:
    appointment = await agenda.booked()
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        old = await rotate_secret(connection, 1)
    async with engine.begin() as connection:
        secret = await rotate_secret(connection, 1)
    await engine.dispose()
    for wrong in ("x", old, "%00", "%ED%A0%80"):
        async with edge.get(f"/agenda/{wrong}.ics") as answer:
            assert answer.status == 404
    async with edge.get(f"/agenda/{secret}.ics") as answer:
        body = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/calendar")
        tag = answer.headers["ETag"]
    assert appointment.code in body
    for personal in ("Anna", "Rossi", "333"):
        assert personal not in body
    async with edge.get(f"/agenda/{secret}.ics", headers={"If-None-Match": tag}) as answer:
        assert (answer.status, answer.headers["ETag"]) == (304, tag)
    await agenda.book.cancel(appointment.id, reason="altro", now=clock.now())
    async with edge.get(f"/agenda/{secret}.ics", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200
        assert appointment.code not in await answer.text()
