"""What people and operators are told: reminders, missed appointments, the calendar of a desk. Each thing once."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from agenda_support import ANNA, NOW, Agenda, small_agenda

from bot import clock
from bot.agenda.feeds import feed_of, rotate_secret
from bot.agenda.model import (
    NotFoundError,
)
from bot.agenda.reminders import due_reminders, missed_unannounced

agenda = small_agenda  # the fixture of this file

HOUR = timedelta(hours=1)


async def reminded(agenda: Agenda, now: datetime) -> list[tuple[UUID, timedelta]]:
    async with agenda.engine.begin() as connection:
        return [(one.id, lead) for one, lead in await due_reminders(connection, now)]


async def test_reminders_are_given_once_each(agenda: Agenda) -> None:
    made = await agenda.booked((await agenda.free())[8])
    starts = made.slot.starts
    assert await reminded(agenda, starts - timedelta(hours=48, seconds=1)) == []
    assert await reminded(agenda, starts - timedelta(hours=48)) == [(made.id, timedelta(hours=48))]
    assert await reminded(agenda, starts - timedelta(hours=47)) == []
    assert await reminded(agenda, starts - timedelta(hours=3)) == [(made.id, timedelta(hours=3))]
    assert await reminded(agenda, starts - timedelta(hours=2)) == []


async def test_of_two_reminders_due_at_once_the_latest_is_given_and_none_after_the_start(agenda: Agenda) -> None:
    first, second = await agenda.booked((await agenda.free())[8]), await agenda.booked((await agenda.free())[20])
    assert await reminded(agenda, first.slot.starts - HOUR) == [(first.id, timedelta(hours=3))]
    assert await reminded(agenda, first.slot.starts - HOUR) == []
    assert await reminded(agenda, second.slot.starts) == []


async def test_reminders_of_moments_past_are_not_planned_and_of_cancelled_ones_not_given(agenda: Agenda) -> None:
    near = await agenda.booked()  # tomorrow: the one of two days before is past
    gone = await agenda.booked((await agenda.free())[8])
    await agenda.book.cancel(gone.id, reason="altro", now=NOW)
    assert await reminded(agenda, NOW + timedelta(minutes=1)) == []
    assert await reminded(agenda, near.slot.starts - HOUR) == [(near.id, timedelta(hours=3))]
    assert await reminded(agenda, gone.slot.starts - HOUR) == []


async def test_a_moved_appointment_is_reminded_of_at_its_new_time(agenda: Agenda) -> None:
    old = await agenda.booked((await agenda.free())[8])
    new = await agenda.moved(old, (await agenda.free())[20])
    assert await reminded(agenda, old.slot.starts - HOUR) == []
    assert await reminded(agenda, new.slot.starts - HOUR) == [(new.id, timedelta(hours=3))]


async def test_two_workers_remind_once_and_a_lost_transaction_loses_nothing(agenda: Agenda) -> None:
    made = [await agenda.booked() for _ in range(6)]
    now = made[0].slot.starts - HOUR
    async with agenda.engine.begin() as one, agenda.engine.begin() as other:
        given_to_one = await due_reminders(one, now, limit=1)
        given_to_other = await due_reminders(other, now)
        assert len(given_to_one) == 1
        assert {a.id for a, _ in given_to_one}.isdisjoint({a.id for a, _ in given_to_other})
        await other.rollback()
    assert len(await reminded(agenda, now)) == len(given_to_other)
    assert await reminded(agenda, now) == []


async def test_who_did_not_come_is_told_once(agenda: Agenda) -> None:
    made, came = await agenda.booked(), await agenda.booked()
    await agenda.book.mark(made.id, "non_presentato")
    await agenda.book.mark(came.id, "erogato")
    async with agenda.engine.begin() as connection:
        assert await missed_unannounced(connection, now=clock.now() + timedelta(minutes=9)) == []
        later = clock.now() + timedelta(minutes=11)
        assert [one.id for one in await missed_unannounced(connection, now=later)] == [made.id]
        assert await missed_unannounced(connection, now=later) == []


async def test_a_desk_feed_needs_its_last_secret(agenda: Agenda) -> None:
    made, gone = await agenda.booked(), await agenda.booked()
    await agenda.book.cancel(gone.id, reason="altro", now=NOW, by="operator")
    async with agenda.engine.begin() as connection:
        old = await rotate_secret(connection, made.slot.desk_id)
        secret = await rotate_secret(connection, made.slot.desk_id)
        feed = await feed_of(connection, secret, with_citizens=True)
        assert [(one.id, one.citizen) for one in feed.appointments] == [(made.id, ANNA)]
        assert (await feed_of(connection, secret)).appointments[0].citizen is None
        assert (await feed_of(connection, secret, since=made.slot.ends)).appointments == []
        for wrong in (old, "", "\udcff"):
            with pytest.raises(NotFoundError):
                await feed_of(connection, wrong)
        with pytest.raises(NotFoundError):
            await rotate_secret(connection, 999_999)
