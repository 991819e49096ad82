"""Which places are free: the calendar's slots less what is claimed, computed when asked and stored nowhere."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import Desk, Opening, closed_reason, local_day, openings
from bot.agenda.catalogue import read_desks, read_service
from bot.agenda.model import Actor, Mode, Service, Slot, SlotQuery
from bot.clock import ROME

# Neighbouring claims come back as one interval. None lasts more than a day (a constraint), hence the lower bound,
# which lets the index on (desk_id, lower(during)) be used.
BUSY = text("""
SELECT desk_id, lane,
    array(SELECT extract(epoch FROM lower(one))::bigint FROM unnest(taken) one) AS starts,
    array(SELECT extract(epoch FROM upper(one))::bigint FROM unnest(taken) one) AS ends
FROM (
    SELECT desk_id, lane, range_agg(during) AS taken FROM agenda_claims
    WHERE desk_id = ANY(:desks) AND lower(during) > :starts - interval '1 day' AND lower(during) < :ends
        AND (expires_at IS NULL OR expires_at > :now)
    GROUP BY desk_id, lane
) merged
""")

FIRST_LOOK = 14
"""Days looked at first: mostly enough, and a fourth of the work."""

Taken = tuple[list[int], list[int]]  # starts and ends of what is taken in a lane, in seconds since 1970
Busy = dict[int, dict[int, Taken]]  # by desk and lane


async def free_slots(
    connection: AsyncConnection,
    query: SlotQuery,
    *,
    limit: int = 20,
    per_day: int | None = None,
    not_before: datetime | None = None,
    leave_out: Collection[tuple[str, datetime]] = (),
    by: Actor = "citizen",
) -> list[Slot]:
    """As the protocol's method. None starts before `not_before`, nor at a (site, start) of `leave_out`."""
    service, blocked = await read_service(connection, query.service_id) or (None, True)
    if service is None or blocked:
        return []
    modes = tuple(mode for mode in query.modes or service.modes if mode in service.modes)
    notice = service.min_notice if by == "citizen" else timedelta(0)
    earliest = max(query.now + notice, not_before or query.now)
    latest = query.now + service.max_ahead
    days = list(_days(query, earliest, latest))
    if not (days and modes and query.site_ids):
        return []
    desks = await read_desks(connection, query.site_ids, from_day=days[0], service_id=service.id)
    desks = [desk for desk in desks if set(modes) & set(desk.modes)]
    slots: list[Slot] = []
    for part in (days[:FIRST_LOOK], days[FIRST_LOOK:]):
        if part and len(slots) < limit:
            busy = await _busy(connection, desks, part[0], part[-1], now=query.now)
            free = (
                one
                for one in _in_order(desks, busy, part, query=query, service=service, modes=modes)
                if earliest <= one.starts <= latest and (one.site_id, one.starts) not in leave_out
            )
            slots += _first(free, limit=limit - len(slots), per_day=per_day)
    return slots


async def closed_on(connection: AsyncConnection, site_ids: Collection[str], day: date) -> str | None:
    """As the protocol's method."""
    return closed_reason(await read_desks(connection, site_ids, from_day=day), day)


def _days(query: SlotQuery, earliest: datetime, latest: datetime) -> Iterator[date]:
    day = max(local_day(earliest), query.first_day or date.min)
    last = min(local_day(latest), query.last_day or date.max)
    while day <= last:
        wanted = not query.days or day in query.days
        of_week = not query.weekdays or day.weekday() in query.weekdays
        if wanted and of_week and day.weekday() not in query.not_weekdays:
            yield day
        day += timedelta(days=1)


async def _busy(connection: AsyncConnection, desks: Sequence[Desk], first: date, last: date, *, now: datetime) -> Busy:
    values = {
        "desks": [desk.id for desk in desks],
        "starts": datetime.combine(first, time.min, tzinfo=ROME),
        "ends": datetime.combine(last + timedelta(days=1), time.min, tzinfo=ROME),
        "now": now,
    }
    busy = defaultdict[int, dict[int, Taken]](dict)
    for desk_id, lane, starts, ends in await connection.execute(BUSY, values):
        busy[desk_id][lane] = (starts, ends)
    return busy


def _in_order(
    desks: Sequence[Desk],
    busy: Busy,
    days: Sequence[date],
    *,
    query: SlotQuery,
    service: Service,
    modes: tuple[Mode, ...],
) -> Iterator[Slot]:
    """Free slots by start, sites in the order asked; of one site and start only the best mode, then the first desk."""
    turn = {site_id: place for place, site_id in reversed(list(enumerate(query.site_ids)))}
    seconds = int(service.duration.total_seconds())
    suits = _hours_wanted(query)
    rank = {desk.id: min(place for place, mode in enumerate(modes) if mode in desk.modes) for desk in desks}
    for day in days:
        starts = defaultdict[tuple[int, int], list[tuple[int, Desk]]](list)
        for desk in desks:
            for start in _free_starts(desk, day, seconds, busy):
                starts[start, turn[desk.site_id]].append((rank[desk.id], desk))
        for (start, _), free in sorted(starts.items()):
            starts_at = datetime.fromtimestamp(start, UTC)
            if suits is None or suits(starts_at.astimezone(ROME).time()):
                best, desk = min(free, key=lambda one: (one[0], one[1].id))
                yield Slot(
                    site_id=desk.site_id,
                    desk_id=desk.id,
                    service_id=service.id,
                    mode=modes[best],
                    starts=starts_at,
                    ends=starts_at + service.duration,
                )


def _free_starts(desk: Desk, day: date, seconds: int, busy: Busy) -> list[int]:
    lanes = busy.get(desk.id, {})
    return [start for start, places in free_places(desk, day, seconds, lanes).items() if places > 0]


def free_places(desk: Desk, day: date, seconds: int | None, lanes: Mapping[int, Taken]) -> Counter[int]:
    """How many places of that length are free at each start of a day; of the opening's own steps when none is given.

    What is taken of a lane comes by start and does not overlap.
    """
    free = Counter[int]()
    for opening in openings(desk, day):
        length = seconds or opening.step
        for lane in range(1, opening.places + 1):
            for part in _free_parts(opening, length, *lanes.get(lane, ((), ()))):
                free.update(part)
        for lane, taken in lanes.items():
            # Left from when there were more places: it takes one of those there are now.
            if lane > opening.places:
                free.subtract(set(opening.slots(length)).difference(*_free_parts(opening, length, *taken)))
    return free


def _free_parts(opening: Opening, seconds: int, begins: Sequence[int], ends: Sequence[int]) -> list[range]:
    """The starts of slots between what is taken in a lane."""
    parts = []
    since = opening.starts
    following = bisect_right(ends, since)
    while following < len(begins) and begins[following] < opening.ends:
        if begins[following] - since >= seconds:
            parts.append(opening.slots(seconds, since, begins[following]))
        since = ends[following]
        following += 1
    if opening.ends - since >= seconds:
        parts.append(opening.slots(seconds, since))
    return parts


def _hours_wanted(query: SlotQuery) -> Callable[[time], bool] | None:
    if query.from_time is None and query.to_time is None and not query.not_between:
        return None
    first, last = query.from_time or time.min, query.to_time or time.max

    def suits(start: time) -> bool:
        return first <= start <= last and not any(low <= start < high for low, high in query.not_between)

    return suits


def _first(slots: Iterator[Slot], *, limit: int, per_day: int | None) -> list[Slot]:
    found: list[Slot] = []
    of_day = Counter[date]()
    for slot in slots:
        if len(found) >= limit:
            break
        day = local_day(slot.starts)
        of_day[day] += 1
        if per_day is None or of_day[day] <= per_day:
            found.append(slot)
    return found
