"""The book: free slots, holds, appointments, moves, on a real database."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from agenda_support import ANNA, NOW, Agenda, count, local, slot_at, small_agenda, small_book

from bot.agenda.holds import forget_expired
from bot.agenda.model import (
    NotBookableError,
    NotFoundError,
    SlotQuery,
    SlotTakenError,
)
from bot.agenda.postgres import PostgresBook
from bot.clock import ROME

agenda, book = small_agenda, small_book  # the fixtures of this file

HOUR = timedelta(hours=1)


# --- free slots -------------------------------------------------------------------------------------------------------


async def test_free_slots_are_given_by_start_within_notice_and_ahead(agenda: Agenda) -> None:
    starts = [local(slot) for slot in await agenda.free()]
    assert starts[:3] == ["2027-03-02 09:00", "2027-03-02 09:30", "2027-03-03 09:00"]
    assert starts[-1] == "2027-04-29 09:30"
    assert "2027-03-29 09:00" not in starts  # Easter Monday
    assert len(starts) == 84
    assert [local(s) for s in await agenda.free(limit=2)] == starts[:2]


async def test_an_unknown_or_blocked_service_or_site_has_no_free_slots(agenda: Agenda) -> None:
    await agenda.add_service("blocked", blocked=True)
    assert await agenda.free("nothing") == []
    assert await agenda.free("blocked") == []
    assert await agenda.free("cv", "nowhere") == []
    assert "blocked" not in await agenda.book.services()


@pytest.mark.parametrize(
    ("narrowed", "first", "number"),
    [
        ({"first_day": date(2027, 3, 10)}, "2027-03-10 09:00", 72),
        ({"last_day": date(2027, 3, 2)}, "2027-03-02 09:00", 2),
        ({"days": (date(2027, 3, 5), date(2027, 3, 9))}, "2027-03-05 09:00", 4),
        ({"weekdays": (3,)}, "2027-03-04 09:00", 18),
        ({"not_weekdays": (1, 2)}, "2027-03-04 09:00", 48),
        ({"from_time": time(9, 30)}, "2027-03-02 09:30", 42),
        ({"to_time": time(9, 0)}, "2027-03-02 09:00", 42),
        ({"not_between": ((time(8), time(9, 30)),)}, "2027-03-02 09:30", 42),
        ({"modes": ("phone",)}, "2027-03-02 09:00", 84),
    ],
)
async def test_a_query_narrows(agenda: Agenda, narrowed: dict[str, object], first: str, number: int) -> None:
    found = await agenda.free(**narrowed)
    assert (local(found[0]), len(found)) == (first, number)


async def test_so_many_of_a_day(agenda: Agenda) -> None:
    query = SlotQuery(service_id="cv", site_ids=("susa",), now=NOW)
    found = await agenda.book.free_slots(query, limit=3, per_day=1)
    assert [local(one) for one in found] == ["2027-03-02 09:00", "2027-03-03 09:00", "2027-03-04 09:00"]


async def test_the_mode_is_the_first_that_is_wanted_and_offered(agenda: Agenda) -> None:
    assert {slot.mode for slot in await agenda.free()} == {"video"}
    assert {slot.mode for slot in await agenda.free(modes=("phone", "video"))} == {"phone"}
    assert await agenda.free(modes=("in_person",)) == []  # the service has none


async def test_desks_of_a_site_are_one_and_sites_are_not(agenda: Agenda) -> None:
    await agenda.add_desk(modes=("phone",))
    await agenda.add_site("rivoli", municipality="Rivoli")
    await agenda.add_desk("rivoli")
    both = await agenda.free("cv", "rivoli", "susa", last_day=date(2027, 3, 2))
    assert [(local(slot)[-5:], slot.site_id, slot.mode) for slot in both] == [
        ("09:00", "rivoli", "video"),
        ("09:00", "susa", "video"),
        ("09:30", "rivoli", "video"),
        ("09:30", "susa", "video"),
    ]


async def test_desks_serve_their_services_only(agenda: Agenda) -> None:
    await agenda.add_service("did")
    await agenda.add_desk(opens="11:00", closes="11:30", service_ids=["did"])
    day = {"last_day": date(2027, 3, 2)}
    assert [local(slot)[-5:] for slot in await agenda.free("cv", **day)] == ["09:00", "09:30"]
    assert [local(slot)[-5:] for slot in await agenda.free("did", **day)] == ["09:00", "09:30", "11:00"]


async def test_closed_on_says_why(agenda: Agenda) -> None:
    await agenda.add_exception(
        site_id="susa", first_day=date(2027, 3, 3), last_day=date(2027, 3, 3), closed=True, reason="assemblea"
    )
    days = [date(2027, 3, 2), date(2027, 3, 3), date(2027, 3, 6), date(2027, 3, 7), date(2027, 3, 29)]
    assert [await agenda.book.closed_on(["susa"], day) for day in days] == [
        None,
        "assemblea",
        "sabato",
        "domenica",
        "Lunedì dell'Angelo",
    ]
    assert await agenda.book.closed_on(["nowhere"], days[0]) is None


async def test_a_closure_for_everything_is_for_every_desk(agenda: Agenda) -> None:
    await agenda.add_exception(first_day=date(2027, 3, 2), last_day=date(2027, 4, 27), closed=True, reason="ferie")
    assert [local(slot) for slot in await agenda.free()][:1] == ["2027-04-28 09:00"]


# --- holding ----------------------------------------------------------------------------------------------------------


async def test_a_held_slot_is_taken_for_everybody_and_comes_back_by_itself(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]
    held = await book.hold(uuid4(), slot, now=NOW)
    assert held.slot == slot
    assert held.expires_at == NOW + timedelta(minutes=5)
    assert slot not in await agenda.free()
    with pytest.raises(SlotTakenError):
        await book.hold(uuid4(), slot, now=NOW + timedelta(minutes=4))
    later = NOW + timedelta(minutes=5)
    assert (await agenda.free(now=later))[0] == (await agenda.free(now=later, first_day=date(2027, 3, 2)))[0] == slot
    assert (await book.hold(uuid4(), slot, now=later)).slot == slot


async def test_holding_again_renews_the_same_hold(agenda: Agenda, book: PostgresBook) -> None:
    me, slot = uuid4(), (await agenda.free())[0]
    first = await book.hold(me, slot, now=NOW)
    again = await book.hold(me, slot, now=NOW + timedelta(minutes=3))
    assert again.id == first.id
    assert again.expires_at == NOW + timedelta(minutes=8)


async def test_one_conversation_holds_one_slot(agenda: Agenda, book: PostgresBook) -> None:
    me, (first, second, *_) = uuid4(), await agenda.free()
    earlier = await book.hold(me, first, now=NOW)
    await book.hold(me, second, now=NOW)
    assert first in await agenda.free()
    with pytest.raises(NotFoundError):
        await book.confirm(earlier.id, ANNA, now=NOW)


async def test_a_hold_that_fails_keeps_the_one_before(agenda: Agenda, book: PostgresBook) -> None:
    me, (first, second, *_) = uuid4(), await agenda.free()
    await book.hold(uuid4(), second, now=NOW)
    held = await book.hold(me, first, now=NOW)
    with pytest.raises(SlotTakenError):
        await book.hold(me, second, now=NOW)
    assert (await book.confirm(held.id, ANNA, now=NOW)).slot == first


async def test_releasing_gives_back_and_releasing_again_is_nothing(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]
    held = await book.hold(uuid4(), slot, now=NOW)
    await book.release(held.id)
    await book.release(held.id)
    assert slot in await agenda.free()
    made = await agenda.booked(slot)
    await book.release(made.id)
    assert (await book.get(made.id)).state == "da_erogare"
    assert slot not in await agenda.free()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"service_id": "nothing"}, "blocked"),
        ({"mode": "in_person"}, "mode"),
        ({"starts": NOW + 23 * HOUR}, "notice"),
        ({"starts": NOW + timedelta(days=61)}, "ahead"),
    ],
)
async def test_the_rules_of_the_service_hold(agenda: Agenda, change: dict[str, object], rule: str) -> None:
    slot = replace((await agenda.free())[0], **change)
    with pytest.raises(NotBookableError) as refused:
        await agenda.book.hold(uuid4(), slot, now=NOW)
    assert refused.value.rule == rule


@pytest.mark.parametrize("shift", [timedelta(minutes=15), timedelta(hours=5), timedelta(days=5)])
async def test_a_slot_that_is_not_in_the_calendar_cannot_be_held(agenda: Agenda, shift: timedelta) -> None:
    slot = (await agenda.free())[0]
    with pytest.raises(SlotTakenError):
        await agenda.book.hold(uuid4(), replace(slot, starts=slot.starts + shift, ends=slot.ends + shift), now=NOW)


async def test_when_the_desk_is_full_another_of_the_site_is_taken(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]
    other = await agenda.add_desk()
    first, second = await book.hold(uuid4(), slot, now=NOW), await book.hold(uuid4(), slot, now=NOW)
    assert (first.slot.desk_id, second.slot.desk_id) == (slot.desk_id, other)
    with pytest.raises(SlotTakenError):
        await book.hold(uuid4(), slot, now=NOW)


async def test_a_desk_with_three_places_is_taken_three_times(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_site("rivoli", municipality="Rivoli")
    await agenda.add_desk("rivoli", places=3)
    slot = (await agenda.free("cv", "rivoli"))[0]
    for _ in range(3):
        assert slot in await agenda.free("cv", "rivoli")
        await book.hold(uuid4(), slot, now=NOW)
    with pytest.raises(SlotTakenError):
        await book.hold(uuid4(), slot, now=NOW)
    assert slot not in await agenda.free("cv", "rivoli")


async def test_when_there_are_fewer_places_than_before_those_taken_count(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_site("rivoli", municipality="Rivoli")
    await agenda.add_desk("rivoli", places=3)
    first, second = (await agenda.free("cv", "rivoli"))[:2]
    held = [await book.hold(uuid4(), first, now=NOW) for _ in range(3)]
    await agenda.set_places(first.desk_id, 2)
    for hold_id in (held[0].id, held[1].id):
        assert first not in await agenda.free("cv", "rivoli")
        with pytest.raises(SlotTakenError):
            await book.hold(uuid4(), first, now=NOW)
        await book.release(hold_id)
    # One of three is left, in the third lane: of the two places there are now, one is free.
    assert (await agenda.free("cv", "rivoli"))[:2] == [first, second]
    await book.hold(uuid4(), first, now=NOW)
    assert first not in await agenda.free("cv", "rivoli")
    with pytest.raises(SlotTakenError):
        await book.hold(uuid4(), first, now=NOW)


async def test_old_expired_holds_are_forgotten(agenda: Agenda, book: PostgresBook) -> None:
    (first, second, *_) = await agenda.free()
    await book.hold(uuid4(), first, now=NOW - 25 * HOUR)
    await book.hold(uuid4(), second, now=NOW)
    async with agenda.engine.begin() as connection:
        await forget_expired(connection, now=NOW)
        assert await count(connection, "agenda_claims") == 1


# --- confirming -------------------------------------------------------------------------------------------------------


async def test_confirming_twice_gives_the_one_appointment(agenda: Agenda, book: PostgresBook) -> None:
    me, slot = uuid4(), (await agenda.free())[0]
    held = await book.hold(me, slot, now=NOW)
    made = await book.confirm(held.id, ANNA, now=NOW)
    assert (made.id, made.slot, made.state, made.conversation_id) == (held.id, slot, "da_erogare", me)
    assert await book.confirm(held.id, ANNA, now=NOW + HOUR) == made
    assert await book.of_conversation(me, now=NOW) == [made]
    both = await asyncio.gather(*(book.confirm(held.id, ANNA, now=NOW) for _ in range(20)))
    assert set(both) == {made}


async def test_confirming_again_what_was_cancelled_meanwhile_gives_it_as_it_is(
    agenda: Agenda, book: PostgresBook
) -> None:
    made = await agenda.booked()
    await book.cancel(made.id, reason="altro", now=NOW)
    assert (await book.confirm(made.id, ANNA, now=NOW)).state == "disdetto_cittadino"


async def test_an_expired_hold_is_confirmed_while_its_place_is_free(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]
    held = await book.hold(uuid4(), slot, now=NOW)
    assert (await book.confirm(held.id, ANNA, now=NOW + timedelta(minutes=6))).slot == slot


async def test_an_expired_hold_somebody_else_took_is_taken_for_good(agenda: Agenda, book: PostgresBook) -> None:
    slot = (await agenda.free())[0]
    held = await book.hold(uuid4(), slot, now=NOW)
    later = NOW + timedelta(minutes=6)
    other = await book.hold(uuid4(), slot, now=later)
    with pytest.raises(SlotTakenError):
        await book.confirm(held.id, ANNA, now=later)
    await book.release(other.id)
    assert (await book.confirm(held.id, ANNA, now=later)).id == held.id


async def test_an_expired_hold_obeys_the_rules_of_now(agenda: Agenda, book: PostgresBook) -> None:
    held = await book.hold(uuid4(), (await agenda.free())[0], now=NOW)
    with pytest.raises(NotBookableError, match="notice"):
        await book.confirm(held.id, ANNA, now=NOW + timedelta(days=1))


async def test_nobody_has_the_same_service_twice_nor_two_things_at_once(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_service("did")
    await agenda.add_desk()
    me = uuid4()
    first, second = (await agenda.free())[:2]
    await book.confirm((await book.hold(me, first, now=NOW)).id, ANNA, now=NOW)
    for service, start in (("cv", local(second)), ("did", local(first))):
        held = await book.hold(me, await slot_at(agenda, start, service), now=NOW)
        with pytest.raises(NotBookableError, match="already_booked"):
            await book.confirm(held.id, ANNA, now=NOW)
    held = await book.hold(me, await slot_at(agenda, local(second), "did"), now=NOW)
    assert (await book.confirm(held.id, ANNA, now=NOW)).slot.service_id == "did"
    assert len(await book.of_conversation(me, now=NOW)) == 2


async def test_what_is_past_does_not_count_as_booked(agenda: Agenda, book: PostgresBook) -> None:
    me, slot = uuid4(), (await agenda.free())[0]
    await book.confirm((await book.hold(me, slot, now=NOW)).id, ANNA, now=NOW)
    later = slot.ends
    assert await book.of_conversation(me, now=later) == []
    held = await book.hold(me, (await agenda.free(now=later))[0], now=later)
    assert (await book.confirm(held.id, ANNA, now=later)).state == "da_erogare"


async def test_an_unknown_hold_is_not_found(book: PostgresBook) -> None:
    with pytest.raises(NotFoundError):
        await book.confirm(uuid4(), ANNA, now=NOW)


# --- clock changes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
async def test_on_the_days_the_clocks_change_every_slot_is_bookable_once(agenda: Agenda, day: date) -> None:
    await agenda.add_site("night", municipality="Susa")
    await agenda.add_desk("night", weekdays=(6,), opens="01:00", closes="04:00")
    now = datetime.combine(day - timedelta(days=10), time(8), tzinfo=ROME)
    slots = await agenda.free("cv", "night", now=now, days=(day,))
    assert len(slots) == (4 if day.month == 3 else 8)
    assert len({slot.starts for slot in slots}) == len(slots)
    for slot in slots:
        assert slot.ends - slot.starts == timedelta(minutes=30)
        assert (await agenda.booked(slot, now=now)).slot.starts.astimezone(UTC) == slot.starts
    assert await agenda.free("cv", "night", now=now, days=(day,)) == []
