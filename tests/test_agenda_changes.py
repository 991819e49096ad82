"""Moving, cancelling, changing the way of an appointment, and how it ended."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from agenda_support import ANNA, NOW, Agenda, count, local, slot_at, small_agenda, small_book

from bot.agenda.model import (
    NotBookableError,
    NotFoundError,
    NotMovableError,
    SlotTakenError,
)
from bot.agenda.postgres import PostgresBook

agenda, book = small_agenda, small_book  # the fixtures of this file

HOUR = timedelta(hours=1)


async def test_moving_closes_the_old_and_opens_the_new_with_the_same_code(agenda: Agenda, book: PostgresBook) -> None:
    old = await agenda.booked()
    target = (await agenda.free())[3]
    held = await book.hold(UUID(str(old.conversation_id)), target, now=NOW)
    new = await book.move(old.id, held.id, now=NOW)
    assert (new.code, new.slot, new.moved_from, new.conversation_id) == (
        old.code,
        target,
        old.id,
        old.conversation_id,
    )
    before = await book.get(old.id)
    assert (before.state, before.moved_to) == ("spostato", new.id)
    assert old.slot in await agenda.free()
    assert await book.move(old.id, held.id, now=NOW) == new
    assert await book.confirm(held.id, ANNA, now=NOW) == new
    assert (await book.get(new.id)).citizen == ANNA
    assert await book.of_conversation(UUID(str(old.conversation_id)), now=NOW) == [new]


async def test_a_move_at_the_same_time_twenty_times_is_one_move(agenda: Agenda, book: PostgresBook) -> None:
    old = await agenda.booked()
    held = await book.hold(UUID(str(old.conversation_id)), (await agenda.free())[3], now=NOW)
    moves = await asyncio.gather(*(book.move(old.id, held.id, now=NOW) for _ in range(20)))
    assert len(set(moves)) == 1
    async with agenda.engine.connect() as connection:
        assert await count(connection, "agenda_claims") == 1


async def test_a_chain_of_moves_is_kept(agenda: Agenda, book: PostgresBook) -> None:
    first = await agenda.booked()
    second = await agenda.moved(first, (await agenda.free())[5])
    third = await agenda.moved(second, (await agenda.free())[9])
    assert (await book.get(first.id)).moved_to == second.id
    assert (await book.get(second.id)).moved_to == third.id
    assert (third.moved_from, third.code) == (second.id, first.code)
    with pytest.raises(NotFoundError):
        await agenda.moved(first, (await agenda.free())[1])


async def test_a_move_to_a_place_that_is_gone_changes_nothing(agenda: Agenda, book: PostgresBook) -> None:
    old = await agenda.booked()
    target = (await agenda.free())[3]
    held = await book.hold(UUID(str(old.conversation_id)), target, now=NOW)
    later = NOW + timedelta(minutes=6)
    await agenda.booked(target, now=later)
    with pytest.raises(SlotTakenError):
        await book.move(old.id, held.id, now=later)
    assert (await book.get(old.id)).state == "da_erogare"
    assert old.slot not in await agenda.free()


async def test_a_move_is_to_the_same_service_and_not_onto_another_appointment(
    agenda: Agenda, book: PostgresBook
) -> None:
    await agenda.add_service("did")
    await agenda.add_desk()
    old = await agenda.booked()
    me = UUID(str(old.conversation_id))
    held = await book.hold(me, (await agenda.free("did"))[5], now=NOW)
    with pytest.raises(NotFoundError):
        await book.move(old.id, held.id, now=NOW)
    other = await book.confirm(held.id, ANNA, now=NOW)
    with pytest.raises(NotBookableError, match="already_booked"):
        await agenda.moved(old, await slot_at(agenda, local(other.slot)))


async def test_citizens_change_until_the_limit_and_operators_always(agenda: Agenda, book: PostgresBook) -> None:
    made = await agenda.booked((await agenda.free())[2])
    until = made.slot.starts - timedelta(hours=24)
    assert await book.movable_until(made) == until
    late = until + timedelta(seconds=1)
    held = await book.hold(UUID(str(made.conversation_id)), (await agenda.free(now=late))[3], now=late)
    for refused in (
        book.cancel(made.id, reason="salute", now=late),
        book.move(made.id, held.id, now=late),
    ):
        with pytest.raises(NotMovableError) as error:
            await refused
        assert error.value.until == until
    new = await book.move(made.id, held.id, now=late, by="operator")
    cancelled = await book.cancel(new.id, reason="altro", now=new.slot.starts, by="operator")
    assert (cancelled.state, cancelled.reason) == ("disdetto_operatore", "altro")


async def test_at_the_limit_itself_it_can_still_be_cancelled(agenda: Agenda, book: PostgresBook) -> None:
    made = await agenda.booked((await agenda.free())[2])
    cancelled = await book.cancel(made.id, reason="lavoro", now=made.slot.starts - timedelta(hours=24))
    assert cancelled.state == "disdetto_cittadino"


async def test_a_service_citizens_cannot_move(agenda: Agenda, book: PostgresBook) -> None:
    await agenda.add_service("fixed", movable_until=None)
    made = await agenda.booked((await agenda.free("fixed"))[20])
    assert await book.movable_until(made) is None
    with pytest.raises(NotMovableError) as error:
        await book.cancel(made.id, reason="altro", now=NOW)
    assert error.value.until is None


async def test_cancelling_frees_the_place_and_again_is_the_same(agenda: Agenda, book: PostgresBook) -> None:
    made = await agenda.booked((await agenda.free())[2])
    cancelled = await book.cancel(made.id, reason="impegno", now=NOW)
    assert (cancelled.state, cancelled.reason, cancelled.code) == ("disdetto_cittadino", "impegno", made.code)
    assert await book.cancel(made.id, reason="salute", now=NOW) == cancelled
    assert made.slot in await agenda.free()
    with pytest.raises(NotFoundError):
        await agenda.moved(made, (await agenda.free())[5])


async def test_video_becomes_a_call_until_the_start(agenda: Agenda, book: PostgresBook) -> None:
    made = await agenda.booked()
    by_phone = await book.switch_to_phone(made.id, now=made.slot.starts)
    assert by_phone.slot.mode == "phone"
    assert await book.switch_to_phone(made.id, now=made.slot.starts) == by_phone
    other = await agenda.booked()
    with pytest.raises(NotFoundError):
        await book.switch_to_phone(other.id, now=other.slot.starts + timedelta(seconds=1))
    await agenda.add_service("desk-only", modes=["in_person"])
    with pytest.raises(NotBookableError, match="mode"):
        await book.switch_to_phone((await agenda.booked((await agenda.free("desk-only"))[0])).id, now=NOW)


async def test_how_it_ended_is_recorded_and_can_be_corrected(agenda: Agenda, book: PostgresBook) -> None:
    made = await agenda.booked()
    assert (await book.confirm_attendance(made.id)).attendance_confirmed
    assert (await book.mark(made.id, "non_presentato")).state == "non_presentato"
    assert (await book.mark(made.id, "non_presentato")).state == "non_presentato"
    assert (await book.mark(made.id, "erogato")).state == "erogato"
    assert made.slot not in await agenda.free()
    with pytest.raises(NotFoundError):
        await book.confirm_attendance(made.id)
    gone = await agenda.booked()
    await book.cancel(gone.id, reason="altro", now=NOW)
    with pytest.raises(NotFoundError):
        await book.mark(gone.id, "erogato")


async def test_what_is_not_there_is_not_found(book: PostgresBook) -> None:
    for asked in (
        book.get(uuid4()),
        book.cancel(uuid4(), reason="altro", now=NOW),
        book.move(uuid4(), uuid4(), now=NOW),
        book.mark(uuid4(), "erogato"),
        book.switch_to_phone(uuid4(), now=NOW),
    ):
        with pytest.raises(NotFoundError):
            await asked
