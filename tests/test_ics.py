"""Calendars read back as calendar programs read them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient
from booked import ANNA, SITE, Agenda, path_of, slot_at
from icalendar import Calendar, Component

from bot import clock
from bot.agenda.ics import citizen_calendar, desk_calendar
from bot.agenda.model import Appointment, Mode, Service, Site
from bot.agenda.page_tokens import page_url
from bot.agenda.rooms import room_url
from bot.clock import ROME

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
COURSE = Service(
    id="orientamento",
    category_id="lavoro",
    title="Orientamento, CV; colloquio\\prova",
    duration=timedelta(minutes=30),
    modes=("video", "phone", "in_person"),
    audience="citizens",
    min_notice=timedelta(0),
    max_ahead=timedelta(days=60),
    movable_until=timedelta(days=1),
)
CENTRE = Site(
    id=SITE,
    title="Centro per l'impiego di Pinerolo",
    municipality="Pinerolo",
    province="TO",
    address="corso Torino 324, Pinerolo",
    lat=44.9,
    lon=7.3,
)


def appointment(starts: str = "2026-03-05T09:30", mode: Mode = "video", **values: object) -> Appointment:
    made = Appointment(
        id=uuid4(),
        code="A7K-3F9",
        state="da_erogare",
        slot=slot_at(starts, mode),
        conversation_id=None,
        created_at=NOW,
        citizen=replace(ANNA, codice_fiscale="DRSNNA80A41H501X"),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def event_of(one: Appointment, *, chain: list[UUID] | None = None) -> Component:
    calendar = Calendar.from_ical(citizen_calendar(one, COURSE, CENTRE, chain=chain or [one.id], now=NOW))
    [event] = calendar.walk("VEVENT")
    return event


def test_the_calendar_says_what_when_and_where() -> None:
    one = appointment(mode="in_person")
    event = event_of(one)
    assert str(event["summary"]) == COURSE.title
    assert event.decoded("dtstart") == one.slot.starts
    assert event.decoded("dtend") == one.slot.ends
    assert str(event["location"]) == f"{CENTRE.title}, {CENTRE.address}"
    assert str(event["url"]) == page_url(one.id)
    assert "A7K-3F9" in event["description"]
    assert (str(event["status"]), int(event["sequence"])) == ("CONFIRMED", 0)


def test_it_follows_the_format() -> None:
    body = citizen_calendar(appointment(), COURSE, CENTRE, chain=[uuid4()], now=NOW)
    assert body.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert b"\nMETHOD:PUBLISH\r\n" in body
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"DTSTART;TZID=Europe/Rome:20260305T093000" in body
    assert b"SUMMARY:Orientamento\\, CV\\; colloquio\\\\prova" in body


def test_it_carries_nothing_of_the_person() -> None:
    body = citizen_calendar(appointment(), COURSE, CENTRE, chain=[uuid4()], now=NOW).decode().replace("\r\n ", "")
    for personal in ("Anna", "Rossi", "DRSNNA", "333"):
        assert personal not in body


@pytest.mark.parametrize(
    ("starts", "utc"),
    [
        ("2026-03-27T09:30", "2026-03-27T08:30"),
        ("2026-03-29T09:30", "2026-03-29T07:30"),  # the day clocks go forward
        ("2026-03-30T09:30", "2026-03-30T07:30"),
        ("2026-10-24T09:30", "2026-10-24T07:30"),
        ("2026-10-25T09:30", "2026-10-25T08:30"),  # the day clocks go back
        ("2026-10-26T09:30", "2026-10-26T08:30"),
    ],
)
def test_the_hour_is_right_on_the_days_clocks_change(starts: str, utc: str) -> None:
    event = event_of(appointment(starts))
    assert event.decoded("dtstart").astimezone(UTC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert event["dtstart"].params["TZID"] == "Europe/Rome"


@pytest.mark.parametrize("day", ["2026-03-28T12:00", "2026-03-29T01:30", "2026-03-29T03:30", "2026-10-25T01:30",
                                 "2026-10-25T03:30", "2026-07-01T12:00", "2030-12-31T12:00"])  # fmt: skip
def test_the_zone_in_the_file_is_that_of_italy(day: str) -> None:
    body = citizen_calendar(appointment(), COURSE, CENTRE, chain=[uuid4()], now=NOW)
    [zone] = Calendar.from_ical(body).walk("VTIMEZONE")
    local = datetime.fromisoformat(day)
    # fromisoformat gives no zone: each zone says what its offset is at that hour of the wall
    assert zone.to_tz(lookup_tzid=False).utcoffset(local) == ROME.utcoffset(local)


def test_a_move_updates_the_entry_that_is_there() -> None:
    first = appointment()
    moved = appointment("2026-03-06T10:00")
    before, after = event_of(first), event_of(moved, chain=[first.id, moved.id])
    assert before["uid"] == after["uid"]
    assert int(after["sequence"]) > int(before["sequence"])


@pytest.mark.parametrize("state", ["disdetto_cittadino", "disdetto_operatore"])
def test_a_cancelled_one_says_so_and_rings_no_more(state: str) -> None:
    one = appointment()
    before, after = event_of(one), event_of(replace(one, state=state))
    assert str(after["status"]) == "CANCELLED"
    assert int(after["sequence"]) > int(before["sequence"])
    assert len(before.walk("VALARM")) == 1
    assert not after.walk("VALARM")


def test_it_rings_an_hour_before() -> None:
    [alarm] = event_of(appointment()).walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(hours=-1)
    assert str(alarm["action"]) == "DISPLAY"


@pytest.mark.parametrize(("mode", "where"), [("video", "In videochiamata"), ("phone", "Al telefono")])
def test_one_at_a_distance_says_how(mode: Mode, where: str) -> None:
    event = event_of(appointment(mode=mode))
    assert str(event["location"]) == where
    assert ("/entra" in event["description"]) == (mode == "video")


def test_a_sample_is_marked() -> None:
    assert "non è un vero appuntamento" in event_of(appointment(sample=True))["description"]


def test_a_desks_calendar_has_code_service_and_way_and_is_the_same_each_time() -> None:
    video, call = appointment(), appointment("2026-03-05T10:00", "phone", code="B2C-4D5")
    made = [desk_calendar("Pinerolo: Sportello 1", [video, call], {"orientamento": "Orientamento"}) for _ in range(2)]
    assert made[0] == made[1]
    calendar = Calendar.from_ical(made[0])
    assert str(calendar["x-wr-calname"]) == "Pinerolo: Sportello 1"
    first, second = calendar.walk("VEVENT")
    assert str(first["summary"]) == "Orientamento (in videochiamata) A7K-3F9"
    assert str(first["location"]) == room_url(video.id)
    assert str(second["summary"]) == "Orientamento (al telefono) B2C-4D5"
    assert "location" not in second
    for personal in ("Anna", "Rossi", "DRSNNA", "333"):
        assert personal not in made[0].decode().replace("\r\n ", "")


def test_an_empty_desk_has_an_empty_calendar() -> None:
    assert Calendar.from_ical(desk_calendar("Sportello", [], {})).walk("VEVENT") == []


# --- over HTTP --------------------------------------------------------------------------------------------------------


async def calendar_at(edge: TestClient, path: str) -> Component:
    async with edge.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/calendar"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="appuntamento.ics"'
        assert answer.headers["Cache-Control"] == "no-store"
        [event] = Calendar.from_ical(await answer.read()).walk("VEVENT")
        return event


async def test_the_page_gives_one_entry_through_moves_and_the_end(
    edge: TestClient, agenda: Agenda, configure: Callable[..., None]
) -> None:
    first = await agenda.booked()
    entry = await calendar_at(edge, path_of(first, "calendario.ics"))
    second = await agenda.moved(first, "2026-03-06T10:00")
    third = await agenda.moved(second, "2026-03-09T11:00")
    for one in (first, second, third):
        event = await calendar_at(edge, path_of(one, "calendario.ics"))
        assert event["uid"] == entry["uid"]
        assert int(event["sequence"]) == 2
        assert event.decoded("dtstart") == third.slot.starts
        assert str(event["status"]) == "CONFIRMED"
    await agenda.book.cancel(third.id, reason="altro", now=clock.now())
    event = await calendar_at(edge, path_of(third, "calendario.ics"))
    assert (event["uid"], str(event["status"]), int(event["sequence"])) == (entry["uid"], "CANCELLED", 3)
