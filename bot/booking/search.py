"""Free places for what was wished: the very one, a few to choose among, or the nearest ones and why not as wished."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.agenda.model import Service, Slot, SlotQuery
from bot.booking.desk import Desk
from bot.booking.state import State, slot_from_json
from bot.booking.wish import Bounds, bounds_of, fits, limits_day, reading_from_json, target_of
from bot.clock import ROME
from bot.nlu.when import Reading
from bot.nlu.when.spoken import day_in_words, hour_in_words
from bot.nlu.when.spoken import say as say_when

OFFERED = 3
SOUGHT = 60
"""How many places are fetched to choose the proposals from."""
NEAR = timedelta(minutes=45)
"""As far off as "verso le 12" may be."""
SOON = timedelta(days=14)
"""Beyond this the waiting list is offered beside the proposals."""

Outcome = Literal["exact", "fitting", "nearest", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """`exact`: one slot, the very hour asked for. `fitting`: slots within the wish. `nearest`: others, and `why`."""

    outcome: Outcome
    slots: list[Slot]
    why: str = ""
    wait: bool = False  # the waiting list is the thing to offer
    short: bool = False  # there is nothing at all within the wish

    def is_late(self, wish: Reading, now: datetime) -> bool:
        """Whether the first place is so much later than wished that waiting for one given up makes sense."""
        return self.wait or not self.slots or self.slots[0].starts - max(now, target_of(wish, now)) > SOON


async def look(desk: Desk, state: State) -> Found:
    """The places for the wish of this talk, in its ring."""
    wish = reading_from_json(state.wish or {})
    query = query_of(desk, state, bounds_of(wish))
    if not (wish.past or wish.closed):
        fitting = [
            slot
            for slot in await desk.book.free_slots(query, limit=SOUGHT)
            if slot.starts.astimezone(ROME).date() not in bounds_of(wish).not_days and _not_refused(state, slot)
        ]
        if state.before and not fitting:
            return await _not_sooner(desk, state, query)
        if wish.time and fitting:
            return _by_hour(fitting, wish, desk)
        if fitting:
            return Found(outcome="fitting", slots=spread(fitting))
    why = "Come chiedi non ne ho altri." if state.shown else await why_not(desk, state, wish)
    anywhere = await desk.book.free_slots(query_of(desk, state, Bounds()), limit=SOUGHT * 4, per_day=8)
    nearest = _nearest_to([slot for slot in anywhere if _not_refused(state, slot)], wish, desk)
    return Found(outcome="nearest" if nearest else "nothing", slots=nearest, why=why, short=True)


async def _not_sooner(desk: Desk, state: State, query: SlotQuery) -> Found:
    """Nothing before what was proposed: the same again, and the waiting list."""
    state.before, state.shown = None, []
    slots = await desk.book.free_slots(query, limit=OFFERED)
    return Found(outcome="nearest" if slots else "nothing", slots=slots, why="Prima non ho posti liberi.", wait=True)


def query_of(desk: Desk, state: State, bounds: Bounds) -> SlotQuery:
    """The agenda's question for this talk."""
    assert state.service is not None
    return SlotQuery(
        service_id=state.service,
        site_ids=tuple(state.sites),
        now=desk.now,
        modes=(state.mode,) if state.mode else (),
        first_day=bounds.first_day,
        last_day=bounds.last_day,
        days=bounds.days,
        weekdays=bounds.weekdays,
        not_weekdays=bounds.not_weekdays,
        from_time=bounds.from_time,
        to_time=bounds.to_time,
        not_between=bounds.not_between,
    )


def _by_hour(slots: list[Slot], wish: Reading, desk: Desk) -> Found:
    """Slots for an hour: that very one, else those near it, else the nearest with a word on it."""
    exact = [slot for slot in slots if not wish.about and fits(wish, slot.starts.astimezone(ROME))]
    if exact and limits_day(wish):
        return Found(outcome="exact", slots=exact[:1])
    near = exact or [slot for slot in slots if wish.about and _off(slot, wish) <= NEAR]
    if near:
        return Found(outcome="fitting", slots=spread(near))
    if not limits_day(wish):
        # An hour of any day: the nearest hours of the first days, not every hour of the first day.
        slots = sorted(slots, key=lambda slot: (_off(slot, wish), slot.starts))[:OFFERED]
        return Found(outcome="nearest", slots=sorted(slots, key=lambda slot: slot.starts), why=_no_place_at(wish, desk))
    return Found(outcome="nearest", slots=_nearest_to(slots, wish, desk), why=_no_place_at(wish, desk))


def _off(slot: Slot, wish: Reading) -> timedelta:
    """How far a start is from the hour wished, whatever the day."""
    local = slot.starts.astimezone(ROME)
    assert wish.time is not None
    return abs(local - local.replace(hour=wish.time.hour, minute=wish.time.minute))


def _no_place_at(wish: Reading, desk: Desk) -> str:
    if wish.date:
        return f"{_capital(say_when(wish, today=desk.today))} non c'è posto."
    return f"{'Verso' if wish.about else 'Al'}{' ' if wish.about else ''}{hour_in_words(wish.time or time())} non c'è posto."


def _not_refused(state: State, slot: Slot) -> bool:
    starts = slot.starts.isoformat()
    if state.moving and slot == slot_from_json(state.moving | {"desk_id": slot.desk_id}):
        return False
    later = state.shown_until is None or starts > state.shown_until
    return later and (state.before is None or starts < state.before) and starts not in state.shown


def spread(slots: list[Slot]) -> list[Slot]:
    """A few proposals: of one day its first, middle and last hour; of several days, one each."""
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.starts.astimezone(ROME).date(), []).append(slot)
    days = list(by_day.values())
    if len(days) >= OFFERED:
        return [day[0] for day in days[:OFFERED]]
    if len(days) == 2:
        first, second = days
        extra = [first[len(first) // 2]] if len(first) > 1 else second[1:2]
        return sorted([first[0], second[0], *extra], key=lambda slot: slot.starts)[:OFFERED]
    (day,) = days
    chosen = {0, len(day) // 2, len(day) - 1}
    return [day[index] for index in sorted(chosen)]


def _nearest_to(slots: list[Slot], wish: Reading, desk: Desk) -> list[Slot]:
    target = target_of(wish, desk.now)
    nearest = sorted(slots, key=lambda slot: abs(slot.starts - target))[:OFFERED]
    return sorted(nearest, key=lambda slot: slot.starts)


async def why_not(desk: Desk, state: State, wish: Reading) -> str:
    """One sentence on why the wish cannot be met."""
    if wish.past:
        return "Quel giorno è già passato."
    days = (wish.date,) if wish.date else wish.dates
    day = days[0] if len(days) == 1 else None
    service = desk.services[state.service or ""]
    if wish.closed and day:
        far = _too_far(day, service, desk) if day > desk.today else ""
        return f"{_capital(day_in_words(day, desk.today))} siamo chiusi: {_reason(wish.closed)}.{far}"
    if day:
        if day < desk.today:
            return "Quel giorno è già passato."
        closed = await desk.book.closed_on(state.sites, day)
        if closed:
            return f"{_capital(day_in_words(day, desk.today))} il centro è chiuso: {_reason(closed)}."
        if day < (desk.now + service.min_notice).date():
            return f"{_capital(day_in_words(day, desk.today))} è troppo presto: {_notice(service.min_notice)}."
        if day > (desk.now + service.max_ahead).date():
            said = _capital(day_in_words(day, desk.today))
            return f"{said} è troppo lontano: si prenota fino a {service.max_ahead.days} giorni prima."
        said = _capital(say_when(replace(wish, asap=False), today=desk.today))
        return f"{said}{':' if ',' in said else ''} non c'è posto."
    if wish.date_from and wish.date_from > (desk.now + service.max_ahead).date():
        return f"È troppo lontano: si prenota fino a {service.max_ahead.days} giorni prima."
    if (
        wish.date_from
        and wish.date_to
        and all(one.weekday() > 4 for one in _days_between(wish.date_from, wish.date_to))
    ):
        return "Il sabato e la domenica siamo chiusi."
    said = "" if wish.asap else say_when(wish, today=desk.today)
    return f"{_capital(said)}: non c'è posto." if said else "Come chiedi non c'è posto."


def _days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _too_far(day: date, service: Service, desk: Desk) -> str:
    if day <= (desk.now + service.max_ahead).date():
        return ""
    return f" E per ora si prenota fino al {day_in_words((desk.now + service.max_ahead).date(), desk.today).split(' ', 1)[1]}."


def _notice(notice: timedelta) -> str:
    if notice >= timedelta(days=1):
        return (
            "serve almeno un giorno di anticipo"
            if notice.days == 1
            else f"servono almeno {notice.days} giorni di anticipo"
        )
    hours = int(notice.total_seconds() // 3600)
    return "serve almeno un'ora di anticipo" if hours <= 1 else f"servono almeno {hours} ore di anticipo"


def _reason(closed: str) -> str:
    return f"è {closed}" if closed in ("sabato", "domenica") else closed


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
