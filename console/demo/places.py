"""Free places of the sample agenda, past ones too, so that made-up appointments collide with none that is there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.calendar import Desk, openings
from bot.agenda.catalogue import read_desks
from bot.agenda.model import Mode, Service, Slot
from bot.agenda.tables import claims, desks

Taken = dict[tuple[int, int], list[tuple[int, int]]]
TRIES = 12


@dataclass(frozen=True, kw_only=True)
class Place:
    """A slot and the lane of its desk."""

    slot: Slot
    lane: int


class Places:
    """What is free of the sample desks; a place that is taken is taken for the rest of the seeding."""

    def __init__(self, of_site: dict[str, list[Desk]], taken: Taken) -> None:
        self._of_site = of_site
        self._taken = taken

    @property
    def sites(self) -> Sequence[str]:
        """The sites that have sample desks."""
        return sorted(self._of_site)

    def take(
        self, chance: Random, *, site_id: str, service: Service, mode: Mode, first: date, last: date
    ) -> Place | None:
        """A free place on one of these days; None when chance finds none."""
        serving = [desk for desk in self._of_site.get(site_id, []) if desk.serves(service.id, mode)]
        seconds = int(service.duration.total_seconds())
        for _ in range(TRIES if serving and last >= first else 0):
            desk = chance.choice(serving)
            day = first + timedelta(days=chance.randint(0, (last - first).days))
            free = [
                (start, lane)
                for opening in openings(desk, day)
                for lane in range(1, opening.places + 1)
                for start in opening.slots(seconds)
                if self._is_free(desk.id, lane, start, start + seconds)
            ]
            if free:
                start, lane = chance.choice(free)
                self._taken[desk.id, lane].append((start, start + seconds))
                return Place(slot=_slot(desk, service, mode, start), lane=lane)
        return None

    def is_free(self, place: Place) -> bool:
        """Whether nobody has taken it meanwhile."""
        begins, ends = int(place.slot.starts.timestamp()), int(place.slot.ends.timestamp())
        return self._is_free(place.slot.desk_id, place.lane, begins, ends)

    def keep(self, place: Place) -> None:
        """Take this very place."""
        span = (int(place.slot.starts.timestamp()), int(place.slot.ends.timestamp()))
        self._taken[place.slot.desk_id, place.lane].append(span)

    def give_back(self, place: Place) -> None:
        """It is free again."""
        span = (int(place.slot.starts.timestamp()), int(place.slot.ends.timestamp()))
        self._taken[place.slot.desk_id, place.lane].remove(span)

    def _is_free(self, desk_id: int, lane: int, start: int, end: int) -> bool:
        return all(end <= begins or start >= ends for begins, ends in self._taken[desk_id, lane])


def _slot(desk: Desk, service: Service, mode: Mode, start: int) -> Slot:
    starts = datetime.fromtimestamp(start, UTC)
    return Slot(
        site_id=desk.site_id,
        desk_id=desk.id,
        service_id=service.id,
        mode=mode,
        starts=starts,
        ends=starts + service.duration,
    )


async def sample_places(connection: AsyncConnection, *, since: date) -> Places:
    """The sample desks with what is claimed of them."""
    found = {
        row.id: row.site_id
        for row in await connection.execute(select(desks.c.id, desks.c.site_id).where(desks.c.sample))
    }
    of_site: dict[str, list[Desk]] = defaultdict(list)
    for desk in await read_desks(connection, sorted(set(found.values())), from_day=since):
        if desk.id in found:
            of_site[desk.site_id].append(desk)
    taken: Taken = defaultdict(list)
    span = (func.extract("epoch", func.lower(claims.c.during)), func.extract("epoch", func.upper(claims.c.during)))
    query = select(claims.c.desk_id, claims.c.lane, *span).where(claims.c.desk_id.in_(found))
    for desk_id, lane, begins, ends in await connection.execute(query):
        taken[desk_id, lane].append((int(begins), int(ends)))
    return Places(dict(of_site), taken)
