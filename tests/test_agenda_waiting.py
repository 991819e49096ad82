"""The waiting list: turns, offers, answers, and a worker and people at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from agenda_support import ANNA, NOW, Agenda, count
from sqlalchemy import text

from bot.agenda.model import Citizen, NotFoundError, Offer, Slot, SlotQuery, SlotTakenError, Waiting
from bot.agenda.waiting import next_offers
from bot.storage.engine import create_engine

DAY = date(2027, 3, 3)
BRUNO = Citizen(name="Bruno Bianchi", contact="bruno@example.org")
AFTER_OFFER = NOW + timedelta(minutes=121)


@pytest.fixture
async def agenda(database: str) -> AsyncIterator[Agenda]:
    """One desk with one slot every Wednesday: 3 March is the first that can be booked."""
    engine = create_engine()
    ready = Agenda(engine)
    await ready.add_service()
    await ready.add_site()
    await ready.add_desk(weekdays=(2,), closes="09:30")
    yield ready
    await engine.dispose()


async def wait(agenda: Agenda, who: UUID | None = None, *, now: datetime = NOW, citizen: Citizen = ANNA) -> Waiting:
    query = SlotQuery(service_id="cv", site_ids=("susa",), now=now, last_day=DAY)
    return await agenda.book.join_waiting_list(who or uuid4(), query, citizen, now=now)


async def offers(agenda: Agenda, now: datetime = NOW) -> list[Offer]:
    async with agenda.engine.begin() as connection:
        return await next_offers(connection, now)


async def full(agenda: Agenda) -> UUID:
    """Nothing is free until the day; the id of the appointment that has the place."""
    return (await agenda.booked((await agenda.free(last_day=DAY))[0])).id


async def free_on_the_day(agenda: Agenda, now: datetime = NOW) -> list[Slot]:
    return await agenda.free(last_day=DAY, now=now)


async def test_the_same_wish_again_is_the_same_wait(agenda: Agenda) -> None:
    me = uuid4()
    first = await wait(agenda, me)
    assert await wait(agenda, me, now=NOW + timedelta(hours=1)) == first
    other = SlotQuery(service_id="cv", site_ids=("susa",), now=NOW, modes=("phone",))
    assert (await agenda.book.join_waiting_list(me, other, ANNA, now=NOW)).id != first.id
    assert await agenda.book.leave_waiting_list(me) == 2
    assert await agenda.book.leave_waiting_list(me) == 0


async def test_a_place_that_frees_up_is_offered_to_who_waits_longest(agenda: Agenda) -> None:
    taken = await full(agenda)
    first, second = await wait(agenda), await wait(agenda, now=NOW + timedelta(seconds=1))
    assert await offers(agenda) == []
    await agenda.book.cancel(taken, reason="altro", now=NOW, by="operator")
    (offer,) = await offers(agenda)
    assert offer.waiting == first
    assert offer.hold.expires_at == NOW + timedelta(minutes=120)
    assert await free_on_the_day(agenda) == []
    assert await offers(agenda) == []
    made = await agenda.book.accept_offer(offer.id, now=NOW)
    assert (made.id, made.conversation_id) == (offer.hold.id, first.conversation_id)
    assert (await agenda.book.get(made.id)).citizen == ANNA
    assert await agenda.book.accept_offer(offer.id, now=NOW) == made
    assert second.created_at > first.created_at


async def test_a_declined_place_goes_to_the_next_and_not_to_the_same_again(agenda: Agenda) -> None:
    first, second = await wait(agenda), await wait(agenda, now=NOW + timedelta(seconds=1), citizen=BRUNO)
    (offer,) = await offers(agenda)
    await agenda.book.decline_offer(offer.id)
    await agenda.book.decline_offer(offer.id)
    (again,) = await offers(agenda)
    assert [offer.waiting, again.waiting] == [first, second]
    assert again.hold.slot == offer.hold.slot
    made = await agenda.book.accept_offer(again.id, now=NOW)
    assert (await agenda.book.get(made.id)).citizen == BRUNO
    with pytest.raises(NotFoundError):
        await agenda.book.accept_offer(offer.id, now=NOW)
    with pytest.raises(NotFoundError):
        await agenda.book.decline_offer(again.id)


async def test_an_offer_not_answered_in_time_goes_to_the_next(agenda: Agenda) -> None:
    await wait(agenda)
    second = await wait(agenda, now=NOW + timedelta(seconds=1))
    (offer,) = await offers(agenda)
    (again,) = await offers(agenda, AFTER_OFFER - timedelta(hours=0))
    assert again.waiting == second
    with pytest.raises(SlotTakenError):
        await agenda.book.accept_offer(offer.id, now=AFTER_OFFER)


async def test_an_expired_offer_is_good_while_the_place_is_free(agenda: Agenda) -> None:
    await wait(agenda)
    (offer,) = await offers(agenda)
    assert await offers(agenda, AFTER_OFFER) == []
    assert (await agenda.book.accept_offer(offer.id, now=AFTER_OFFER)).slot == offer.hold.slot


async def test_an_expired_offer_whose_place_was_taken_and_forgotten_is_gone(agenda: Agenda) -> None:
    await wait(agenda)
    (offer,) = await offers(agenda)
    async with agenda.engine.begin() as connection:
        await connection.execute(text("DELETE FROM agenda_claims"))
    with pytest.raises(SlotTakenError):
        await agenda.book.accept_offer(offer.id, now=AFTER_OFFER)


async def test_leaving_the_list_frees_what_is_offered(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    (offer,) = await offers(agenda)
    assert await agenda.book.leave_waiting_list(waiting.conversation_id) == 1
    assert len(await free_on_the_day(agenda)) == 1
    with pytest.raises(NotFoundError):
        await agenda.book.accept_offer(offer.id, now=NOW)


async def test_who_booked_meanwhile_is_offered_nothing(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    slot = (await agenda.free(first_day=date(2027, 3, 10)))[0]
    held = await agenda.book.hold(waiting.conversation_id, slot, now=NOW)
    made = await agenda.book.confirm(held.id, ANNA, now=NOW)
    assert await offers(agenda) == []
    await agenda.book.cancel(made.id, reason="altro", now=NOW)
    assert len(await offers(agenda)) == 1


async def test_holding_something_else_keeps_what_is_offered(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    (offer,) = await offers(agenda)
    await agenda.book.hold(waiting.conversation_id, (await agenda.free())[0], now=NOW)
    held = await agenda.book.hold(waiting.conversation_id, offer.hold.slot, now=NOW)
    assert (held.id, held.expires_at) == (offer.hold.id, offer.hold.expires_at)
    made = await agenda.book.confirm(held.id, ANNA, now=NOW)
    assert await agenda.book.accept_offer(offer.id, now=NOW) == made
    assert await agenda.book.leave_waiting_list(waiting.conversation_id) == 0


async def test_giving_back_what_is_offered_declines_it(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    (offer,) = await offers(agenda)
    await agenda.book.release(offer.hold.id)
    await agenda.book.release(offer.hold.id)
    assert len(await free_on_the_day(agenda)) == 1
    assert await offers(agenda) == []
    assert await agenda.book.leave_waiting_list(waiting.conversation_id) == 1


async def test_a_place_that_begins_before_the_answer_is_due_is_not_offered(agenda: Agenda) -> None:
    await agenda.add_service("soon", min_notice=timedelta(0))
    slot = (await agenda.free("soon"))[0]
    for ahead, number in ((timedelta(minutes=119), 0), (timedelta(minutes=121), 1)):
        query = SlotQuery(service_id="soon", site_ids=("susa",), now=NOW, last_day=DAY)
        await agenda.book.join_waiting_list(uuid4(), query, ANNA, now=NOW)
        assert len(await offers(agenda, slot.starts - ahead)) == number


async def test_a_wait_ends_with_its_last_day_and_forgets_the_person(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    assert await offers(agenda, NOW + timedelta(days=3)) == []
    assert await agenda.book.leave_waiting_list(waiting.conversation_id) == 0
    async with agenda.engine.connect() as connection:
        assert (await connection.execute(text("SELECT citizen FROM agenda_waiting"))).scalar_one() is None


async def test_the_wish_is_kept_to(agenda: Agenda) -> None:
    await agenda.add_desk(weekdays=(3,), opens="15:00", closes="16:00")
    wish = SlotQuery(service_id="cv", site_ids=("susa",), now=NOW, weekdays=(3,), modes=("phone",))
    await agenda.book.join_waiting_list(uuid4(), wish, ANNA, now=NOW)
    (offer,) = await offers(agenda)
    assert (offer.hold.slot.starts.weekday(), offer.hold.slot.mode) == (3, "phone")


async def test_two_workers_make_one_offer(agenda: Agenda) -> None:
    for _ in range(5):
        await wait(agenda)
    made = await asyncio.gather(*(offers(agenda) for _ in range(6)))
    assert sum(map(len, made)) == 1


async def test_offers_lost_with_their_transaction_are_made_again(agenda: Agenda) -> None:
    waiting = await wait(agenda)
    async with agenda.engine.connect() as connection:
        assert len(await next_offers(connection, NOW)) == 1
        await connection.rollback()
    (offer,) = await offers(agenda)
    assert offer.waiting == waiting


async def test_an_unknown_offer_is_not_found(agenda: Agenda) -> None:
    with pytest.raises(NotFoundError):
        await agenda.book.accept_offer(uuid4(), now=NOW)
    with pytest.raises(NotFoundError):
        await agenda.book.decline_offer(uuid4())


async def test_workers_and_people_at_the_same_time_never_oversell(agenda: Agenda) -> None:
    await agenda.add_desk(places=3)
    people = [(await wait(agenda)).conversation_id for _ in range(12)]

    async def worker() -> None:
        for _ in range(6):
            for offer in await offers(agenda):
                with suppress(SlotTakenError, NotFoundError):  # given back by the person meanwhile
                    if offer.hold.id.int % 2:
                        await agenda.book.accept_offer(offer.id, now=NOW)
                    else:
                        await agenda.book.decline_offer(offer.id)

    async def person(me: UUID) -> None:
        for slot in (await agenda.free())[:4]:
            try:
                held = await agenda.book.hold(me, slot, now=NOW)
                await agenda.book.release(held.id)
            except SlotTakenError:
                continue

    async with asyncio.timeout(60):
        await asyncio.gather(*(worker() for _ in range(3)), *(person(me) for me in people))
    async with agenda.engine.connect() as connection:
        assert await count(connection, "agenda_appointments") >= 1
        places = await connection.execute(
            text("SELECT max(n) FROM (SELECT count(*) n FROM agenda_claims GROUP BY desk_id, during) taken")
        )
        assert places.scalar_one() <= 3
