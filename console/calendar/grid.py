"""A timetable as rows and cells: hours down, desks or days across; or desks down and days across, counted."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.agenda.model import Mode
from bot.agenda.timetable import DeskDay, Taken
from bot.clock import ROME


@dataclass(kw_only=True)
class Cell:
    """What happens at one hour in one column. `going_on`: places taken by what began before; `open`: whether it receives."""

    column: DeskDay
    appointments: list[Taken] = field(default_factory=list)
    held: list[Taken] = field(default_factory=list)
    free: int = 0
    going_on: int = 0
    open: bool = False
    past: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One hour of the clock."""

    hour: str
    cells: Sequence[Cell]


Clock = tuple[int, int]


def hours_of(columns: Sequence[DeskDay], *, now: datetime) -> list[Row]:
    """A row for each hour at which something can begin, or begins, in one of the columns.

    When clocks go back an hour comes twice: it is one row, with what begins in both.
    """
    days = [_by_clock(column) for column in columns]
    wanted = sorted({at for starts in days for at in starts})
    return [
        Row(
            hour=f"{at[0]}:{at[1]:02}",
            cells=[_cell(column, at, starts.get(at, []), now) for column, starts in zip(columns, days, strict=True)],
        )
        for at in wanted
    ]


def _by_clock(column: DeskDay) -> dict[Clock, list[int]]:
    """When something can begin or begins, in seconds since 1970, by the hour of the clock."""
    steps = {start for opening in column.openings for start in opening.slots(opening.step)}
    found = defaultdict[Clock, list[int]](list)
    for start in sorted(steps | {int(one.starts.timestamp()) for one in column.taken}):
        local = datetime.fromtimestamp(start, ROME)
        found[local.hour, local.minute].append(start)
    return found


def _cell(column: DeskDay, at: Clock, starts: list[int], now: datetime) -> Cell:
    day = column.day
    first = int(datetime(day.year, day.month, day.day, *at, tzinfo=ROME).timestamp())
    cell = Cell(column=column, past=max([first, *starts]) < now.timestamp())
    cell.open = any(one.starts <= moment < one.ends for one in column.openings for moment in (first, *starts))
    cell.free = sum(max(0, column.free.get(start, 0)) for start in starts if start >= now.timestamp())
    for one in column.taken:
        begins = int(one.starts.timestamp())
        if begins in starts:
            (cell.held if one.state is None else cell.appointments).append(one)
        elif begins < first < one.ends.timestamp():
            cell.going_on += 1
    return cell


@dataclass(frozen=True, kw_only=True)
class Count:
    """One desk on one day, counted."""

    column: DeskDay
    booked: int
    held: int
    free: int
    modes: Sequence[tuple[Mode, int]]  # of those booked


def counted(columns: Sequence[DeskDay], *, now: datetime) -> list[list[Count]]:
    """By desk, its days."""
    rows: dict[int, list[Count]] = {}
    for column in columns:
        booked = column.appointments
        count = Count(
            column=column,
            booked=len(booked),
            held=len(column.held),
            free=column.free_from(now),
            modes=Counter(one.mode for one in booked).most_common(),
        )
        rows.setdefault(column.desk.id, []).append(count)
    return list(rows.values())


def days_worth_showing(days: Sequence[date], columns: Sequence[DeskDay]) -> list[date]:
    """The days; Saturday and Sunday only when something happens on them."""
    busy = {one.day for one in columns if one.openings or one.taken}
    return [day for day in days if day.weekday() < 5 or day in busy]
