"""Whatever people do, in whatever order and at once: no place is sold twice and none is lost.

A state machine does random things to the book on the two days of 2027 on which the clocks change, and keeps in plain
Python who must have which place. Calendar and book are compared with it after every step.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from agenda_support import ANNA, Agenda
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from bot.agenda.model import (
    Appointment,
    Hold,
    NotBookableError,
    NotFoundError,
    Offer,
    Slot,
    SlotQuery,
    SlotTakenError,
)
from bot.agenda.waiting import next_offers
from bot.storage.engine import create_engine

HALF_HOUR = timedelta(minutes=30)
PEOPLE = 5
# Desk one: 01:00 to 04:00 for two at once. Desk two: 01:30 to 03:30 for one. In absolute time, as a clock that is never
# changed shows it: in March there is an hour less, in October an hour more.
OPEN = {
    "spring": (datetime(2027, 3, 28, 0, 0, tzinfo=UTC), {1: (0, 4, 2), 2: (1, 3, 1)}),
    "autumn": (datetime(2027, 10, 30, 23, 0, tzinfo=UTC), {1: (0, 8, 2), 2: (1, 7, 1)}),
}
TABLES = "notices offers waiting claimed_by reminders appointments lapsed_holds claims"
CLEAN = "TRUNCATE " + ", ".join(f"agenda_{name}" for name in TABLES.split())

people = st.integers(0, PEOPLE - 1)
starts = st.integers(0, 7)
services = st.sampled_from(["short", "long"])


@dataclass
class Believed:
    """Who must have what."""

    holds: dict[UUID, Hold] = field(default_factory=dict)  # by conversation: the last one, expired or not
    offers: dict[UUID, Offer] = field(default_factory=dict)  # by wait: the last one, unless it was answered
    booked: dict[UUID, Appointment] = field(default_factory=dict)
    answers: dict[UUID, UUID] = field(default_factory=dict)  # holds that were offers, and their waits
    gone: list[Hold] = field(default_factory=list)  # given back or replaced

    def offered(self, me: UUID) -> list[Offer]:
        return [one for one in self.offers.values() if one.waiting.conversation_id == me]

    def live(self, now: datetime) -> list[Slot]:
        held = [*self.holds.values(), *(offer.hold for offer in self.offers.values())]
        return [one.slot for one in held if one.expires_at > now] + [one.slot for one in self.booked.values()]


class Machine(RuleBasedStateMachine):
    """People and a worker. `agenda` and `run` are set by the test."""

    agenda: Agenda
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    season: str

    def __init__(self) -> None:
        super().__init__()
        self.opening, self.desks = OPEN[self.season]
        self.now = self.opening - timedelta(days=3)
        self.book = self.agenda.book
        self.who = [uuid4() for _ in range(PEOPLE)]
        self.believed = Believed()
        self.run(self._clean())

    async def _clean(self) -> None:
        async with self.agenda.engine.begin() as connection:
            await connection.execute(text(CLEAN))

    # --- what people do

    def slot(self, service: str, start: int) -> Slot:
        begins = self.opening + start * HALF_HOUR
        length = HALF_HOUR * (1 if service == "short" else 2)
        return Slot(site_id="night", desk_id=1, service_id=service, mode="video", starts=begins, ends=begins + length)

    @rule(who=people, service=services, start=starts)
    def hold(self, who: int, service: str, start: int) -> None:
        self.run(self._hold(self.who[who], self.slot(service, start)))

    async def _hold(self, me: UUID, slot: Slot) -> None:
        try:
            held = await self.book.hold(me, slot, now=self.now)
        except SlotTakenError:
            return
        before = self.believed.holds.pop(me, None)
        if before and before.id != held.id:
            self.believed.gone.append(before)
        for offer in self.believed.offered(me):
            if offer.hold.id == held.id and offer.hold.expires_at > self.now:
                assert held == offer.hold
                return
            if offer.hold.id == held.id:
                # Late, it is a hold like any other, which answers the offer when it is confirmed.
                self.believed.answers[held.id] = self.believed.offers.pop(offer.waiting.id).waiting.id
        self.believed.holds[me] = held

    @rule(who=people)
    def release(self, who: int) -> None:
        self.run(self._release(self.who[who]))

    async def _release(self, me: UUID) -> None:
        held = self.believed.holds.get(me)
        if held:
            await self.book.release(held.id)
            self.believed.gone.append(self.believed.holds.pop(me))

    @rule(who=people)
    def confirm(self, who: int) -> None:
        self.run(self._confirm(self.who[who]))

    async def _confirm(self, me: UUID) -> None:
        held = self.believed.holds.get(me)
        if held is None:
            return
        try:
            first, again = await asyncio.gather(*(self.book.confirm(held.id, ANNA, now=self.now) for _ in range(2)))
        except SlotTakenError:
            assert held.expires_at <= self.now  # a hold that is kept is never refused
        except NotBookableError as error:
            assert error.rule == "already_booked"
            assert any(one.conversation_id == me for one in self.believed.booked.values())
        else:
            assert first == again
            del self.believed.holds[me]
            self._booked(first)

    @rule(who=people)
    def move(self, who: int) -> None:
        self.run(self._move(self.who[who]))

    async def _move(self, me: UUID) -> None:
        held = self.believed.holds.get(me)
        mine = [one for one in self.believed.booked.values() if one.conversation_id == me]
        same = [one for one in mine if held and one.slot.service_id == held.slot.service_id]
        if not held or not same:
            return
        try:
            new = await self.book.move(same[0].id, held.id, now=self.now)
        except SlotTakenError:
            assert held.expires_at <= self.now
        except NotBookableError:
            others = [one.slot for one in mine if one is not same[0]]
            assert any(one.starts < held.slot.ends and held.slot.starts < one.ends for one in others)
        else:
            assert await self.book.move(same[0].id, held.id, now=self.now) == new
            assert new.code == same[0].code
            del self.believed.booked[same[0].id], self.believed.holds[me]
            self._booked(new)

    def _booked(self, made: Appointment) -> None:
        self.believed.booked[made.id] = made
        self.believed.offers.pop(self.believed.answers.get(made.id, made.id), None)

    @rule(who=people)
    def cancel(self, who: int) -> None:
        self.run(self._cancel(self.who[who]))

    async def _cancel(self, me: UUID) -> None:
        mine = [one for one in self.believed.booked.values() if one.conversation_id == me]
        if mine:
            await self.book.cancel(mine[0].id, reason="altro", now=self.now)
            del self.believed.booked[mine[0].id]

    @rule(who=people, service=services)
    def wait(self, who: int, service: str) -> None:
        query = SlotQuery(service_id=service, site_ids=("night",), now=self.now, days=(self.day,))
        self.run(self.book.join_waiting_list(self.who[who], query, ANNA, now=self.now))

    @precondition(lambda self: self.believed.offers)
    @rule(who=people, yes=st.booleans())
    def answer(self, who: int, yes: bool) -> None:
        self.run(self._answer(self.who[who], yes=yes))

    async def _answer(self, me: UUID, *, yes: bool) -> None:
        if not self.believed.offered(me):
            return
        offer = self.believed.offered(me)[0]
        if not yes:
            await self.book.decline_offer(offer.id)
            del self.believed.offers[offer.waiting.id]
            return
        try:
            made = await self.book.accept_offer(offer.id, now=self.now)
        except SlotTakenError:
            assert offer.hold.expires_at <= self.now
        except NotBookableError:
            assert any(one.conversation_id == me for one in self.believed.booked.values())
        else:
            self.believed.booked[made.id] = made
            del self.believed.offers[offer.waiting.id]

    # --- what happens by itself

    @rule(minutes=st.sampled_from([1, 2, 6, 130]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def worker(self) -> None:
        self.run(self._worker())

    async def _worker(self) -> None:
        async with self.agenda.engine.begin() as connection:
            made = await next_offers(connection, self.now)
        for offer in made:
            before = self.believed.offers.get(offer.waiting.id)
            assert before is None or before.hold.expires_at <= self.now
            self.believed.offers[offer.waiting.id] = offer

    @rule(
        acts=st.lists(
            st.tuples(st.sampled_from(["hold", "confirm", "move", "cancel", "release", "answer"]), services, starts),
            min_size=PEOPLE,
            max_size=PEOPLE,
        )
    )
    def everybody_at_once(self, acts: list[tuple[str, str, int]]) -> None:
        """Each person does one thing, all at the same time, half of them wanting the same."""
        self.run(self._everybody(acts))

    async def _everybody(self, acts: list[tuple[str, str, int]]) -> None:
        todo = []
        for me, (act, service, start) in zip(self.who, acts, strict=True):
            if act == "hold":
                todo.append(self._hold(me, self.slot(service, start // 3)))
            elif act == "answer":
                todo.append(self._answer(me, yes=start % 2 == 0))
            else:
                todo.append(getattr(self, f"_{act}")(me))
        async with asyncio.timeout(20):
            await asyncio.gather(*todo)

    # --- what must hold

    @property
    def day(self) -> Any:
        return (self.opening + timedelta(hours=2)).date()

    @invariant()
    def nothing_is_sold_twice_and_nothing_is_lost(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        query = "SELECT id, desk_id, lane, lower(during), upper(during), expires_at FROM agenda_claims"
        async with self.agenda.engine.connect() as connection:
            rows = (await connection.execute(text(query))).all()
        live = [row for row in rows if row[5] is None or row[5] > self.now]
        believed = [(slot.desk_id, slot.starts, slot.ends) for slot in self.believed.live(self.now)]
        assert sorted((row[1], row[3], row[4]) for row in live) == sorted(believed)
        busy = defaultdict[tuple[int, datetime], set[int]](set)
        for row in live:
            moment = row[3]
            while moment < row[4]:
                assert row[2] not in busy[row[1], moment]  # two in one lane
                busy[row[1], moment].add(row[2])
                moment += HALF_HOUR
        self._check_places(busy)
        for service, length in (("short", 1), ("long", 2)):
            asked = SlotQuery(service_id=service, site_ids=("night",), now=self.now, days=(self.day,))
            free = {slot.starts for slot in await self.book.free_slots(asked, limit=100)}
            assert free == set(self._free(busy, length))

    def _check_places(self, busy: dict[tuple[int, datetime], set[int]]) -> None:
        for (desk, moment), lanes in busy.items():
            first, end, places = self.desks[desk]
            assert self.opening + first * HALF_HOUR <= moment < self.opening + end * HALF_HOUR
            assert len(lanes) <= places

    def _free(self, busy: dict[tuple[int, datetime], set[int]], length: int) -> list[datetime]:
        free = []
        for desk, (first, end, places) in self.desks.items():
            for number in range(first, end - length + 1):
                moments = [self.opening + (number + step) * HALF_HOUR for step in range(length)]
                if any(all(lane not in busy[desk, one] for one in moments) for lane in range(1, places + 1)):
                    free.append(moments[0])
        return free

    @rule(which=st.integers(0, 100))
    def what_was_given_back_is_not_found(self, which: int) -> None:
        gone = self.believed.gone
        if gone:
            with pytest.raises(NotFoundError):
                self.run(self.book.confirm(gone[which % len(gone)].id, ANNA, now=self.now))


@pytest.mark.parametrize("season", sorted(OPEN))
def test_no_interleaving_oversells_or_loses_a_place(database: str, season: str) -> None:
    with asyncio.Runner() as runner:
        engine = create_engine()
        agenda = Agenda(engine)

        async def prepare() -> None:
            for service, minutes in (("short", 30), ("long", 60)):
                await agenda.add_service(
                    service,
                    duration=timedelta(minutes=minutes),
                    min_notice=timedelta(0),
                    max_ahead=timedelta(days=400),
                    movable_until=timedelta(0),
                )
            await agenda.add_site("night")
            night = {"weekdays": (6,), "slot_minutes": 30}
            await agenda.add_desk("night", opens="01:00", closes="04:00", places=2, **night)
            await agenda.add_desk("night", opens="01:30", closes="03:30", places=1, **night)

        runner.run(prepare())
        machine = type("Ready", (Machine,), {"agenda": agenda, "run": staticmethod(runner.run), "season": season})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=20,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        runner.run(engine.dispose())
