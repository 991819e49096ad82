"""The page of an appointment over HTTP: what it says in each state, what it changes, what it never tells."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient
from appointment_page_support import assert_private, get, post, words_of
from booked import ANNA, Agenda, path_of
from conftest import Query

from bot import clock
from bot.agenda.feeds import rotate_secret
from bot.agenda.model import Appointment, BookUnavailableError, Citizen
from bot.agenda.page_tokens import PageTokenError, page_token, page_url, read_page_token
from bot.agenda.rooms import room_name, room_url
from bot.knowledge.readability import gulpease
from bot.settings import SettingsError
from bot.storage.engine import create_engine
from channels.appointment_pages.visit import BOOK

Configure = Callable[..., None]
OLD, NEW = "an old secret that was used until today", "a new secret that is used from today on"


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
